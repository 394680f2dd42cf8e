"""Ways in which a message can be other than the venue's: damaged, written otherwise, or not what it was taken for."""

import json
import random
import re
from collections.abc import Callable

_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?")
_CHARACTERS = b'0123456789.-+eE"[]{}:, \\ntu\x00\x7f\xc3\xa9'
_NUMBERS = [
    b"0", b"-0", b"00", b"-1", b"+1", b"1.", b".5", b"0.0", b"0.10", b"1e2", b"1E-3", b"1e400", b"6.18e4", b"61800.100",
    b"061800.1", b"61800.15", b"0.000000000000000000000000000001", b"1" + 30 * b"0" + b".0" + 30 * b"0", b"9" * 17,
    b"9" * 18, b"9" * 19, b"9" * 40, b"999999999999999999.9", b"9223372036854775807", b"9223372036854775808", b"NaN",
    b"Infinity", b"null", b"true", b"1_0", b"0x1", b"1,5", "\u0661".encode(), b"",
]  # fmt: skip


def damaged(raw: bytes, chance: random.Random) -> bytes:
    """Return another message; the same chance makes the same one."""
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        raw = chance.choice(_WAYS)(raw, chance)
    return raw


def _place(raw: bytes, chance: random.Random) -> int:
    return chance.randrange(len(raw)) if raw else 0


def _byte(chance: random.Random) -> bytes:
    return bytes([chance.choice(_CHARACTERS) if chance.random() < 0.7 else chance.randrange(256)])


def _replace(raw: bytes, chance: random.Random) -> bytes:
    at = _place(raw, chance)
    return raw[:at] + _byte(chance) + raw[at + 1 :]


def _insert(raw: bytes, chance: random.Random) -> bytes:
    at = _place(raw, chance)
    return raw[:at] + _byte(chance) + raw[at:]


def _delete(raw: bytes, chance: random.Random) -> bytes:
    at = _place(raw, chance)
    return raw[:at] + raw[at + chance.choice((1, 1, 2, 9)) :]


def _truncate(raw: bytes, chance: random.Random) -> bytes:
    return raw[: _place(raw, chance)]


def _repeat(raw: bytes, chance: random.Random) -> bytes:
    start = _place(raw, chance)
    end = min(len(raw), start + chance.randrange(1, 60))
    return raw[:end] + raw[start:end] + raw[end:]


def _number(raw: bytes, chance: random.Random) -> bytes:
    found = list(_NUMBER.finditer(raw))
    if not found:
        return raw
    match = chance.choice(found)
    return raw[: match.start()] + chance.choice(_NUMBERS) + raw[match.end() :]


def _digit(raw: bytes, chance: random.Random) -> bytes:
    places = [at for at, byte in enumerate(raw) if 48 <= byte <= 57]
    if not places:
        return raw
    at = chance.choice(places)
    return raw[:at] + bytes([48 + chance.randrange(10)]) + raw[at + 1 :]


def _zeros(raw: bytes, chance: random.Random) -> bytes:
    found = list(_NUMBER.finditer(raw))
    if not found:
        return raw
    match = chance.choice(found)
    more = (b"0" if b"." in match.group() else b".0") * chance.choice((1, 1, 3))
    return raw[: match.end()] + more + raw[match.end() :]


def _quotes(raw: bytes, chance: random.Random) -> bytes:
    """Make a text of a number, or a number of a text."""
    found = list(re.finditer(rb'"?(-?\d+(?:\.\d+)?)"?', raw))
    if not found:
        return raw
    match = chance.choice(found)
    bare = match.group(1)
    return raw[: match.start()] + (bare if b'"' in match.group() else b'"' + bare + b'"') + raw[match.end() :]


def _escape(raw: bytes, chance: random.Random) -> bytes:
    at = _place(raw, chance)
    return raw[:at] + b"".join(b"\\u%04x" % byte for byte in raw[at : at + 1]) + raw[at + 1 :]


def _blanks(raw: bytes, chance: random.Random) -> bytes:
    places = [at for at, byte in enumerate(raw) if byte in b"{}[],:"]
    for at in sorted(chance.sample(places, min(len(places), 2)), reverse=True):
        raw = raw[:at] + chance.choice((b" ", b"\n", b"\t\r ")) + raw[at:]
    return raw


def _parsed(raw: bytes, change: Callable[[object], object], **options: object) -> bytes:
    try:
        return json.dumps(change(json.loads(raw)), **({"separators": (",", ":")} | options)).encode()
    except (ValueError, RecursionError):
        return raw


def _written_otherwise(raw: bytes, chance: random.Random) -> bytes:
    return _parsed(raw, lambda value: value, separators=chance.choice(((", ", ": "), (",", ":"), (" ,", " :"))))


def _shuffled(raw: bytes, chance: random.Random) -> bytes:
    def shuffle(value: object) -> object:
        if isinstance(value, dict):
            items = [(key, shuffle(inner)) for key, inner in value.items()]
            chance.shuffle(items)
            return dict(items)
        return [shuffle(inner) for inner in value] if isinstance(value, list) else value

    return _parsed(raw, shuffle)


def _objects(value: object) -> list[dict | list]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [value] * isinstance(value, dict | list) + [found for part in inner for found in _objects(part)]


def _key(raw: bytes, chance: random.Random) -> bytes:
    """Add a key or an element, or take one away."""

    def change(value: object) -> object:
        place = chance.choice(_objects(value) or [{}])
        if isinstance(place, dict):
            if place and chance.random() < 0.5:
                del place[chance.choice(list(place))]
            else:
                place[chance.choice(("x", "type", "event", "method", "price", "checksum"))] = chance.choice(
                    (1, "", [], {}, None)
                )
        elif place and chance.random() < 0.5:
            place.pop(chance.randrange(len(place)))
        else:
            place.insert(0, chance.choice((place[-1] if place else 1, "1", 1, [], {})))
        return value

    return _parsed(raw, change)


def _emptied(raw: bytes, chance: random.Random) -> bytes:
    def change(value: object) -> object:
        lists = [found for found in _objects(value) if isinstance(found, list)]
        if lists:
            chance.choice(lists).clear()
        return value

    return _parsed(raw, change)


def _twice(raw: bytes, chance: random.Random) -> bytes:
    """Give a key a second time, with the same value or another."""
    found = list(re.finditer(rb'"(\w+)":(-?[\d.]+|"[^"]*")', raw))
    if not found:
        return raw
    first, other = chance.choice(found), chance.choice(found)
    return raw[: first.end()] + b',"' + first.group(1) + b'":' + other.group(2) + raw[first.end() :]


_WAYS = (
    _replace, _insert, _delete, _truncate, _repeat, _number, _number, _number, _digit, _digit, _digit, _zeros, _quotes,
    _escape, _blanks, _written_otherwise, _shuffled, _key, _emptied, _twice,
)  # fmt: skip
