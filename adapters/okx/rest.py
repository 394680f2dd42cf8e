"""OKX's REST as the trading side uses it: signed, within each address's allowance, timed by the venue's clock."""

from collections.abc import Callable, Mapping
from typing import Final, TypeVar
from urllib.parse import urlencode

import msgspec

from adapters.network.request_budget import BudgetUse, Purpose, RequestBudget
from adapters.network.venue_rest import NoAnswerError, NotSentError, VenueRest
from adapters.network.venue_time import VenueTime
from adapters.okx.answers import server_ns
from adapters.okx.outcomes import Judgement, Meaning, judge
from adapters.okx.routes import TIME, Route
from adapters.okx.settings import TradingSettings
from adapters.okx.signing import Signer
from core.ports.clock import Clock
from core.ports.randomness import Randomness
from core.ports.transport import HttpReply, HttpRequest, Transport

_NS_PER_MS: Final = 1_000_000
_NS_PER_S: Final = 1_000_000_000
Query = tuple[tuple[str, str], ...]
Body = Mapping[str, object] | list[dict[str, str]]
T = TypeVar("T")


class VenueReadError(Exception):
    """Something could not be read from the venue; the text says what and why."""

    def __init__(self, text: str, judgement: Judgement | None = None) -> None:
        super().__init__(text)
        self.judgement = judgement


def route_budget(route: Route, randomness: Randomness, share: float) -> RequestBudget:
    """Return the allowance of one address."""
    return RequestBudget(
        randomness, allowance=route.allowance, interval_s=route.interval_s, reserved_share=route.reserved_share,
        share=share,
    )  # fmt: skip


class OkxRest:
    """One account's REST; a rate limit that the venue tells stops that address alone."""

    def __init__(
        self,
        settings: TradingSettings,
        transport: Transport,
        signer: Signer,
        clock: Clock,
        randomness: Randomness,
        *,
        budgets: Mapping[Route, RequestBudget] | None = None,
    ) -> None:
        """Take the allowances that somebody else uses too; those of the other addresses are made when asked for."""
        self.time: Final = VenueTime(clock)
        self._settings = settings
        self._transport = transport
        self._signer = signer
        self._randomness = randomness
        self._budgets: dict[Route, RequestBudget] = dict(budgets or {})
        self._senders: dict[Route, VenueRest] = {}

    async def post(
        self, route: Route, body: Body, purpose: Purpose, *, weight: float = 1.0, expires: bool = False
    ) -> HttpReply:
        """Sign and send once; the answer is the venue's, whatever it says. Raises as `VenueRest.send`.

        `expires` makes the venue throw it away where it arrives late: then an order without an answer cannot appear
        long after it was given up.
        """
        return await self._signed(route, route.path, msgspec.json.encode(body), purpose, weight, expires=expires)

    async def read(
        self, route: Route, query: Query, decode: Callable[[bytes], T], purpose: Purpose = Purpose.RECONCILE
    ) -> T:
        """Read something with a signature; a wrong time is corrected and the question asked once more.

        Raises
        ------
        VenueReadError
            Nobody answered, the venue refused, or the answer cannot be read.
        """
        path = _with_query(route, query)
        reply = await self._answer(route, path, purpose)
        if judge(reply).meaning is Meaning.CLOCK:
            await self.measure_time()
            reply = await self._answer(route, path, purpose)
        return _decoded(route, reply, decode)

    async def read_public(self, route: Route, query: Query, decode: Callable[[bytes], T]) -> T:
        """Do as `read`, for what the venue tells everybody."""
        # the demo network has rules of its own, told by the same mark
        headers = self._network_headers()
        request = HttpRequest(method=route.method, url=self._url(_with_query(route, query)), headers=headers)
        try:
            reply = await self._sender(route).send(request, (1.0,), Purpose.RECONCILE)
        except (NotSentError, NoAnswerError) as error:
            raise VenueReadError(f"{route.path}: {error}") from None
        return _decoded(route, reply, decode)

    async def measure_time(self) -> None:
        """Measure the venue's clock; raise VenueReadError where it does not tell."""
        await self.time.measure(lambda: self.read_public(TIME, (), server_ns))

    def obey(self, route: Route, judgement: Judgement) -> None:
        """Leave an address alone for its interval where the venue says that it was asked too often."""
        if judgement.meaning is Meaning.TOO_MANY:
            self._budget(route).shut(route.interval_s)

    def budget_use(self, route: Route) -> BudgetUse:
        return self._budget(route).use

    async def _answer(self, route: Route, path: str, purpose: Purpose) -> HttpReply:
        try:
            return await self._signed(route, path, b"", purpose, 1.0, expires=False)
        except (NotSentError, NoAnswerError) as error:
            raise VenueReadError(f"{route.path}: {error}") from None

    async def _signed(
        self, route: Route, path: str, body: bytes, purpose: Purpose, weight: float, *, expires: bool
    ) -> HttpReply:
        def make() -> HttpRequest:
            # the time is taken when the request leaves, not when it began to wait for the allowance
            now_ns = self.time.now_ns
            headers = self._signer.headers(route.method, path, body, now_ns) | self._network_headers()
            if expires:
                lasts_ns = int(self._settings.request_lasts_s * _NS_PER_S)
                headers["expTime"] = str((now_ns + lasts_ns) // _NS_PER_MS)
            return HttpRequest(method=route.method, url=self._url(path), headers=headers, body=body)

        reply = await self._sender(route).send(make, (weight,), purpose)
        self.obey(route, judge(reply))
        return reply

    def _network_headers(self) -> dict[str, str]:
        return {"x-simulated-trading": "1"} if self._settings.endpoints.is_demo else {}

    def _url(self, path: str) -> str:
        return f"{self._settings.endpoints.rest_url}{path}"

    def _budget(self, route: Route) -> RequestBudget:
        budget = self._budgets.get(route)
        if budget is None:
            budget = self._budgets[route] = route_budget(route, self._randomness, self._settings.rate_limit_share)
        return budget

    def _sender(self, route: Route) -> VenueRest:
        sender = self._senders.get(route)
        if sender is None:
            budgets = (self._budget(route),)
            timeout_s = self._settings.request_timeout_s
            # the venue counts anew after its interval; a cancel should not wait any longer
            sender = self._senders[route] = VenueRest(
                self._transport, budgets, timeout_s=timeout_s, too_many_wait_s=route.interval_s
            )
        return sender


def _with_query(route: Route, query: Query) -> str:
    return f"{route.path}?{urlencode(query)}" if query else route.path


def _decoded(route: Route, reply: HttpReply, decode: Callable[[bytes], T]) -> T:
    judgement = judge(reply)
    if judgement.meaning is not Meaning.DONE:
        raise VenueReadError(f"{route.path}: {judgement.text}", judgement)
    try:
        return decode(reply.body)
    except (ValueError, UnicodeDecodeError) as error:  # msgspec's errors are ValueErrors
        raise VenueReadError(f"{route.path}: the answer cannot be read: {error}") from None
