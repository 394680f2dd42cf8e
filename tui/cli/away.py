"""`seraphim away`: what happened while a person's consoles were away."""

from typing import Annotated, Final

import typer

from core.control.verbs import AWAY
from tui.cli import engine
from tui.cli.output import Json, say, say_json
from tui.cli.tables import Column, cell, print_table, utc_text

SYMBOL_COLUMNS: Final = (
    Column("instrument", "instrument"),
    Column("fills", "fills", "number"),
    Column("net", "quantity", "number"),
    Column("fees", "fees", "number"),
)
EVENT_COLUMNS: Final = (Column("time UTC", "at_ns", "time"), Column("what", "text"))
JOB_COLUMNS: Final = (Column("jobs ended", "outcome"), Column("", "count", "number"))


def register(app: typer.Typer) -> None:
    app.command(AWAY.name, help=f"{AWAY.help}\n\nExample: seraphim away --json")(away)


def away(
    who: Annotated[
        str | None, typer.Option("--who", help="Whose consoles, as journaled; your own without it.", show_default=False)
    ] = None,
    json: Json = False,
) -> None:
    wanted = who or engine.who().replace("cli:", "console:", 1)
    answer = engine.read(f"/api/away?who={engine.segment(wanted)}")
    if json:
        say_json(answer)
        return
    start = "" if answer.get("was_here") else ", when the engine started: no console of that name was here before"
    say(f"{wanted} was away from {_time(answer, 'since_ns')}{start} to {_time(answer, 'until_ns')}")
    say(f"PnL     {_money(answer, 'pnl_then_usd')} -> {_money(answer, 'pnl_now_usd')} USD since the first start")
    say(f"orders  {cell(answer.get('orders_then'), 'number') or 'not known'} -> {answer.get('orders_now')} open")
    say(f"halts   {answer.get('blockers_raised')} raised, {answer.get('blockers_lifted')} lifted")
    say(
        f"alarms  {answer.get('alarms_raised')} raised, {answer.get('alarms_cleared')} cleared since"
        f" {_time(answer, 'alarms_since_ns')}"
    )
    say(f"engine  {answer.get('restarts')} restarts")
    print_table("", SYMBOL_COLUMNS, engine.rows(answer, "symbols"), empty="no fills")
    jobs = ({"outcome": name, "count": count} for name, count in engine.table(answer, "jobs").items())
    print_table("", JOB_COLUMNS, jobs, empty="no jobs ended")
    print_table("", EVENT_COLUMNS, engine.rows(answer, "events"), empty="")
    print_table("", EVENT_COLUMNS, engine.rows(answer, "alarms"), empty="")


def _time(answer: engine.Body, name: str) -> str:
    return utc_text(int(str(answer.get(name))))


def _money(answer: engine.Body, name: str) -> str:
    value = answer.get(name)
    return "not known" if value is None else cell(value, "money")
