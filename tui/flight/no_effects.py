"""The last net under a replay: its process opens nothing for writing, connects nowhere and starts nothing.

The replayed console has no engine, no files and no clipboard anyway. This holds whatever a pane of its own might do.
"""

import os
import sys
from typing import Final

_WRITING: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC
_REFUSED: Final = frozenset(
    {"socket.connect", "socket.bind", "socket.sendto", "subprocess.Popen", "os.exec", "os.posix_spawn", "os.system",
     "os.fork", "os.forkpty", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.truncate",
     "os.chmod", "shutil.rmtree", "shutil.move"}
)  # fmt: skip


class ReplayEffectError(PermissionError):
    """Something in a replay tried to reach beyond it."""


def refuse_effects() -> None:
    """Refuse effects in this process from now on; that cannot be taken back."""
    sys.addaudithook(_refuse)


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    if event in _REFUSED or (event == "open" and _is_writing(arguments)):
        raise ReplayEffectError(f"this is a replay: {event} is refused")


def _is_writing(arguments: tuple[object, ...]) -> bool:
    path, flags = arguments[0], arguments[2]
    return isinstance(flags, int) and bool(flags & _WRITING) and not str(path).startswith("/dev/")
