"""Recorded sessions as rows to list."""

from pathlib import Path

from tui.flight.session_folder import is_being_recorded, session_files
from tui.flight.session_form import Session, SessionFileError, read_session


def session_rows(folder: Path) -> list[dict[str, object]]:
    """Return one row for each session, newest first; a file that cannot be read is a row that says why."""
    return [_row(file) for file in reversed(session_files(folder))]


def session_row(session: Session) -> dict[str, object]:
    """Describe one session; money mode None where the engine was never seen."""
    header = session.header
    marks = [mark.kind for block in session.blocks for mark in block.head.marks]
    return {
        "file": str(session.path),
        "name": session.path.name,
        "started_utc_ns": header.started_utc_ns,
        "seconds": session.last_ns // 1_000_000_000,
        "bytes": session.bytes,
        "mode": session.mode or None,
        "who": header.who,
        "console": header.console,
        "place": header.place,
        "version": header.version,
        "frames": sum(block.head.frames for block in session.blocks),
        "keys": marks.count("key"),
        "fills": marks.count("fill"),
        "halts": marks.count("halt"),
        "alarms": marks.count("alarm"),
        "continues": header.continues or None,
        "state": _state(session),
        "problem": session.cut or None,
    }


def _row(file: Path) -> dict[str, object]:
    try:
        return session_row(read_session(file))
    except SessionFileError as error:
        size = file.stat().st_size if file.exists() else 0
        return {"file": str(file), "name": file.name, "bytes": size, "state": "unreadable", "problem": str(error)}


def _state(session: Session) -> str:
    if is_being_recorded(session.path):
        return "recording"
    if session.cut:
        return "cut"
    return "whole" if session.has_end else "broken off"
