"""Follow every own resting order through the queue of its price; `core.book.queue_position` has the rules."""

from dataclasses import dataclass
from typing import Final

from core.book.book import Book, BookState
from core.book.queue_position import QueuePosition
from core.market.market import Market
from core.orders.tracker import OrderTracker
from core.types.instrument import Instrument, InstrumentId
from core.types.market import Trade
from core.types.order import Order, OrderIntent, OrderStatus, Side

_RESTING: Final = frozenset({OrderStatus.OPEN, OrderStatus.PARTIALLY_FILLED})
_LOOKED_AT_LEVELS: Final = 200
_REMEMBERED_SENDS: Final = 1_000


@dataclass(slots=True)
class _Place:
    """An order at its price; `queue` is None where nobody saw it join. `lots` fall with its amends."""

    side: Side
    ticks: int
    lots: int
    filled_lots: int
    venue_order_id: str | None
    queue: QueuePosition | None
    joined_lots: int
    leaving_lots: int = 0  # of those, as much as was ever asked to go: a book may show it before the venue's answer
    has_gap: bool = False  # the level went unseen since it was last compared


class QueueWatch:
    """Told of sends, orders, trades and books; asked for the lots ahead of an order. Never raises for unknown ones."""

    def __init__(self, market: Market, orders: OrderTracker) -> None:
        self._market = market
        self._orders = orders
        self._places: dict[InstrumentId, dict[str, _Place]] = {}
        self._sent: dict[str, int | None] = {}  # lots at the price as each order left

    def on_sent(self, intent: OrderIntent) -> None:
        """Remember what rests at the price before the order can."""
        instrument = self._market.instruments.get(intent.instrument_id)
        if instrument is not None and intent.limit_price is not None:
            self._sent[intent.client_order_id] = self._lots(
                intent.instrument_id, intent.side, _ticks(intent, instrument)
            )
            while len(self._sent) > _REMEMBERED_SENDS:  # one whose end only a reconciliation saw stays
                del self._sent[next(iter(self._sent))]

    def on_order(self, order: Order) -> None:
        """Let an order join when it is acknowledged, and again where an amend cost it its place."""
        intent, status = order.intent, order.status
        instrument, name = self._market.instruments.get(intent.instrument_id), intent.client_order_id
        known = self._places.get(intent.instrument_id, {}).get(name)
        if known is not None and instrument is not None:
            self._leave(known, order, instrument)
        if status.is_final or instrument is None or intent.limit_price is None:
            self._sent.pop(name, None)
            self._forget(intent.instrument_id, name)
            return
        if known is None and status in _RESTING:
            is_seen_joining, before = name in self._sent, self._sent.pop(name, None)
            queue = self._joined(order, instrument, before) if is_seen_joining else None
            if queue is not None and order.filled_quantity:
                queue.passed()  # the execution overtook the acknowledgement
            self._put(order, instrument, queue)
        elif known is not None and _lost_its_place(known, order, instrument):
            self._put(order, instrument, self._joined(order, instrument, None))
        elif known is not None:
            _update(known, order, instrument)

    def on_trade(self, trade: Trade) -> None:
        for place in self._places.get(trade.instrument_id, {}).values():
            if place.queue is None or (place.side is Side.BUY) is not trade.buyer_is_maker:
                continue
            beyond = (place.ticks - trade.price_ticks) * place.side.sign
            if beyond > 0:
                place.queue.passed()
            elif beyond == 0:
                place.queue.traded(trade.quantity_lots)

    def on_book(self, instrument_id: InstrumentId) -> None:
        for name in tuple(self._places.get(instrument_id, ())):
            order = self._orders.get(name)
            if order is None:
                self._forget(instrument_id, name)
            else:
                self.on_order(order)  # what a reconciliation found is told to nobody
        book = self._market.books[instrument_id]
        for place in self._places.get(instrument_id, {}).values():
            if place.queue is not None:
                self._compare(instrument_id, book, place, place.queue)

    def ahead_lots(self, order: Order) -> int | None:
        """Return the estimated lots ahead of an order, None where they are not known."""
        instrument = self._market.instruments.get(order.intent.instrument_id)
        place = self._places.get(order.intent.instrument_id, {}).get(order.intent.client_order_id)
        if place is None or place.queue is None or instrument is None or order.intent.limit_price is None:
            return None
        is_same = place.ticks == _ticks(order.intent, instrument) and order.pending_amend is None
        return place.queue.ahead_lots if is_same and not place.has_gap else None

    def _leave(self, place: _Place, order: Order, instrument: Instrument) -> None:
        """Tell the order's own queue, and those before it at its price, what is not to be taken for others' cancels."""
        leaving = place.joined_lots - _staying_lots(place, order, instrument)
        more, place.leaving_lots = leaving - place.leaving_lots, max(leaving, place.leaving_lots)
        if more <= 0:
            return
        is_before = True
        for other in self._places[instrument.id].values():  # in the order in which they joined
            if other is place:
                is_before = place.queue is None  # nobody saw it join: whatever is doubtful is left ahead
                if place.queue is not None:
                    place.queue.shrinks(more)
            elif is_before and other.queue is not None and (other.side, other.ticks) == (place.side, place.ticks):
                other.queue.loses_behind(more)

    def _compare(self, instrument_id: InstrumentId, book: Book, place: _Place, queue: QueuePosition) -> None:
        lots = self._lots(instrument_id, place.side, place.ticks)
        if lots is None:
            place.has_gap = True
            return
        opposite = book.best_ask() if place.side is Side.BUY else book.best_bid()
        if opposite is not None and (place.ticks - opposite[0]) * place.side.sign >= 0:
            queue.passed()
        if place.has_gap:
            queue.seen_again(lots)
            place.has_gap = False
        else:
            queue.seen(lots)

    def _joined(self, order: Order, instrument: Instrument, before: int | None) -> QueuePosition | None:
        intent = order.intent
        level = self._lots(instrument.id, intent.side, _ticks(intent, instrument))
        lots = int(order.remaining_quantity / instrument.lot_size)
        return None if level is None else QueuePosition.joined(level, lots, before)

    def _put(self, order: Order, instrument: Instrument, queue: QueuePosition | None) -> None:
        intent, lots = order.intent, int(order.intent.quantity / instrument.lot_size)
        places = self._places.setdefault(instrument.id, {})
        places.pop(intent.client_order_id, None)  # one that joins again is the last
        places[intent.client_order_id] = _Place(
            side=intent.side,
            ticks=_ticks(intent, instrument),
            lots=lots,
            joined_lots=lots,
            filled_lots=int(order.filled_quantity / instrument.lot_size),
            venue_order_id=order.venue_order_id,
            queue=queue,
        )

    def _forget(self, instrument_id: InstrumentId, client_order_id: str) -> None:
        places = self._places.get(instrument_id)
        if places is not None:
            places.pop(client_order_id, None)
            if not places:
                del self._places[instrument_id]

    def _lots(self, instrument_id: InstrumentId, side: Side, ticks: int) -> int | None:
        """Return what rests at a price, None where the book cannot be read or does not reach that far."""
        book = self._market.books.get(instrument_id)
        if book is None or book.state is not BookState.VALID:
            return None
        lots = book.lots_at(side, ticks)
        return lots if lots or _reaches(book, side, ticks) else None


