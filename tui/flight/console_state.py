"""What a trader has made of a screen that stands still: desk, cursors, colours, messages. A replay can begin with it.

Kept is whatever attributes of data the console and its panes have, so that a new pane needs nothing for it; what
lives (widgets, tasks, the link, the snapshot) is not, and comes with the next frame.
"""

from contextlib import suppress
from functools import cache
from typing import Final, cast

import msgspec
from textual.app import App
from textual.widget import Widget

from core.config.console_words import ThemeName
from tui.console.app import ConsoleApp
from tui.flight.plain_values import NotPlainError, packed, plain, unpacked, valued
from tui.panes.palettes import PALETTES, palette_for
from tui.panes.pane import Pane

_PAINTED: Final = frozenset({"letter", "_view", "_lines", "_strips", "_logged_error"})  # made anew by the next frame
_OF_THE_CONSOLE: Final = frozenset(
    {
        "link",
        "settings",
        "files",
        "keys",
        "looks",
        "view",
        "dialogs",
        "sender",
        "area",
        "ansi_color",
        "drawn",
        "_is_native",
        "_has_few_colours",
        "_picture",
        "_is_picture_whole",
        "_cursor_shown",
        "painted",
        "_is_as_begun",
        "_is_prepared",
    }
)  # given at the start, or kept in a way of its own
_INSIDE: Final = "in"
_MODULES: Final = ("tui.console.", "tui.panes.", "tui.present.")


def is_calm(console: ConsoleApp) -> bool:
    """Tell whether nothing is under way that could not be kept: no dialog, no palette, no command."""
    return console.dialogs.top is None and len(console.screen_stack) == 1 and not console.sender.waiting_for


def kept_screen(console: ConsoleApp) -> bytes:
    """Return a calm screen as bytes."""
    area, focused = console.area, console.screen_stack[0].focused
    return packed(
        {
            "console": _kept(console, _names_of_the_console(console)),
            "panes": {name: _kept(pane, _names_of(pane)) for name, pane in area.panes.items()},
            "desk": area.desk,
            "zoomed": area.zoomed,
            "changes": plain(area.changes),
            "theme": console.looks.palette.name,
            "hides_money": console.looks.hides_money,
            "focus": None if focused is None else focused.id,
        }
    )


def recall_screen(console: ConsoleApp, state: bytes) -> dict[str, int]:
    """Make a fresh console's screen the kept one; return which frame of its turn each pane had reached.

    Panes draw with the first frame after this, whether or not it is their turn: put what is returned back behind it.
    Raises ValueError where the state is damaged; what another version kept and this one does not know is left out.
    """
    kept = unpacked(state)
    _recall(console, cast("dict[str, object]", kept.get("console", {})))
    panes = cast("dict[str, dict[str, object]]", kept.get("panes", {}))
    for name, values in panes.items():
        if name in console.area.panes:
            _recall(console.area.panes[name], values)
    theme = str(kept.get("theme"))
    palette = palette_for(cast("ThemeName", theme) if theme in PALETTES else console.settings.theme, console.up)
    console.put_on(msgspec.structs.replace(console.looks, palette=palette, hides_money=kept.get("hides_money") is True))
    console.area.recall(int(str(kept.get("desk", 1))), valued(kept.get("changes", {})))
    console.area.zoomed = cast("str | None", kept.get("zoomed"))
    console.arrange()
    focus = kept.get("focus")
    if isinstance(focus, str) and focus in console.area.panes:
        console.area.panes[focus].focus()
    return {name: int(str(values.get("_skipped", 0))) for name, values in panes.items()}


def _names_of_the_console(console: ConsoleApp) -> list[str]:
    return [name for name in vars(console) if name not in _library_names(App) and name not in _OF_THE_CONSOLE]


def _names_of(pane: Pane) -> list[str]:
    return [name for name in vars(pane) if name not in _library_names(Widget) and name not in _PAINTED]


@cache
def _library_names(kind: "type[App[object]] | type[Widget]") -> frozenset[str]:
    return frozenset(vars(kind()))


def _kept(owner: object, names: list[str]) -> dict[str, object]:
    """Return the attributes that are data; of small objects of the console theirs, to be put back into them."""
    found: dict[str, object] = {}
    for name in names:
        value: object = vars(owner)[name]
        try:
            found[name] = plain(value)
        except NotPlainError:
            if _is_small_object(value):
                found[name] = {_INSIDE: _kept(value, list(vars(value)))}
    return found


def _is_small_object(value: object) -> bool:
    is_ours = type(value).__module__.startswith(_MODULES)
    return is_ours and hasattr(value, "__dict__") and not isinstance(value, Widget | App)


def _recall(owner: object, values: dict[str, object]) -> None:
    for name, given in values.items():
        if name not in vars(owner):
            continue  # of another version
        table = cast("dict[str, object]", given) if isinstance(given, dict) else {}
        if table.keys() == {_INSIDE}:
            part = vars(owner)[name]
            if _is_small_object(part):
                _recall(part, cast("dict[str, object]", table[_INSIDE]))
            continue
        with suppress(ValueError):  # of another version too
            setattr(owner, name, valued(cast("object", given)))
