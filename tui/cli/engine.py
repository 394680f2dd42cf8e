"""The way from a command to a running engine, and from its answer to an exit code. Loads nothing heavy."""

import os
import pwd
import time
from collections.abc import Mapping
from typing import Final, cast
from urllib.parse import quote, urlencode

from core.control.client import ControlClient, EngineUnresponsive, NoEngine
from core.io.instance_lock import find_holder
from core.paths import Paths
from tui.cli.exits import CommandError, ExitCode

READ_TIMEOUT_S: Final = 5.0
COMMAND_TIMEOUT_S: Final = 10.0

Body = dict[str, object]

_EXITS: Final = {200: ExitCode.DONE, 400: ExitCode.USAGE, 404: ExitCode.USAGE, 409: ExitCode.REFUSED}


def read(path: str, *, timeout_s: float = READ_TIMEOUT_S) -> Body:
    """Ask the engine for something; raise CommandError unless it answers."""
    return _ask("GET", path, None, timeout_s)


def as_of_now() -> dict[str, object]:
    """Return the time of what is given: an engine that stood still meanwhile neither trades nor loosens by it later."""
    return {"as_of_ns": time.time_ns()}


def command(path: str, body: Mapping[str, object] | None = None, *, timeout_s: float = COMMAND_TIMEOUT_S) -> Body:
    """Tell the engine to do something; raise CommandError with its reason unless it was done."""
    return _ask("POST", path, {**(body or {}), "who": who()}, timeout_s)


def patch(path: str, body: Mapping[str, object], *, timeout_s: float = COMMAND_TIMEOUT_S) -> Body:
    """Tell the engine to change something; raise CommandError with its reason unless it was changed."""
    return _ask("PATCH", path, {**body, "who": who()}, timeout_s)


def delete(path: str, fields: Mapping[str, str] | None = None) -> Body:
    query = urlencode({**(fields or {}), "who": who()})
    return _ask("DELETE", f"{path}?{query}", None, COMMAND_TIMEOUT_S)


def who() -> str:
    """Name this front end and its user, as journaled with every command."""
    try:
        return f"cli:{pwd.getpwuid(os.getuid()).pw_name}"
    except KeyError:
        return f"cli:{os.getuid()}"


def segment(text: str) -> str:
    """Write a name as one segment of a path."""
    return quote(text, safe="")


def rows(body: Mapping[str, object], name: str) -> list[Body]:
    """Take a list of rows out of an answer; a missing list is an error, never an empty table."""
    found = body.get(name)
    if not isinstance(found, list):
        raise CommandError(ExitCode.FAILED, f"the engine's answer has no {name!r}; do engine and command line differ?")
    return cast("list[Body]", found)


def table(body: Mapping[str, object], name: str) -> Body:
    """Take a table out of an answer; a missing one is empty."""
    found = body.get(name)
    return cast("Body", found) if isinstance(found, dict) else {}


def _ask(method: str, path: str, body: Mapping[str, object] | None, timeout_s: float) -> Body:
    paths = Paths.from_environment()
    client = ControlClient(paths.socket, timeout_s)
    try:
        match method:
            case "GET":
                status, answer = client.get(path)
            case "POST":
                status, answer = client.post(path, dict(body or {}))
            case "PATCH":
                status, answer = client.patch(path, dict(body or {}))
            case _:
                status, answer = client.delete(path)
    except NoEngine:
        raise CommandError(ExitCode.NO_ENGINE, no_engine_text(paths)) from None
    except EngineUnresponsive as error:
        raise CommandError(ExitCode.FAILED, str(error)) from None
    if status == 200:
        return answer
    raise CommandError(_EXITS.get(status, ExitCode.FAILED), _message(answer, status), table(answer, "data"))


def no_engine_text(paths: Paths) -> str:
    holder = find_holder(paths.lock)
    if holder is not None:
        return f"the engine, process {holder.pid}, is starting or stopping: its control socket {paths.socket} is closed"
    return f"no engine is running ({paths.socket}); start one with `seraphim daemon` or `seraphim-tui`"


def _message(answer: Mapping[str, object], status: int) -> str:
    error = table(answer, "error")
    return str(answer.get("message") or error.get("message") or f"the engine answered with status {status}")
