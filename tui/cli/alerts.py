"""`seraphim alerts`: what stands, who has seen it and who was told of it, and a test of a sink."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Final, cast

import typer

from core.control.verbs import ALERTS
from tui.cli import engine, price_alerts
from tui.cli.exits import CommandError, ExitCode
from tui.cli.output import Json, say, say_json
from tui.cli.tables import Column, print_table, utc_text

ALERT_COLUMNS: Final = (
    Column("severity", "severity"),
    Column("alert", "name"),
    Column("since UTC", "since_ns", "time"),
    Column("seen", "seen"),
    Column("told", "told"),
    Column("explained by", "explained_by"),
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
EXAMPLES: Final = (
    "Examples: seraphim alerts · seraphim alerts ack 'feed okx' · seraphim alerts shelve 'feed okx' --minutes 15 · "
    "seraphim alerts price set BTC/USDT@sim-a 70000 · seraphim alerts test phone"
)
SEVERITIES: Final = ("info", "warning", "severe", "critical")  # in rising order
TEST_PATIENCE_S: Final = 90.0

group = typer.Typer(help=f"{ALERTS.help}\n\n{EXAMPLES}", invoke_without_command=True)


group.add_typer(price_alerts.group, name="price")


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
    _report(engine.command(f"/api/alerts/{engine.segment(sink)}/test", {}, timeout_s=TEST_PATIENCE_S), json=json)


@group.command("ack", help="Say that you have seen alarms. Example: seraphim alerts ack 'feed okx'")
def acknowledge(
    names: Annotated[list[str] | None, typer.Argument(help="Names as `alerts` lists them.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All that nobody has seen and nobody shelved.")] = False,
    json: Json = False,
) -> None:
    if bool(names) == every:
        raise CommandError(ExitCode.USAGE, "name the alarms, as `seraphim alerts` lists them, or give --all")
    alerts = engine.rows(engine.read("/api/alerts"), "alerts")
    if every:
        names = [str(row["name"]) for row in alerts if not row.get("acknowledged") and not row.get("shelved_until_ns")]
        if not names:
            _report({"message": "every alarm is acknowledged"}, json=json)
            return
    seen = {name: _severity(alerts, name) for name in names or ()}
    _report(engine.command("/api/alerts/acknowledge", {"alarms": seen}), json=json)


@group.command(help="Put an alarm aside for a time. Example: seraphim alerts shelve 'feed okx' --minutes 15")
def shelve(
    name: Annotated[str, typer.Argument(help="The alarm's name.")],
    minutes: Annotated[float | None, typer.Option(help="For how long, at most a day.")] = None,
    today: Annotated[bool, typer.Option("--today", help="Until the UTC day ends.")] = False,
    word: Annotated[str, typer.Option(help="A critical one takes the word `shelve`.")] = "",
    json: Json = False,
) -> None:
    if (minutes is None) != today:
        raise CommandError(ExitCode.USAGE, "say for how long: --minutes N or --today")
    alerts = engine.rows(engine.read("/api/alerts"), "alerts")
    length: engine.Body = {"until_day_end": True} if minutes is None else {"seconds": minutes * 60}
    body = {"name": name, "severity": _severity(alerts, name), "word": word, **length}
    _report(engine.command("/api/alerts/shelve", body), json=json)


@group.command(help="Bring a shelved alarm back. Example: seraphim alerts unshelve 'feed okx'")
def unshelve(name: Annotated[str, typer.Argument(help="The alarm's name.")], json: Json = False) -> None:
    _report(engine.command("/api/alerts/unshelve", {"name": name}), json=json)


def _severity(alerts: list[engine.Body], name: str) -> str:
    """Return how bad the alarm of a name is; raise CommandError where none stands."""
    found = [str(row.get("severity")) for row in alerts if row.get("name") == name]
    if not found:
        known = ", ".join(dict.fromkeys(repr(str(row.get("name"))) for row in alerts)) or "none"
        raise CommandError(ExitCode.USAGE, f"no alarm {name!r} stands; standing: {known}")
    return max(found, key=lambda each: SEVERITIES.index(each) if each in SEVERITIES else len(SEVERITIES))


def _report(answer: engine.Body, *, json: bool) -> None:
    if json:
        say_json(answer)
    else:
        say(str(answer.get("message") or "done"))


def _seen(row: engine.Body) -> str:
    """Say who has acknowledged or shelved an alarm, and until when."""
    until_ns, at_ns = row.get("shelved_until_ns"), row.get("acknowledged_ns")
    said = [f"by {row.get('acknowledged_by')} {utc_text(int(str(at_ns)))[11:]}"] if row.get("acknowledged") else []
    if until_ns is not None:
        said.append(f"shelved until {utc_text(int(str(until_ns)))} by {row.get('shelved_by')}")
    return "; ".join(said) or "nobody"


def _told(rows: list[engine.Body]) -> Iterator[engine.Body]:
    for row in rows:
        delivered = cast("Mapping[str, object]", row.get("delivered_ns") or {})
        told = ", ".join(f"{name} {utc_text(int(str(at_ns)))[11:]}" for name, at_ns in delivered.items())
        yield {**row, "told": told, "seen": _seen(row)}
