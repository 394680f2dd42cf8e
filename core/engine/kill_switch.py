"""The kill switch: block first, cancel everywhere, flatten if asked. Works with strategy code hung or gone.

Venues are dealt with one by one: one that hangs delays neither the cancels nor the flattening of the others.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple

from core.control.commands import Kill
from core.engine.flattening import Flattening, is_closing, level_at
from core.engine.kill_checklist import KillChecklist, Question
from core.engine.parts import EngineParts
from core.engine.reconciler import AccountRead
from core.engine.tasks import TaskGroup
from core.ledger.position import Position
from core.risk.case import strategy_of
from core.risk.halts import GLOBAL, Cause, bearing_on, kill, tightest
from core.state.monitoring import KillState
from core.types.control import Blocker, HaltLevel
from core.types.order import Order, OrderIntent, OrderStatus

ANSWER_PATIENCE_S: Final = 1.0  # whoever asks hears soon that the engine lives; the checklist shows the rest
ASK_AGAIN_NS: Final = 5_000_000_000  # a venue with nothing known to be open that has not confirmed
ASKED_AT_MOST: Final = 2
ASKED_WITHIN_NS: Final = 500_000_000  # a venue's budget of messages is for cancels and closing, not for a held key
VERIFY_AGAIN_NS: Final = 2_000_000_000
UNTOUCHED: Final = frozenset({OrderStatus.INTENDED, OrderStatus.OPEN, OrderStatus.PARTIALLY_FILLED})
"""What an order is in that nobody has asked to cancel."""


class Killed(NamedTuple):
    """What each venue said so far, and whether a restart would know of the halt."""

    answers: dict[str, str]
    is_journaled: bool


def no_wish() -> Kill | None:
    """Return that nobody outside wants to kill."""
    return None


class KillSwitch:
    """Halting, and what a halt goes on doing every second until nothing is left.

    Parameters
    ----------
    kill_wish
        What somebody wants who cannot ask the engine: a file, a signal.
    read_account
        Begins to read a venue's account; `last_read` then has what it showed.
    """

    def __init__(
        self,
        parts: EngineParts,
        tasks: TaskGroup,
        kill_wish: Callable[[], Kill | None],
        read_account: Callable[[str], None],
        last_read: Callable[[str], AccountRead | None],
    ) -> None:
        self._parts = parts
        self._tasks = tasks
        self._kill_wish = kill_wish
        self._read_account = read_account
        self._flattening = Flattening(parts)
        self._checklist = KillChecklist(parts, last_read, self._flattening)
        self._durable: asyncio.Future[None] | None = None  # of the newest kill
        self._asking: dict[str, int] = {}  # questions under way, by venue
        self._newest: dict[str, asyncio.Future[None]] = {}  # question, by venue
        self._asked_ns: deque[int] = deque(maxlen=ASKED_AT_MOST)  # steady times of who halted again
        self._verifying_ns: dict[str, int] = {}
        self._on_kill: Callable[[Blocker], None] = lambda _: None

    def on_kill(self, callback: Callable[[Blocker], None]) -> None:
        """Call back at each kill, before anything else is asked for."""
        self._on_kill = callback

    # halting -------------------------------------------------------------------------------------------

    async def kill(self, *, who: str, reason: str, flatten: bool) -> Killed:
        """Block new risk now, ask every venue to cancel everything, begin to flatten.

        Returns after `ANSWER_PATIENCE_S` at the latest, whatever a venue or the disk does; `state` shows the rest.
        """
        asking = self._halt(who=who, reason=reason, flatten=flatten)
        flushing = asyncio.ensure_future(self._parts.recorder.flushed(ANSWER_PATIENCE_S))
        await asyncio.wait((*asking, flushing), timeout=ANSWER_PATIENCE_S)
        self.go_on()
        # The halt stands all the same: neither a failed disk nor one that hangs may keep the answer back.
        return Killed(self._checklist.answers(), await flushing)

    def look_outside(self) -> None:
        """Halt where somebody outside wants it and nothing halts as tightly yet; cheap enough for every order."""
        wish = self._kill_wish()
        if wish is None:
            return
        level = HaltLevel.FLATTEN if wish.flatten else HaltLevel.HALTED
        standing = self._parts.fold.halts.get(GLOBAL, Cause.KILL)
        if standing is None or standing.level < level:
            self._halt(who=wish.who, reason=wish.reason, flatten=wish.flatten)

    def _halt(self, *, who: str, reason: str, flatten: bool) -> "list[asyncio.Future[None]]":
        level = HaltLevel.FLATTEN if flatten else HaltLevel.HALTED
        # Not awaited: blocking counts from this line on, and cancels wait for no disk.
        at_ns = self._parts.clock.utc_ns()
        standing = self._parts.fold.halts.get(GLOBAL, Cause.KILL)
        blocker = standing
        if blocker is None or blocker.level < level:  # who comes second asks the venues again and changes nothing
            fact = kill(who=who, reason=reason or "kill switch", at_ns=at_ns, level=level)
            self._durable = self._parts.recorder.record(fact)
            blocker = fact.blocker
        elif (shared := self._just_asked()) is not None:
            return shared
        self._on_kill(blocker)
        self._parts.held.obey_halts()  # before the cancels: a stop whose other half is cancelled must not fire
        self._checklist.begin()
        return [self._ask(venue) for venue in self._parts.desk.executions]

    def _just_asked(self) -> "list[asyncio.Future[None]] | None":
        """Return the newest questions where they serve whoever halts again now; None where all are to be asked anew.

        Who halts a second time has them asked again; a held key does not flood the venues, unless one has refused.
        """
        now_ns = self._parts.clock.monotonic_ns()
        if len(self._asked_ns) < ASKED_AT_MOST or now_ns - self._asked_ns[0] >= ASKED_WITHIN_NS:
            self._asked_ns.append(now_ns)
            return None
        has_refused = any(newest.done() and not self._has_confirmed(venue) for venue, newest in self._newest.items())
        is_whole = len(self._newest) == len(self._parts.desk.executions)
        return list(self._newest.values()) if is_whole and not has_refused else None

    def _has_confirmed(self, venue: str) -> bool:
        question = self._checklist.question(venue)
        return question is not None and question.acknowledged_ns is not None

    def _ask(self, venue: str) -> "asyncio.Future[None]":
        self._asking[venue] = self._asking.get(venue, 0) + 1
        asking = asyncio.ensure_future(self._cancel_all(venue, self._checklist.ask(venue)))
        self._tasks.hold(asking)
        self._newest[venue] = asking
        return asking

    async def _cancel_all(self, venue: str, question: Question) -> None:
        try:
            self._checklist.answered(question, await self._parts.desk.cancel_venue(venue))
        finally:
            self._asking[venue] -= 1

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

    def state(self) -> KillState | None:
        """Return how far the halt has come, None while nothing halts everything."""
        durable = self._durable
        is_known = durable is None or (durable.done() and not durable.cancelled() and durable.exception() is None)
        return self._checklist.state(is_journaled=is_known and self._parts.recorder.failed_reason is None)

    # going on ------------------------------------------------------------------------------------------

    def go_on(self) -> None:
        """While halted, cancel what is still open; while flattening, close what is still held and prove it."""
        standing = (*self._parts.fold.halts.blockers, *self._parts.conditions.blockers())
        self._checklist.follow()
        if tightest(standing) < HaltLevel.HALTED:
            self._flattening.forget()
            return
        self._parts.held.obey_halts()
        live = [order for order in self._parts.fold.orders.live() if order.status.may_live]
        held = self._flattening.held(standing)
        self._cancel_halted(standing, live)
        self._clear_books(standing, live, held)
        self._flattening.close(standing, live)
        if tightest(bearing_on(standing, None, None)) is HaltLevel.FLATTEN:
            self._verify()

    def _cancel_halted(self, standing: tuple[Blocker, ...], live: list[Order]) -> None:
        """Cancel at halted venues whatever the account has there."""
        is_whole = tightest(bearing_on(standing, None, None)) >= HaltLevel.HALTED
        for venue in self._parts.desk.executions:
            if level_at(standing, venue) < HaltLevel.HALTED or self._asking.get(venue):
                continue
            if self._must_ask(venue, live, is_whole=is_whole):
                self._ask(venue)

    def _clear_books(self, standing: tuple[Blocker, ...], live: list[Order], held: list[Position]) -> None:
        """Cancel elsewhere the orders of halted strategies, and what is in the way.

        In the way is an order at another venue whose book a position is to be closed on; a foreign one is left.
        """
        to_close = {self._flattening.book_id(position.instrument_id): None for position in held}
        for order in live:
            if level_at(standing, order.intent.venue) >= HaltLevel.HALTED or is_closing(order):
                continue
            is_in_the_way = self._flattening.book_id(order.intent.instrument_id) in to_close
            if is_in_the_way and order.is_external:
                text = f"{order.intent.client_order_id}, which others placed, keeps its book from being flattened"
                self._flattening.say(text)
            elif order.status in UNTOUCHED and (is_in_the_way or _level_of(standing, order.intent) >= HaltLevel.HALTED):
                self._parts.desk.cancel_soon(order.intent.client_order_id)

    def _must_ask(self, venue: str, live: list[Order], *, is_whole: bool) -> bool:
        """Tell whether a cancel of everything is due; a halt of all asks also where nothing is known to be open."""
        here = [order for order in live if order.intent.venue == venue]
        if here or not is_whole:
            return any(not is_closing(order) for order in here)
        question = self._checklist.question(venue)
        if question is None:
            return True
        is_overdue = self._parts.clock.monotonic_ns() - question.again_monotonic_ns >= ASK_AGAIN_NS
        return question.acknowledged_ns is None and is_overdue

    def _verify(self) -> None:
        """Have the account read where nothing is left by the ledger's word, until the venue's own word is the same."""
        now_ns = self._parts.clock.monotonic_ns()
        for venue in self._parts.desk.executions:
            is_asked = now_ns - self._verifying_ns.get(venue, -VERIFY_AGAIN_NS) < VERIFY_AGAIN_NS
            if is_asked or not self._checklist.is_flat(venue) or self._checklist.flat_verified_ns(venue) is not None:
                continue
            self._verifying_ns[venue] = now_ns
            self._read_account(venue)


def _level_of(standing: tuple[Blocker, ...], intent: OrderIntent) -> HaltLevel:
    return tightest(bearing_on(standing, intent.venue, strategy_of(intent)))
