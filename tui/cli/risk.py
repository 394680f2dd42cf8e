"""`seraphim capital`, `risk`, `override`, `halt` and `safe-mode`: what may still be done, and tightening it."""

import sys
import time
from collections.abc import Iterator
from typing import Annotated, Final, Literal, cast

import typer

from core.control.verbs import CAPITAL, HALT, OVERRIDE, RISK, SAFE_MODE
from tui.cli import engine
from tui.cli.exits import CommandError, ExitCode
from tui.cli.output import Json, say, say_json
from tui.cli.status import BLOCKER_COLUMNS, LIMIT_COLUMNS
from tui.cli.tables import Column, cell, print_table, utc_text

POOL_COLUMNS: Final = (
    Column("venue", "venue"),
    Column("equity USD", "equity_usd", "money"),
    Column("pool", "pool"),
    Column("budget", "budget_usd", "money"),
    Column("in flight", "reserved_usd", "money"),
    Column("bound", "committed_usd", "money"),
    Column("free", "free_usd", "money"),
)
VENUE_COLUMNS: Final = (
    Column("venue", "venue"),
    Column("in flight", "in_flight_usd", "money"),
    Column("of", "in_flight_limit_usd", "money"),
    Column("one at most", "single_limit_usd", "money"),
    Column("safe mode", "safe_mode_text"),
    Column("jobs today PnL", "today_pnl_usd", "money"),
    Column("volume", "today_volume_usd", "money"),
    Column("fees", "today_fees_usd", "money"),
)
HALT_EXAMPLE: Final = "Example: seraphim halt venue:sim-a reduce_only --reason 'api is slow'"
OVERRIDE_EXAMPLE: Final = "Example: seraphim override --minutes 5 --reason 'closing the spread by hand'"
WORD: Final = "override"
Reason = Annotated[str, typer.Option("--reason", help="Why; kept in the journal.")]


def register(app: typer.Typer) -> None:
    app.command(CAPITAL.name, help=f"{CAPITAL.help}\n\nExample: seraphim capital --json")(capital)
    app.command(RISK.name, help=f"{RISK.help}\n\nExample: seraphim risk")(risk)
    app.command(OVERRIDE.name, help=f"{OVERRIDE.help}\n\n{OVERRIDE_EXAMPLE}")(override)
    app.command(HALT.name, help=f"{HALT.help}\n\n{HALT_EXAMPLE}")(halt)
    app.command(SAFE_MODE.name, help=f"{SAFE_MODE.help}\n\nExample: seraphim safe-mode sim-a on")(safe_mode)


def capital(json: Json = False) -> None:
    answer = engine.read("/api/capital/snapshot")
    if json:
        say_json(answer)
        return
    venues = engine.rows(answer, "venues")
    print_table("", POOL_COLUMNS, _pool_rows(venues), empty="no capital yet")
    rows = ({**venue, "safe_mode_text": "ON" if venue.get("safe_mode") else "off"} for venue in venues)
    print_table("", VENUE_COLUMNS, rows, empty="")


def _pool_rows(venues: list[engine.Body]) -> Iterator[engine.Body]:
    for venue in venues:
        equity = venue.get("equity_usd")
        shown = {"venue": venue.get("venue"), "equity_usd": equity}
        for pool in cast("list[engine.Body]", venue.get("pools") or []):
            yield {**shown, **pool}
        if equity is None:
            yield {"venue": venue.get("venue"), "pool": "equity is unknown: nothing can be reserved"}


def risk(json: Json = False) -> None:
    answer = engine.read("/api/risk")
    if json:
        say_json(answer)
        return
    mode, level = (cell(answer.get(name), "text").upper() for name in ("risk_mode", "halt_level"))
    say(f"{mode}  halt level {level.replace('_', ' ')}")
    until_ns = answer.get("override_until_ns")
    if until_ns is not None:
        left_s = max(0, int(str(until_ns)) - time.time_ns()) // 1_000_000_000
        say(f"! OVERRIDE: soft rules are lifted until {utc_text(int(str(until_ns)))} UTC, {left_s} s left")
    fast = answer.get("fast_markets")
    if isinstance(fast, list) and fast:
        say(f"fast markets: {', '.join(str(name) for name in cast('list[object]', fast))}")
    print_table("", BLOCKER_COLUMNS, engine.rows(answer, "blockers"), empty="nothing blocks new risk")
    print_table("", LIMIT_COLUMNS, engine.rows(answer, "limits"), empty="no limits are reported")


def override(
    minutes: Annotated[float | None, typer.Option("--minutes", help="How long.", show_default=False)] = None,
    reason: Reason = "",
    end: Annotated[bool, typer.Option("--end", help="End the one that holds.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for the typed word; for scripts.")] = False,
    json: Json = False,
) -> None:
    if end:
        if minutes is not None:
            raise CommandError(ExitCode.USAGE, "--end ends an override; --minutes begins one: give one of them")
        _say(engine.command("/api/control/end_override", {"reason": reason}), as_json=json)
        return
    if minutes is None or not 0 < minutes < float("inf"):
        raise CommandError(ExitCode.USAGE, "an override takes --minutes above 0 (or --end ends the one that holds)")
    if not reason.strip():
        raise CommandError(ExitCode.USAGE, "an override takes a --reason")
    _ask_for_the_word(minutes, is_asked=not yes)
    body: dict[str, object] = {"seconds": minutes * 60, "reason": reason} | engine.as_of_now()
    _say(engine.command("/api/control/manual_override", body), as_json=json)


def _ask_for_the_word(minutes: float, *, is_asked: bool) -> None:
    """Ask for the typed word that raising risk takes at a terminal; a script says --yes instead."""
    if not is_asked:
        return
    if not sys.stdin.isatty():
        raise CommandError(ExitCode.USAGE, f"without a terminal to type {WORD!r} at, an override takes --yes")
    text = f"Soft rules will be lifted for {minutes:g} minutes; hard rules and halts stand. Type {WORD} to do it"
    if str(typer.prompt(text, err=True)).strip() != WORD:
        raise CommandError(ExitCode.USAGE, f"not lifted: the word is {WORD!r}")


def halt(
    scope: Annotated[str, typer.Argument(help="global, venue:NAME or strategy:NAME.")],
    level: Annotated[Literal["reduce_only", "cancel_only", "halted", "flatten"], typer.Argument(help="How far.")],
    reason: Reason = "",
    json: Json = False,
) -> None:
    body: dict[str, object] = {"scope": scope, "level": level, "reason": reason}
    _say(engine.command("/api/control/halt", body), as_json=json)


def safe_mode(
    venue: Annotated[str, typer.Argument(help="The venue.")],
    state: Annotated[Literal["on", "off"], typer.Argument(help="off takes a --reason.")],
    reason: Reason = "",
    json: Json = False,
) -> None:
    if state == "off" and not reason.strip():
        raise CommandError(ExitCode.USAGE, "leaving safe mode takes a --reason")
    body: dict[str, object] = {"venue": venue, "is_on": state == "on", "reason": reason} | engine.as_of_now()
    _say(engine.command("/api/control/set_safe_mode", body), as_json=json)


def _say(answer: engine.Body, *, as_json: bool) -> None:
    if as_json:
        say_json(answer)
    else:
        say(str(answer.get("message") or "done"))
