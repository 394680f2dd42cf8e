"""What the library has painted, freed when nobody shows it any more.

A strip that nothing cuts is put by the library into a cache of its own. What is painted over would then be freed by a
collection of garbage alone, and an engine's process puts those off (see `core.io.interpreter`): a console beside it
grew by most of a megabyte a minute, and when a collection came the engine stood still for it.

And the colours under a widget are remembered by a cache of its class whose keys hold the widget's own pictures: each
dialog that was ever shown stayed, up to a thousand of them.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, Final, cast

from textual._styles_cache import StylesCache
from textual.color import Color
from textual.strip import Strip

_divide: Final = Strip.divide
_library: Final = cast("Any", StylesCache)
_grounds_of: Final = _library.get_inner_outer.__wrapped__  # the library's own, without its cache


def free_what_is_painted_over() -> None:
    """Have pictures be freed with what shows them; for the whole process, calling it again is harmless."""
    Strip.divide = _divided
    _library.get_inner_outer = _grounds_under


def _divided(self: Strip, cuts: Iterable[int]) -> Sequence[Strip]:
    length = self.cell_length
    wanted = [cut for cut in cuts if cut <= length]
    return [self] if wanted == [length] else _divide(self, wanted)


def _grounds_under(_cache: StylesCache, base_background: Color, background: Color) -> object:
    return _grounds(base_background, background)


@lru_cache(maxsize=1024)
def _grounds(base_background: Color, background: Color) -> object:
    """Return the inner and the outer ground, which are the same for every widget of these colours."""
    return _grounds_of(StylesCache, base_background, background)
