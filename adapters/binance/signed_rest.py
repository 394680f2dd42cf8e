"""Binance's REST as the trading side uses it: signed, weighed, timed by the venue's clock, sent once."""

from collections.abc import Callable
from typing import Final, TypeVar

from adapters.binance.answers import server_ns
from adapters.binance.errors import TOO_MANY_ORDERS, Judgement, Meaning, judge
from adapters.binance.market import BinanceMarket
from adapters.binance.signing import Parameters, Signer, query_of
from adapters.binance.trading_endpoints import LIMITS, ROUTES, Route, TradingSettings
from adapters.network.request_budget import Purpose, RequestBudget
from adapters.network.venue_rest import NoAnswerError, NotSentError, VenueRest
from adapters.network.venue_time import VenueTime
from core.ports.clock import Clock
from core.ports.randomness import Randomness
from core.ports.transport import HttpReply, HttpRequest, Transport

_WEIGHT_HEADER: Final = "x-mbx-used-weight-1m"
T = TypeVar("T")


class VenueReadError(Exception):
    """Something could not be read from the venue; the text says what and why."""

    def __init__(self, text: str, judgement: Judgement | None = None, status: int | None = None) -> None:
        super().__init__(text)
        self.judgement = judgement
        self.status = status  # of the answer, None where there was none


def weight_budget(market: BinanceMarket, randomness: Randomness, share: float) -> RequestBudget:
    """Return what the venue allows an address, and of that the share that is used here."""
    return RequestBudget(randomness, allowance=LIMITS[market].weight_a_minute, interval_s=60, share=share)


class SignedRest:
    """One market's REST. All requests share its allowances, so a 429 or 418 stops every one of them."""

    def __init__(
        self,
        settings: TradingSettings,
        transport: Transport,
        signer: Signer,
        clock: Clock,
        randomness: Randomness,
        *,
        budget: RequestBudget | None = None,
    ) -> None:
        self.market: Final = settings.market
        self.routes: Final = ROUTES[settings.market]
        self.time: Final = VenueTime(clock)
        self._settings = settings
        self._signer = signer
        limits, share = LIMITS[settings.market], settings.rate_limit_share
        self.weight: Final = weight_budget(settings.market, randomness, share) if budget is None else budget
        # cancels are not counted as orders, so no slice is kept for them there
        self._orders = tuple(
            RequestBudget(
                randomness, allowance=limit.orders, interval_s=limit.interval_s, reserved_share=0, share=share
            )
            for limit in limits.orders
        )
        self._told = {
            _WEIGHT_HEADER: self.weight,
            **{limit.header: budget for limit, budget in zip(limits.orders, self._orders, strict=True)},
        }
        timeout_s = settings.request_timeout_s
        # what is no order must not wait for the allowance of orders
        self._plain = VenueRest(transport, (self.weight,), timeout_s=timeout_s)
        self._counted = VenueRest(
            transport, (self.weight, *self._orders), timeout_s=timeout_s, limited=self._limited_by
        )

    async def send(
        self, route: Route, parameters: Parameters, purpose: Purpose, *, host: str | None = None
    ) -> HttpReply:
        """Sign and send once; the answer is the venue's, whatever it says. Raises as `VenueRest.send`."""
        parameters = tuple(parameters)
        window = str(self._settings.receive_window_ms)

        def make() -> HttpRequest:
            # the time is taken when the request leaves, not when it began to wait for the allowance
            timed = (*parameters, ("recvWindow", window), ("timestamp", str(self.time.now_ns // 1_000_000)))
            return self._request(route, self._signer.signed(query_of(timed)), host)

        return await self._send(route, make, purpose)

    async def send_keyed(self, route: Route, parameters: Parameters, purpose: Purpose) -> HttpReply:
        """Send with the key and without a signature, as listen keys are asked for."""
        query = query_of(parameters)
        return await self._send(route, lambda: self._request(route, query, None), purpose)

    async def read(
        self,
        route: Route,
        parameters: Parameters,
        decode: Callable[[bytes], T],
        purpose: Purpose = Purpose.RECONCILE,
        *,
        host: str | None = None,
    ) -> T:
        """Read something with a signature; a wrong time is corrected and the question asked once more.

        Raises
        ------
        VenueReadError
            Nobody answered, the venue refused, or the answer cannot be read.
        """
        parameters = tuple(parameters)
        reply = await self._answer(route, parameters, purpose, host)
        if judge(self.market, reply).meaning is Meaning.CLOCK:
            await self.measure_time()
            reply = await self._answer(route, parameters, purpose, host)
        return self._decoded(route, reply, decode)

    async def read_public(self, route: Route, parameters: Parameters, decode: Callable[[bytes], T]) -> T:
        """Do as `read`, for what the venue tells everybody."""
        query = query_of(parameters)
        try:
            reply = await self._send(
                route, lambda: HttpRequest(method=route.method, url=self._url(route, query, None)), Purpose.RECONCILE
            )
        except (NotSentError, NoAnswerError) as error:
            raise VenueReadError(f"{route.path}: {error}") from None
        return self._decoded(route, reply, decode)

    async def measure_time(self) -> None:
        """Measure the venue's clock; raise VenueReadError where it does not tell."""
        await self.time.measure(lambda: self.read_public(self.routes.time, (), server_ns))

    async def _answer(self, route: Route, parameters: Parameters, purpose: Purpose, host: str | None) -> HttpReply:
        try:
            return await self.send(route, parameters, purpose, host=host)
        except (NotSentError, NoAnswerError) as error:
            raise VenueReadError(f"{route.path}: {error}") from None

    def _decoded(self, route: Route, reply: HttpReply, decode: Callable[[bytes], T]) -> T:
        judgement = judge(self.market, reply)
        if judgement.meaning is not Meaning.DONE:
            raise VenueReadError(f"{route.path}: {judgement.text}", judgement, reply.status)
        try:
            return decode(reply.body)
        except (ValueError, UnicodeDecodeError) as error:  # msgspec's errors are ValueErrors
            raise VenueReadError(f"{route.path}: the answer cannot be read: {error}") from None

    async def _send(self, route: Route, make: Callable[[], HttpRequest], purpose: Purpose) -> HttpReply:
        if route.orders:
            counts = (float(route.orders),) * len(self._orders)
            reply = await self._counted.send(make, (route.weight, *counts), purpose)
        else:
            reply = await self._plain.send(make, (route.weight,), purpose)
        for name, value in reply.headers.items():
            budget = self._told.get(name.lower())
            if budget is not None and value.isascii() and value.isdigit():
                budget.told_used(float(value))
        return reply

    def _limited_by(self, reply: HttpReply) -> tuple[RequestBudget, ...]:
        """Return what an order's 429 or 418 is about: too many orders, perhaps of a day, keep no cancel back."""
        is_of_orders = judge(self.market, reply).code == TOO_MANY_ORDERS
        return self._orders if is_of_orders else (self.weight, *self._orders)

    def _request(self, route: Route, query: str, host: str | None) -> HttpRequest:
        headers = self._signer.headers()
        if route.method != "GET":
            headers["Content-Type"] = "application/x-www-form-urlencoded"  # there is no body: all is in the query
        return HttpRequest(method=route.method, url=self._url(route, query, host), headers=headers)

    def _url(self, route: Route, query: str, host: str | None) -> str:
        address = f"{host or self._settings.endpoints.rest_url}{route.path}"
        return f"{address}?{query}" if query else address
