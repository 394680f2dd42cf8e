"""`seraphim status`: the monitoring state, whole with --json, the essentials of it as tables."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, cast

import typer

from core.control.verbs import STATUS
from tui.cli import engine
from tui.cli.output import Json, say, say_json
from tui.cli.tables import Column, cell, print_table

VENUE_COLUMNS: Final = (
    Column("venue", "venue"),
    Column("feed", "feed_state"),
    Column("age", "feed_age_s", "age"),
    Column("latency ms", "api_latency_ms", "money"),
    Column("equity USD", "equity", "money"),
    Column("positions", "open_positions_count", "number"),
    Column("orders", "open_orders_count", "number"),
    Column("reconciled", "reconciled"),
    Column("rate limit", "rate_limit_text"),
    Column("detail", "feed_detail"),
)
LIMIT_COLUMNS: Final = (
    Column("limit", "name"),
    Column("left", "left", "money"),
    Column("used", "used", "money"),
    Column("of", "limit", "money"),
    Column("unit", "unit"),
    Column("at this rate in", "reached_in_s", "duration"),
)
MARKET_COLUMNS: Final = (
    Column("venue", "venue"),
    Column("symbol", "symbol"),
    Column("bid", "bid", "number"),
    Column("ask", "ask", "number"),
    Column("last", "last", "number"),
    Column("state", "validity"),
    Column("age", "age_s", "age"),
)
BLOCKER_COLUMNS: Final = (
    Column("blocked", "scope"),
    Column("cause", "cause"),
    Column("since UTC", "since_ns", "time"),
    Column("who", "who"),
    Column("reason", "reason"),
)
ALERT_COLUMNS: Final = (
    Column("alert", "severity"),
    Column("name", "name"),
    Column("since UTC", "since_ns", "time"),
    Column("text", "text"),
)


def register(app: typer.Typer) -> None:
    app.command(STATUS.name, help=f"{STATUS.help}\n\nExample: seraphim status --json")(status)


def status(json: Json = False) -> None:
    state = engine.read("/api/monitoring/state")
    if json:
        say_json(state)
    else:
        _print(state)


def _print(state: engine.Body) -> None:
    for line in _headline(engine.table(state, "global")):
        say(line)
    risk = engine.table(state, "risk")
    _print_rows(BLOCKER_COLUMNS, risk.get("blockers"))
    _print_rows(ALERT_COLUMNS, state.get("alerts"))
    capital = engine.table(state, "capital")
    venues = [
        {
            "venue": name,
            **_table(venue),
            "equity": _table(capital.get(name)).get("equity"),
            "rate_limit_text": _rate_limit(_table(_table(venue).get("rate_limit"))),
        }
        for name, venue in engine.table(state, "venues").items()
    ]
    print_table("", VENUE_COLUMNS, venues, empty="no venues")
    _print_rows(LIMIT_COLUMNS, risk.get("limits"))
    print_table("", MARKET_COLUMNS, _markets(engine.table(state, "market")), empty="no market data yet")


def _headline(general: Mapping[str, object]) -> list[str]:
    text = {name: cell(value, "text").upper() for name, value in general.items()}
    money = {name: cell(general.get(name), "money") for name in _MONEY}
    is_halted = general.get("halt_level") not in (None, "NORMAL", "normal")
    return [
        f"{text.get('trading_mode', '?')}  {text.get('system_status', '?')}  {text.get('risk_mode', '?')}"
        + (f"  halt level {text['halt_level']}" if is_halted else ""),
        f"equity {money['equity_usd']} USD   today {money['today_pnl_usd']} USD   fees {money['today_fees_usd']} USD"
        f"   volume {money['today_volume_usd']} USD",
        f"day loss {money['daily_loss_used']} of {money['daily_loss_limit']} USD   strategies"
        f" {cell(general.get('active_strategies'), 'text')}   trades {cell(general.get('total_trades'), 'text')}"
        f"   loop lag {cell(general.get('loop_lag_ms'), 'money')} ms",
    ]


def _rate_limit(limit: engine.Body) -> str | None:
    closed_until, used = limit.get("closed_until_ns"), limit.get("used_share")
    if closed_until is not None:
        return f"closed until {cell(closed_until, 'time')}"
    return f"{used:.0%} used" if isinstance(used, int | float | Decimal) else None


_MONEY: Final = (
    "equity_usd",
    "today_pnl_usd",
    "today_fees_usd",
    "today_volume_usd",
    "daily_loss_used",
    "daily_loss_limit",
)


def _print_rows(columns: tuple[Column, ...], rows: object) -> None:
    if isinstance(rows, list) and rows:
        print_table("", columns, cast("list[engine.Body]", rows), empty="")


def _markets(market: engine.Body) -> list[engine.Body]:
    return [
        {"venue": venue, "symbol": symbol, **_table(facts)}
        for venue, symbols in market.items()
        for symbol, facts in _table(symbols).items()
    ]


def _table(value: object) -> engine.Body:
    return cast("engine.Body", value) if isinstance(value, dict) else {}
