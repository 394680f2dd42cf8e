"""Consoles that are shown an engine: who they are, and that they are there."""

from collections.abc import Callable
from typing import Final

import msgspec

from core.control.commands import AnyCommand


class ConsoleName(msgspec.Struct, frozen=True, kw_only=True):
    """Who a console is: a random id made at its start, and its user as journaled; both empty for nobody."""

    console: str = ""
    who: str = ""


NOBODY: Final = ConsoleName()


def signed(command: AnyCommand, name: ConsoleName) -> AnyCommand:
    """Return a command with the console that it was given in."""
    return msgspec.structs.replace(command, console=name.console) if name.console else command


class ConsoleHello(ConsoleName, frozen=True, kw_only=True):
    """How a console introduces itself to the engine."""

    interval_ms: int


class Presence:
    """One console that is shown the engine, from `attach` to `end`."""

    def __init__(self, hello: ConsoleHello, since_ns: int, ended: "Callable[[Presence], None]") -> None:
        self.hello = hello
        self.since_ns = since_ns
        self.behind_s = 0.0  # how long it has not read what it was sent; whoever sends keeps it
        self._ended: Callable[[Presence], None] | None = ended

    def end(self) -> None:
        """Say that it is gone; further calls change nothing."""
        ended, self._ended = self._ended, None
        if ended is not None:
            ended(self)
