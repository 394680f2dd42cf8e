"""Secrets, taken out of whatever is about to be written down."""

import re
from collections.abc import Mapping
from typing import Final, cast

MASK: Final = "***"

_SECRET_NAME: Final = re.compile(
    r"(api|private|public)?[-_]?key$|secret|token|signature|passphrase|password|authorization", re.I
)
# name=value, "name": "value", name: value; of "Authorization: Bearer x" both words go.
_NAMED: Final = re.compile(
    r"""(?ix)
    (\b[\w-]*(?:key|secret|token|signature|passphrase|password|authorization)["']?\s*[=:]\s*)
    (?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|(?:(?:bearer|basic)\s+)?[^\s"'&,;)}\]]+)
    """
)
_LONG_HEX: Final = re.compile(r"\b(?:0x)?[0-9a-fA-F]{32,}\b")
# A path has a slash in front; a sentence has no 40 letters and digits in a row.
_LONG_BASE64: Final = re.compile(r"(?<![\w/+.-])[A-Za-z0-9+_-][A-Za-z0-9+/_-]{39,}={0,2}(?![\w/+-])")


def redact(text: str) -> str:
    """Return the text with values named like secrets, long hex and long base64 replaced."""
    text = _NAMED.sub(lambda found: found[1] + MASK, text)
    text = _LONG_HEX.sub(MASK, text)
    return _LONG_BASE64.sub(lambda found: MASK if _looks_random(found[0]) else found[0], text)


def redact_value(name: str, value: object) -> object:
    """Return a value fit to be written under a name; texts inside mappings and lists are redacted too."""
    if _SECRET_NAME.search(name):
        return MASK
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        inner = cast("Mapping[object, object]", value)
        return {str(key): redact_value(str(key), item) for key, item in inner.items()}
    if isinstance(value, (list, tuple)):
        return [redact_value("", item) for item in cast("list[object]", value)]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return redact(str(value))


def _looks_random(text: str) -> bool:
    return any(c.isdigit() for c in text) and any(c.isupper() for c in text) and any(c.islower() for c in text)
