"""Writes the kill switch's file. Apart from the reader, since a command line that only writes loads nothing heavy."""

import json
import os
from pathlib import Path


def write_kill_file(path: Path, *, who: str, reason: str, flatten: bool, at_ns: int) -> OSError | None:
    """Write the file durably, an empty one where the disk takes no text: the name alone halts.

    A wish to flatten that nobody has obeyed yet stays one, whatever the newer wish says. Returns what kept the text out
    of the file, None where a wish is in it; raises OSError where no file could be made.
    """
    was_to_flatten = _wants_to_flatten(path)
    flatten = flatten or was_to_flatten
    text = json.dumps({"at_ns": at_ns, "who": who, "reason": reason, "flatten": flatten}) + "\n"
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        problem = _write(descriptor, text.encode())
    finally:
        os.close(descriptor)
    if problem is not None and was_to_flatten:
        draft.unlink()
        return None
    draft.replace(path)
    return problem


def _wants_to_flatten(path: Path) -> bool:
    try:
        wish = json.loads(path.read_text(encoding="utf-8"))
        return wish["flatten"] is True
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _write(descriptor: int, content: bytes) -> OSError | None:
    try:
        os.write(descriptor, content)
        os.fsync(descriptor)
    except OSError as error:
        os.ftruncate(descriptor, 0)  # half a wish would be read as a reason
        return error
    return None
