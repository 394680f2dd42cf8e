"""Client order ids in the form OKX takes: letters and digits only, at most 32, capitals told from small letters.

Our ids are small letters, digits and dashes, so a dash becomes a capital X and comes back as one. An order without a
client id (placed by hand) is named after the venue's own id.
"""

import re
from typing import Final

LONGEST: Final = 32
_OURS: Final = re.compile(r"s[a-z0-9]{0,8}(?:-[0-9a-f]{4,})?-[0-9]+")
_OURS_THERE: Final = re.compile(r"s[a-z0-9]{0,8}(?:X[0-9a-f]{4,})?X[0-9]+")
_TAKEN: Final = re.compile(rf"[A-Za-z0-9]{{1,{LONGEST}}}")
_NAMELESS: Final = "okx-"


class UnsendableOrderError(ValueError):
    """An order cannot be put into the venue's terms."""


def to_venue(client_order_id: str) -> str:
    """Return an id as the venue knows it; raise UnsendableOrderError for one that it would not take."""
    name = client_order_id.replace("-", "X") if is_ours(client_order_id) else client_order_id
    if not _TAKEN.fullmatch(name):
        allowed = f"allowed are s<run>-<number> and at most {LONGEST} letters and digits"
        raise UnsendableOrderError(f"client order id {client_order_id!r} cannot be sent, {allowed}")
    return name


def to_engine(client_order_id: str, order_id: str) -> str:
    """Return the engine's id of an order of the venue."""
    if not client_order_id:
        return f"{_NAMELESS}{order_id}"
    if _OURS_THERE.fullmatch(client_order_id):
        return client_order_id.replace("X", "-")
    return client_order_id


def order_key(client_order_id: str) -> tuple[str, str]:
    """Return what names an order in a request: (clOrdId, …), or (ordId, …) of one without."""
    order_id = client_order_id.removeprefix(_NAMELESS)
    if order_id != client_order_id and order_id.isascii() and order_id.isdigit():
        return "ordId", order_id
    return "clOrdId", to_venue(client_order_id)


def is_ours(client_order_id: str) -> bool:
    """Tell whether an id has the form of this engine's, of whichever run."""
    return _OURS.fullmatch(client_order_id) is not None
