"""`seraphim kill`: the file first, then the engine, so that an engine that does not answer still finds it."""

import json as json_format
import os
import time
from pathlib import Path
from typing import Annotated, cast

import typer

from core.control.verbs import KILL
from core.paths import Paths, StateFolderError, describe, make_private_folder
from tui.cli import engine
from tui.cli.exits import CommandError, ExitCode
from tui.cli.output import Json, say, say_json
from tui.cli.tables import Column, print_table

TIMEOUT_S = 10.0  # a daily loss must be met within this, so a kill waits no longer
EXAMPLES = "Example: seraphim kill --flatten --reason 'wrong prices at sim-a'"


def register(app: typer.Typer) -> None:
    app.command(KILL.name, help=f"{KILL.help}\n\n{EXAMPLES}")(kill)


def kill(
    flatten: Annotated[bool, typer.Option("--flatten", help="Also close every position, reduce-only.")] = False,
    reason: Annotated[str, typer.Option("--reason", help="Why; kept in the journal.")] = "",
    json: Json = False,
) -> None:
    paths = Paths.from_environment()
    unwritten = _write_kill_file(paths, flatten=flatten, reason=reason)
    state = unwritten or f"the kill file {paths.kill_file} is written"
    try:
        answer = engine.command("/api/control/kill", {"flatten": flatten, "reason": reason}, timeout_s=TIMEOUT_S)
    except CommandError as error:
        raise CommandError(error.exit_code, f"{error}; {state}{_consequence(error, unwritten)}", error.data) from None
    if unwritten is not None:
        answer["warning"] = unwritten
    if json:
        say_json(answer)
    else:
        _print(answer, unwritten)


def _consequence(error: CommandError, unwritten: str | None) -> str:
    if unwritten is not None:
        return ""
    if error.exit_code is ExitCode.NO_ENGINE:
        return ": the next start begins HALTED. Orders that rest at a venue were not touched"
    return ": the engine obeys it as soon as it gets to it. If it hangs, end its process; the next start begins HALTED"


def _write_kill_file(paths: Paths, *, flatten: bool, reason: str) -> str | None:
    """Write the kill file durably; return what went wrong, for the engine is asked all the same."""
    wish = {"at_ns": time.time_ns(), "who": engine.who(), "reason": reason, "flatten": flatten}
    try:
        make_private_folder(paths.state_dir)
        _replace(paths.kill_file, json_format.dumps(wish) + "\n")
    except StateFolderError as error:
        return f"the kill file could not be written: {error}"
    except OSError as error:
        return f"the kill file {paths.kill_file} could not be written: {describe(error)}"
    return None


def _replace(path: Path, text: str) -> None:
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(descriptor, text.encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    draft.replace(path)


def _print(answer: engine.Body, unwritten: str | None) -> None:
    say(str(answer.get("message") or "halted"))
    if unwritten is not None:
        say(f"warning: {unwritten}")
    venues = engine.table(engine.table(answer, "data"), "venues")
    if venues:
        print_table("", _columns(venues), _venue_rows(venues), empty="")


def _columns(venues: engine.Body) -> list[Column]:
    keys: dict[str, None] = {}
    for outcome in venues.values():
        keys.update(dict.fromkeys(cast("engine.Body", outcome) if isinstance(outcome, dict) else {"result": outcome}))
    return [Column("venue", "venue"), *(Column(key.replace("_", " "), key) for key in keys)]


def _venue_rows(venues: engine.Body) -> list[engine.Body]:
    return [
        {"venue": name, **(cast("engine.Body", outcome) if isinstance(outcome, dict) else {"result": outcome})}
        for name, outcome in venues.items()
    ]
