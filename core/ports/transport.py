"""The wire, as live adapters use it, so that tests can put a loopback server or a recording behind it."""

from collections.abc import AsyncIterator, Mapping
from typing import Protocol


class HttpReply(Protocol):
    @property
    def status(self) -> int: ...

    @property
    def headers(self) -> Mapping[str, str]: ...

    @property
    def body(self) -> bytes: ...


class Transport(Protocol):
    """Open connections to one venue; raise TransportError for anything the network does."""

    async def get(self, url: str, params: Mapping[str, str], timeout_s: float) -> HttpReply: ...

    def stream(self, url: str) -> AsyncIterator[bytes]:
        """Yield raw websocket messages until the connection ends; raise TransportError where it fails."""
        ...


class TransportError(Exception):
    """The network failed; the text says how."""
