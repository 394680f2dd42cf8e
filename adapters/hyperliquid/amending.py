"""Give a resting order other terms: the venue takes it off and places another one under the same client id.

Hazards and what meets them:

- the venue's quantity is that of the new order alone: what the old one has filled is asked for and taken off first;
- a fill between that question and the change: the old order is looked at again afterwards, and what it filled
  meanwhile is taken off the new one by a second change before the answer is given;
- the old one gone and the new one refused: the answer is a refusal, and the order has ended;
- anything that nobody can tell: doubt, and the venue's list of open orders decides.
"""

from decimal import Decimal
from typing import Final

from adapters.hyperliquid import actions
from adapters.hyperliquid.account_reader import AccountReader
from adapters.hyperliquid.account_wire import OpenOrder
from adapters.hyperliquid.actions import TermsError
from adapters.hyperliquid.client_ids import ClientIdError, to_cloid
from adapters.hyperliquid.exchange import Exchange
from adapters.hyperliquid.info import InfoError
from adapters.hyperliquid.instruments import Listing
from adapters.hyperliquid.order_names import OrderNames
from adapters.hyperliquid.outcomes import ActionResult, Refusal, refused
from adapters.hyperliquid.translation import RESTING
from adapters.network.request_budget import Purpose
from core.ports.venue import SendOutcome, SendResult
from core.types.order import OrderIntent

_ROUNDS_LIMIT: Final = 4


class Amending:
    """Amends of orders at the venue."""

    def __init__(self, exchange: Exchange, reader: AccountReader, names: OrderNames) -> None:
        self._exchange = exchange
        self._reader = reader
        self._names = names

    async def amend(self, intent: OrderIntent, listing: Listing) -> SendResult:
        """Change the order until what is left of it at the venue is what is wanted less all that was filled."""
        number: int | None = None
        for _ in range(_ROUNDS_LIMIT):
            try:
                current = await (self._of_name(intent, listing) if number is None else self._of_number(number))
            except (InfoError, ClientIdError) as error:
                return _unsent(str(error)) if number is None else _doubt(f"amended, but: {error}", number)
            if current is None:
                return _unsent("the order rests no more") if number is None else _done(number)
            carried = self._names.carried(current.number)
            left = intent.quantity - carried - (current.quantity - current.left)
            if left <= 0:
                return _unsent("it is filled as far as that already") if number is None else await self._off(current)
            if number is not None and left == current.left:
                return _done(number)
            result = await self._change(intent, listing, current, left)
            if result.refusal is Refusal.NOT_THERE and number is not None:
                return _done(number)  # it rests no more, and had the new terms
            if result.outcome is not SendOutcome.ACCEPTED:
                has_ended = result.refusal is Refusal.REPLACED_BY_NOTHING
                return result.as_send_result if number is None or has_ended else _doubt(result.reason, number)
            if result.venue_order_id is None:
                return _doubt("the venue does not tell the new number", number)
            number = result.venue_order_id
            self._names.note(number, current.cloid)
            try:
                carried += await self._reader.filled_under(current.number, current.timestamp)
            except InfoError as error:
                return _doubt(f"amended, but what the order had filled is not known: {error}", number)
            self._names.carry(number, carried)
        return _doubt("the order fills faster than it can be changed", number)

    async def _of_name(self, intent: OrderIntent, listing: Listing) -> OpenOrder | None:
        """Find the order among what rests: only that is sure to show the number that it has now."""
        cloid = to_cloid(intent.client_order_id)
        found = [order for order in await self._reader.open_orders(listing.dex) if order.cloid == cloid]
        if len(found) > 1:
            raise InfoError(f"{len(found)} orders rest under one client id")
        await self._reader.learn_carried(found)
        return found[0] if found else None

    async def _of_number(self, number: int) -> OpenOrder | None:
        found = (await self._reader.order_status(number)).order
        return found.order if found is not None and found.status in RESTING else None

    async def _change(self, intent: OrderIntent, listing: Listing, current: OpenOrder, left: Decimal) -> ActionResult:
        try:
            price = actions.limit_price(intent, listing)
            terms = actions.terms_of(intent, listing, price, left, to_cloid(intent.client_order_id))
        except TermsError as error:
            return refused(f"not sent: {error}")
        (result,) = await self._exchange.send(actions.modify(current.number, terms), Purpose.ORDER)
        return result

    async def _off(self, current: OpenOrder) -> SendResult:
        """Take off what rests though all that was wanted is filled: it began to rest while the old order filled."""
        asset_id = self._reader.asset_id_of(current.coin)
        if asset_id is None:
            return _doubt(f"{current.coin} has no number", current.number)
        (result,) = await self._exchange.send(actions.cancel_by_number([(asset_id, current.number)]), Purpose.CANCEL)
        return _done(current.number) if result.outcome is SendOutcome.ACCEPTED else _doubt(result.reason, None)


def _unsent(reason: str) -> SendResult:
    return SendResult(SendOutcome.REJECTED, f"not sent: {reason}")


def _done(number: int) -> SendResult:
    return SendResult(SendOutcome.ACCEPTED, "", str(number))


def _doubt(reason: str, number: int | None) -> SendResult:
    return SendResult(SendOutcome.IN_DOUBT, reason, None if number is None else str(number))
