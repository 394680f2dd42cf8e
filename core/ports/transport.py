"""The wire, as live adapters use it, so that tests can put a loopback server or a recording behind it."""

from collections.abc import Callable, Mapping
from typing import Protocol


class HttpReply(Protocol):
    @property
    def status(self) -> int: ...

    @property
    def headers(self) -> Mapping[str, str]: ...

    @property
    def body(self) -> bytes: ...


class Connection(Protocol):
    """An open websocket."""

    def send(self, payload: bytes) -> None:
        """Send one text message; no effect once the connection has ended."""
        ...

    async def closed(self) -> str:
        """Wait until the connection has ended, whoever ended it, and return how."""
        ...

    async def close(self) -> None: ...


class Transport(Protocol):
    """Open connections to one venue; raise TransportError for anything the network does."""

    async def get(self, url: str, params: Mapping[str, str], timeout_s: float) -> HttpReply: ...

    async def connect(self, url: str, on_message: Callable[[bytes], None], timeout_s: float) -> Connection:
        """Open a websocket; `on_message` is called with each whole message as soon as it was read.

        Pings are answered. A call that blocks holds up the loop: there is no queue in between.
        """
        ...


class TransportError(Exception):
    """The network failed; the text says how."""
