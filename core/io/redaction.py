"""Secrets, taken out of whatever is about to be written down."""

import json
import re
import threading
from collections.abc import Iterator, Mapping
from typing import Final, cast
from urllib.parse import quote, quote_plus

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
_LEAST_CHARACTERS: Final = 8  # a shorter one would mask parts of ordinary words


class _KnownSecrets:
    """Secrets that this process has read, in every way of writing that logs are known to use."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._written: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def add(self, secret: str) -> None:
        with self._lock:
            self._written.update(_ways_of_writing(secret))
            longest_first = sorted(self._written, key=len, reverse=True)
            self._pattern = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def mask(self, text: str) -> str:
        pattern = self._pattern
        return text if pattern is None else pattern.sub(MASK, text)


_KNOWN: Final = _KnownSecrets()


def remember_secret(secret: str) -> None:
    """Have a secret masked in every text from now on, whoever writes it."""
    _KNOWN.add(secret)


def mask_known(text: str) -> str:
    """Return the text with remembered secrets replaced, and nothing else."""
    return _KNOWN.mask(text)


def _ways_of_writing(secret: str) -> Iterator[str]:
    """Yield a secret as it is, in a URL, in JSON, as Python shows it, and a key of several lines line by line."""
    lines = secret.split("\n") if "\n" in secret else []
    for text in (secret, secret.strip(), *(line for line in lines if not line.startswith("-----"))):
        for written in (
            text,
            quote(text),
            quote(text, safe=""),
            quote_plus(text),
            json.dumps(text)[1:-1],
            repr(text)[1:-1],
        ):
            if len(written) >= _LEAST_CHARACTERS:
                yield written


def redact(text: str) -> str:
    """Return the text with remembered secrets, values named like secrets, long hex and long base64 replaced."""
    text = mask_known(text)
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
        return {mask_known(str(key)): redact_value(str(key), item) for key, item in inner.items()}
    if isinstance(value, (list, tuple)):
        return [redact_value("", item) for item in cast("list[object]", value)]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return redact(str(value))


def _looks_random(text: str) -> bool:
    return any(c.isdigit() for c in text) and any(c.isupper() for c in text) and any(c.islower() for c in text)
