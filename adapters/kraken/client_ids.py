"""Our order ids in the forms Kraken takes, and back.

Kraken's `cl_ord_id` is a UUID (with or without hyphens) or free text of at most 18 characters. Ids that fit are sent as
they are; the longer ones of `core/io/order_ids.py` are packed into a UUID of 32 hex digits from which they can be read
back, so that no table has to survive a restart.

Of the 122 free bits of a UUID (its version and variant stay as RFC 9562 wants them) 8 are a mark, 42 the tag (at most
8 of 37 characters), 32 the run and 40 the counter.
"""

import re
from typing import Final

_FREE_TEXT: Final = 18
_OURS: Final = re.compile(r"s(?:(?P<tag>[a-z0-9]{1,8})-)?(?P<run>[0-9a-f]{4,8})-(?P<counter>[1-9][0-9]*)")
_HYPHENATED: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PACKED: Final = re.compile(r"[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}")
_ALPHABET: Final = "\0abcdefghijklmnopqrstuvwxyz0123456789"  # the first stands for "no more characters"
_TAG_LENGTH: Final = 8
_MARK: Final = 0x5E
_TAG_BITS: Final = 42
_RUN_BITS: Final = 32
_COUNTER_BITS: Final = 40
_LOW_BITS: Final = 62  # behind the variant
_MIDDLE_BITS: Final = 12  # between version and variant


class ClientIdError(ValueError):
    """An id that Kraken does not take and that cannot be packed."""


def is_ours(client_order_id: str) -> bool:
    """Tell whether an engine of this kind made the id, in this run or in one before."""
    return _OURS.fullmatch(client_order_id) is not None


def to_kraken(client_order_id: str) -> str:
    """Return the id as it goes to Kraken; raise ClientIdError for one that has no such form."""
    if 0 < len(client_order_id) <= _FREE_TEXT and client_order_id.isascii() and client_order_id.isprintable():
        return client_order_id
    found = _OURS.fullmatch(client_order_id)
    if found is None:
        raise ClientIdError(f"order id {client_order_id!r} is too long for Kraken and not of our own form")
    run_text, counter = found["run"], int(found["counter"])
    run = int(run_text, 16)
    if f"{run:04x}" != run_text or counter >= 1 << _COUNTER_BITS:
        raise ClientIdError(f"order id {client_order_id!r} cannot be packed for Kraken")
    packed = (((_MARK << _TAG_BITS) + _tag_number(found["tag"] or "")) << _RUN_BITS) + run
    return _with_version((packed << _COUNTER_BITS) + counter)


def from_kraken(cl_ord_id: str) -> str:
    """Return our id, whichever way the UUID of it is written; what was not made here stays as it is."""
    lowered = cl_ord_id.lower()
    plain = lowered.replace("-", "") if _HYPHENATED.fullmatch(lowered) else lowered
    if not _PACKED.fullmatch(plain):
        return cl_ord_id
    packed = _without_version(plain)
    counter = packed % (1 << _COUNTER_BITS)
    packed >>= _COUNTER_BITS
    run = packed % (1 << _RUN_BITS)
    packed >>= _RUN_BITS
    if packed >> _TAG_BITS != _MARK:
        return cl_ord_id
    tag = _tag_text(packed % (1 << _TAG_BITS))
    client_order_id = f"s{tag}-{run:04x}-{counter}" if tag else f"s{run:04x}-{counter}"
    try:
        return client_order_id if to_kraken(client_order_id) == plain else cl_ord_id
    except ClientIdError:
        return cl_ord_id


def _tag_number(tag: str) -> int:
    number = 0
    for character in tag.ljust(_TAG_LENGTH, "\0"):
        number = number * len(_ALPHABET) + _ALPHABET.index(character)
    return number


def _tag_text(number: int) -> str:
    characters: list[str] = []
    for _ in range(_TAG_LENGTH):
        number, index = divmod(number, len(_ALPHABET))
        characters.append(_ALPHABET[index])
    return "".join(reversed(characters)).rstrip("\0")


def _with_version(bits: int) -> str:
    low = bits % (1 << _LOW_BITS)
    middle = (bits >> _LOW_BITS) % (1 << _MIDDLE_BITS)
    high = bits >> _LOW_BITS >> _MIDDLE_BITS
    return f"{high:012x}4{middle:03x}{(0b10 << _LOW_BITS) + low:016x}"


def _without_version(text: str) -> int:
    high, middle, low = int(text[:12], 16), int(text[13:16], 16), int(text[16:], 16) % (1 << _LOW_BITS)
    return (((high << _MIDDLE_BITS) + middle) << _LOW_BITS) + low
