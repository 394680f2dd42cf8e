"""Kraken's REST interface: public tables, and signed requests one after the other.

The venue refuses a request whose number is not above the last it took, so two on their way at once could overtake each
other: requests of one key wait for each other. What may be refused for its number is sent again with a higher one,
for it was not done. Orders do not go this way (see `adapters/kraken/execution.py`).
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, TypeVar
from urllib.parse import urlencode

from adapters.kraken.nonces import Nonces
from adapters.kraken.outcomes import Effect, effects_of, outcome_of
from adapters.kraken.private_wire import decode_envelope
from adapters.kraken.signing import Signer
from adapters.network.nonce_file import NonceError
from adapters.network.request_budget import BudgetUse, Purpose, RequestBudget
from adapters.network.venue_rest import NoAnswerError, NotSentError, VenueRest
from adapters.streams.market_data import UNREADABLE
from core.io.redaction import mask_known
from core.ports.transport import HttpReply, HttpRequest, Transport
from core.ports.venue import SendOutcome

T = TypeVar("T")

PAUSE_S: Final = 10.0
_OK: Final = 200
_SERVER_FAULTS: Final = 500
_NONCE_TRIES: Final = 4
_SHOWN: Final = 200


class Route(NamedTuple):
    path: str
    weight: float = 1.0  # on the key's call counter


BALANCES: Final = Route("/0/private/BalanceEx")
OPEN_ORDERS: Final = Route("/0/private/OpenOrders")
QUERY_ORDERS: Final = Route("/0/private/QueryOrders")
TRADES: Final = Route("/0/private/TradesHistory", 2.0)
CANCEL_ORDER: Final = Route("/0/private/CancelOrder", 0.0)  # counted on the pair's counter, not on the key's
CANCEL_ALL: Final = Route("/0/private/CancelAll")
DEAD_MAN: Final = Route("/0/private/CancelAllOrdersAfter")
TOKEN: Final = Route("/0/private/GetWebSocketsToken")
KEY_INFORMATION: Final = Route("/0/private/GetApiKeyInfo")
ASSET_PAIRS: Final = Route("/0/public/AssetPairs")
TICKER: Final = Route("/0/public/Ticker")
TIME: Final = Route("/0/public/Time")


class RefusedError(Exception):
    """The venue answered that it did not do it."""

    def __init__(self, errors: list[str]) -> None:
        super().__init__(mask_known(", ".join(errors)))
        self.errors = errors


class PublicRest:
    """Reads public tables, one a second."""

    def __init__(self, transport: Transport, budget: RequestBudget, rest_url: str, *, timeout_s: float) -> None:
        self._rest = VenueRest(transport, (budget,), timeout_s=timeout_s)
        self._rest_url = rest_url

    async def read(self, route: Route, parameters: Mapping[str, str], decode: Callable[[bytes], T]) -> T:
        """Return the decoded body; raise as `PrivateRest.ask` does."""
        query = f"?{urlencode(parameters)}" if parameters else ""
        request = HttpRequest(method="GET", url=f"{self._rest_url}{route.path}{query}")
        return _decoded(await self._rest.send(request, (route.weight,), Purpose.RECONCILE), decode)


class PrivateRest:
    """Sends signed requests of one key.

    Parameters
    ----------
    calls
        The key's call counter.
    reads
        The part of it that everything but cancels and the dead man's switch may use.
    pause_s
        How long nothing is sent where the venue says that it was too much and not for how long.
    """

    def __init__(
        self,
        transport: Transport,
        calls: RequestBudget,
        reads: RequestBudget,
        signer: Signer,
        nonces: Nonces,
        rest_url: str,
        *,
        timeout_s: float,
        pause_s: float = PAUSE_S,
    ) -> None:
        self._rest = VenueRest(transport, (calls,), timeout_s=timeout_s)
        self._pause_s = pause_s
        self._calls = calls
        self._reads = reads
        self._signer = signer
        self._nonces = nonces
        self._rest_url = rest_url
        self._one_at_a_time = asyncio.Lock()

    @property
    def use(self) -> BudgetUse:
        return self._calls.use

    async def pay(self, points: float, purpose: Purpose) -> None:
        """Wait until the call counter has room for so many points, and take them all at once or none."""
        if purpose is not Purpose.CANCEL:
            await self._reads.take(points, purpose)
        await self._calls.take(points, purpose)

    async def ask(
        self,
        route: Route,
        parameters: Mapping[str, str],
        decode: Callable[[bytes], T],
        purpose: Purpose,
        *,
        is_paid: bool = False,
    ) -> T:
        """Return the decoded result; it waits until the call counter has room, unless that was paid before.

        Raises
        ------
        RefusedError
            The venue said no.
        NotSentError
            The venue did not look at it.
        NoAnswerError
            Nobody knows: no answer, one that cannot be read, or one that says as much.
        """
        if not is_paid:
            await self.pay(route.weight, purpose)
        for refusals in range(1, _NONCE_TRIES + 1):
            async with self._one_at_a_time:
                try:
                    nonce = self._nonces.next()
                except NonceError as error:
                    raise NotSentError(str(error)) from None
                request = self._signer.request(self._rest_url, route.path, parameters, nonce)
                # paid for above: here it only waits where the venue has asked for a pause
                reply = await self._rest.send(request, (0.0,), Purpose.CANCEL)
                try:
                    return _decoded(reply, lambda body: decode(result_of(body)))
                except RefusedError as error:
                    effects = effects_of(error.errors)
                    if Effect.PAUSE_CALLS in effects:
                        self._calls.shut(self._pause_s)
                    if Effect.NEXT_NONCE not in effects or refusals == _NONCE_TRIES:
                        raise
                    self._nonces.leap(refusals)
        raise AssertionError("the last try returns or raises")


def result_of(body: bytes) -> bytes:
    """Return the result within an answer."""
    return bytes(decode_envelope(body).result)


def _decoded(reply: HttpReply, decode: Callable[[bytes], T]) -> T:
    try:
        errors = decode_envelope(reply.body).errors
    except UNREADABLE:
        shown = mask_known(reply.body.decode("utf-8", "replace"))[:_SHOWN]
        raise NoAnswerError(f"answered {reply.status} with something unreadable: {shown}") from None
    if errors:
        if reply.status < _SERVER_FAULTS and outcome_of(errors) is SendOutcome.REJECTED:
            raise RefusedError(errors)
        raise NoAnswerError(mask_known(", ".join(errors)))
    if reply.status != _OK:
        raise NoAnswerError(f"answered {reply.status}")
    try:
        return decode(reply.body)
    except UNREADABLE as error:
        raise NoAnswerError(f"an answer that cannot be read: {error}") from None