def _reaches(book: Book, side: Side, ticks: int) -> bool:
    """Tell whether an empty price is known to be empty: a feed may cut its book off behind the best levels."""
    bid_ticks, _, ask_ticks, _ = book.top(_LOOKED_AT_LEVELS)
    levels = bid_ticks if side is Side.BUY else ask_ticks
    return bool(len(levels)) and (ticks - int(levels[-1])) * side.sign >= 0


def _ticks(intent: OrderIntent, instrument: Instrument) -> int:
    return 0 if intent.limit_price is None else int(intent.limit_price / instrument.tick_size)


def _lost_its_place(place: _Place, order: Order, instrument: Instrument) -> bool:
    """Tell whether an amend sent it to the end: another price, more quantity, or another order at the venue."""
    grew = int(order.intent.quantity / instrument.lot_size) > place.lots
    other_id = None not in {place.venue_order_id, order.venue_order_id} and place.venue_order_id != order.venue_order_id
    return place.ticks != _ticks(order.intent, instrument) or grew or other_id


def _staying_lots(place: _Place, order: Order, instrument: Instrument) -> int:
    """Return how many of an order's lots leave its price by nothing but trades, by all that is known and was asked."""
    intent, pending, status = order.intent, order.pending_amend, order.status
    total = intent.quantity if pending is None else min(intent.quantity, pending.quantity)
    has_moved = any(place.ticks != int((price or 0) / instrument.tick_size) for price in order.possible_prices)
    if has_moved or status is OrderStatus.CANCELLING or (status.is_final and status is not OrderStatus.FILLED):
        total = order.filled_quantity
    return int(total / instrument.lot_size)


def _update(place: _Place, order: Order, instrument: Instrument) -> None:
    place.lots = int(order.intent.quantity / instrument.lot_size)
    place.venue_order_id = order.venue_order_id or place.venue_order_id
    filled = int(order.filled_quantity / instrument.lot_size)
    if place.queue is not None and filled > place.filled_lots:
        place.queue.filled(filled - place.filled_lots)
    place.filled_lots = filled
