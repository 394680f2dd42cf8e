"""The kill switch: block first, cancel everywhere, flatten if asked. Works with strategy code hung or gone.

Venues are dealt with one by one: one that hangs delays neither the cancels nor the flattening of the others.
"""

import asyncio
from collections.abc import Mapping
from typing import Final, NamedTuple

from core.engine.parts import EngineParts
from core.engine.reconciler import CAUSE as UNCOMPARED
from core.engine.tasks import TaskGroup
from core.ledger.position import Position
from core.ports.venue import SendOutcome, SendResult
from core.risk.case import strategy_of
from core.risk.halts import bearing_on, kill, tightest
from core.risk.kill import plan_flatten
from core.risk.verdict import Refused
from core.types.control import Blocker, HaltLevel
from core.types.instrument import InstrumentId
from core.types.order import Order, OrderIntent, OrderStatus

UNTOUCHED: Final = frozenset({OrderStatus.INTENDED, OrderStatus.OPEN, OrderStatus.PARTIALLY_FILLED})
"""What an order is in that nobody has asked to cancel."""


class Killed(NamedTuple):
    """What each venue said, `cancelled` or what went wrong, and whether a restart would know of the halt."""

    answers: dict[str, str]
    is_journaled: bool


class KillSwitch:
    """Halting, and what a halt goes on doing every second until nothing is left."""

    def __init__(self, parts: EngineParts, tasks: TaskGroup) -> None:
        self._parts = parts
        self._tasks = tasks
        self._cancelling: dict[str, None] = {}  # venues that have not answered yet
        self._said: dict[str, None] = {}

    async def kill(self, *, who: str, reason: str, flatten: bool) -> Killed:
        """Block new risk now, cancel every order on every venue, begin to flatten."""
        level = HaltLevel.FLATTEN if flatten else HaltLevel.HALTED
        # Not awaited: blocking counts from this line on, and cancels wait for no disk.
        at_ns = self._parts.clock.utc_ns()
        self._parts.recorder.record(kill(who=who, reason=reason, at_ns=at_ns, level=level))
        answers = await self.cancel_everything()
        self.go_on()
        # The halt stands all the same: neither a failed disk nor one that hangs may keep the answer back.
        return Killed(answers, await self._parts.recorder.flushed(self._parts.settings.in_doubt_after_s))

    async def cancel_everything(self) -> dict[str, str]:
        """Cancel all orders of all venues at once; return, by venue, `cancelled` or what went wrong."""
        venues = list(self._parts.desk.executions)
        results = await asyncio.gather(*(self._parts.desk.cancel_venue(venue) for venue in venues))
        return {venue: _text(result) for venue, result in zip(venues, results, strict=True)}

    async def cancel_own(self) -> None:
        """Cancel every order that this engine sent; what others placed at the venue stays."""
        own = [
            order.intent.client_order_id
            for order in self._parts.fold.orders.live()
            if order.status.may_live and not order.is_external
        ]
        await asyncio.gather(*(self._parts.desk.cancel(client_order_id) for client_order_id in own))

    def storage_failed(self, reason: str) -> None:
        """Nothing can be journaled any more: only cancels leave from here on."""
        self._parts.conditions.hold("global", "storage", HaltLevel.CANCEL_ONLY, reason)

    def go_on(self) -> None:
        """While halted, cancel what is still open; while flattening, close what is still held."""
        standing = (*self._parts.fold.halts.blockers, *self._parts.conditions.blockers())
        if tightest(standing) < HaltLevel.HALTED:
            self._said.clear()
            return
        live = [order for order in self._parts.fold.orders.live() if order.status.may_live]
        held = [
            position
            for position in self._parts.fold.ledger.positions()
            if position.quantity and _level_at(standing, position) is HaltLevel.FLATTEN
        ]
        to_close = {self._book_id(position.instrument_id): None for position in held}
        self._cancel_halted(standing, [order for order in live if not _is_closing(order)], to_close)
        busy = {self._book_id(order.intent.instrument_id): None for order in live}
        free = [position for position in held if self._book_id(position.instrument_id) not in busy]
        self._flatten([position for position in free if self._is_compared(position)])

    def _cancel_halted(
        self, standing: tuple[Blocker, ...], live: list[Order], books_to_close_on: Mapping[str, None]
    ) -> None:
        """Cancel whatever the account has at halted venues, the orders of halted strategies, and what is in the way.

        In the way is an order at another venue whose book a position is to be closed on; a foreign one is left.
        """
        for order in live:
            venue = order.intent.venue
            if _level_at(standing, order.intent) >= HaltLevel.HALTED:
                if venue in self._parts.desk.executions and venue not in self._cancelling:
                    self._cancelling[venue] = None
                    self._tasks.spawn(self._cancel_again(venue))
                continue
            is_in_the_way = self._book_id(order.intent.instrument_id) in books_to_close_on
            if is_in_the_way and order.is_external:
                self._say(f"{order.intent.client_order_id}, which others placed, keeps its book from being flattened")
            elif order.status in UNTOUCHED and (is_in_the_way or _level_of(standing, order.intent) >= HaltLevel.HALTED):
                self._parts.desk.cancel_soon(order.intent.client_order_id)

    def _book_id(self, instrument_id: InstrumentId) -> str:
        instrument = self._parts.market.instruments.get(instrument_id)
        return str(instrument_id) if instrument is None else instrument.book_id

    async def _cancel_again(self, venue: str) -> None:
        try:
            await self._parts.desk.cancel_venue(venue)
        finally:
            del self._cancelling[venue]

    def _is_compared(self, position: Position) -> bool:
        """Tell whether the venue has confirmed its positions: what it no longer has must not be sold again."""
        if self._parts.conditions.holds(f"venue:{position.venue}", UNCOMPARED):
            self._say(f"{position.instrument_id} is not flattened: its account has not been compared with the journal")
            return False
        return True

    def _flatten(self, positions: list[Position]) -> None:
        """Close positions; the caller leaves out books where an own order may live, for it would be crossed."""
        parts = self._parts
        if parts.recorder.failed_reason is not None:
            self._say("positions are not flattened: without a journal no order is sent")
            return
        plan = plan_flatten(
            positions=positions,
            instruments=parts.market.instruments.get,
            books=parts.market.books.get,
            next_order_id=parts.ids.next_order_id,
            limits=parts.settings.limits,
            now_ns=parts.clock.utc_ns(),
        )
        for left in plan.not_flattened:
            self._say(f"{left.instrument_id} is not flattened: {left.quantity:f} is left, {left.reason}")
        for intent in plan.flatten:
            verdict = parts.desk.place(intent)
            if isinstance(verdict, Refused):
                rules = ", ".join(check.rule for check in verdict.failed)
                self._say(f"{intent.instrument_id} is not flattened: the risk gate refused the order by {rules}")

    def _say(self, text: str) -> None:
        if text not in self._said:
            self._said[text] = None
            self._parts.log.warning("risk", text)


def _level_at(standing: tuple[Blocker, ...], held: Position | OrderIntent) -> HaltLevel:
    """Return the level of the venue, whoever ordered."""
    return tightest(bearing_on(standing, held.venue, None))


def _level_of(standing: tuple[Blocker, ...], intent: OrderIntent) -> HaltLevel:
    return tightest(bearing_on(standing, intent.venue, strategy_of(intent)))


def _is_closing(order: Order) -> bool:
    """Tell whether this is an order of the flattening on its way: it ends by itself and must not be cancelled."""
    return order.intent.source == "flatten" and order.status is OrderStatus.INTENDED


def _text(result: SendResult) -> str:
    return "cancelled" if result.outcome is SendOutcome.ACCEPTED else f"{result.outcome.value}: {result.reason}"
