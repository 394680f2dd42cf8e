"""`seraphim pause`, `resume`, `set-risk-mode` and `disarm`."""

from typing import Annotated, Literal

import typer

from core.control.verbs import DISARM, PAUSE, RESUME, SET_RISK_MODE
from tui.cli import engine
from tui.cli.output import Json, say, say_json

Reason = Annotated[str, typer.Option("--reason", help="Why; kept in the journal.")]


def register(app: typer.Typer) -> None:
    app.command(PAUSE.name, help=f"{PAUSE.help}\n\nExample: seraphim pause --reason 'news at 14:00'")(pause)
    app.command(
        RESUME.name,
        help=f"{RESUME.help}\n\nExample: seraphim resume --reason 'checked' --word resume --scope venue:sim-a",
    )(resume)
    app.command(SET_RISK_MODE.name, help=f"{SET_RISK_MODE.help}\n\nExample: seraphim set-risk-mode conservative")(
        set_risk_mode
    )
    app.command(DISARM.name, help=f"{DISARM.help}\n\nExample: seraphim disarm")(disarm)


def pause(reason: Reason = "", json: Json = False) -> None:
    _finish(engine.command("/api/control/pause", {"reason": reason}), json)


def resume(
    reason: Reason = "",
    word: Annotated[str, typer.Option("--word", help="Type `resume` here to lift a halt.")] = "",
    scope: Annotated[
        str, typer.Option("--scope", help="Lift only what stands at global, venue:NAME or strategy:NAME.")
    ] = "",
    json: Json = False,
) -> None:
    # What comes while an engine stands still was not seen by whoever gave this: it is not lifted by it.
    body: engine.Body = {"reason": reason, "word": word} | engine.as_of_now()
    if scope:
        body["scope"] = scope
    _finish(engine.command("/api/control/resume", body), json)


def set_risk_mode(
    mode: Annotated[Literal["conservative", "balanced", "aggressive"], typer.Argument(help="The mode to set.")],
    json: Json = False,
) -> None:
    _finish(engine.command("/api/control/set_risk_mode", {"mode": mode} | engine.as_of_now()), json)


def disarm(json: Json = False) -> None:
    _finish(engine.command("/api/control/disarm"), json)


def _finish(answer: engine.Body, as_json: bool) -> None:
    if as_json:
        say_json(answer)
    else:
        say(str(answer.get("message") or "done"))
