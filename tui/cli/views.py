"""`seraphim positions`, `orders` and `fills`: what the engine holds, as tables."""

from collections.abc import Sequence
from typing import Annotated, Final

import typer

from core.control.verbs import FILLS, ORDERS, POSITIONS
from tui.cli import engine
from tui.cli.exits import CommandError, ExitCode
from tui.cli.output import Json, say_json
from tui.cli.tables import Column, print_table

POSITION_COLUMNS: Final = (
    Column("venue", "venue"),
    Column("symbol", "symbol"),
    Column("quantity", "quantity", "number"),
    Column("average", "average_price", "average"),
    Column("mark", "mark_price", "number"),
    Column("age", "mark_age_s", "age"),
    Column("notional USD", "notional_usd", "money"),
    Column("unrealised", "unrealised_pnl_usd", "money"),
    Column("realised", "realised_pnl_usd", "money"),
    Column("fees", "fees_usd", "money"),
    Column("funding", "funding_usd", "money"),
)
PROTECTION_COLUMNS: Final = (
    Column("protected", "instrument"),
    Column("quantity", "quantity", "number"),
    Column("entry", "entry_price", "number"),
    Column("best", "best_price", "number"),
    Column("stop", "stop_price", "number"),
    Column("away %", "stop_distance_pct", "money"),
    Column("take profit", "take_profit_price", "number"),
    Column("away %", "take_profit_distance_pct", "money"),
    Column("trailing", "trailing_price", "number"),
    Column("away %", "trailing_distance_pct", "money"),
    Column("state", "state"),
    Column("reason", "reason"),
)
NET_COLUMNS: Final = (
    Column("net", "base"),
    Column("quantity", "quantity", "number"),
    Column("notional USD", "notional_usd", "money"),
    Column("PnL", "pnl_usd", "money"),
)
ORDER_COLUMNS: Final = (
    Column("id", "client_order_id"),
    Column("venue", "venue"),
    Column("symbol", "symbol"),
    Column("side", "side"),
    Column("type", "order_type"),
    Column("quantity", "quantity", "number"),
    Column("filled", "filled_quantity", "number"),
    Column("limit", "limit_price", "number"),
    Column("stop", "stop_price", "number"),
    Column("by", "trigger"),
    Column("away %", "distance_pct", "number"),
    Column("average", "average_price", "average"),
    Column("status", "status"),
    Column("source", "source"),
    Column("updated UTC", "updated_ns", "time"),
    Column("reason", "reason"),
)
FILL_COLUMNS: Final = (
    Column("time UTC", "at_ns", "time"),
    Column("venue", "venue"),
    Column("symbol", "symbol"),
    Column("side", "side"),
    Column("quantity", "quantity", "number"),
    Column("price", "price", "number"),
    Column("fee", "fee", "number"),
    Column("liquidity", "liquidity"),
    Column("order", "client_order_id"),
    Column("source", "source"),
)
MAX_ROWS: Final = 5000
VenueFilter = Annotated[str | None, typer.Option("--venue", help="Only this venue.")]
SymbolFilter = Annotated[str | None, typer.Option("--symbol", help="Only this symbol, e.g. BTC/USDT.")]


def register(app: typer.Typer) -> None:
    app.command(POSITIONS.name, help=f"{POSITIONS.help}\n\nExample: seraphim positions --venue sim-a")(positions)
    app.command(ORDERS.name, help=f"{ORDERS.help}\n\nExample: seraphim orders --symbol BTC/USDT --json")(orders)
    app.command(FILLS.name, help=f"{FILLS.help}\n\nExample: seraphim fills --json")(fills)


def positions(venue: VenueFilter = None, symbol: SymbolFilter = None, json: Json = False) -> None:
    answer = _read("/api/positions", "positions", venue, symbol)
    if json:
        say_json(answer)
        return
    rows = engine.rows(answer, "positions")
    print_table("", POSITION_COLUMNS, rows, empty="no positions")
    if protected := [
        {"instrument": f"{row.get('symbol')}@{row.get('venue')}"} | engine.table(row, "protection")
        for row in rows
        if row.get("protection")
    ]:
        print_table("", PROTECTION_COLUMNS, protected, empty="")
    if (net := answer.get("net_positions")) and venue is symbol is None:
        print_table("", NET_COLUMNS, engine.rows({"net": net}, "net"), empty="")


def orders(venue: VenueFilter = None, symbol: SymbolFilter = None, json: Json = False) -> None:
    _show("/api/orders", "orders", ORDER_COLUMNS, venue, symbol, as_json=json)


def fills(venue: VenueFilter = None, symbol: SymbolFilter = None, json: Json = False) -> None:
    _show("/api/fills", "fills", FILL_COLUMNS, venue, symbol, as_json=json)


def _show(
    path: str, name: str, columns: Sequence[Column], venue: str | None, symbol: str | None, *, as_json: bool
) -> None:
    answer = _read(path, name, venue, symbol)
    if as_json:
        say_json(answer)
    else:
        print_table("", columns, engine.rows(answer, name), empty=f"no {name}")


def _read(path: str, name: str, venue: str | None, symbol: str | None) -> engine.Body:
    wanted = {"venue": venue, "symbol": symbol}
    # Filtered here, so from all the engine keeps: a filter over the newest few would hide what it should find.
    answer = engine.read(path if venue is symbol is None or name == "positions" else f"{path}?limit={MAX_ROWS}")
    found = [
        row
        for row in engine.rows(answer, name)
        if all(value is None or row.get(key) == value for key, value in wanted.items())
    ]
    if not found:
        _check_filter(venue, symbol)
    answer[name] = found
    return answer


def _check_filter(venue: str | None, symbol: str | None) -> None:
    """Refuse a filter that nothing can match: to the typo of a venue, "no positions" would be a wrong answer."""
    if venue is symbol is None:
        return
    state = engine.read("/api/monitoring/state")
    venues, market = engine.table(state, "venues"), engine.table(state, "market")
    symbols = dict.fromkeys(name for each in market for name in engine.table(market, each))
    for what, wanted, known in (("venue", venue, venues), ("symbol", symbol, symbols)):
        if wanted is not None and wanted not in known:
            raise CommandError(ExitCode.USAGE, f"there is no {what} {wanted!r}; known are {', '.join(known)}")
