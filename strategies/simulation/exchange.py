"""A simulated exchange with the truth about one account: orders, fills, positions, money. Knows nothing of engines."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Final

import msgspec

from core.types.account import AccountReport, Balance, FundingPayment, VenuePosition
from core.types.instrument import AssetType, Instrument, InstrumentId
from core.types.order import Fill, Liquidity, Order, OrderIntent, OrderStatus, OrderType, Side, TimeInForce
from strategies.simulation.chance import Dice
from strategies.simulation.matching_book import MatchingBook
from strategies.simulation.timeline import Timeline
from strategies.simulation.venue_account import VenueAccount

ZERO = Decimal(0)
PART_FILL: Final = 0.35
FOREIGN: Final = "foreign-"


class VenueIds(StrEnum):
    """What an amend does to the venue's id of an order."""

    KEPT = "kept"
    REPLACED = "replaced"


@dataclass(slots=True)
class VenueOrder:
    """An order as the venue has it."""

    intent: OrderIntent
    venue_order_id: str
    status: OrderStatus = OrderStatus.OPEN
    filled: Decimal = ZERO
    was_filled_late: bool = False  # after it was told to be over

    @property
    def left(self) -> Decimal:
        return self.intent.quantity - self.filled

    @property
    def is_live(self) -> bool:
        return self.status in {OrderStatus.OPEN, OrderStatus.PARTIALLY_FILLED}

    @property
    def is_foreign(self) -> bool:
        return self.intent.client_order_id.startswith(FOREIGN)

    def as_order(self, at_ns: int) -> Order:
        return Order(
            intent=self.intent,
            status=self.status,
            venue_order_id=self.venue_order_id,
            filled_quantity=self.filled,
            updated_ns=at_ns,
        )


Event = Fill | VenueOrder
"""What a venue tells on its stream: an execution, or that an order is in another state."""


