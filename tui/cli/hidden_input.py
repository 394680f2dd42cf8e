"""Lines typed at the terminal that it does not show."""

import sys
import termios
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from tui.cli.exits import CommandError, ExitCode

if TYPE_CHECKING:
    from core.types.credentials import Secret

_PEM_END: Final = "-----END"
_LOCAL_MODES: Final = 3  # of what tcgetattr returns


def is_terminal() -> bool:
    return sys.stdin.isatty()


def ask_hidden(prompt: str) -> "Secret":
    """Ask for one line; raise CommandError where the input ends instead."""
    with _without_echo(prompt):
        return _secret(_line())


def ask_hidden_pem(prompt: str) -> "Secret":
    """Ask for a key in PEM: several lines up to the one that begins with -----END."""
    with _without_echo(prompt):
        lines = [_line()]
        # One line with its line ends written out is a whole key, and what is no PEM is judged later.
        while lines[0].lstrip().startswith("-----BEGIN") and _PEM_END not in lines[-1]:
            lines.append(_line())
    return _secret("\n".join(lines))


@contextmanager
def _without_echo(prompt: str) -> Generator[None]:
    """Show the prompt once nothing typed is shown any more; what was typed before that is thrown away."""
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    hidden = termios.tcgetattr(descriptor)
    hidden[_LOCAL_MODES] &= ~termios.ECHO
    try:
        termios.tcsetattr(descriptor, termios.TCSAFLUSH, hidden)
        sys.stderr.write(prompt)
        sys.stderr.flush()
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSAFLUSH, before)
        sys.stderr.write("\n")
        sys.stderr.flush()


def _line() -> str:
    line = sys.stdin.readline()
    if not line:
        raise CommandError(ExitCode.FAILED, "the input ended; nothing was done")
    return line.rstrip("\r\n")


def _secret(text: str) -> "Secret":
    from core.types.credentials import Secret  # noqa: PLC0415 - msgspec, not for every command

    return Secret(text)
