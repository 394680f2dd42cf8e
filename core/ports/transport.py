"""The wire, as live adapters use it, so that tests can put a loopback server or a recording behind it."""

from collections.abc import Callable, Mapping
from typing import Protocol

import msgspec


class HttpRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request as it goes over the wire: nothing is encoded or ordered anew behind a signature.

    Its text never shows headers or body: they hold keys and signatures.
    """

    method: str  # GET, POST, PUT, DELETE
    url: str  # with its query, as it was signed
    headers: Mapping[str, str] = {}
    body: bytes = b""

    def __repr__(self) -> str:
        return f"{self.method} {self.url.partition('?')[0]}"


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

    async def request(self, request: HttpRequest, timeout_s: float) -> HttpReply:
        """Send it once; `may_have_arrived` of a TransportError says what is not known.

        What may be repeated by its method (GET, PUT, DELETE) is sent again where a kept connection turns out closed.
        """
        ...

    async def connect(self, url: str, on_message: Callable[[bytes], None], timeout_s: float) -> Connection:
        """Open a websocket; `on_message` is called with each whole message as soon as it was read.

        Pings are answered. A call that blocks holds up the loop: there is no queue in between.
        """
        ...


class TransportError(Exception):
    """The network failed; the text says how.

    `may_have_arrived` is False only where no byte of the request can have reached the venue.
    """

    def __init__(self, text: str, *, may_have_arrived: bool = True) -> None:
        super().__init__(text)
        self.may_have_arrived = may_have_arrived


class HostClosedError(TransportError):
    """The request never left: the host asked for a pause, answering this or another request of this process."""

    def __init__(self, host: str, wait_s: float) -> None:
        super().__init__(f"{host} asked for a pause: nothing is sent for {wait_s:.0f} s", may_have_arrived=False)
        self.wait_s = wait_s
