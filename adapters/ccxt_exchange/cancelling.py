"""Take everything off the exchange, and believe it only when the exchange shows nothing more."""

import asyncio
from typing import Final

from adapters.ccxt_exchange.account_reader import AccountReader
from adapters.ccxt_exchange.calls import Calls
from adapters.ccxt_exchange.profile import Profile
from adapters.ccxt_exchange.rows import text
from adapters.ccxt_exchange.support import offers
from adapters.network.request_budget import Purpose
from core.ports.venue import SendOutcome, SendResult

_LOOK_AGAIN_S: Final = 0.3
_MOST_LOOKS: Final = 100


async def cancel_all_orders(
    calls: Calls, reader: AccountReader, profile: Profile, followed: tuple[str, ...], looks: int
) -> SendResult:
    """Cancel at once where the exchange can, then one by one what is still shown.

    Given up after `looks` looks that showed the same orders or could not be read.
    """
    trouble = await _at_once(calls, profile, followed) if offers(calls.client, "cancelAllOrders") else ""
    before: set[str] | None = None
    looks_in_vain = 0
    for _ in range(_MOST_LOOKS):
        if looks_in_vain > looks:
            break
        await asyncio.sleep(_LOOK_AGAIN_S * looks_in_vain)
        try:
            rows = await reader.open_rows(Purpose.CANCEL, may_be_part=True)
        except Exception as error:  # what rests is not known
            trouble = f"open orders cannot be read: {calls.told(error)}"
            looks_in_vain += 1
            continue
        if not rows:
            return SendResult(SendOutcome.ACCEPTED)
        numbers = {text(row, "id") or "": text(row, "symbol") or "" for row in rows}
        looks_in_vain += numbers.keys() == before
        before = set(numbers)
        for number, symbol in numbers.items():
            try:
                await calls(Purpose.CANCEL, lambda n=number, s=symbol: calls.client.cancel_order(n, s, {}))
            except Exception as error:  # e.g. it ended meanwhile: the next look tells
                trouble = calls.told(error)
    return SendResult(SendOutcome.IN_DOUBT, trouble or "orders are still shown after they were cancelled")


async def _at_once(calls: Calls, profile: Profile, followed: tuple[str, ...]) -> str:
    symbols: tuple[str | None, ...] = (None,) if profile.all_symbols_at_once and not profile.per_settle else followed
    trouble = ""
    for symbol in symbols:
        try:
            await calls(Purpose.CANCEL, lambda s=symbol: calls.client.cancel_all_orders(s, {}))
        except Exception as error:  # some exchanges refuse where nothing rests
            trouble = calls.told(error)
    return trouble
