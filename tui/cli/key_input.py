"""Where the parts of a new key come from: the terminal, a file, or a pipe."""

import os
import stat
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from core.paths import describe
from tui.cli.exits import CommandError, ExitCode
from tui.cli.hidden_input import ask_hidden, ask_hidden_pem, is_terminal
from tui.cli.output import note

if TYPE_CHECKING:
    from adapters.keys.fields import AskedField
    from core.types.credentials import Secret

MAX_INPUT_BYTES: Final = 1 << 16


def read_parts(fields: "Iterable[AskedField]", file: Path | None) -> "dict[str, Secret]":
    """Return the parts of a key by their names, as they were given; raise CommandError or KeyRefusedError."""
    from adapters.keys.entry import parse_parts  # noqa: PLC0415 - msgspec, not for every command

    if file is None and is_terminal():
        return _ask(fields)
    if file is None:
        return parse_parts(_text(sys.stdin.buffer.read(MAX_INPUT_BYTES + 1), "the standard input"))
    text = _read_file(file)
    if not text.reveal().lstrip().startswith("-----BEGIN"):
        return parse_parts(text)
    return _beside_pem(tuple(fields), text, file)


def _ask(fields: "Iterable[AskedField]") -> "dict[str, Secret]":
    """Ask part by part; what is malformed ends it at once rather than after the last."""
    from adapters.keys.fields import part_problem, tidy_part  # noqa: PLC0415 - msgspec, not for every command
    from adapters.keys.forms import Form  # noqa: PLC0415 - as above

    parts: dict[str, Secret] = {}
    for field in fields:
        kind = " (optional)" if field.is_optional else ""
        ask = ask_hidden_pem if field.form is Form.EC_PEM else ask_hidden
        text = tidy_part(field, ask(f"{field.prompt}{kind}, not shown: "))
        if text is None and not field.is_optional:
            raise CommandError(ExitCode.USAGE, f"{field.name} is missing; nothing was kept")
        if text is None:
            continue
        if (problem := part_problem(field, text)) is not None:
            raise CommandError(ExitCode.USAGE, f"{field.name} {problem}; nothing was kept")
        parts[field.name] = text
    return parts


def _beside_pem(fields: "tuple[AskedField, ...]", pem: "Secret", file: Path) -> "dict[str, Secret]":
    from adapters.keys.forms import Form  # noqa: PLC0415 - msgspec, not for every command

    own = [field for field in fields if field.form is Form.EC_PEM]
    others = [field for field in fields if field.form is not Form.EC_PEM]
    if not own:
        names = ", ".join(field.name for field in fields)
        raise CommandError(ExitCode.USAGE, f"{file}: is PEM, and this venue's key has none; give JSON with {names}")
    if not is_terminal():
        names = ", ".join(field.name for field in others)
        raise CommandError(ExitCode.USAGE, f"{file}: is the PEM alone, and nobody can be asked for {names}; give JSON")
    return {own[0].name: pem, **_ask(others)}


def _read_file(path: Path) -> "Secret":
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            content = file.read(MAX_INPUT_BYTES + 1)
    except OSError as error:
        raise CommandError(ExitCode.USAGE, f"{path}: cannot be read: {describe(error)}") from None
    if mode & 0o077:
        note(f"warning: {path} is open to other users (mode {mode:o}); remove it once the key is kept")
    return _text(content, str(path))


def _text(content: bytes, where: str) -> "Secret":
    from core.types.credentials import Secret  # noqa: PLC0415 - msgspec, not for every command

    problem = f"is larger than {MAX_INPUT_BYTES} bytes" if len(content) > MAX_INPUT_BYTES else None
    text = Secret("")
    try:
        text = Secret(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        problem = problem or "is not UTF-8"
    if problem is not None:
        raise CommandError(ExitCode.USAGE, f"{where} {problem}")
    return text
