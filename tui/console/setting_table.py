"""Everything of the screen that can be set while it runs: where it is read, how it is put, what is allowed."""

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Final, cast, get_args

import msgspec

from core.config.console_words import BellLevel, ThemeName, UpColour
from tui.console.instruments import TIMEFRAMES
from tui.console.memory import ConsoleMemory
from tui.console.settings import COMMAND_LINE, ConsoleSettings
from tui.panes.palettes import PALETTES, palette_for
from tui.present.ladder_columns import SideColumns

if TYPE_CHECKING:
    from tui.console.app import ConsoleApp

_ON, _OFF = "on", "off"
_LEAST: Final = "least"
_SIDES: Final = {kind.name.lower(): kind for kind in SideColumns}


class Setting(msgspec.Struct, frozen=True):
    """One thing to set; `name` is its key in [console] where the configuration has it, and in what is saved."""

    name: str
    label: str
    help: str
    allowed: tuple[str, ...]
    read: Callable[["ConsoleApp"], str]
    put: Callable[["ConsoleApp", str], None]
    configured: Callable[[ConsoleSettings], str]
    is_configurable: bool = True

    def following(self, value: str, step: int) -> str:
        """Return the allowed value `step` places further, around the end."""
        if value not in self.allowed:
            return self.allowed[0]
        return self.allowed[(self.allowed.index(value) + step) % len(self.allowed)]


def _word(*, is_on: bool) -> str:
    return _ON if is_on else _OFF


def _put_theme(app: "ConsoleApp", value: str) -> None:
    app.put_on(msgspec.structs.replace(app.looks, palette=palette_for(cast("ThemeName", value), app.up)))
    app.call_after_refresh(app.paint_anew)


def _put_up(app: "ConsoleApp", value: str) -> None:
    app.up = cast("UpColour", value)
    _put_theme(app, app.looks.palette.name)


def _put_rate(app: "ConsoleApp", value: str) -> None:
    app.draw_like(app.drawn._replace(frame_period_s=1.0 / float(value)))


def _put_low_bandwidth(app: "ConsoleApp", value: str) -> None:
    usual = app.drawn._replace(is_low_bandwidth=False, frame_period_s=app.settings.usual_period_s)
    app.draw_like(usual.for_a_slow_link() if value == _ON else usual)


def _put_timeframe(app: "ConsoleApp", value: str) -> None:
    app.selection.timeframe = value
    app.wants_changed()


def _put_sides(app: "ConsoleApp", value: str) -> None:
    columns = msgspec.structs.replace(app.area.ladders[0].columns, sides=_SIDES[value])
    for ladder in app.area.ladders:
        ladder.show_columns(columns)


def _put_profit(app: "ConsoleApp", value: str) -> None:
    columns = msgspec.structs.replace(app.area.ladders[0].columns, shows_pnl=value == _ON)
    for ladder in app.area.ladders:
        ladder.show_columns(columns)


def _put_order_size(app: "ConsoleApp", value: str) -> None:
    app.hands.sizes.begin_with(None if value == _LEAST else Decimal(value))
    app.repaint()


def _order_size(app: "ConsoleApp") -> str:
    worth = app.hands.sizes.first_usd
    return _LEAST if worth is None else f"{worth:f}"


def _rate(period_s: float) -> str:
    return f"{1 / period_s:g}"


