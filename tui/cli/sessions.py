"""`seraphim sessions`: what consoles have recorded of themselves."""

from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from core.control.verbs import SESSIONS
from core.paths import Paths, describe
from tui.cli.exits import CommandError, ExitCode
from tui.cli.output import Json, say, say_json
from tui.cli.tables import Column, print_table, utc_text

EXAMPLES: Final = (
    "Examples: seraphim sessions · seraphim sessions show 20261130-0959 · seraphim sessions prune --keep 5 · "
    "seraphim-tui --replay-session 20261130-0959"
)
COLUMNS: Final = (
    Column("session", "name"),
    Column("began", "started_utc_ns", "time"),
    Column("long", "long"),
    Column("MB", "megabytes", "money"),
    Column("money", "money"),
    Column("who", "who"),
    Column("keys", "keys", "number"),
    Column("fills", "fills", "number"),
    Column("halts", "halts", "number"),
    Column("alarms", "alarms", "number"),
    Column("state", "state"),
)
_MEGABYTE: Final = 1_000_000

group = typer.Typer(help=f"{SESSIONS.help}\n\n{EXAMPLES}", invoke_without_command=True)


def register(app: typer.Typer) -> None:
    app.add_typer(group, name=SESSIONS.name)


@group.callback()
def sessions(context: typer.Context, json: Json = False) -> None:
    if context.invoked_subcommand is not None:
        return
    folder = _folder()
    rows: list[dict[str, object]] = import_module("tui.flight.session_list").session_rows(folder)
    if json:
        say_json({"folder": str(folder), "sessions": rows})
        return
    print_table("", COLUMNS, map(_told, rows), empty=f"no session is recorded yet ({folder}): start `seraphim-tui`")
    for row in rows:
        if row["problem"]:
            _say_safely(f"{row['name']}: {row['problem']}")


@group.command("show", help="Show one session: who, when, how long, and the moments worth going to.")
def show(
    session: Annotated[str, typer.Argument(help="A file, or the beginning of a name that `sessions` lists.")],
    json: Json = False,
) -> None:
    read = _read(session)
    row: dict[str, object] = import_module("tui.flight.session_list").session_row(read)
    moments = [mark for block in read.blocks for mark in block.head.marks if mark.kind != "key"]
    if json:
        told = [{"seconds": mark.at_ns // 1_000_000_000, "kind": mark.kind, "text": mark.text} for mark in moments]
        say_json({**row, "moments": told})
        return
    for name, value in _told(row).items():
        if value not in {None, ""} and name not in {"seconds", "bytes", "mode", "started_utc_ns"}:
            _say_safely(f"{name:<10} {value}")
    say(f"{'began':<10} {utc_text(read.header.started_utc_ns)} UTC")
    for mark in moments:
        _say_safely(f"{utc_text(read.header.started_utc_ns + mark.at_ns)}  {mark.kind:<6} {mark.text}")


@group.command("prune", help="Remove the oldest sessions; one that is being recorded stays.")
def prune(
    keep: Annotated[int, typer.Option("--keep", min=0, help="How many of the newest stay.")],
    json: Json = False,
) -> None:
    folder_of: Any = import_module("tui.flight.session_folder")
    try:
        removed = [file.name for file in folder_of.prune(_folder(), keep)]
    except OSError as error:
        raise CommandError(ExitCode.FAILED, f"{error.filename}: {describe(error)}") from None
    if json:
        say_json({"removed": removed})
    else:
        say(f"{len(removed)} removed" + "".join(f"\n{name}" for name in removed))


def _folder() -> Path:
    folder_of: Any = import_module("tui.flight.session_folder")
    return folder_of.sessions_dir(Paths.from_environment())


def _read(named: str) -> Any:
    form: Any = import_module("tui.flight.session_form")
    folder_of: Any = import_module("tui.flight.session_folder")
    try:
        return form.read_session(folder_of.session_named(_folder(), named))
    except form.SessionFileError as error:
        raise CommandError(ExitCode.USAGE, str(error)) from None


def _told(row: dict[str, object]) -> dict[str, object]:
    """Return a row in words for people; of a file that cannot be read there is only a name."""
    seconds, mode = row.get("seconds"), row.get("mode")
    return {
        **row,
        "long": None if seconds is None else _long(int(str(seconds))),
        "megabytes": round(int(str(row["bytes"])) / _MEGABYTE, 2),
        "money": None if mode is None else str(mode).upper(),
    }


def _say_safely(text: str) -> None:
    """Write a line of words from a recording: they may be a venue's, and must not steer the terminal."""
    say(import_module("tui.present.cells").safe(text))


def _long(seconds: int) -> str:
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
