"""Bytes that show themselves in no text, as `Secret` is for texts."""

from typing import NoReturn


class HiddenBytes:
    __slots__ = ("_content",)

    def __init__(self, content: bytes) -> None:
        self._content = content

    def reveal(self) -> bytes:
        return self._content

    def __repr__(self) -> str:
        return "***"

    def __reduce__(self) -> NoReturn:
        raise TypeError("hidden bytes are not pickled")
