"""All orders of the account, folded from facts. The only place that changes an `Order`."""

from collections.abc import Iterator
from copy import copy
from decimal import Decimal

from core.journal.facts import (
    AnyFact,
    OrderAdopted,
    OrderAmendAsked,
    OrderAmendDoubted,
    OrderAmended,
    OrderAmendRefused,
    OrderFilled,
    OrderIntended,
    OrderStatusChanged,
)
from core.orders.amending import AmendFact, fold_amend, is_of_the_past, reported, take_venue_id
from core.orders.outcome import Applied, Duplicate, Parked, Quarantined, TrackerOutcome
from core.orders.seen_ids import Novelty, SeenIds
from core.orders.state import TrackerState
from core.orders.transitions import EVENT_OF_STATUS, OrderEvent, next_status
from core.types.instrument import InstrumentId
from core.types.order import Fill, Order, OrderIntent, OrderStatus

QUARANTINE_LIMIT = 1_000
PARKED_LIMIT = 1_000


class OrderTracker:
    """Orders by client id, live ones by instrument, and everything that did not fit.

    Final orders beyond the newest `keep_final` are forgotten; live orders never are.
    """

    def __init__(self, keep_final: int = 1_000, keep_fill_ids: int = 10_000) -> None:
        self._keep_final = keep_final
        self._orders: dict[str, Order] = {}
        self._live: dict[InstrumentId, dict[str, Order]] = {}
        self._final: dict[str, None] = {}  # oldest first
        self._seen_fills = SeenIds(keep_fill_ids)
        self._parked: dict[str, list[Fill]] = {}
        self._quarantine: list[Quarantined] = []

    # reading ---------------------------------------------------------------------------------------

    def get(self, client_order_id: str) -> Order | None:
        return self._orders.get(client_order_id)

    def live(self, instrument_id: InstrumentId | None = None) -> Iterator[Order]:
        """Yield orders that may still change a position, oldest first within an instrument.

        Besides orders that may live at the venue these are orders reported filled whose fills have not come.
        """
        if instrument_id is not None:
            yield from self._live.get(instrument_id, {}).values()
            return
        for orders in self._live.values():
            yield from orders.values()

    @property
    def live_count(self) -> int:
        return sum(len(orders) for orders in self._live.values())

    def finished(self) -> Iterator[Order]:
        """Yield remembered final orders, the newest first."""
        return (self._orders[client_order_id] for client_order_id in reversed(self._final))

    def has_fill(self, fill: Fill) -> bool:
        """Tell whether an execution was counted before."""
        return self._seen_fills.look(fill.venue, fill.fill_id, fill.venue_ns) is Novelty.SEEN

    @property
    def parked(self) -> tuple[Fill, ...]:
        """Fills of orders this engine has never heard of."""
        return tuple(fill for fills in self._parked.values() for fill in fills)

    @property
    def quarantine(self) -> tuple[Quarantined, ...]:
        """The newest facts that contradict what is known, oldest first."""
        return tuple(self._quarantine)

    # folding ---------------------------------------------------------------------------------------

    def apply(self, fact: AnyFact) -> TrackerOutcome | None:
        """Fold one fact; return what it did, None for a fact that does not concern orders."""
        match fact:
            case OrderIntended():
                return self._intended(fact.intent, fact.at_ns)
            case OrderAdopted():
                return self._adopted(fact)
            case OrderStatusChanged():
                return self._status_changed(fact)
            case OrderFilled():
                return self._filled(fact.fill, fact.at_ns)
            case OrderAmendAsked() | OrderAmended() | OrderAmendRefused() | OrderAmendDoubted():
                return self._amend(fact)
            case _:
                return None

    def _intended(self, intent: OrderIntent, at_ns: int) -> TrackerOutcome:
        if intent.client_order_id in self._orders:
            return self._set_aside(at_ns, intent.client_order_id, "this client order id was used before")
        order = Order(intent=intent, updated_ns=at_ns)
        return self._enter(order, at_ns)

    def _adopted(self, fact: OrderAdopted) -> TrackerOutcome:
        known = self._orders.get(fact.intent.client_order_id)
        if known is not None:
            take_venue_id(known, fact.venue_order_id)
            return self._advance(known, OrderEvent.FOUND_AT_VENUE, None, fact.at_ns)
        order = Order(
            intent=fact.intent,
            status=OrderStatus.OPEN,
            venue_order_id=fact.venue_order_id,
            is_external=True,
            updated_ns=fact.at_ns,
        )
        return self._enter(order, fact.at_ns)

    def _enter(self, order: Order, at_ns: int) -> TrackerOutcome:
        client_order_id = order.intent.client_order_id
        self._orders[client_order_id] = order
        self._file(order)
        parked = self._parked.pop(client_order_id, ())
        booked = [fill for fill in parked if isinstance(self._book(order, fill, at_ns), Applied)]
        return Applied(order, None, None, tuple(booked))

    def _status_changed(self, fact: OrderStatusChanged) -> TrackerOutcome:
        order = self._orders.get(fact.client_order_id)
        if order is None:
            return self._set_aside(fact.at_ns, fact.client_order_id, f"unknown order reported {fact.status}")
        if is_of_the_past(order, fact.venue_order_id):
            return Applied(order, order.status, None)
        event = EVENT_OF_STATUS.get(fact.status)
        if event is None:
            take_venue_id(order, fact.venue_order_id)
            return self._set_aside(fact.at_ns, fact.client_order_id, f"no venue can report {fact.status}")
        return self._advance(order, reported(order, event, fact.venue_order_id), fact.reason, fact.at_ns)

    def _amend(self, fact: AmendFact) -> TrackerOutcome:
        order = self._orders.get(fact.client_order_id)
        if order is None:
            return self._set_aside(fact.at_ns, fact.client_order_id, "amend of an unknown order")
        before, change = order.status, fold_amend(order, fact)
        if change.flaw is not None:
            return self._set_aside(fact.at_ns, fact.client_order_id, change.flaw)
        order.updated_ns = fact.at_ns
        self._file(order)
        if change.event is None:
            return Applied(order, before, None)
        return self._advance(order, change.event, None, fact.at_ns)

    def _advance(self, order: Order, event: OrderEvent, reason: str | None, at_ns: int) -> TrackerOutcome:
        before = order.status
        status = next_status(before, event, has_fills=order.filled_quantity > 0)
        if status is None:
            return self._set_aside(at_ns, order.intent.client_order_id, f"{event} contradicts {before}")
        order.status = status
        order.reason = reason or order.reason
        order.updated_ns = at_ns
        self._file(order)
        return Applied(order, before, None)

    def _filled(self, fill: Fill, at_ns: int) -> TrackerOutcome:
        novelty = self._seen_fills.look(fill.venue, fill.fill_id, fill.venue_ns)
        if novelty is Novelty.SEEN:  # F09: stream, REST and replay all tell of it
            return Duplicate(fill)
        if novelty is Novelty.TOO_OLD:
            return self._set_aside(at_ns, fill.client_order_id, f"fill {fill.fill_id} is older than memory reaches")
        self._seen_fills.add(fill.venue, fill.fill_id, fill.venue_ns)
        order = self._orders.get(fill.client_order_id)
        if order is None:
            return self._park(fill, at_ns)
        return self._book(order, fill, at_ns)

    def _book(self, order: Order, fill: Fill, at_ns: int) -> TrackerOutcome:
        contradiction = _contradiction(order, fill)
        if contradiction is not None:
            return self._set_aside(at_ns, order.intent.client_order_id, f"fill {fill.fill_id}: {contradiction}")
        is_complete = order.filled_quantity + fill.quantity == order.possible_quantity
        event = OrderEvent.FILLED_IN_FULL if is_complete else OrderEvent.FILLED_IN_PART
        before = order.status
        status = next_status(before, event, has_fills=True)
        assert status is not None, "the table takes a fill in every status"
        order.filled_quantity += fill.quantity
        order.filled_notional += fill.price * fill.quantity
        order.status = status
        order.updated_ns = at_ns
        self._file(order)
        return Applied(order, before, fill)

    def _park(self, fill: Fill, at_ns: int) -> TrackerOutcome:
        self._parked.setdefault(fill.client_order_id, []).append(fill)
        if sum(len(fills) for fills in self._parked.values()) > PARKED_LIMIT:
            oldest = next(iter(self._parked))
            for dropped in self._parked.pop(oldest):
                self._set_aside(at_ns, oldest, f"fill {dropped.fill_id} waited too long for its order")
        return Parked(fill)

    def _set_aside(self, at_ns: int, client_order_id: str, reason: str) -> Quarantined:
        quarantined = Quarantined(at_ns, client_order_id, reason)
        self._quarantine.append(quarantined)
        del self._quarantine[:-QUARANTINE_LIMIT]
        return quarantined

    def _file(self, order: Order) -> None:
        """Put an order among the live or the final ones, and forget the oldest final ones."""
        client_order_id, instrument_id = order.intent.client_order_id, order.intent.instrument_id
        if order.status.may_live or _awaits_fills(order):
            self._final.pop(client_order_id, None)
            self._live.setdefault(instrument_id, {})[client_order_id] = order
            return
        live = self._live.get(instrument_id)
        if live is not None:
            live.pop(client_order_id, None)
            if not live:
                del self._live[instrument_id]
        self._final.setdefault(client_order_id)
        if len(self._final) > self._keep_final:
            oldest = next(iter(self._final))
            del self._final[oldest]
            del self._orders[oldest]

    # snapshots -------------------------------------------------------------------------------------

    def to_state(self) -> TrackerState:
        """Copy everything the fold has built, in an order that a later fold gives again."""
        return TrackerState(
            live=[copy(order) for order in self.live()],
            final=[copy(self._orders[client_order_id]) for client_order_id in self._final],
            seen_fills=self._seen_fills.to_state(),
            parked=list(self.parked),
            quarantine=list(self._quarantine),
        )

    def restore(self, state: TrackerState) -> None:
        """Become what `to_state` saw."""
        self._orders, self._live, self._final, self._parked = {}, {}, {}, {}
        for order in (*state.final, *state.live):
            held = copy(order)
            self._orders[held.intent.client_order_id] = held
            self._file(held)
        for fill in state.parked:
            self._parked.setdefault(fill.client_order_id, []).append(fill)
        self._seen_fills.restore(state.seen_fills)
        self._quarantine = list(state.quarantine)


def _awaits_fills(order: Order) -> bool:
    return order.status is OrderStatus.FILLED and order.remaining_quantity > 0


def _contradiction(order: Order, fill: Fill) -> str | None:
    """Say why a fill cannot belong to an order, None where it can."""
    intent = order.intent
    if (fill.venue, fill.symbol, fill.side) != (intent.venue, intent.symbol, intent.side):
        return f"{fill.side} {fill.instrument_id} on an order to {intent.side} {intent.instrument_id}"
    if not _is_positive(fill.quantity) or not _is_positive(fill.price):
        return f"quantity {fill.quantity} and price {fill.price} must be above zero"
    if fill.quantity > order.remaining_quantity:
        return f"quantity {fill.quantity} is more than the {order.remaining_quantity} left of the order"
    return None


def _is_positive(value: Decimal) -> bool:
    return value.is_finite() and value > 0
