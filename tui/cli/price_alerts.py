"""`seraphim alerts price`: prices that the engine watches and tells of, with no console attached."""

from decimal import Decimal
from typing import Annotated, Final

import typer

from tui.cli import engine
from tui.cli.exits import CommandError, ExitCode
from tui.cli.output import Json, say, say_json
from tui.cli.tables import Column, print_table
from tui.present.typed_number import typed_number

PATH: Final = "/api/price_alerts"
COLUMNS: Final = (
    Column("id", "alert_id"),
    Column("instrument", "instrument"),
    Column("side", "crossing"),
    Column("price", "price", "number"),
    Column("away %", "distance_pct", "number"),
    Column("goes off", "often"),
    Column("severity", "severity"),
    Column("went off UTC", "fired_ns", "time"),
    Column("times", "times", "number"),
    Column("by", "who"),
)
EXAMPLES: Final = (
    "Examples: seraphim alerts price · seraphim alerts price set BTC/USDT:USDT@sim-a 70000 --each-time · "
    "seraphim alerts price remove p-1"
)

group = typer.Typer(help=f"List, set and remove price alerts.\n\n{EXAMPLES}", invoke_without_command=True)


@group.callback()
def default(context: typer.Context, json: Json = False) -> None:
    if context.invoked_subcommand is None:
        show(json=json)


@group.command("list", help="List price alerts with how far the market is from each.")
def show(json: Json = False) -> None:
    answer = engine.read(PATH)
    if json:
        say_json(answer)
        return
    rows = [
        {
            **row,
            "instrument": f"{row.get('symbol')}@{row.get('venue')}",
            "often": "each time" if row.get("is_repeated") else "once",
        }
        for row in engine.rows(answer, "price_alerts")
    ]
    print_table("", COLUMNS, rows, empty="no price alerts; seraphim alerts price set SYMBOL@venue PRICE sets one")


@group.command("set", help="Be told when the market is at a price or beyond; it goes off once.")
def add(
    instrument: Annotated[str, typer.Argument(help="SYMBOL@venue, e.g. BTC/USDT:USDT@sim-a")],
    price: Annotated[str, typer.Argument(help="The price.")],
    above: Annotated[bool, typer.Option("--above", help="Only where the market is below it now.")] = False,
    below: Annotated[bool, typer.Option("--below", help="Only where the market is above it now.")] = False,
    each_time: Annotated[bool, typer.Option("--each-time", help="Each time that the market comes there anew.")] = False,
    severity: Annotated[str, typer.Option(help="info, warning or severe: which sinks are told.")] = "warning",
    json: Json = False,
) -> None:
    if above and below:
        raise CommandError(ExitCode.USAGE, "--above or --below, not both; neither takes the side the price is on")
    symbol, _, venue = instrument.rpartition("@")
    if not symbol or not venue:
        raise CommandError(ExitCode.USAGE, f"{instrument!r} is not SYMBOL@venue, e.g. BTC/USDT:USDT@sim-a")
    body: engine.Body = {
        "venue": venue,
        "symbol": symbol,
        "price": format(_price(price), "f"),
        "crossing": "above" if above else "below" if below else "",
        "is_repeated": each_time,
        "severity": severity,
    }
    _report(engine.command(PATH, body), json=json)


@group.command("remove", help="Remove a price alert. Example: seraphim alerts price remove p-1")
def remove(alert_id: Annotated[str, typer.Argument(help="Its id as listed.")], json: Json = False) -> None:
    _report(engine.delete(f"{PATH}/{engine.segment(alert_id)}"), json=json)


def _price(text: str) -> Decimal:
    price, _ = typed_number(text, is_price=True)
    if price is None or price <= 0:
        raise CommandError(ExitCode.USAGE, f"price {text!r} is not a number above 0, e.g. 70000")
    return price


def _report(answer: engine.Body, *, json: bool) -> None:
    if json:
        say_json(answer)
    else:
        say(str(answer.get("message") or "done"))
