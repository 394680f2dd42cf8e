"""Take everything off the exchange, and believe it only when the exchange shows nothing more."""

import asyncio
from typing import Final

from adapters.ccxt_exchange.account_reader import AccountReader
from adapters.ccxt_exchange.calls import Calls
from adapters.ccxt_exchange.profile import Profile
from adapters.ccxt_exchange.rows import demanded_text, text
from adapters.ccxt_exchange.support import offers
from adapters.network.request_budget import Purpose
from core.ports.venue import SendOutcome, SendResult

_LOOK_AGAIN_S: Final = 0.3


async def cancel_all_orders(
    calls: Calls, reader: AccountReader, profile: Profile, followed: tuple[str, ...], rounds: int
) -> SendResult:
    """Cancel at once where the exchange can, then one by one what is still shown, some rounds long."""
    trouble = ""
    if offers(calls.client, "cancelAllOrders"):
        trouble = await _at_once(calls, profile, followed)
    for attempt in range(rounds + 1):
        try:
            rows = await reader.open_rows(Purpose.CANCEL)
        except Exception as error:  # what rests is not known
            trouble = f"open orders cannot be read: {calls.told(error)}"
            rows = None
        if rows == []:
            return SendResult(SendOutcome.ACCEPTED)
        for row in rows or ():
            try:
                number, symbol = demanded_text(row, "id", "an order"), text(row, "symbol") or ""
                await calls(Purpose.CANCEL, lambda n=number, s=symbol: calls.client.cancel_order(n, s, {}))
            except Exception as error:  # e.g. it ended meanwhile: the next look tells
                trouble = calls.told(error)
        if attempt < rounds:
            await asyncio.sleep(_LOOK_AGAIN_S * attempt)
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
