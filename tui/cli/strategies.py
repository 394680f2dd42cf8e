"""`seraphim strategies`: list them, start one, stop one, while the engine runs."""

from typing import Annotated, Final

import typer

from core.control.verbs import STRATEGIES
from tui.cli import engine
from tui.cli.exits import CommandError, ExitCode
from tui.cli.output import Json, say, say_json
from tui.cli.tables import Column, print_table

COLUMNS: Final = (
    Column("strategy", "name"),
    Column("status", "status"),
    Column("instruments", "instruments"),
    Column("signals", "signals", "number"),
    Column("orders", "orders", "number"),
    Column("PnL USD", "pnl_usd", "money"),
    Column("last signal", "last_signal"),
    Column("detail", "detail"),
)
EXAMPLES: Final = "Examples: seraphim strategies · seraphim strategies start ma_cross --set fast=5 --set slow=20"
StrategyName = Annotated[str, typer.Argument(help="The strategy's name.")]

group = typer.Typer(help=f"{STRATEGIES.help}\n\n{EXAMPLES}", invoke_without_command=True)


def register(app: typer.Typer) -> None:
    app.add_typer(group, name=STRATEGIES.name)


@group.callback()
def default(context: typer.Context, json: Json = False) -> None:
    if context.invoked_subcommand is None:
        show(json=json)


@group.command("list", help="List strategies with what they did so far.")
def show(json: Json = False) -> None:
    answer = engine.read("/api/strategies")
    if json:
        say_json(answer)
        return
    rows = [
        {**row, "instruments": _words(row.get("instruments")), "pnl_usd": engine.table(row, "profit").get("pnl_usd")}
        for row in engine.rows(answer, "strategies")
    ]
    print_table("", COLUMNS, rows, empty="no strategies; name some in [strategies.<name>] of the configuration")


@group.command("start", help="Start a strategy. Example: seraphim strategies start ma_cross --set fast=5")
def start(
    name: StrategyName,
    settings: Annotated[list[str] | None, typer.Option("--set", help="A parameter as key=value.")] = None,
    json: Json = False,
) -> None:
    parameters = dict(_pair(setting) for setting in settings or [])
    _command(name, "start", {"parameters": parameters} | engine.as_of_now(), as_json=json)


@group.command("stop", help="Stop a strategy; its positions stay. Example: seraphim strategies stop ma_cross")
def stop(name: StrategyName, json: Json = False) -> None:
    _command(name, "stop", {}, as_json=json)


def _command(name: str, verb: str, body: dict[str, object], *, as_json: bool) -> None:
    answer = engine.command(f"/api/strategies/{engine.segment(name)}/{verb}", body)
    if as_json:
        say_json(answer)
    else:
        say(str(answer.get("message") or "done"))


def _pair(setting: str) -> tuple[str, str]:
    key, separator, value = setting.partition("=")
    if not (key and separator):
        raise CommandError(ExitCode.USAGE, f"--set {setting!r} is not key=value, e.g. fast=5")
    return key.strip(), value.strip()


def _words(value: object) -> str:
    return ", ".join(str(item) for item in value) if isinstance(value, list) else str(value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - decoded JSON
