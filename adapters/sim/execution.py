"""The trading side of one simulated venue: own orders stand in the same queues as the crowd's."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from adapters.sim.sim_book import SimBook
from adapters.sim.sim_venue import SimVenue
from adapters.venue_desk.desk import VenueDesk
from adapters.venue_desk.desk_execution import FIRST_OWN_ID, DeskExecution, limit_ticks, match_kind
from adapters.venue_desk.order_wire import OrderWire
from adapters.venue_store.store import VenueStore
from core.matching.events import Cancelled, MatchEvent, MatchReason, Rejected, Traded
from core.ports.clock import Clock
from core.types.instrument import Instrument
from core.types.order import Liquidity, Order, OrderIntent, OrderStatus

_OWNER: Final = 1


class SimExecution(DeskExecution):
    """Trade at one simulated venue."""

    def __init__(
        self,
        sim_venue: SimVenue,
        clock: Clock,
        wire: OrderWire,
        store: VenueStore,
        starting_cash: Mapping[str, Decimal],
    ) -> None:
        super().__init__(sim_venue.venue, clock, wire)
        self._sim_venue = sim_venue
        self._store = store
        self._starting_cash = starting_cash

    async def _open_desk(self) -> VenueDesk:
        await self._sim_venue.ready()
        instruments = {symbol: book.instrument for symbol, book in self._sim_venue.books.items()}
        self._sim_venue.on_events = self._on_events
        self._sim_venue.on_funding = self._on_funding
        return VenueDesk(self.venue, self._store, instruments, self._starting_cash, self._sim_venue.mark)

    def _rejoin(self, order: Order, at_ns: int) -> None:
        intent = order.intent
        book = self._sim_venue.books.get(intent.symbol)
        if book is None:
            self._take_off(order, OrderStatus.EXPIRED, f"{intent.symbol} is no longer listed", at_ns)
            return
        ticks = limit_ticks(book.instrument, intent)
        if intent.post_only and ticks is not None and book.matching.crosses(intent.side, ticks):
            self._take_off(order, OrderStatus.CANCELLED, MatchReason.WOULD_CROSS.value, at_ns)
            return
        quantity = order.remaining_quantity
        if intent.reduce_only:
            held = max(Decimal(0), -intent.side.sign * self.desk.position(intent.symbol).quantity)
            quantity = min(quantity, held)
        lots = book.instrument.quantity_to_lots(quantity)
        self._enter(self._adopt(order), order, ticks, lots, at_ns)

    def _unready(self, symbol: str) -> str | None:
        return None if symbol in self._sim_venue.books else f"{symbol} is not listed"

    def _reference_price(self, instrument: Instrument, intent: OrderIntent) -> Decimal | None:
        lots = max(1, int(instrument.floor_quantity(intent.quantity) / instrument.lot_size))
        cost, found = self._sim_venue.books[intent.symbol].matching.sweep_cost(intent.side, lots)
        return instrument.ticks_to_price(cost) / found if found else None

    def _would_take(self, symbol: str, intent: OrderIntent, ticks: int) -> bool:
        return self._sim_venue.books[symbol].matching.crosses(intent.side, ticks)

    def _enter(self, own_id: int, order: Order, ticks: int | None, lots: int, at_ns: int) -> None:
        book = self._sim_venue.books[order.intent.symbol]
        kind = match_kind(order.intent)
        events = book.matching.submit(own_id, _OWNER, order.intent.side, ticks, lots, kind=kind)
        book.tape.record(events, at_ns)
        self._book_events(book, events, at_ns)

    def _shrink(self, symbol: str, own_id: int, lots: int) -> None:
        matching = self._sim_venue.books[symbol].matching
        matching.reduce(own_id, matching.lots_left(own_id) - lots)

    def _withdraw(self, symbol: str, own_id: int) -> None:
        book = self._sim_venue.books.get(symbol)
        if book is not None:
            book.matching.cancel(own_id)

    # what the crowd does to own orders -------------------------------------------------------------------

    def _on_events(self, book: SimBook, events: list[MatchEvent], at_ns: int) -> None:
        if self._own and any(type(event) is Traded and event.maker_id in self._own for event in events):
            self._happened(lambda: self._book_events(book, events, at_ns))

    def _book_events(self, book: SimBook, events: list[MatchEvent], at_ns: int) -> None:
        for event in _merged(events):
            if type(event) is Traded:
                self._book_trade(event, at_ns)
            elif type(event) is Cancelled:
                self._end_own(event.order_id, OrderStatus.CANCELLED, event.reason, at_ns)
            elif type(event) is Rejected:
                self._end_own(event.order_id, OrderStatus.REJECTED, event.reason, at_ns)
        self._drop_unsafe(book.instrument.symbol, at_ns)

    def _book_trade(self, event: Traded, at_ns: int) -> None:
        ticks, lots = event.ticks, event.lots
        if event.maker_id in self._own:
            maker = Liquidity.MAKER
            self._fill_own(event.maker_id, ticks, lots, left=event.maker_left, liquidity=maker, at_ns=at_ns)
        elif event.taker_id in self._own:
            taker = Liquidity.TAKER
            self._fill_own(event.taker_id, ticks, lots, left=event.taker_left, liquidity=taker, at_ns=at_ns)

    def _on_funding(self, symbol: str, mark: Decimal, rate: float, due_ns: int, at_ns: int) -> None:
        self._pay_funding(symbol, mark, rate, due_ns=due_ns, at_ns=at_ns)


def _merged(events: list[MatchEvent]) -> list[MatchEvent]:
    """Join what one own taker got from several makers at one price into one fill, as venues print it."""
    merged: list[MatchEvent] = []
    for event in events:
        last = merged[-1] if merged else None
        if (
            type(event) is Traded
            and type(last) is Traded
            and event.taker_id == last.taker_id >= FIRST_OWN_ID
            and event.ticks == last.ticks
        ):
            merged[-1] = event._replace(lots=last.lots + event.lots)
        else:
            merged.append(event)
    return merged
