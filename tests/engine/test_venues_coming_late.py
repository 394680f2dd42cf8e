"""A side of a venue that does not start is started again, and meanwhile nothing waits for it that need not."""

from collections.abc import Callable, Coroutine
from decimal import Decimal
from typing import Any

from core.control.commands import Outcome
from core.io.virtual_loop import VirtualLoop
from core.risk.halts import Cause
from core.types.instrument import InstrumentId
from tests.engine.rig import PERP, WARM_UP_S, EngineRig, ScriptedStrategy, in_virtual_time

Start = Callable[[Any], Coroutine[None, None, None]]


class Refusals:
    """A `start` that fails a number of times before the real one runs, and what became of the side meanwhile."""

    def __init__(self, side: Any, *errors: Exception) -> None:
        self.attempts = 0
        self.stops = 0
        self._errors = list(errors)
        self._start: Start = side.start
        self._stop = side.stop
        side.start, side.stop = self.start, self.stop

    async def start(self, sink: Any) -> None:
        self.attempts += 1
        if self._errors:
            raise self._errors.pop(0)
        await self._start(sink)

    async def stop(self) -> None:
        self.stops += 1
        await self._stop()


def _messages(rig: EngineRig, word: str) -> list[str]:
    return [line.text for line in rig.engine.parts.log.lines if word in line.text]


def test_a_trading_side_that_did_not_start_is_started_again_and_then_trades():
    async def work(loop: VirtualLoop) -> None:
        rig = EngineRig(loop)
        refusals = Refusals(rig.venue, *[ConnectionError("no route to host")] * 3)
        await rig.start()
        assert rig.engine.parts.conditions.holds("venue:v1", Cause.RECONCILIATION.value)
        refused = await rig.place()
        assert refused.outcome is Outcome.REFUSED
        assert rig.venue.submitted == []
        await rig.elapse(60)
        assert refusals.attempts == 4
        assert refusals.stops == 3  # what each failed attempt had begun is ended before the next
        assert not rig.engine.parts.conditions.holds("venue:v1", Cause.RECONCILIATION.value)
        await rig.place(quantity="2")
        await rig.settle()
        assert rig.position() == Decimal(2)
        assert len(_messages(rig, "no route to host; it is tried again and again")) == 1
        assert _messages(rig, "v1 has started") == ["v1 has started"]

    in_virtual_time(work)


def test_pauses_between_attempts_grow_to_a_minute_and_never_end():
    async def work(loop: VirtualLoop) -> None:
        rig = EngineRig(loop)
        refusals = Refusals(rig.venue, *[ConnectionError("key refused")] * 1_000)
        await rig.start()
        await rig.elapse(3_600)
        assert 55 < refusals.attempts < 70
        assert refusals.stops == refusals.attempts

    in_virtual_time(work)


def test_a_venue_that_cannot_be_opened_does_not_hold_up_the_start():
    async def work(loop: VirtualLoop) -> None:
        rig = EngineRig(loop)
        Refusals(rig.venue, *[ConnectionError("key refused")] * 1_000)
        began_s = loop.time()
        await rig.start()
        assert loop.time() - began_s < 15  # its warm-up

    in_virtual_time(work)


def test_an_engine_stops_while_a_venue_is_tried_again():
    async def work(loop: VirtualLoop) -> None:
        rig = EngineRig(loop)
        refusals = Refusals(rig.venue, *[ConnectionError("key refused")] * 1_000)
        await rig.start()
        await rig.engine.stop("test", cancel_orders=False)
        attempts = refusals.attempts
        await rig.elapse(600)
        assert refusals.attempts == attempts

    in_virtual_time(work)


def test_a_feed_that_did_not_start_is_started_again_and_the_strategy_that_waits_for_it_says_so_and_runs():
    async def work(loop: VirtualLoop) -> None:
        strategy = ScriptedStrategy("waiting", InstrumentId("v1", PERP))
        rig = EngineRig(loop)
        refusals = Refusals(rig.feed, ConnectionError("no route to host"), ConnectionError("no route to host"))
        await rig.start(strategy, warm_up_s=1)
        assert "start" not in strategy.calls
        assert _messages(rig, "waits for") == [f"waiting waits for {PERP} of v1"]
        await rig.elapse(30)
        assert refusals.attempts == 3
        assert "start" in strategy.calls
        await rig.elapse(WARM_UP_S)
        await rig.place(quantity="2")
        await rig.settle()
        assert rig.position() == Decimal(2)

    in_virtual_time(work)
