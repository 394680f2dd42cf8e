"""Every request to the exchange: within the allowance, shut where the exchange says so, in time."""

import asyncio
import decimal
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, TypeVar, cast

from adapters.ccxt_exchange.library import Client
from adapters.ccxt_exchange.outcomes import NotSentError, is_rate_limited, told_of
from adapters.network.closing import Closing
from adapters.network.request_budget import BudgetUse, Purpose, RequestBudget
from core.ports.randomness import Randomness
from core.types.credentials import Secret

T = TypeVar("T")

_INTERVAL_S: Final = 60.0
_LIMITED_S: Final = 10.0  # what to wait where the exchange does not say
_BANNED_S: Final = 120.0
_LEAST_ALLOWANCE: Final = 10.0


class Calls:
    """Calls ccxt for one client. ccxt's own limiter stays on behind it and spaces the requests by their weight."""

    def __init__(self, client: Client, budget: RequestBudget, secrets: tuple[Secret, ...], timeout_s: float) -> None:
        self.client = client
        self.secrets = secrets
        self._budget = budget
        self._timeout_s = timeout_s

    async def __call__(self, purpose: Purpose, request: Callable[[], Awaitable[T]]) -> T:
        """Return the answer, raise what ccxt raised, or NotSentError for an order that the allowance does not cover."""
        if purpose is not Purpose.ORDER:
            await self._budget.take(1, purpose)
        elif not self._budget.try_take(1, purpose):
            raise NotSentError("not sent: the exchange's rate limit is used up")
        try:
            # ccxt bounds each of its requests; a call may consist of several
            # and it changes the decimal context it finds: ours, which all tasks share, must stay as it is
            with decimal.localcontext():
                async with asyncio.timeout(3 * self._timeout_s):
                    return await request()
        except Exception as error:
            if is_rate_limited(error):
                self._budget.shut(_wait_s(self.client, str(error)))
            raise

    def told(self, error: BaseException) -> str:
        return told_of(error, self.secrets)

    @property
    def use(self) -> BudgetUse:
        return self._budget.use


def budget_of(client: Client, randomness: Randomness, closing: Closing | None) -> RequestBudget:
    """Return the allowance of a client: ccxt tells how many milliseconds a request costs."""
    cost_ms = float(getattr(client, "rateLimit", 0) or 0)
    allowance = _INTERVAL_S * 1000 / cost_ms if cost_ms > 0 else 1000.0
    most = max(allowance, _LEAST_ALLOWANCE)
    return RequestBudget(randomness, allowance=most, interval_s=_INTERVAL_S, closing=closing)


def _wait_s(client: Client, text: str) -> float:
    headers = client.last_response_headers
    if isinstance(headers, Mapping):
        for name, value in cast("Mapping[Any, Any]", headers).items():
            if str(name).lower() == "retry-after" and str(value).isascii() and str(value).isdigit():
                return float(value)
    return _BANNED_S if " 418 " in text else _LIMITED_S
