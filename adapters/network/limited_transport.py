"""A transport that leaves a host alone once it said that it was asked too often, whoever asked it."""

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urlsplit

from adapters.network.closing import Closing, Closings
from adapters.network.venue_rest import BANNED, TOO_MANY, retry_after_s
from core.ports.transport import Connection, HostClosedError, HttpReply, HttpRequest, Transport


def is_too_many(reply: HttpReply) -> bool:
    """Tell whether a venue that counts by address says that it was asked too often."""
    return reply.status in (TOO_MANY, BANNED)


class LimitedTransport:
    """Implements `core.ports.transport.Transport` over another one; streams are not requests and pass.

    Parameters
    ----------
    closes_host
        Tells of an answer whether nothing of this machine may be sent to its host for a while.
    """

    def __init__(
        self, transport: Transport, closings: Closings, closes_host: Callable[[HttpReply], bool] = is_too_many
    ) -> None:
        self._transport = transport
        self._closings = closings
        self._closes_host = closes_host

    def closing_of(self, host: str) -> Closing:
        """Return what closes a host, for who has to reach it by a transport of another library."""
        return self._closings.of(host)

    async def get(self, url: str, params: Mapping[str, str], timeout_s: float) -> HttpReply:
        return await self._asked(url, lambda: self._transport.get(url, params, timeout_s))

    async def request(self, request: HttpRequest, timeout_s: float) -> HttpReply:
        return await self._asked(request.url, lambda: self._transport.request(request, timeout_s))

    async def connect(self, url: str, on_message: Callable[[bytes], None], timeout_s: float) -> Connection:
        return await self._transport.connect(url, on_message, timeout_s)

    async def _asked(self, url: str, ask: Callable[[], Awaitable[HttpReply]]) -> HttpReply:
        host = urlsplit(url).netloc
        closing = self._closings.of(host)
        if (wait_s := closing.shut_s) > 0:
            raise HostClosedError(host, wait_s)
        reply = await ask()
        if self._closes_host(reply):
            closing.shut(retry_after_s(reply))
        return reply
