"""ccxt changes the decimal context it finds; the rest of the program must not notice."""

import asyncio
import decimal
from decimal import Decimal
from typing import Any

from adapters.ccxt_exchange.calls import Calls
from adapters.network.request_budget import Purpose, RequestBudget
from core.ports.randomness import NoRandomness


def test_what_a_call_does_to_the_arithmetic_stays_in_it() -> None:
    client: Any = object()

    async def request() -> Decimal:
        decimal.getcontext().rounding = decimal.ROUND_UP
        decimal.getcontext().prec = 5
        await asyncio.sleep(0)
        return Decimal(1) / 3

    async def scenario() -> tuple[Decimal, Decimal]:
        budget = RequestBudget(NoRandomness(), allowance=10, interval_s=1)
        return await Calls(client, budget, (), 5.0)(Purpose.READ, request), Decimal(1) / 3

    assert asyncio.run(scenario()) == (Decimal("0.33334"), Decimal("0.3333333333333333333333333333"))
    assert decimal.getcontext().rounding == decimal.ROUND_HALF_EVEN