SETTINGS: Final[tuple[Setting, ...]] = (
    Setting(
        "theme", "theme", "Colours of everything; sixteen takes the terminal's own.", tuple(PALETTES),
        lambda app: app.looks.palette.name, _put_theme, lambda settings: settings.theme,
    ),
    Setting(
        "up", "colour of up", "Colour of what rises and of who buys; red in East Asia.", get_args(UpColour),
        lambda app: app.up, _put_up, lambda settings: settings.up,
    ),
    Setting(
        "low_bandwidth", "low bandwidth", "One picture a second in the terminal's sixteen colours, for a slow link.",
        (_OFF, _ON), lambda app: _word(is_on=app.drawn.is_low_bandwidth), _put_low_bandwidth,
        lambda settings: _word(is_on=settings.is_low_bandwidth), is_configurable=False,
    ),
    Setting(
        "frame_rate_hz", "frames a second", "How often the screen is drawn; 4 saves a slow link. Keys answer at once.",
        ("1", "2", "4", "10", "20"), lambda app: _rate(app.drawn.frame_period_s), _put_rate,
        lambda settings: _rate(settings.frame_period_s),
    ),
    Setting(
        "timeframe", "timeframe", "How long one bar of the chart is.", TIMEFRAMES,
        lambda app: app.selection.timeframe, _put_timeframe, lambda settings: settings.timeframe,
    ),
    Setting(
        "ladder_sizes", "ladder sizes", "Beside the prices: size with cumulative size, size alone, cumulative alone.",
        tuple(_SIDES), lambda app: app.area.ladders[0].columns.sides.name.lower(), _put_sides,
        lambda _: SideColumns.BOTH.name.lower(), is_configurable=False,
    ),
    Setting(
        "ladder_profit", "ladder profit", "What closing the position at each price would make.",
        (_ON, _OFF), lambda app: _word(is_on=app.area.ladders[0].columns.shows_pnl), _put_profit,
        lambda _: _ON, is_configurable=False,
    ),
    Setting(
        "order_size_usd", "order size USD", "What orders of single keys are worth at first, cut to lots; least: the "
        "venue's smallest.", (_LEAST, "10", "25", "50", "100", "250", "500", "1000", "2500", "5000"),
        _order_size, _put_order_size, lambda _: _LEAST, is_configurable=False,
    ),
    Setting(
        "bell", "bell", "Rings the terminal's bell once for a new alarm that is at least so bad.", get_args(BellLevel),
        lambda app: app.alarm_bell.level, lambda app, value: app.alarm_bell.ring_from(cast("BellLevel", value)),
        lambda settings: settings.bell,
    ),
    Setting(
        "mouse", "mouse", "On: the console's. Off: the terminal's, to select text.", (_ON, _OFF),
        lambda app: _word(is_on=app.has_mouse), lambda app, value: app.report_mouse(is_on=value == _ON),
        lambda settings: _word(is_on=settings.has_mouse),
    ),
)  # fmt: skip

_OWN_FIELDS: Final = ("theme", "up", "timeframe")  # of the memory, from before it kept a table


def saved_value(memory: ConsoleMemory | None, name: str) -> str | None:
    """Return what was saved for a setting, None where it follows the configuration."""
    if memory is None:
        return None
    found: object = getattr(memory, name) if name in _OWN_FIELDS else memory.chosen.get(name)
    return None if found is None else str(found)


def chosen_by_trader(app: "ConsoleApp") -> dict[str, str]:
    """Return what differs from the configuration and has no field of its own in the memory."""
    values = {each.name: each.read(app) for each in SETTINGS if each.name not in _OWN_FIELDS}
    return {
        each.name: values[each.name]
        for each in SETTINGS
        if each.name in values and values[each.name] != each.configured(app.settings)
    }


def put_saved(app: "ConsoleApp", memory: ConsoleMemory) -> None:
    """Set what was saved, as far as it is still allowed; what the command line says goes before it."""
    for setting in SETTINGS:
        value = saved_value(memory, setting.name)
        if value in setting.allowed and app.settings.origins.get(setting.name) != COMMAND_LINE:
            setting.put(app, value)


def origin_of(app: "ConsoleApp", setting: Setting) -> str:
    """Say where the value of a setting comes from."""
    value, saved = setting.read(app), saved_value(app.saved, setting.name)
    configured = app.settings.origins.get(setting.name, "default")
    if saved is not None and configured != COMMAND_LINE:
        return "saved screen" if saved == value else "changed, not kept yet"
    if value != setting.configured(app.settings):
        return "changed, not kept yet"
    return configured
