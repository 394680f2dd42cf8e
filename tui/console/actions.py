"""Every key of the console in one table: dispatcher, footer, help and palette read it and nothing else."""

from collections.abc import Callable
from enum import Enum
from typing import Final, Protocol

import msgspec

from core.control import verbs
from core.control.verbs import Verb


class Guard(Enum):
    """What stands between a key and its effect: making things safer has none."""

    NONE = "at once"
    ASKS = "asks"
    ARMED = "when armed"
    TYPED = "asks; typed after a halt"
    WORD = "a typed word"


class Group(Enum):
    SAFETY = "Safety"
    TRADING = "Trading"
    LOOKING = "Looking around"
    CONSOLE = "Console"


class Controls(Protocol):
    """What actions do; the console implements it."""

    def halt(self) -> None: ...
    def pause(self) -> None: ...
    def pause_or_resume(self) -> None: ...
    def reduce_only(self) -> None: ...
    def lift_halts(self) -> None: ...
    def halt_selected(self) -> None: ...
    def lift_selected(self) -> None: ...
    def override(self) -> None: ...
    def end_override(self) -> None: ...
    def enter_safe_mode(self) -> None: ...
    def leave_safe_mode(self) -> None: ...
    def safer_mode(self) -> None: ...
    def riskier_mode(self) -> None: ...
    def cancel_selected(self) -> None: ...
    def cancel_symbol(self) -> None: ...
    def cancel_side(self, side: str) -> None: ...
    def cancel_all(self) -> None: ...
    def move_order(self, ticks: int) -> None: ...
    def open_ticket(self, side: str | None) -> None: ...
    def join_or_ticket(self, side: str) -> None: ...
    def take(self, side: str) -> None: ...
    def close_here(self) -> None: ...
    def step_size(self, direction: int) -> None: ...
    def type_size(self) -> None: ...
    def arm_or_disarm(self) -> None: ...
    def disarm(self) -> None: ...
    def start_strategy(self) -> None: ...
    def stop_strategy(self) -> None: ...
    def explain(self) -> None: ...
    def acknowledge_alarm(self) -> None: ...
    def shelve_alarm(self) -> None: ...
    def next_time_span(self) -> None: ...
    def show_desk(self, number: int) -> None: ...
    def move_focus(self, step: int) -> None: ...
    def jump(self) -> None: ...
    def zoom(self) -> None: ...
    def move_cursor(self, step: int) -> None: ...
    def move_sideways(self, step: int) -> None: ...
    def drop_cursor(self) -> None: ...
    def recentre(self) -> None: ...
    def regroup(self, step: int) -> None: ...
    def step_instrument(self, step: int) -> None: ...
    def step_timeframe(self, step: int) -> None: ...
    def choose_studies(self) -> None: ...
    def choose_pair(self) -> None: ...
    def copy_pane(self) -> None: ...
    def export_pane(self) -> None: ...
    def hide_pane(self) -> None: ...
    def choose_pane(self) -> None: ...
    def restore_desk(self) -> None: ...
    def save_screen(self) -> None: ...
    def open_watchlist(self) -> None: ...
    def unwatch(self) -> None: ...
    def open_account(self) -> None: ...
    def price_alerts(self) -> None: ...
    def next_columns(self) -> None: ...
    def show_pnl(self) -> None: ...
    def switch_mouse(self) -> None: ...
    def redraw(self) -> None: ...
    def open_settings(self) -> None: ...
    def next_theme(self) -> None: ...
    def hide_money(self) -> None: ...
    def show_help(self) -> None: ...
    def show_commands(self) -> None: ...
    def show_away(self) -> None: ...
    def detach(self) -> None: ...
    def quit_asking(self) -> None: ...
    def hint_quit(self) -> None: ...


class Action(msgspec.Struct, frozen=True):
    """One thing a key does. `everywhere` keys work in text fields and with any dialog open."""

    name: str
    keys: tuple[str, ...]
    label: str  # as short as the footer needs it
    help: str
    group: Group
    run: Callable[[Controls], None]
    verb: Verb | None = None
    guard: Guard = Guard.NONE
    everywhere: bool = False
    footer_rank: int | None = None  # the footer shows the smallest ranks first
    repeats: bool = False

    @property
    def goes_on_while_held(self) -> bool:
        """Tell whether a held key does it again and again: looking around floods nobody, a cancel would a venue."""
        return self.repeats or self.group in {Group.LOOKING, Group.CONSOLE}


