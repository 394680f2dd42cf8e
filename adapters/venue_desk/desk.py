"""The trading desk of one simulated or paper venue: admits orders, books fills, keeps the account.

Memory mirrors the store. A change is written first and mirrored after its commit; where the store
fails the desk is out of order from then on and says so, because its memory is no longer the truth.
"""

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Final

import msgspec

from adapters.venue_desk.account import EXACT, FLAT, Position, book_trade, fee_of, is_margined
from adapters.venue_desk.order_rules import order_fault
from adapters.venue_store.store import VenueStore, VenueStoreError
from core.types.account import AccountReport, Balance, FundingPayment, VenuePosition
from core.types.instrument import Instrument, InstrumentId
from core.types.order import Fill, Liquidity, Order, OrderIntent, OrderStatus, OrderType, Side, TimeInForce

_CENT_FRACTION: Final = Decimal("1E-8")  # funding is booked in whole steps of this
MarkOf = Callable[[str], Decimal | None]


class VenueDesk:
    """Hold one venue's account; `mark_of(symbol)` values positions for margin."""

    def __init__(
        self,
        venue: str,
        store: VenueStore,
        instruments: Mapping[str, Instrument],
        starting_cash: Mapping[str, Decimal],
        mark_of: MarkOf,
    ) -> None:
        self.venue = venue
        self.instruments = dict(instruments)
        self._store = store
        self._mark_of = mark_of
        self.broken: str | None = None
        self.live: dict[str, Order] = {}  # resting orders by client order id, oldest first
        self.cash: dict[str, Decimal] = {}
        self.positions: dict[str, Position] = {}
        self._load(starting_cash)

    def _load(self, starting_cash: Mapping[str, Decimal]) -> None:
        store, venue = self._store, self.venue
        self.cash = store.cash(venue)
        if not self.cash:
            with store.transaction():
                for asset, amount in starting_cash.items():
                    store.save_cash(venue, asset, amount)
            self.cash = dict(starting_cash)
        self.positions = {symbol: Position(*row) for symbol, row in store.positions(venue).items()}
        self.live = {order.intent.client_order_id: order for order in store.live_orders(venue)}
        self._fills = store.fill_count(venue)
        self._orders = store.order_count(venue)

    @contextmanager
    def batch(self) -> Generator[None]:
        """Commit all changes made inside together."""
        if self.broken is not None:
            raise VenueStoreError(self.broken)
        try:
            with self._store.transaction():
                yield
        except VenueStoreError as error:
            # Memory may be ahead of the store from here on, also when the store can be written again.
            self.broken = self.broken or f"{error}; mend that and start again"
            raise
        except Exception as error:
            self.broken = f"venue {self.venue} stopped: {error!r}"
            raise VenueStoreError(self.broken) from error

    def list_instrument(self, instrument: Instrument) -> None:
        """Make an instrument known, or its rules fresh."""
        self.instruments[instrument.symbol] = instrument

    # admission ---------------------------------------------------------------------------------------

    def refusal(self, intent: OrderIntent, reference_price: Decimal | None, at_ns: int) -> str | None:
        """Return why the venue does not take this order, None where it does."""
        if self.broken is not None:
            return self.broken
        instrument = self.instruments.get(intent.symbol)
        if instrument is None or intent.venue != self.venue:
            return f"unknown instrument {intent.instrument_id}"
        if self._store.order(self.venue, intent.client_order_id) is not None:
            return f"client order id {intent.client_order_id} was used before"
        fault = order_fault(instrument, intent, reference_price, at_ns)
        if fault is not None:
            return fault
        if intent.reduce_only:
            return None if self.closable(intent) else f"reduce-only: no {intent.symbol} position to close"
        price = intent.limit_price if intent.order_type is OrderType.LIMIT else reference_price
        return self._funds_fault(instrument, intent, price or Decimal(0))

    def amend_refusal(self, order: Order, intent: OrderIntent, at_ns: int) -> str | None:
        """Return why the venue does not give a resting order these terms, None where it does."""
        if self.broken is not None:
            return self.broken
        instrument = self.instruments[intent.symbol]
        if order.intent.order_type is not OrderType.LIMIT or intent.limit_price is None:
            return "only limit orders can be amended"
        if intent.quantity <= order.filled_quantity:
            return f"quantity {intent.quantity} is not above the {order.filled_quantity} filled already"
        fault = order_fault(instrument, intent, None, at_ns)
        if fault is not None:
            return fault
        unfilled = msgspec.structs.replace(intent, quantity=intent.quantity - order.filled_quantity)
        with self._without(order):
            if intent.reduce_only:
                room = self.closable(unfilled)
                return f"reduce-only: {room} to close" if room < unfilled.quantity else None
            return self._funds_fault(instrument, unfilled, intent.limit_price)

    @contextmanager
    def _without(self, order: Order) -> Generator[None]:
        """Look at the account as if an order did not rest."""
        live = self.live
        self.live = {name: each for name, each in live.items() if each is not order}
        try:
            yield
        finally:
            self.live = live

    def _funds_fault(self, instrument: Instrument, intent: OrderIntent, price: Decimal) -> str | None:
        if not is_margined(instrument) and intent.side is Side.SELL:
            held = self.position(intent.symbol).quantity - self._resting(intent.symbol, Side.SELL)
            if intent.quantity > held:
                return f"insufficient {instrument.base}: {held} free, {intent.quantity} needed"
            return None
        room = self._closing_room(intent.symbol, intent.side) - self._resting(intent.symbol, intent.side)
        needed = self._required(instrument, intent.side, price, intent.quantity, closing_room=room)
        free = self.free(instrument.quote)
        if needed > free:
            return f"insufficient {instrument.quote}: {free:.2f} free, {needed:.2f} needed"
        return None

    def _closing_room(self, symbol: str, side: Side) -> Decimal:
        """Return how much of an order on this side would close the position rather than open one."""
        return max(Decimal(0), -side.sign * self.position(symbol).quantity)

    def _required(
        self, instrument: Instrument, side: Side, price: Decimal, quantity: Decimal, *, closing_room: Decimal
    ) -> Decimal:
        """Return the cash an order ties up: its price and fee, or margin of what it opens and fee where margined."""
        notional = instrument.notional(price, quantity)
        fee = notional * max(instrument.maker_fee_rate, instrument.taker_fee_rate)
        if not is_margined(instrument):
            return notional + fee if side is Side.BUY else Decimal(0)
        closing = min(quantity, max(Decimal(0), closing_room))
        return instrument.notional(price, quantity - closing) / instrument.max_leverage + fee

    def closable(self, intent: OrderIntent) -> Decimal:
        """Return how much a reduce-only order may trade.

        One that trades at once may close the whole position; one that rests only what nothing else rests to close.
        """
        room = self._closing_room(intent.symbol, intent.side)
        if intent.order_type is OrderType.LIMIT and intent.time_in_force is not TimeInForce.IOC:
            room -= self._resting(intent.symbol, intent.side)
        return min(intent.quantity, max(Decimal(0), room))

    def _resting(self, symbol: str, side: Side) -> Decimal:
        return sum(
            (o.remaining_quantity for o in self.live.values() if o.intent.symbol == symbol and o.intent.side is side),
            Decimal(0),
        )

    def unsafe_reduce_only(self, symbol: str, entering: OrderIntent | None = None) -> list[Order]:
        """Return resting reduce-only orders, newest first, that could open a position and must go.

        All orders resting on the closing side together may not exceed the position: then no run of
        fills between two looks can turn a reduce-only order into an opening one.
        """
        doomed: list[Order] = []
        for side in Side:
            room = self._closing_room(symbol, side) - self._resting(symbol, side)
            if entering is not None and entering.symbol == symbol and entering.side is side:
                room -= entering.quantity
            for order in reversed(self.live.values()):
                if room >= 0:
                    break
                if order.intent.symbol == symbol and order.intent.side is side and order.intent.reduce_only:
                    doomed.append(order)
                    room += order.remaining_quantity
        return doomed

    # changes -----------------------------------------------------------------------------------------

    def open(self, intent: OrderIntent, at_ns: int) -> Order:
        """Take an order into the venue's truth."""
        order = Order(
            intent=intent,
            status=OrderStatus.OPEN,
            venue_order_id=f"{self.venue}-{self._orders + 1}",
            updated_ns=at_ns,
        )
        with self.batch():
            self._store.save_order(order)
        self._orders += 1
        self.live[intent.client_order_id] = order
        return order

    def fill(self, order: Order, price: Decimal, quantity: Decimal, liquidity: Liquidity, at_ns: int) -> Fill:
        """Book one execution: order, fill, cash and position in one transaction."""
        intent = order.intent
        instrument = self.instruments[intent.symbol]
        rate = instrument.maker_fee_rate if liquidity is Liquidity.MAKER else instrument.taker_fee_rate
        fee = fee_of(instrument, price, quantity, rate)
        booking = book_trade(instrument, self.position(intent.symbol), intent.side, price, quantity, fee=fee)
        cash = EXACT.add(self.cash.get(instrument.quote, Decimal(0)), booking.cash_change)
        after = msgspec.structs.replace(
            order,
            filled_quantity=order.filled_quantity + quantity,
            filled_notional=EXACT.fma(price, quantity, order.filled_notional),
            updated_ns=at_ns,
        )
        after.status = OrderStatus.PARTIALLY_FILLED if after.remaining_quantity else OrderStatus.FILLED
        fill = Fill(
            fill_id=f"{self.venue}-{self._fills + 1}",
            client_order_id=intent.client_order_id,
            venue=self.venue,
            symbol=intent.symbol,
            side=intent.side,
            price=price,
            quantity=quantity,
            fee=fee,
            liquidity=liquidity,
            venue_ns=at_ns,
            received_ns=at_ns,
        )
        with self.batch():
            self._store.add_fill(fill)
            self._store.save_order(after)
            self._store.save_cash(self.venue, instrument.quote, cash)
            self._store.save_position(self.venue, intent.symbol, booking.position.quantity, booking.position.cost)
        self._fills += 1
        self.cash[instrument.quote] = cash
        self._set_position(intent.symbol, booking.position)
        self._mirror(order, after)
        return fill

    def amend(self, order: Order, intent: OrderIntent, at_ns: int) -> None:
        """Give a resting order another price and total quantity."""
        terms = msgspec.structs.replace(order.intent, limit_price=intent.limit_price, quantity=intent.quantity)
        after = msgspec.structs.replace(order, intent=terms, updated_ns=at_ns)
        with self.batch():
            self._store.save_order(after)
        order.intent = terms
        self._mirror(order, after)

    def close(self, order: Order, status: OrderStatus, reason: str, at_ns: int) -> None:
        """End an order without a fill."""
        after = msgspec.structs.replace(order, status=status, reason=reason, updated_ns=at_ns)
        with self.batch():
            self._store.save_order(after)
        self._mirror(order, after)

    def _mirror(self, order: Order, after: Order) -> None:
        order.status, order.reason, order.updated_ns = after.status, after.reason, after.updated_ns
        order.filled_quantity, order.filled_notional = after.filled_quantity, after.filled_notional
        if order.status.is_final:
            self.live.pop(order.intent.client_order_id, None)

    def pay_funding(self, symbol: str, mark: Decimal, rate: float, due_ns: int, at_ns: int) -> FundingPayment | None:
        """Book funding that fell due at `due_ns`, once; None where flat or booked before."""
        instrument = self.instruments[symbol]
        quantity = self.position(symbol).quantity
        if not quantity:
            return None
        amount = (-instrument.notional(mark, quantity) * Decimal(repr(rate))).quantize(_CENT_FRACTION)
        payment = FundingPayment(
            payment_id=f"{self.venue}:{symbol}:{due_ns}",
            instrument_id=InstrumentId(self.venue, symbol),
            amount=amount,
            rate=rate,
            venue_ns=at_ns,
        )
        cash = EXACT.add(self.cash.get(instrument.quote, Decimal(0)), amount)
        with self.batch():
            is_new = self._store.add_funding(payment)
            if is_new:
                self._store.save_cash(self.venue, instrument.quote, cash)
        if not is_new:
            return None
        self.cash[instrument.quote] = cash
        return payment

    # reading -----------------------------------------------------------------------------------------

    def position(self, symbol: str) -> Position:
        return self.positions.get(symbol, FLAT)

    def _set_position(self, symbol: str, position: Position) -> None:
        if position.quantity:
            self.positions[symbol] = position
        else:
            self.positions.pop(symbol, None)

    def free(self, asset: str) -> Decimal:
        """Return cash that no order and no margin ties up; unrealised losses count, profits do not."""
        free = self.cash.get(asset, Decimal(0))
        for symbol, position in self.positions.items():
            instrument = self.instruments.get(symbol)
            if instrument is None or instrument.quote != asset or not is_margined(instrument):
                continue
            mark = self._mark_of(symbol) or position.average_price(instrument.contract_size)
            value = instrument.notional(mark, position.quantity)
            free += min(Decimal(0), value - position.cost) - abs(value) / instrument.max_leverage
        room: dict[tuple[str, Side], Decimal] = {}
        for order in self.live.values():
            instrument = self.instruments.get(order.intent.symbol)
            if instrument is None or instrument.quote != asset or order.intent.reduce_only:
                continue
            price, quantity = order.intent.limit_price or Decimal(0), order.remaining_quantity
            key = (order.intent.symbol, order.intent.side)
            left = room.get(key, self._closing_room(*key))
            room[key] = left - quantity
            free -= self._required(instrument, order.intent.side, price, quantity, closing_room=left)
        return free

    def report(self, since_ns: int, at_ns: int) -> AccountReport:
        """Return the whole truth; cash assets are balances, spot and stock holdings are positions.

        Raises
        ------
        VenueStoreError
            Where the store failed: then nobody knows the truth until it is opened again.
        """
        if self.broken is not None:
            raise VenueStoreError(self.broken)
        return AccountReport(
            venue=self.venue,
            balances=tuple(Balance(asset, total, self.free(asset)) for asset, total in sorted(self.cash.items())),
            positions=tuple(self._reported(symbol) for symbol in sorted(self.positions)),
            open_orders=tuple(msgspec.structs.replace(order) for order in self.live.values()),
            fills=tuple(self._store.fills(self.venue, since_ns)),
            funding=tuple(self._store.funding(self.venue, since_ns)),
            at_ns=at_ns,
        )

    def _reported(self, symbol: str) -> VenuePosition:
        position = self.positions[symbol]
        instrument = self.instruments.get(symbol)
        contract_size = instrument.contract_size if instrument else Decimal(1)
        return VenuePosition(InstrumentId(self.venue, symbol), position.quantity, position.average_price(contract_size))
