"""The kill switch as a file: whoever can write into the state folder can halt the engine."""

import json
from pathlib import Path
from typing import Any, cast

from core.control.commands import Kill


def read_kill_file(path: Path) -> Kill | None:
    """Return the wish in the file, None without one. A file that cannot be read is a wish all the same."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        return Kill(who="kill file", reason=f"{path} is there and cannot be read: {error.strerror}")
    try:
        wish = cast("dict[str, Any]", json.loads(text))
        return Kill(
            who=f"kill file of {wish['who']}", reason=str(wish.get("reason") or ""), flatten=wish.get("flatten") is True
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return Kill(who="kill file", reason=text.strip()[:200])