ACTIONS: Final[tuple[Action, ...]] = (
    Action(
        "halt", ("ctrl+k",), "HALT", "Halt: no new risk, cancel every order everywhere; then F flattens.",
        Group.SAFETY, lambda do: do.halt(), verbs.KILL, everywhere=True, footer_rank=0, repeats=True,
    ),
    Action(
        "pause", ("f9",), "pause", "Pause at once, also from a dialog or a text field; never resumes.",
        Group.SAFETY, lambda do: do.pause(), verbs.PAUSE, everywhere=True,
    ),
    Action(
        "cancel-all", ("f8",), "cancel all", "Cancel every order on every venue; trading goes on.",
        Group.SAFETY, lambda do: do.cancel_all(), verbs.CANCEL, everywhere=True,
    ),
    Action(
        "pause-or-resume", ("p",), "pause", "Pause at once; when paused, resume.",
        Group.SAFETY, lambda do: do.pause_or_resume(), verbs.RESUME, Guard.TYPED, footer_rank=1,
    ),
    Action(
        "reduce-only", ("r",), "reduce only", "Reduce-only at once, everywhere: positions may shrink, none may grow.",
        Group.SAFETY, lambda do: do.reduce_only(), verbs.HALT,
    ),
    Action(
        "safer-mode", ("m",), "safer", "One risk mode safer.",
        Group.SAFETY, lambda do: do.safer_mode(), verbs.SET_RISK_MODE, footer_rank=6,
    ),
    Action(
        "riskier-mode", ("M",), "riskier", "One risk mode riskier.",
        Group.SAFETY, lambda do: do.riskier_mode(), verbs.SET_RISK_MODE, Guard.WORD,
    ),
    Action(
        "halt-selected", ("h",), "halt this", "Halt the selected venue or strategy at once.",
        Group.SAFETY, lambda do: do.halt_selected(), verbs.HALT,
    ),
    Action(
        "lift-selected", ("H",), "lift this", "Lift what stands at the selected venue or strategy, and nothing else.",
        Group.SAFETY, lambda do: do.lift_selected(), verbs.RESUME, Guard.WORD,
    ),
    Action(
        "lift-halts", ("R",), "lift halts", "Lift every halt, those of venues and strategies too.",
        Group.SAFETY, lambda do: do.lift_halts(), verbs.RESUME, Guard.WORD,
    ),
    Action(
        "safe-mode", ("v",), "safe mode", "Keep the selected venue to its hedge and reserve pools.",
        Group.SAFETY, lambda do: do.enter_safe_mode(), verbs.SAFE_MODE,
    ),
    Action(
        "leave-safe-mode", ("V",), "leave safe mode", "Let the selected venue use all its pools again.",
        Group.SAFETY, lambda do: do.leave_safe_mode(), verbs.SAFE_MODE, Guard.WORD,
    ),
    Action(
        "override", ("o",), "override", "Lift the soft rules for some minutes; hard rules and halts stand.",
        Group.SAFETY, lambda do: do.override(), verbs.OVERRIDE, Guard.WORD,
    ),
    Action(
        "end-override", ("O",), "end override", "End the override at once: soft rules count again.",
        Group.SAFETY, lambda do: do.end_override(), verbs.OVERRIDE,
    ),
    Action(
        "acknowledge", ("k",), "seen", "Say that you have seen the selected alarm, and what is folded under it.",
        Group.SAFETY, lambda do: do.acknowledge_alarm(), verbs.ALERTS,
    ),
    Action(
        "shelve", ("K",), "shelve", "Put the selected alarm aside for a time; a shelved one comes back at once.",
        Group.SAFETY, lambda do: do.shelve_alarm(), verbs.ALERTS, Guard.ASKS,
    ),
    Action(
        "buy", ("b",), "buy", "Buy ticket at the ladder's cursor. Armed: a bid at the touch, at the ladder's size.",
        Group.TRADING, lambda do: do.join_or_ticket("buy"), verbs.ORDER, Guard.ASKS, footer_rank=2,
    ),
    Action(
        "sell", ("s",), "sell", "Sell ticket at the ladder's cursor. Armed: an ask at the touch, at the ladder's size.",
        Group.TRADING, lambda do: do.join_or_ticket("sell"), verbs.ORDER, Guard.ASKS, footer_rank=3,
    ),
    Action(
        "ticket-here", ("enter",), "ticket",
        "Ticket at the ladder cursor: a buy below the market, a sell above. An order or job: explain it; "
        "watchlist: show it in the ladder; alarm: unfold it.",
        Group.TRADING, lambda do: do.open_ticket(None), verbs.ORDER, Guard.ASKS,
    ),
    Action(
        "lift", ("l",), "lift",
        "Armed, on a ladder: buy at the ask at once, at most 10 bps above it; the rest is cancelled.",
        Group.TRADING, lambda do: do.take("buy"), verbs.ORDER, Guard.ARMED,
    ),
    Action(
        "hit", ("g",), "hit",
        "Armed, on a ladder: sell at the bid at once, at most 10 bps below it; the rest is cancelled.",
        Group.TRADING, lambda do: do.take("sell"), verbs.ORDER, Guard.ARMED,
    ),
    Action(
        "close-here", ("n",), "close",
        "Close the position in the ladder's instrument, reduce-only: a ticket for it; armed, at once.",
        Group.TRADING, lambda do: do.close_here(), verbs.ORDER, Guard.ASKS,
    ),
    Action(
        "larger-size", ("q",), "larger", "Larger size of single keys on this ladder: 1, 2, 5, 10 … lots.",
        Group.TRADING, lambda do: do.step_size(1), repeats=True,
    ),
    Action(
        "smaller-size", ("j",), "smaller", "Smaller size of single keys on this ladder.",
        Group.TRADING, lambda do: do.step_size(-1), repeats=True,
    ),
    Action(
        "type-size", ("f",), "size", "Type the size of single keys on this ladder.",
        Group.TRADING, lambda do: do.type_size(),
    ),
    Action(
        "cancel", ("x",), "cancel", "Cancel the selected order or job, or the own orders at the ladder's cursor.",
        Group.TRADING, lambda do: do.cancel_selected(), verbs.CANCEL, footer_rank=4,
    ),
    Action(
        "cancel-symbol", ("X",), "cancel symbol", "Cancel all orders on the selected symbol, on every venue.",
        Group.TRADING, lambda do: do.cancel_symbol(), verbs.CANCEL,
    ),
    Action(
        "cancel-buys", ("B",), "cancel buys",
        "Cancel all buys on the selected symbol, on every venue; stop losses stay.",
        Group.TRADING, lambda do: do.cancel_side("buy"), verbs.CANCEL,
    ),
    Action(
        "cancel-sells", ("S",), "cancel sells",
        "Cancel all sells on the selected symbol, on every venue; stop losses stay.",
        Group.TRADING, lambda do: do.cancel_side("sell"), verbs.CANCEL,
    ),
    Action(
        "order-up", ("shift+up",), "order up",
        "Move the selected order, or those at the ladder's cursor, a tick up; asks where that is nearer the market. "
        "In the watchlist: move the row up.",
        Group.TRADING, lambda do: do.move_order(1), verbs.AMEND, Guard.ASKS, repeats=True,
    ),
    Action(
        "order-down", ("shift+down",), "order down",
        "Move the selected order, or those at the ladder's cursor, a tick down; asks where that is nearer the market. "
        "In the watchlist: move the row down.",
        Group.TRADING, lambda do: do.move_order(-1), verbs.AMEND, Guard.ASKS, repeats=True,
    ),
    Action(
        "arm", ("a",), "arm",
        "Arm this console for 10 minutes: it alone raises risk, and single keys trade. When armed: disarm at once.",
        Group.TRADING, lambda do: do.arm_or_disarm(), verbs.ARM, Guard.WORD,
    ),
    Action(
        "disarm", ("A",), "disarm", "Disarm the armed console at once, whichever it is.",
        Group.SAFETY, lambda do: do.disarm(), verbs.DISARM,
    ),
    Action(
        "start-strategy", ("plus",), "start", "Start the selected strategy (strategies pane).",
        Group.TRADING, lambda do: do.start_strategy(), verbs.STRATEGIES, Guard.ASKS,
    ),
    Action(
        "stop-strategy", ("minus",), "stop", "Stop the selected strategy (strategies pane).",
        Group.TRADING, lambda do: do.stop_strategy(), verbs.STRATEGIES,
    ),
    Action(
        "explain", ("e",), "explain",
        "Explain what is selected, or what the header shows: what it is, why, by whom, and what ends it.",
        Group.TRADING, lambda do: do.explain(), verbs.EXPLAIN, footer_rank=9,
    ),
    *(
        Action(
            f"desk-{number}", (str(number),), f"desk {number}", f"Show desk {number}: {what}.",
            Group.LOOKING, lambda do, number=number: do.show_desk(number),
        )
        for number, what in enumerate(
            ("desk", "ladders, fills", "jobs, capital", "risk, alarms", "charts, strategies", "log, orders"),
            start=1,
        )
    ),
    Action("focus-next", ("tab",), "focus", "Focus the next pane.", Group.LOOKING, lambda do: do.move_focus(1),
           footer_rank=7),
    Action("focus-previous", ("shift+tab",), "focus back", "Focus the previous pane.", Group.LOOKING,
           lambda do: do.move_focus(-1)),
    Action("jump", ("ctrl+o",), "jump", "Show a letter on every pane and jump to one.", Group.LOOKING,
           lambda do: do.jump()),
    Action("zoom", ("z",), "zoom", "Show the focused pane alone, and back.", Group.LOOKING, lambda do: do.zoom(),
           footer_rank=8),
    Action("cursor-up", ("up",), "up", "Move the cursor up (in the log: scroll back).", Group.LOOKING,
           lambda do: do.move_cursor(-1)),
    Action("cursor-down", ("down",), "down", "Move the cursor down.", Group.LOOKING, lambda do: do.move_cursor(1)),
    Action("page-up", ("pageup",), "page up", "Move the cursor up by ten.", Group.LOOKING,
           lambda do: do.move_cursor(-10)),
    Action("page-down", ("pagedown",), "page down", "Move the cursor down by ten.", Group.LOOKING,
           lambda do: do.move_cursor(10)),
    Action("cursor-left", ("left",), "left", "Move the cursor left: in a chart to the bar or point before.",
           Group.LOOKING, lambda do: do.move_sideways(-1)),
    Action("cursor-right", ("right",), "right", "Move the cursor right: in a chart to the bar or point after.",
           Group.LOOKING, lambda do: do.move_sideways(1)),
    Action("page-left", ("ctrl+left",), "page left", "Move the cursor left by ten.", Group.LOOKING,
           lambda do: do.move_sideways(-10)),
    Action("page-right", ("ctrl+right",), "page right", "Move the cursor right by ten.", Group.LOOKING,
           lambda do: do.move_sideways(10)),
    Action("drop-cursor", ("escape",), "let go", "Let go of the cursor; the log follows again.", Group.LOOKING,
           lambda do: do.drop_cursor()),
    Action("recentre", ("c",), "centre", "Centre the ladder on the touch.", Group.LOOKING, lambda do: do.recentre()),
    Action("coarser", ("greater_than_sign",), "coarser", "Coarser ladder: more ticks a row (x5: five).", Group.LOOKING,
           lambda do: do.regroup(1)),
    Action("finer", ("less_than_sign",), "finer", "Finer ladder: fewer ticks a row.", Group.LOOKING,
           lambda do: do.regroup(-1)),
    Action("ladder-columns", ("d",), "depth", "Ladders: size with cumulative size, size alone, cumulative size alone.",
           Group.LOOKING, lambda do: do.next_columns()),
    Action("ladder-pnl", ("i",), "profit", "Ladders: what closing the position at each price would make, and without.",
           Group.LOOKING, lambda do: do.show_pnl()),
    Action("next-instrument", ("right_square_bracket",), "next", "Show the next instrument in this ladder.",
           Group.LOOKING, lambda do: do.step_instrument(1)),
    Action("previous-instrument", ("left_square_bracket",), "previous", "Show the previous instrument in this ladder.",
           Group.LOOKING, lambda do: do.step_instrument(-1)),
    Action("watchlist", ("W",), "watchlist",
           "Go to the watchlist; once there, add an instrument by a part of its name.",
           Group.LOOKING, lambda do: do.open_watchlist()),
    Action("unwatch", ("delete", "backspace"), "take off", "Take the selected instrument off the watchlist.",
           Group.LOOKING, lambda do: do.unwatch()),
    Action("account", ("dollar_sign",), "account", "Go to the account: balances, margin, liquidation, funding.",
           Group.LOOKING, lambda do: do.open_account()),
    Action("price-alerts", ("P",), "price alert",
           "Price alerts: be told when the instrument is at a price; the list, and removing.", Group.LOOKING,
           lambda do: do.price_alerts(), verbs.ALERTS),
    Action("longer-bars", ("t",), "bars", "Longer bars in the chart.", Group.LOOKING, lambda do: do.step_timeframe(1)),
    Action("shorter-bars", ("T",), "shorter bars", "Shorter bars in the chart.", Group.LOOKING,
           lambda do: do.step_timeframe(-1)),
    Action("time-span", ("E",), "span", "Timeline: another span of time, from ten seconds to the selected job's own.",
           Group.LOOKING, lambda do: do.next_time_span()),
    Action("indicators", ("I",), "indicators", "Choose what is drawn over and below the chart's bars.", Group.LOOKING,
           lambda do: do.choose_studies()),
    Action("choose-pair", ("N",), "pair", "Choose the two books that the spread compares.", Group.LOOKING,
           lambda do: do.choose_pair()),
    Action("copy", ("y",), "copy", "Copy the focused pane's rows, exact and with tabs between, to the clipboard.",
           Group.CONSOLE, lambda do: do.copy_pane()),
    Action("export", ("Y",), "export", "Write the focused pane's rows as CSV into the exports folder.",
           Group.CONSOLE, lambda do: do.export_pane()),
    Action("hide-pane", ("ctrl+w",), "hide", "Take the focused pane off this desk; the others share its room.",
           Group.CONSOLE, lambda do: do.hide_pane()),
    Action("choose-pane", ("ctrl+e",), "change pane", "Put another pane in the place of the focused one.",
           Group.CONSOLE, lambda do: do.choose_pane()),
    Action("restore-desk", ("ctrl+r",), "restore", "Show this desk as it is shipped again.",
           Group.CONSOLE, lambda do: do.restore_desk()),
    Action("save-screen", ("ctrl+s",), "save", "Save desks, instruments and colours for the next start.",
           Group.CONSOLE, lambda do: do.save_screen()),
    Action("theme", ("ctrl+t",), "theme", "Next theme: dark, light, high contrast, sixteen colours, colour-blind.",
           Group.CONSOLE, lambda do: do.next_theme()),
    Action("privacy", ("ctrl+y",), "privacy", "Hide the own money and sizes, for a look over the shoulder, and back.",
           Group.CONSOLE, lambda do: do.hide_money()),
    Action("mouse", ("u",), "mouse", "Leave the mouse to the terminal, to select text with it, and take it back.",
           Group.CONSOLE, lambda do: do.switch_mouse()),
    Action("redraw", ("ctrl+l",), "redraw", "Draw the whole screen again, where something else wrote over it.",
           Group.CONSOLE, lambda do: do.redraw()),
    Action("settings", ("comma",), "settings", "Settings of the screen: value, where it comes from, what is allowed.",
           Group.CONSOLE, lambda do: do.open_settings()),
    Action("commands", ("ctrl+p",), "commands", "Search all commands.", Group.CONSOLE, lambda do: do.show_commands(),
           footer_rank=10),
    Action("help", ("question_mark",), "help", "Show this help.", Group.CONSOLE, lambda do: do.show_help(),
           footer_rank=5),
    Action("away", ("w",), "away report", "Show what happened while you were away.", Group.CONSOLE,
           lambda do: do.show_away(), verbs.AWAY),
    Action("detach", ("ctrl+d",), "detach", "Leave the console; the engine goes on.", Group.CONSOLE,
           lambda do: do.detach(), footer_rank=11),
    Action("quit", ("ctrl+q",), "quit", "Quit; asks what becomes of the engine and its orders.", Group.CONSOLE,
           lambda do: do.quit_asking(), guard=Guard.ASKS, footer_rank=12),
    Action("hint-quit", ("ctrl+c",), "how to quit", "Say how to quit: this key does not.", Group.CONSOLE,
           lambda do: do.hint_quit()),
)  # fmt: skip

BY_NAME: Final[dict[str, Action]] = {action.name: action for action in ACTIONS}
