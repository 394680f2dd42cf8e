"""Questions to the venue's information service, within its allowance and decoded."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final, TypeVar
from urllib.parse import urlencode

import msgspec

from adapters.hyperliquid.venue_time import VenueTime
from adapters.network.backoff import Backoff
from adapters.network.request_budget import Purpose, RequestBudget
from adapters.network.venue_rest import NoAnswerError, NotSentError, VenueRest
from core.ports.transport import HttpRequest, Transport

T = TypeVar("T")

# https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/rate-limits-and-user-limits
ALLOWANCE_PER_MINUTE: Final = 1200
_USUAL_WEIGHT: Final = 20
_WEIGHTS: Final[Mapping[str, int]] = {
    "l2Book": 2,
    "clearinghouseState": 2,
    "spotClearinghouseState": 2,
    "orderStatus": 2,
    "userRole": 60,
}
# these cost one more for every twenty rows of the answer, which is known only then
_BY_ROWS: Final = frozenset({"userFills", "userFillsByTime", "userFunding"})
_ROWS_A_WEIGHT: Final = 20

_OK: Final = 200
_SHOWN_BYTES: Final = 200


# what everybody is answered alike; all other questions name an account
_PUBLIC: Final = frozenset({"perpDexs", "meta", "spotMeta"})


class InfoError(Exception):
    """The venue gave no usable answer to a question; the text says why."""


def weight_of(kind: str) -> int:
    """Return what a question costs before its answer is there."""
    return _WEIGHTS.get(kind, _USUAL_WEIGHT)


def recorded_address(url: str, question: Mapping[str, object]) -> str | None:
    """Return how a recording writes a question, though it is posted; None for what no recording may hold."""
    return f"{url}?{urlencode(question)}" if question["type"] in _PUBLIC else None


class Info:
    """Asks; all that goes wrong is an InfoError."""

    def __init__(
        self,
        transport: Transport,
        budgets: tuple[RequestBudget, ...],
        url: str,
        *,
        timeout_s: float,
        time: VenueTime | None = None,
    ) -> None:
        self.url = url
        self._rest = VenueRest(transport, budgets, timeout_s=timeout_s)
        self._budgets = budgets
        self._time = time

    async def ask(
        self, question: Mapping[str, object], decode: Callable[[bytes], T], purpose: Purpose = Purpose.READ
    ) -> T:
        """Return the decoded answer; raise InfoError where there is none."""
        kind = str(question["type"])
        request = HttpRequest(
            method="POST",
            url=self.url,
            headers={"Content-Type": "application/json"},
            body=msgspec.json.encode(question),
        )
        try:
            reply = await self._rest.send(request, (float(weight_of(kind)),) * len(self._budgets), purpose)
        except (NotSentError, NoAnswerError) as error:
            raise InfoError(f"{kind}: {error}") from None
        if self._time is not None:
            self._time.heard(reply)
        if reply.status != _OK:
            shown = reply.body[:_SHOWN_BYTES].decode("utf-8", "replace")
            raise InfoError(f"{kind}: the venue answered {reply.status}: {shown}")
        try:
            answer = decode(reply.body)
        except (msgspec.DecodeError, UnicodeDecodeError, ValueError) as error:
            raise InfoError(f"{kind}: unreadable answer: {error}") from None
        if kind in _BY_ROWS:
            rows = reply.body.count(b'"time"')
            for budget in self._budgets:
                budget.spend(rows / _ROWS_A_WEIGHT)
        return answer

    async def ask_patiently(
        self,
        question: Mapping[str, object],
        decode: Callable[[bytes], T],
        backoff: Backoff,
        on_trouble: Callable[[str], None],
    ) -> T:
        """Do as `ask`, again and again until there is an answer."""
        while True:
            try:
                return await self.ask(question, decode)
            except InfoError as error:
                on_trouble(str(error))
                await asyncio.sleep(backoff.next_s())
