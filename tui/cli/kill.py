"""`seraphim kill`: the file first, then the engine, so that an engine that does not answer still finds it."""

import time
from typing import Annotated, Final, NamedTuple

import typer

from core.control.verbs import KILL
from core.io.instance_lock import find_holder
from core.io.kill_file_writer import write_kill_file
from core.paths import Paths, StateFolderError, describe, make_private_folder
from tui.cli import engine
from tui.cli.exits import CommandError, ExitCode
from tui.cli.kill_alone import Alone, cancel_alone, prepare
from tui.cli.kill_checklist import KillChecklist
from tui.cli.output import Json, note, say, say_json

ANSWER_TIMEOUT_S: Final = 1.7
"""An engine that lives answers within one second, however slow its venues are; all is to be said within three."""
CHECKLIST_TIMEOUT_S: Final = 60.0
EXAMPLES: Final = (
    "Ends when every venue has confirmed, with --flatten when each venue's own account shows no order and no"
    " position, or after --timeout with exit code 1 and what is left.\n\n"
    "Without this command: SIGUSR1 to the engine's process, named in state/engine.lock, does the same without"
    " flattening, and so does a file KILL in the state folder.\n\n"
    "Example: seraphim kill --flatten --reason 'wrong prices at sim-a'"
)


def register(app: typer.Typer) -> None:
    app.command(KILL.name, help=f"{KILL.help}\n\n{EXAMPLES}")(kill)


class Written(NamedTuple):
    """What became of the kill file; `warning` where it is not there, or is there without what was to stand in it."""

    is_there: bool
    warning: str | None


def kill(
    flatten: Annotated[bool, typer.Option("--flatten", help="Also close every position, reduce-only.")] = False,
    reason: Annotated[str, typer.Option("--reason", help="Why; kept in the journal.")] = "",
    timeout: Annotated[
        float, typer.Option("--timeout", min=0, help="Seconds to wait for the venues.")
    ] = CHECKLIST_TIMEOUT_S,
    json: Json = False,
) -> None:
    paths = Paths.from_environment()
    written = _write_kill_file(paths, flatten=flatten, reason=reason)
    prepare(paths)
    try:
        answer = _ask_engine(flatten=flatten, reason=reason)
    except CommandError as error:
        raise _unanswered(error, paths, written, cancel_alone(paths), flatten=flatten) from None
    except KeyboardInterrupt:
        text = f"interrupted before the engine answered; {_file_state(paths, written)}"
        raise CommandError(ExitCode.INTERRUPTED, text) from None
    message = str(answer.get("message") or "halted")
    if written.warning is not None:
        answer["warning"] = written.warning
    if not json:
        say(message)
        if written.warning is not None:
            note(f"warning: {written.warning}")
    seen = KillChecklist(is_shown=not json).follow(timeout, message, flatten=flatten)
    if json:
        say_json({**answer, "outcome": "done", "message": seen.message, "data": {**_data(answer), "kill": seen.kill}})
    else:
        say(seen.message)


def _ask_engine(*, flatten: bool, reason: str) -> engine.Body:
    """Return the engine's answer, also one that says that not every venue has confirmed yet."""
    body: engine.Body = {"flatten": flatten, "reason": reason}
    try:
        return engine.command("/api/control/kill", body, timeout_s=ANSWER_TIMEOUT_S)
    except CommandError as error:
        if error.data.get("is_halted") is not True:
            raise
        return {"outcome": "failed", "message": str(error), "data": dict(error.data)}


def _data(answer: engine.Body) -> engine.Body:
    return engine.table(answer, "data")


# where the engine does not answer ------------------------------------------------------------------------


def _unanswered(error: CommandError, paths: Paths, written: Written, alone: Alone, *, flatten: bool) -> CommandError:
    """Say what was done, what was not, and what follows from it."""
    holder, is_to_flatten = find_holder(paths.lock), flatten and written == Written(True, None)
    closes = " and closes every position" if is_to_flatten else ""
    if holder is None and error.exit_code is ExitCode.NO_ENGINE:
        follows = "" if not written.is_there else f": the next start begins HALTED{closes}"
        follows += "" if alone.text else ". Orders that rest at a venue were not touched"
    elif holder is None:
        follows = "" if not written.is_there else f"; an engine that finds it halts before it sends anything{closes}"
    else:
        follows = (
            f". {'No position was closed' if alone.text else 'Nothing was cancelled or closed at any venue'}"
            f" by this command: {_hung(holder.pid, written)}{closes}"
        )
    # A process that holds the lock may hold positions too: that is no "no engine".
    code = error.exit_code if holder is None or error.exit_code is not ExitCode.NO_ENGINE else ExitCode.FAILED
    data: engine.Body = {
        **error.data,
        "kill_file": str(paths.kill_file),
        "is_kill_file_written": written.is_there,
        "process": None if holder is None else holder.pid,
        "venues": alone.venues,
    }
    done = f" {alone.text}." if alone.text else ""
    return CommandError(code, f"{error}.{done} {_file_state(paths, written)}{follows}", data)


def _hung(pid: int, written: Written) -> str:
    process = f"process {pid}" if pid else "another process"
    end = f"`kill -9 {pid}` ends it" if pid else "end that process"
    if not written.is_there:
        return f"{process} holds the lock and did not take the command; if it hangs, {end}"
    return (
        f"{process} holds the lock and did not take the command; it obeys the file before it sends anything more."
        f" If it stays hung, {end}, and the next start begins HALTED"
    )


def _file_state(paths: Paths, written: Written) -> str:
    return written.warning or f"The kill file {paths.kill_file} is written"


def _write_kill_file(paths: Paths, *, flatten: bool, reason: str) -> Written:
    """Write the kill file; say what went wrong, for the engine is asked all the same."""
    try:
        make_private_folder(paths.state_dir)
        problem = write_kill_file(
            paths.kill_file, who=engine.who(), reason=reason, flatten=flatten, at_ns=time.time_ns()
        )
    except StateFolderError as error:
        return Written(False, f"the kill file could not be written: {error}")
    except OSError as error:
        return Written(False, f"the kill file {paths.kill_file} could not be written: {describe(error)}")
    if problem is None:
        return Written(True, None)
    lacks = "it halts but does not flatten" if flatten else "it halts all the same"
    return Written(True, f"the kill file {paths.kill_file} is there, but empty ({describe(problem)}): {lacks}")
