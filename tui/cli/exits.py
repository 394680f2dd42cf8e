"""How a command ends: exit codes that scripts can rely on, and errors that carry one."""

from collections.abc import Mapping
from enum import IntEnum


class ExitCode(IntEnum):
    DONE = 0
    FAILED = 1
    USAGE = 2  # wrong usage or configuration
    NO_ENGINE = 3
    REFUSED = 4  # the risk gate said no
    INTERRUPTED = 130


class CommandError(Exception):
    """A command cannot do what was asked; the text is shown as it is."""

    def __init__(self, exit_code: ExitCode, message: str, data: Mapping[str, object] | None = None) -> None:
        super().__init__(message)
        self.exit_code = exit_code
        self.data = data or {}
