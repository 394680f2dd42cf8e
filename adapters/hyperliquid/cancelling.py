"""Cancel everything an account has, whoever sent it, and look whether it is gone."""

from collections.abc import Awaitable, Callable
from typing import Final

from adapters.hyperliquid.account_wire import OpenOrder
from adapters.hyperliquid.actions import CANCEL_BATCH, cancel_by_number
from adapters.hyperliquid.exchange import Exchange
from adapters.hyperliquid.info import InfoError
from adapters.hyperliquid.instruments import Universe
from adapters.hyperliquid.outcomes import Refusal
from adapters.network.request_budget import Purpose
from core.ports.venue import SendOutcome, SendResult

_ROUNDS_LIMIT: Final = 4
OpenOrders = Callable[[str, Purpose], Awaitable[list[OpenOrder]]]


async def cancel_all_orders(exchange: Exchange, open_orders: OpenOrders, universe: Universe) -> SendResult:
    """Cancel on every dex of the universe until the venue shows no order; accepted only when it shows none.

    What a dex shows is cancelled before the next is looked at, and one that cannot be read keeps no order of another
    alive: it is asked again in the next round.
    """
    trouble = ""
    for _ in range(_ROUNDS_LIMIT):
        resting = 0
        trouble = ""
        for dex in universe.dexs:
            try:
                found = await open_orders(dex, Purpose.CANCEL)
            except InfoError as error:
                trouble = f"what rests is not known: {error}"
                continue
            resting += len(found)
            trouble = await _cancel(exchange, found, universe) or trouble
        if not resting and not trouble:
            return SendResult(SendOutcome.ACCEPTED)
        trouble = trouble or f"{resting} orders are still open"
    return SendResult(SendOutcome.IN_DOUBT, f"not everything is cancelled: {trouble}")


async def _cancel(exchange: Exchange, found: list[OpenOrder], universe: Universe) -> str:
    """Return what went wrong, nothing where all are gone."""
    trouble = ""
    named = [(universe.asset_id_of(order.coin), order.number) for order in found]
    known = list(dict.fromkeys((asset_id, number) for asset_id, number in named if asset_id is not None))
    for start in range(0, len(known), CANCEL_BATCH):
        for result in await exchange.send(cancel_by_number(known[start : start + CANCEL_BATCH]), Purpose.CANCEL):
            if result.outcome is not SendOutcome.ACCEPTED and result.refusal is not Refusal.NOT_THERE:
                trouble = result.reason
    return trouble
