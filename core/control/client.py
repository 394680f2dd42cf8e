"""The control API from a front process: standard library only, so that a command line starts at once."""

import http.client
import json
import socket
from decimal import Decimal
from os import PathLike
from typing import Any, Final, cast

DEFAULT_TIMEOUT_S: Final = 5.0
_MAX_REPLY_BYTES: Final = 64 << 20


class NoEngine(Exception):  # noqa: N818 - a state of the world that callers name, not a fault
    """No engine runs: its socket is missing, or nobody listens on it."""


class EngineUnresponsive(Exception):  # noqa: N818 - a state of the world that callers name, not a fault
    """A socket is there, but no answer came in time or it made no sense. A command may have been carried out."""


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, socket_path: str, timeout_s: float) -> None:
        super().__init__("engine", timeout=timeout_s)
        self._socket_path = socket_path

    def connect(self) -> None:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(self.timeout)
            connection.connect(self._socket_path)
        except BaseException:
            connection.close()
            raise
        self.sock = connection


class ControlClient:
    """Ask the engine behind a socket. A request is sent once and never repeated by itself.

    Parameters
    ----------
    socket_path
        The engine's Unix socket.
    timeout_s
        How long each step (connecting, sending, each read of the answer) may take.
    """

    def __init__(self, socket_path: str | PathLike[str], timeout_s: float = DEFAULT_TIMEOUT_S) -> None:
        self._socket_path = str(socket_path)
        self._timeout_s = timeout_s

    def get(self, path: str) -> tuple[int, dict[str, Any]]:
        """Return (HTTP status, JSON object); raise NoEngine or EngineUnresponsive."""
        return self._ask("GET", path, None)

    def post(self, path: str, body: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
        return self._ask("POST", path, body or {})

    def patch(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        return self._ask("PATCH", path, body)

    def delete(self, path: str) -> tuple[int, dict[str, Any]]:
        return self._ask("DELETE", path, None)

    def _ask(self, method: str, path: str, body: dict[str, Any] | None) -> tuple[int, dict[str, Any]]:
        connection = _UnixConnection(self._socket_path, self._timeout_s)
        try:
            self._connect(connection)
            return self._exchange(connection, method, path, body)
        finally:
            connection.close()

    def _connect(self, connection: _UnixConnection) -> None:
        try:
            connection.connect()
        except (FileNotFoundError, NotADirectoryError):
            raise NoEngine(f"no engine is running: there is no socket {self._socket_path}") from None
        except ConnectionRefusedError:
            raise NoEngine(f"no engine is running: nobody listens on {self._socket_path} any more") from None
        except PermissionError:
            raise EngineUnresponsive(
                f"{self._socket_path} may not be opened by this user; run the command as the engine's user"
            ) from None
        except OSError as error:
            raise EngineUnresponsive(f"{self._socket_path} cannot be reached: {error}") from error

    def _exchange(
        self, connection: _UnixConnection, method: str, path: str, body: dict[str, Any] | None
    ) -> tuple[int, dict[str, Any]]:
        payload = None if body is None else json.dumps(body).encode()
        headers = {"Connection": "close"} | ({} if body is None else {"Content-Type": "application/json"})
        doubt = "" if method == "GET" else "; it may or may not have been carried out: look before repeating it"
        try:
            connection.request(method, path, body=payload, headers=headers)
            reply = connection.getresponse()
            # Money stays exact: a float would round the digits a venue gave.
            answer: Any = json.loads(reply.read(_MAX_REPLY_BYTES), parse_float=Decimal)
        except TimeoutError:
            raise EngineUnresponsive(
                f"the engine on {self._socket_path} did not answer {method} {path} within {self._timeout_s:g} s{doubt}"
            ) from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise EngineUnresponsive(
                f"the engine on {self._socket_path} broke off {method} {path} ({type(error).__name__}: {error}){doubt}"
            ) from error
        if not isinstance(answer, dict):
            raise EngineUnresponsive(f"{self._socket_path} answered {method} {path} with something else than an object")
        return reply.status, cast("dict[str, Any]", answer)
