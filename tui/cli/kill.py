"""`seraphim kill`: the file first, then the engine, so that an engine that does not answer still finds it."""

import time
from typing import Annotated, NamedTuple, cast

import typer

from core.control.verbs import KILL
from core.io.kill_file_writer import write_kill_file
from core.paths import Paths, StateFolderError, describe, make_private_folder
from tui.cli import engine
from tui.cli.exits import CommandError, ExitCode
from tui.cli.output import Json, say, say_json
from tui.cli.tables import Column, print_table

TIMEOUT_S = 10.0  # a daily loss must be met within this, so a kill waits no longer
EXAMPLES = "Example: seraphim kill --flatten --reason 'wrong prices at sim-a'"


def register(app: typer.Typer) -> None:
    app.command(KILL.name, help=f"{KILL.help}\n\n{EXAMPLES}")(kill)


class _Written(NamedTuple):
    """What became of the kill file; `warning` where it is not there, or is there without what was to stand in it."""

    is_there: bool
    warning: str | None


def kill(
    flatten: Annotated[bool, typer.Option("--flatten", help="Also close every position, reduce-only.")] = False,
    reason: Annotated[str, typer.Option("--reason", help="Why; kept in the journal.")] = "",
    json: Json = False,
) -> None:
    paths = Paths.from_environment()
    written = _write_kill_file(paths, flatten=flatten, reason=reason)
    state = written.warning or f"the kill file {paths.kill_file} is written"
    try:
        answer = engine.command("/api/control/kill", {"flatten": flatten, "reason": reason}, timeout_s=TIMEOUT_S)
    except CommandError as error:
        consequence = _consequence(error) if written.is_there else ""
        raise CommandError(error.exit_code, f"{error}; {state}{consequence}", error.data) from None
    if written.warning is not None:
        answer["warning"] = written.warning
    if json:
        say_json(answer)
    else:
        _print(answer, written.warning)


def _consequence(error: CommandError) -> str:
    if error.exit_code is ExitCode.NO_ENGINE:
        return ": the next start begins HALTED. Orders that rest at a venue were not touched"
    return ": the engine obeys it as soon as it gets to it. If it hangs, end its process; the next start begins HALTED"


def _write_kill_file(paths: Paths, *, flatten: bool, reason: str) -> _Written:
    """Write the kill file; say what went wrong, for the engine is asked all the same."""
    try:
        make_private_folder(paths.state_dir)
        problem = write_kill_file(
            paths.kill_file, who=engine.who(), reason=reason, flatten=flatten, at_ns=time.time_ns()
        )
    except StateFolderError as error:
        return _Written(False, f"the kill file could not be written: {error}")
    except OSError as error:
        return _Written(False, f"the kill file {paths.kill_file} could not be written: {describe(error)}")
    if problem is None:
        return _Written(True, None)
    lacks = "it halts but does not flatten" if flatten else "it halts all the same"
    return _Written(True, f"the kill file {paths.kill_file} is there, but empty ({describe(problem)}): {lacks}")


def _print(answer: engine.Body, warning: str | None) -> None:
    say(str(answer.get("message") or "halted"))
    if warning is not None:
        say(f"warning: {warning}")
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
