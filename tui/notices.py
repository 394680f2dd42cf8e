"""What a link has to tell its trader, kept until somebody asks for it: the newest, and how many were too many."""

from collections import deque
from typing import Final

MOST_KEPT: Final = 20


class Notices:
    def __init__(self) -> None:
        self._kept: deque[str] = deque(maxlen=MOST_KEPT)
        self._dropped = 0

    def tell(self, text: str) -> None:
        """Add a notice; where there are too many the oldest is dropped, and counted."""
        self._dropped += len(self._kept) == MOST_KEPT
        self._kept.append(text)

    def take(self) -> list[str]:
        """Return what has been told since the last time, and before it how much of that was dropped."""
        told = [f"{self._dropped} earlier notices were dropped: nobody took them"] if self._dropped else []
        told += self._kept
        self._kept.clear()
        self._dropped = 0
        return told
