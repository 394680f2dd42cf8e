"""Our client order ids as the sixteen bytes that the venue keeps with an order, and back again.

The bytes are the id itself, packed: nothing has to be remembered over a restart. A mark of three bytes in front tells
our orders from those of other programs.
"""

import re
from typing import Final

_MARK: Final = 0x5E8A91
_COUNTER_BITS: Final = 36
_RUN_BITS: Final = 26
_TAG_BITS: Final = 42  # eight digits of base 37: none, 0-9, a-z
_TAG_CHARACTERS: Final = "\0" + "0123456789abcdefghijklmnopqrstuvwxyz"
_TAG_LENGTH: Final = 8

_ORDER_ID: Final = re.compile(r"s(?:(?P<tag>[a-z0-9]{1,8})-)?(?P<run>[0-9a-f]{4,7})-(?P<counter>[1-9][0-9]{0,10})")
_CLOID: Final = re.compile(r"0x[0-9a-f]{32}")
_BY_NUMBER: Final = "oid-"


class ClientIdError(ValueError):
    """A client order id is not of the form that this venue can carry."""


def to_cloid(client_order_id: str) -> str:
    """Return the venue's form; an order of another program is named by what the venue calls it already.

    Raises ClientIdError for an id that would not come back the same.
    """
    if _CLOID.fullmatch(client_order_id):
        return client_order_id
    match = _ORDER_ID.fullmatch(client_order_id)
    if match is None:
        raise ClientIdError(f"client order id {client_order_id!r} is not of the form s<tag>-<run>-<counter>")
    number = _MARK << _TAG_BITS | _pack_tag(match["tag"] or "")
    run, counter = int(match["run"], 16), int(match["counter"])
    if counter >> _COUNTER_BITS or run >> _RUN_BITS:
        raise ClientIdError(f"client order id {client_order_id!r} is too large for sixteen bytes")
    number = (number << _RUN_BITS | run) << _COUNTER_BITS | counter
    cloid = f"0x{number:032x}"
    if from_cloid(cloid) != client_order_id:
        raise ClientIdError(f"client order id {client_order_id!r} is not written in its one form")
    return cloid


def from_cloid(cloid: str) -> str:
    """Return our id, or the venue's own text where the order is not ours."""
    lowered = cloid.lower()
    if not _CLOID.fullmatch(lowered):
        return cloid
    number = int(lowered, 16)
    number, counter = number >> _COUNTER_BITS, number & ((1 << _COUNTER_BITS) - 1)
    number, run = number >> _RUN_BITS, number & ((1 << _RUN_BITS) - 1)
    mark, packed = number >> _TAG_BITS, number & ((1 << _TAG_BITS) - 1)
    tag = _unpack_tag(packed)
    if mark != _MARK or tag is None or counter == 0:
        return lowered
    return f"s{tag}-{run:04x}-{counter}" if tag else f"s{run:04x}-{counter}"


def client_id_of(cloid: str | None, venue_order_id: int) -> str:
    """Name an order as the engine does; one without a client id is named by its number."""
    return f"{_BY_NUMBER}{venue_order_id}" if cloid is None else from_cloid(cloid)


def number_of(client_order_id: str) -> int | None:
    """Return the venue's number of an order that has no client id, None for all others."""
    digits = client_order_id.removeprefix(_BY_NUMBER)
    is_number = client_order_id.startswith(_BY_NUMBER) and digits.isascii() and digits.isdigit()
    return int(digits) if is_number else None


def _pack_tag(tag: str) -> int:
    packed = 0
    for character in tag.ljust(_TAG_LENGTH, "\0"):
        packed = packed * len(_TAG_CHARACTERS) + _TAG_CHARACTERS.index(character)
    return packed


def _unpack_tag(packed: int) -> str | None:
    """Return the tag, None where no tag is packed like this."""
    characters: list[str] = []
    for _ in range(_TAG_LENGTH):
        packed, digit = divmod(packed, len(_TAG_CHARACTERS))
        characters.append(_TAG_CHARACTERS[digit])
    tag = "".join(reversed(characters)).rstrip("\0")
    return None if packed or "\0" in tag else tag
