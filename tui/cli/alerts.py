"""`seraphim alerts`: what stands, who was told of it, and a test of a sink."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Final, cast

import typer

from core.control.verbs import ALERTS
from tui.cli import engine
from tui.cli.output import Json, say, say_json
from tui.cli.tables import Column, print_table, utc_text

ALERT_COLUMNS: Final = (
    Column("severity", "severity"),
    Column("alert", "name"),
    Column("since UTC", "since_ns", "time"),
    Column("told", "told"),
    Column("what", "text"),
)
SINK_COLUMNS: Final = (
    Column("sink", "name"),
    Column("from", "min_severity"),
    Column("delivered", "delivered", "number"),
    Column("last UTC", "delivered_ns", "time"),
    Column("waiting", "waiting", "number"),
    Column("dropped", "dropped", "number"),
    Column("failing since UTC", "failing_since_ns", "time"),
    Column("error", "last_error"),
)
EXAMPLES: Final = "Examples: seraphim alerts · seraphim alerts test phone"
TEST_PATIENCE_S: Final = 90.0

group = typer.Typer(help=f"{ALERTS.help}\n\n{EXAMPLES}", invoke_without_command=True)


def register(app: typer.Typer) -> None:
    app.add_typer(group, name=ALERTS.name)


@group.callback()
def default(context: typer.Context, json: Json = False) -> None:
    if context.invoked_subcommand is None:
        show(json=json)


@group.command("list", help="List standing alerts and the sinks they are sent to.")
def show(json: Json = False) -> None:
    answer = engine.read("/api/alerts")
    if json:
        say_json(answer)
        return
    print_table("", ALERT_COLUMNS, _told(engine.rows(answer, "alerts")), empty="no standing alerts")
    no_sinks = "no sinks: alerts are shown and not sent; name some in [alerts.sinks.<name>] of the configuration"
    print_table("", SINK_COLUMNS, engine.rows(answer, "sinks"), empty=no_sinks)


@group.command("test", help="Send one message through a sink. Example: seraphim alerts test phone")
def probe(sink: Annotated[str, typer.Argument(help="The sink's name.")], json: Json = False) -> None:
    answer = engine.command(f"/api/alerts/{engine.segment(sink)}/test", {}, timeout_s=TEST_PATIENCE_S)
    if json:
        say_json(answer)
    else:
        say(str(answer.get("message") or "done"))


def _told(rows: list[engine.Body]) -> Iterator[engine.Body]:
    for row in rows:
        delivered = cast("Mapping[str, object]", row.get("delivered_ns") or {})
        told = ", ".join(f"{name} {utc_text(int(str(at_ns)))[11:]}" for name, at_ns in delivered.items())
        yield {**row, "told": told}
