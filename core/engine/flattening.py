"""Closes what is held where a halt says so, and remembers why something is still there."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

import msgspec

from core.engine.parts import EngineParts
from core.engine.reconciler import CAUSE as UNCOMPARED
from core.ledger.position import ZERO, Position
from core.risk.case import strategy_of
from core.risk.halts import bearing_on, strategy_scope, tightest
from core.risk.kill import ClearOf, plan_flatten
from core.risk.verdict import Refused
from core.types.control import Blocker, HaltLevel
from core.types.instrument import InstrumentId
from core.types.order import FLATTEN, Order, OrderStatus, Side

UNPLANNED: Final = "without a journal no order is sent"
UNDER_WAY: Final = "its closing order is under way"
MAY_LIVE: Final = "an own order may still live there"
UNSURE: Final = frozenset({OrderStatus.IN_DOUBT, OrderStatus.CANCELLING})


class Flattening:
    """One plan a second. A position waits while an own order lives on its book, and keeps clear of those in doubt."""

    def __init__(self, parts: EngineParts) -> None:
        self._parts = parts
        self._said: dict[str, None] = {}
        self._reasons: dict[InstrumentId, str] = {}

    @property
    def reasons(self) -> Mapping[InstrumentId, str]:
        """Return why each position that is held is still there, as of the newest plan."""
        return self._reasons

    def forget(self) -> None:
        """Say everything anew at the next halt."""
        self._said.clear()
        self._reasons = {}

    def held(self, standing: tuple[Blocker, ...]) -> list[Position]:
        """Return the positions of the account that are to be closed."""
        positions = [position for position in self._parts.fold.ledger.positions() if position.quantity]
        return [held for held in positions if level_at(standing, held.venue) is HaltLevel.FLATTEN]

    def book_id(self, instrument_id: InstrumentId) -> str:
        instrument = self._parts.market.instruments.get(instrument_id)
        return str(instrument_id) if instrument is None else instrument.book_id

    def close(self, standing: tuple[Blocker, ...], live: list[Order]) -> None:
        """Send the closing orders of what is held, by the account and then by single strategies."""
        self._reasons = {}
        whole = self.held(standing)
        self._close(whole, live, FLATTEN)
        covered = {position.instrument_id: None for position in whole}
        for name in _flattened_strategies(standing):
            held = [each for each in self._of_strategy(name) if each.instrument_id not in covered]
            self._close(held, live, f"{FLATTEN}:{name}")
            # One order at a time on an instrument: what the next strategy may close is known when that has ended.
            covered |= {position.instrument_id: None for position in held}

    def _of_strategy(self, name: str) -> list[Position]:
        """Return what a strategy holds, no more of each than the account has on that side: the rest is others'."""
        found: list[Position] = []
        for position in self._parts.fold.source_positions.held_by(strategy_scope(name)):
            account = self._parts.fold.ledger.quantity(position.instrument_id)
            size = min(abs(position.quantity), abs(account)) if account * position.quantity > 0 else ZERO
            if size < abs(position.quantity):
                text = f"{position.instrument_id} of {name}: {abs(position.quantity) - size:f} of "
                text += f"{position.quantity:f} stand against what others hold and are not closed"
                self.say(text)
            if size:
                found.append(msgspec.structs.replace(position, quantity=size.copy_sign(position.quantity)))
        return found

    def _close(self, held: list[Position], live: list[Order], source: str) -> None:
        free: list[Position] = []
        for position in held:
            orders = self._on_book(position, live, source)
            reason, left = _obstacle(position, orders)
            if reason is not None:
                self._reasons[position.instrument_id] = reason
            elif self._is_compared(position):
                free.append(msgspec.structs.replace(position, quantity=left))
        self._flatten(free, source, _clearance(live, self.book_id))

    def _on_book(self, position: Position, live: list[Order], source: str) -> list[Order]:
        """Return own orders on a position's book; of one strategy's flattening only its own and closing ones.

        Orders of others stay where they are: the gate refuses what would cross them.
        """
        book = self.book_id(position.instrument_id)
        here = [order for order in live if self.book_id(order.intent.instrument_id) == book]
        if source == FLATTEN:
            return here
        name = source.partition(":")[2]
        return [order for order in here if order.intent.is_flattening or strategy_of(order.intent) == name]

    def _is_compared(self, position: Position) -> bool:
        """Tell whether the venue has confirmed its positions: what it no longer has must not be sold again."""
        if not self._parts.conditions.holds(f"venue:{position.venue}", UNCOMPARED):
            return True
        self._leave(position.instrument_id, "its account has not been compared with the journal")
        return False

    def _flatten(self, positions: list[Position], source: str, clear_of: ClearOf) -> None:
        parts = self._parts
        if parts.recorder.failed_reason is not None:
            self._reasons |= {position.instrument_id: UNPLANNED for position in positions}
            self.say(f"positions are not flattened: {UNPLANNED}")
            return
        plan = plan_flatten(
            positions=positions,
            instruments=parts.market.instruments.get,
            books=parts.market.books.get,
            book_age_ns=parts.market.age_ns,
            next_order_id=parts.ids.next_order_id,
            limits=parts.settings.limits,
            now_ns=parts.clock.utc_ns(),
            source=source,
            clear_of=clear_of,
        )
        for intent in plan.flatten:
            self._reasons[intent.instrument_id] = UNDER_WAY
            verdict = parts.desk.place(intent)
            if isinstance(verdict, Refused):
                rules = ", ".join(check.rule for check in verdict.failed)
                self._leave(intent.instrument_id, f"the risk gate refused the order by {rules}")
        for left in plan.not_flattened:
            price = clear_of(left.instrument_id, Side.SELL if left.quantity > 0 else Side.BUY)
            kept = "" if price is None else f"; kept clear of an own order at {price:f} that may live"
            self._reasons[left.instrument_id] = left.reason + kept
            self.say(f"{left.instrument_id} is not flattened: {left.quantity:f} is left, {left.reason}{kept}")

    def _leave(self, instrument_id: InstrumentId, reason: str) -> None:
        self._reasons[instrument_id] = reason
        self.say(f"{instrument_id} is not flattened: {reason}")

    def say(self, text: str) -> None:
        """Log a text once in a halt."""
        if text not in self._said:
            self._said[text] = None
            self._parts.log.warning("risk", text)