class Exchange:
    """Takes orders that arrive, matches them, and tells its listener what happened."""

    def __init__(
        self,
        name: str,
        timeline: Timeline,
        instruments: list[Instrument],
        books: dict[str, MatchingBook],
        dice: Dice,
        cash: Decimal,
    ) -> None:
        self.name = name
        self.instruments = {instrument.symbol: instrument for instrument in instruments}
        self.books = books
        self.account = VenueAccount({instruments[0].quote: cash})
        self.orders: dict[str, VenueOrder] = {}
        self.live: dict[str, VenueOrder] = {}
        self.on_event: Callable[[Event], None] = lambda _: None
        self.on_match: Callable[[VenueOrder, Fill], None] = lambda _, __: None
        self._timeline = timeline
        self._dice = dice
        self._numbers = 0

    # requests that arrive ----------------------------------------------------------------------------

    def arrive(self, intent: OrderIntent, most: Decimal | None = None) -> str | None:
        """Take an order; return None, or why it is refused. Not more than `most` of it finds liquidity at once."""
        refusal = self._refusal(intent)
        if refusal is not None:
            return refusal
        self._numbers += 1
        order = VenueOrder(intent, f"{self.name}-o{self._numbers}")
        self.orders[intent.client_order_id] = self.live[intent.client_order_id] = order
        self.on_event(order)
        self._match_taker(order, most)
        ends = intent.time_in_force is TimeInForce.IOC or intent.order_type is OrderType.MARKET
        if order.is_live and (ends or (intent.reduce_only and not self._allowed(order))):
            self.end(order, OrderStatus.CANCELLED)
        return None

    def amend(self, intent: OrderIntent, ids: VenueIds) -> str | None:
        """Give a live order the intent's price and total quantity; return None, or why it is refused.

        Where the venue replaces, the order gets another id and the old one is reported as cancelled.
        """
        order = self.live.get(intent.client_order_id)
        if order is None:
            return f"unknown order {intent.client_order_id}"
        refusal = self._amend_refusal(order, intent)
        if refusal is not None:
            return refusal
        order.intent = msgspec.structs.replace(order.intent, limit_price=intent.limit_price, quantity=intent.quantity)
        if ids is VenueIds.REPLACED:
            self._numbers += 1
            self.on_event(replace(order, status=OrderStatus.CANCELLED))
            order.venue_order_id = f"{self.name}-o{self._numbers}"
        self.on_event(order)
        self._match_taker(order, None)
        if order.is_live and order.intent.reduce_only and not self._allowed(order):
            self.end(order, OrderStatus.CANCELLED)
        return None

    def cancel(self, client_order_id: str) -> bool:
        """Cancel an order; return whether there was one to cancel."""
        order = self.live.get(client_order_id)
        if order is None:
            return False
        self.end(order, OrderStatus.CANCELLED)
        return True

    def cancel_all(self) -> None:
        for order in list(self.live.values()):
            self.end(order, OrderStatus.CANCELLED)

    def end(self, order: VenueOrder, status: OrderStatus) -> None:
        order.status = status
        self.live.pop(order.intent.client_order_id, None)
        self.on_event(order)

    def report(self, since_ns: int) -> AccountReport:
        """Say everything about the account at this moment."""
        account, now_ns = self.account, self._timeline.now_ns
        return AccountReport(
            venue=self.name,
            balances=tuple(Balance(asset, total, total) for asset, total in account.cash.items()),
            positions=tuple(
                VenuePosition(InstrumentId(self.name, symbol), held.quantity, held.cost / held.quantity)
                for symbol, held in account.holdings.items()
                if held.quantity
            ),
            open_orders=tuple(order.as_order(now_ns) for order in self.live.values()),
            fills=tuple(fill for fill in account.fills if fill.venue_ns >= since_ns),
            funding=tuple(payment for payment in account.funding if payment.venue_ns >= since_ns),
            at_ns=now_ns,
        )

    # the market ----------------------------------------------------------------------------------------

    def meet_market(self, symbol: str) -> None:
        """Fill resting orders that the market has come to, some of them in part."""
        book, instrument = self.books[symbol], self.instruments[symbol]
        for order in list(self.live.values()):
            price = order.intent.limit_price
            if order.intent.symbol != symbol or price is None:
                continue
            if book.reaches(order.intent.side, instrument.price_to_ticks(price)):
                self.fill_resting(order, price)

    def fill_resting(self, order: VenueOrder, price: Decimal) -> None:
        """Execute a resting order at its price, or a part of it."""
        quantity = min(order.left, self._allowed(order)) if order.intent.reduce_only else order.left
        if self._dice.chance(PART_FILL):
            quantity = self._part(order, quantity)
        if quantity > 0:
            self._execute(order, quantity, price, Liquidity.MAKER)
        elif order.intent.reduce_only:
            self.end(order, OrderStatus.CANCELLED)

    def fill_but_for(self, order: VenueOrder, price: Decimal, rest: Decimal) -> None:
        """Execute a resting order but for `rest`."""
        self._execute(order, order.left - rest, price, Liquidity.MAKER)

    def fill_late(self, client_order_id: str) -> None:
        """Execute more of an order that was said to be over; nothing happens where nothing of it is left."""
        order = self.orders.get(client_order_id)
        if order is None or order.is_live or not order.left or order.intent.limit_price is None:
            return
        ended, order.was_filled_late = order.status, True
        self._execute(order, self._part(order, order.left), order.intent.limit_price, Liquidity.TAKER)
        order.status = ended if order.left else OrderStatus.FILLED

    def pay_funding(self, symbol: str, rate: float, payment_id: str) -> FundingPayment | None:
        instrument = self.instruments[symbol]
        held = self.account.quantity(symbol)
        if not held:
            return None
        price = instrument.ticks_to_price(self.books[symbol].mid_ticks)
        amount = -instrument.notional(price, held) * Decimal(repr(rate))
        payment = FundingPayment(payment_id, instrument.id, amount, rate, self._timeline.now_ns)
        self.account.pay_funding(instrument, payment)
        return payment

    def force_close(self, symbol: str, share: Decimal) -> Fill | None:
        """Take a part of a position away, as a liquidation or an auto-deleveraging does."""
        instrument, held = self.instruments[symbol], self.account.quantity(symbol)
        quantity = instrument.floor_quantity(abs(held) * share)
        if quantity <= 0:
            return None
        side = Side.SELL if held > 0 else Side.BUY
        self._numbers += 1
        intent = OrderIntent(
            client_order_id=f"{FOREIGN}liquidation-{self._numbers}",
            venue=self.name,
            symbol=symbol,
            side=side,
            order_type=OrderType.MARKET,
            quantity=quantity,
            source="manual",
            created_ns=self._timeline.now_ns,
        )
        order = VenueOrder(intent, f"{self.name}-o{self._numbers}")
        price = instrument.ticks_to_price(self.books[symbol].mid_ticks)
        return self._execute(order, quantity, price, Liquidity.TAKER)

    # inside (amends) ---------------------------------------------------------------------------------

    def _amend_refusal(self, order: VenueOrder, intent: OrderIntent) -> str | None:
        instrument, price = self.instruments[intent.symbol], intent.limit_price
        if price is None or intent.quantity <= order.filled:
            return "quantity is not above what is filled"
        if not instrument.market_hours.is_open(self._timeline.now_ns):
            return "market is closed"
        if intent.quantity % instrument.order_lot or price % instrument.order_tick:
            return f"quantity {intent.quantity:f} at {price:f} is not allowed"
        is_crossing = self.books[intent.symbol].reaches(intent.side, instrument.price_to_ticks(price))
        return "post-only order would trade at once" if order.intent.post_only and is_crossing else None

    # inside ----------------------------------------------------------------------------------------------

    def _refusal(self, intent: OrderIntent) -> str | None:
        instrument = self.instruments[intent.symbol]
        if intent.client_order_id in self.orders:
            return "duplicate client order id"
        if not instrument.market_hours.is_open(self._timeline.now_ns):
            return "market is closed"
        if intent.quantity % instrument.order_lot or intent.quantity < instrument.min_quantity:
            return f"quantity {intent.quantity:f} is not allowed"
        if intent.limit_price is not None and intent.limit_price % instrument.order_tick:
            return f"price {intent.limit_price:f} is not allowed"
        if intent.reduce_only and self.account.quantity(intent.symbol) * intent.side.sign >= 0:
            return "reduce-only order would open a position"
        if intent.post_only and intent.limit_price is not None:
            ticks = instrument.price_to_ticks(intent.limit_price)
            if self.books[intent.symbol].reaches(intent.side, ticks):
                return "post-only order would trade at once"
        is_sale = instrument.asset_type is not AssetType.PERPETUAL and intent.side is Side.SELL
        if is_sale and intent.quantity > self.account.cash.get(instrument.base, ZERO):
            return "insufficient balance"
        return None

    def _match_taker(self, order: VenueOrder, most: Decimal | None) -> None:
        intent, book = order.intent, self.books[order.intent.symbol]
        instrument = self.instruments[intent.symbol]
        limit = None if intent.limit_price is None else instrument.price_to_ticks(intent.limit_price)
        wanted = min(order.left, self._allowed(order)) if intent.reduce_only else order.left
        wanted = wanted if most is None else min(wanted, most)
        lots = instrument.quantity_to_lots(instrument.floor_quantity(wanted))
        for ticks, part in book.take(intent.side, lots, limit):
            quantity, price = instrument.lots_to_quantity(part), instrument.ticks_to_price(ticks)
            self._execute(order, quantity, price, Liquidity.TAKER)

    def _allowed(self, order: VenueOrder) -> Decimal:
        """Return what a reduce-only order may still close."""
        held = self.account.quantity(order.intent.symbol)
        return max(ZERO, -held if order.intent.side is Side.BUY else held)

    def _part(self, order: VenueOrder, quantity: Decimal) -> Decimal:
        instrument = self.instruments[order.intent.symbol]
        share = Decimal(self._dice.whole(1, 9)) / 10
        return max(instrument.floor_quantity(quantity * share), min(quantity, instrument.order_lot))

    def _execute(self, order: VenueOrder, quantity: Decimal, price: Decimal, liquidity: Liquidity) -> Fill:
        intent, instrument = order.intent, self.instruments[order.intent.symbol]
        rate = instrument.maker_fee_rate if liquidity is Liquidity.MAKER else instrument.taker_fee_rate
        now_ns = self._timeline.now_ns
        fill = Fill(
            fill_id=f"{self.name}-f{len(self.account.fills) + 1}",
            client_order_id=intent.client_order_id,
            venue=self.name,
            symbol=intent.symbol,
            side=intent.side,
            price=price,
            quantity=quantity,
            fee=instrument.notional(price, quantity) * rate,
            liquidity=liquidity,
            venue_ns=now_ns,
            received_ns=now_ns,
        )
        order.filled += quantity
        order.status = OrderStatus.PARTIALLY_FILLED if order.left else OrderStatus.FILLED
        if not order.is_live:
            self.live.pop(intent.client_order_id, None)
        self.account.book(instrument, fill)
        self.on_match(order, fill)
        self.on_event(fill)
        self.on_event(order)
        return fill

    # what others do at the venue ---------------------------------------------------------------------

    def place_foreign(self, symbol: str, side: Side, quantity: Decimal, price: Decimal | None) -> None:
        """Send an order by somebody else's hand into the same account."""
        self._numbers += 1
        intent = OrderIntent(
            client_order_id=f"{FOREIGN}{self.name}-{self._numbers}",
            venue=self.name,
            symbol=symbol,
            side=side,
            order_type=OrderType.MARKET if price is None else OrderType.LIMIT,
            quantity=quantity,
            limit_price=price,
            created_ns=self._timeline.now_ns,
        )
        self.arrive(intent)

    def renumber(self, order: VenueOrder) -> None:
        """Give an order another id of the venue's, as some venues do when it is amended."""
        self._numbers += 1
        order.venue_order_id = f"{self.name}-o{self._numbers}"
        self.on_event(order)

    def change_rules(self, symbol: str, **rules: Decimal) -> Instrument:
        changed = msgspec.structs.replace(self.instruments[symbol], **rules)
        self.instruments[symbol] = changed
        return changed
