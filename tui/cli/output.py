"""What the command line writes: results on stdout, everything else on stderr. A reader that left is no error."""

import os
import sys
from collections.abc import Mapping
from typing import Annotated, TextIO

import typer

from core.paths import describe
from tui.cli.exits import CommandError, ExitCode
from tui.cli.json_text import json_text

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of a table.")]


def say(text: str) -> bool:
    """Write a line to stdout; return whether somebody still reads."""
    return _write(sys.stdout, text)


def note(text: str) -> None:
    """Write a line to stderr."""
    _write(sys.stderr, text)


def say_json(value: object) -> bool:
    return say(json_text(value))


def report_error(error: CommandError, *, as_json: bool) -> None:
    """Write an error to stderr: one document with --json, else its text."""
    if not as_json:
        note(f"seraphim: {error}")
        return
    body: Mapping[str, object] = {"exit_code": int(error.exit_code), "name": error.exit_code.name.lower()}
    note(json_text({"error": {**body, "message": str(error), "data": error.data}}))


def flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            _discard(stream)
        except OSError as error:
            raise _lost(stream, error) from None


def _write(stream: TextIO, text: str) -> bool:
    try:
        stream.write(text + "\n")
        stream.flush()
    except BrokenPipeError:
        _discard(stream)
        return False
    except OSError as error:
        raise _lost(stream, error) from None
    except UnicodeEncodeError:
        return _write(stream, text.encode(stream.encoding, "replace").decode(stream.encoding))
    return True


def _lost(stream: TextIO, error: OSError) -> CommandError:
    """Say that the result did not reach its reader, e.g. a full disk behind stdout: it must not look delivered."""
    _discard(stream)
    text = f"the output cannot be written ({describe(error)}); what was asked of the engine stands"
    return CommandError(ExitCode.FAILED, text)


def _discard(stream: TextIO) -> None:
    """Point a stream nobody reads at /dev/null, so that the interpreter's last flush is quiet too."""
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, stream.fileno())
    os.close(sink)
