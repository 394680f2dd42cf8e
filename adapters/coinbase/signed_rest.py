"""Coinbase's REST as the trading side uses it: a new token for each request, timed by the venue's clock, sent once."""

from collections.abc import Callable, Iterable
from typing import Final, TypeVar
from urllib.parse import urlencode

import msgspec

from adapters.coinbase.answers import server_ns
from adapters.coinbase.endpoints import PRIVATE_A_SECOND, PUBLIC_A_SECOND, TIME, TradingSettings
from adapters.coinbase.outcomes import error_text
from adapters.coinbase.signing import Signer
from adapters.network.request_budget import Purpose, RequestBudget
from adapters.network.venue_rest import NoAnswerError, NotSentError, VenueRest
from adapters.network.venue_time import VenueTime
from adapters.streams.market_data import UNREADABLE
from core.ports.clock import Clock
from core.ports.randomness import Randomness
from core.ports.transport import HttpReply, HttpRequest, Transport

T = TypeVar("T")
Parameters = Iterable[tuple[str, str]]

NOT_FOUND: Final = 404
_OK: Final = 200
_UNAUTHORISED: Final = 401


class VenueReadError(Exception):
    """Something could not be read from the venue; the text says what and why."""

    def __init__(self, text: str, status: int | None = None) -> None:
        super().__init__(text)
        self.status = status  # of the answer, None where there was none


def second_budget(a_second: int, randomness: Randomness, share: float) -> RequestBudget:
    """Return the allowance of requests a second.

    Burst and refill are half each: together no second has more than the venue takes, nor more than half of it by one
    of them.
    """
    return RequestBudget(randomness, allowance=a_second / 2, interval_s=1, share=min(1.0, 2 * share))


class SignedRest:
    """All requests share the venue's allowances, so a 429 stops every one of them."""

    def __init__(
        self,
        settings: TradingSettings,
        transport: Transport,
        signer: Signer,
        clock: Clock,
        randomness: Randomness,
        *,
        public_budget: RequestBudget | None = None,
    ) -> None:
        """Take the allowance for what everybody may read where somebody else uses it too."""
        self.time: Final = VenueTime(clock)
        share = settings.rate_limit_share
        self.budget: Final = second_budget(PRIVATE_A_SECOND, randomness, share)
        self._public_budget = public_budget or second_budget(PUBLIC_A_SECOND, randomness, share)
        self._url = settings.endpoints.rest_url
        self._signer = signer
        timeout_s = settings.request_timeout_s
        self._private = VenueRest(transport, (self.budget,), timeout_s=timeout_s)
        self._public = VenueRest(transport, (self._public_budget,), timeout_s=timeout_s)

    async def post(self, path: str, body: object, purpose: Purpose) -> HttpReply:
        """Sign and send once; the answer is the venue's, whatever it says. Raises as `VenueRest.send`."""
        return await self._send("POST", path, (), msgspec.json.encode(body), purpose)

    async def read(
        self, path: str, parameters: Parameters, decode: Callable[[bytes], T], purpose: Purpose = Purpose.RECONCILE
    ) -> T:
        """Read something of the account; raise VenueReadError where the venue does not tell."""
        parameters = tuple(parameters)
        try:
            reply = await self._send("GET", path, parameters, b"", purpose)
            if reply.status == _UNAUTHORISED:  # perhaps only the time in the token was wrong
                await self.measure_time()
                reply = await self._send("GET", path, parameters, b"", purpose)
        except (NotSentError, NoAnswerError) as error:
            raise VenueReadError(f"{path}: {error}") from None
        return _decoded(path, reply, decode)

    async def read_public(self, path: str, parameters: Parameters, decode: Callable[[bytes], T]) -> T:
        """Read something that everybody may; raise VenueReadError where the venue does not tell."""
        request = HttpRequest(method="GET", url=self._address(path, tuple(parameters)))
        try:
            reply = await self._public.send(request, (1,), Purpose.RECONCILE)
        except (NotSentError, NoAnswerError) as error:
            raise VenueReadError(f"{path}: {error}") from None
        return _decoded(path, reply, decode)

    async def measure_time(self) -> None:
        """Ask for the venue's time; raise VenueReadError where it does not tell."""
        await self.time.measure(lambda: self.read_public(TIME, (), server_ns))

    def token(self) -> str:
        """Return a token for one message to a websocket."""
        return self._signer.token(self.time.now_s)

    async def _send(
        self, method: str, path: str, parameters: tuple[tuple[str, str], ...], body: bytes, purpose: Purpose
    ) -> HttpReply:
        if purpose is not Purpose.ORDER:
            await self.budget.take(0, purpose)  # wait first and sign then: a token does not live long
        host = self._url.partition("://")[2]
        headers = {"Authorization": f"Bearer {self._signer.token(self.time.now_s, f'{method} {host}{path}')}"}
        if body:
            headers["Content-Type"] = "application/json"
        url = self._address(path, parameters)
        request = HttpRequest(method=method, url=url, headers=headers, body=body)
        return await self._private.send(request, (1,), purpose)

    def _address(self, path: str, parameters: tuple[tuple[str, str], ...]) -> str:
        query = urlencode(parameters)
        return f"{self._url}{path}?{query}" if query else f"{self._url}{path}"


def _decoded(path: str, reply: HttpReply, decode: Callable[[bytes], T]) -> T:
    if reply.status != _OK:
        raise VenueReadError(f"{path}: HTTP {reply.status}: {error_text(reply)}", reply.status)
    try:
        return decode(reply.body)
    except UNREADABLE as error:
        raise VenueReadError(f"{path}: an answer that cannot be read: {error}", reply.status) from None
