"""The library's strips without references to themselves.

A strip that nothing cuts is put by the library into a cache of its own. What is painted over would then be freed by a
collection of garbage alone, and an engine's process puts those off (see `core.io.interpreter`): a console beside it
grew by most of a megabyte a minute, and when a collection came the engine stood still for it.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from textual.strip import Strip

_divide: Final = Strip.divide


def keep_strips_acyclic() -> None:
    """Have every strip be freed when nobody shows it any more; for the whole process, calling it again is harmless."""
    Strip.divide = _divided


def _divided(self: Strip, cuts: Iterable[int]) -> Sequence[Strip]:
    length = self.cell_length
    wanted = [cut for cut in cuts if cut <= length]
    return [self] if wanted == [length] else _divide(self, wanted)
