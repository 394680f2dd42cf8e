"""What a console says of an engine that does not know what it is asked, or shows what it does not know itself."""

from typing import Final

from core.control.commands import Outcome
from tui.program_version import program_version

_UNKNOWN_FIELD: Final = "unknown field"  # in the words of every version that refuses one
_NO_SUCH_ROUTE: Final = (404, 405)


def is_unknown_field(said: str) -> bool:
    """Tell whether an engine refused a field that this console sends of its own: it is older than the console."""
    return _UNKNOWN_FIELD in said


def is_unknown_to_engine(status: int, outcome: Outcome | None, said: str) -> bool:
    """Tell whether an engine refused a command, or a field of one, that it does not know."""
    return status in _NO_SUCH_ROUTE if outcome is None else outcome is Outcome.INVALID and is_unknown_field(said)


def older_engine(engine_version: str | None) -> str:
    """Say that the engine is the older one, and which of both to update."""
    return (
        f"{_of_different_versions(engine_version)} and the engine is the older one: update the "
        "engine, that is stop it and start it with this program, or attach with a console of the engine's version"
    )


def newer_engine(engine_version: str) -> str:
    """Say that the engine is the newer one, and what follows from it."""
    return (
        f"{_of_different_versions(engine_version)} and the engine is the newer one: what only it knows is not shown "
        "here; update the console, that is leave it and attach with the engine's program"
    )


def _of_different_versions(engine_version: str | None) -> str:
    mine = program_version()
    theirs = engine_version or "unknown"
    versions = f"both say version {mine}" if theirs == mine else f"engine {theirs}, console {mine}"
    return f"engine and console are of different versions ({versions})"