def level_at(standing: tuple[Blocker, ...], venue: str) -> HaltLevel:
    """Return the level of a venue, whoever orders there."""
    return tightest(bearing_on(standing, venue, None))


def is_closing(order: Order) -> bool:
    """Tell whether this is an order of the flattening on its way: it ends by itself and must not be cancelled."""
    return order.intent.is_flattening and order.status is OrderStatus.INTENDED


def _flattened_strategies(standing: tuple[Blocker, ...]) -> list[str]:
    prefix = strategy_scope("")
    names = [
        b.scope.removeprefix(prefix) for b in standing if b.level is HaltLevel.FLATTEN and b.scope.startswith(prefix)
    ]
    return list(dict.fromkeys(names))


def _obstacle(position: Position, orders: list[Order]) -> tuple[str | None, Decimal]:
    """Say what keeps a position from being closed, None where nothing does; and how much of it may be closed now.

    An order that nobody can be sure of is none where it has a limit: what it may still close is left to it, and its
    price is kept clear of.
    """
    if any(is_closing(order) for order in orders):
        return UNDER_WAY, ZERO
    closing = Side.SELL if position.quantity > 0 else Side.BUY
    for order in orders:
        if order.status not in UNSURE or order.is_external or order.intent.limit_price is None:
            return MAY_LIVE, ZERO
    doubtful = [x for x in orders if x.intent.side is closing and x.intent.instrument_id == position.instrument_id]
    taken = sum((order.remaining_quantity for order in doubtful), ZERO)
    if taken >= abs(position.quantity):
        names = ", ".join(order.intent.client_order_id for order in doubtful)
        return f"{names} may live and close it", ZERO
    return None, (abs(position.quantity) - taken).copy_sign(position.quantity)


def _clearance(live: list[Order], book_id: Callable[[InstrumentId], str]) -> ClearOf:
    """Return what tells the price that an order on a side has to stay clear of: of what may live on the other side."""

    def clear_of(instrument_id: InstrumentId, side: Side) -> Decimal | None:
        book = book_id(instrument_id)
        prices = [
            order.intent.limit_price
            for order in live
            if order.status in UNSURE
            and order.intent.side is not side
            and book_id(order.intent.instrument_id) == book
            and order.intent.limit_price is not None
        ]
        return (max(prices) if side is Side.SELL else min(prices)) if prices else None

    return clear_of
