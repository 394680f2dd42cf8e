"""Own orders that rest where a naked leg has to be given back: they go, for that is the last way there is."""

from decimal import Decimal

import pytest

from core.engine.job_views import JobViews
from core.io.inline_journal import InlineJournal
from core.io.virtual_loop import VirtualLoop
from core.ports.strategy import StrategyContext
from core.types.instrument import InstrumentId
from core.types.job import JobOutcome
from core.types.job_tag import LegRole
from core.types.order import Order, OrderIntent, OrderStatus, Side
from tests.engine.job_rig import JobRig
from tests.engine.rig import PERP, ScriptedStrategy, buy, in_virtual_time
from tests.engine.venues import Answer

D = Decimal
HEDGE, UNWIND = LegRole.HEDGE, LegRole.UNWIND


async def with_a_rejected_hedge(rig: JobRig) -> None:
    """Let the hedge on v2 be rejected and wait for the primary leg on v1 to be given back."""
    rig.venues["v2"].answers.append(Answer.REJECT)
    job = rig.submit()
    end = await rig.end_of(job, patience_s=80)
    assert end.outcome is JobOutcome.UNWOUND, end.reason
    assert end.naked_quantity == 0
    assert rig.held() == {}


def test_f33_an_own_resting_order_is_cancelled_out_of_the_way_of_what_gives_a_naked_leg_back(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal).start()
        for price in ("99.9", "99.8"):
            await rig.place("buy", "1", price)
        await with_a_rejected_hedge(rig)
        resting = [each for each in rig.venues["v1"].orders.values() if each.intent.source == "manual"]
        assert [order.status for order in resting] == [OrderStatus.CANCELLED, OrderStatus.OPEN], "the other is clear"
        assert not any(order.filled_quantity for order in resting)
        assert "it keeps job j1 from giving back what is naked" in rig.log()

    in_virtual_time(work)


def test_f33_a_strategy_that_quotes_again_at_once_does_not_keep_a_naked_leg_naked(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        key = InstrumentId("v1", PERP)

        def quote(ctx: StrategyContext, _: InstrumentId) -> None:
            if rig.clock.monotonic_ns() > quiet_until_ns and len(maker.orders) == 0:
                ctx.submit(buy(key, "1", "99.9"))
                ctx.submit(buy(key, "2", "99.9"))

        def quote_again(ctx: StrategyContext, order: Order) -> None:
            if order.status is OrderStatus.CANCELLED:
                ctx.submit(buy(key, str(order.intent.quantity), "99.9"))

        maker = ScriptedStrategy("maker", key, book=quote, order=quote_again)
        rig = JobRig(loop, journal=journal)
        quiet_until_ns = rig.clock.monotonic_ns() + 9_000_000_000
        await rig.start(maker)
        await rig.until(lambda: len(rig.venues["v1"].open_orders) == 2)
        await with_a_rejected_hedge(rig)
        made = [each for each in rig.venues["v1"].orders.values() if each.intent.source == "strategy:maker"]
        assert 2 <= len(made) <= 4
        assert not any(order.filled_quantity for order in made)
        assert "self_cross" in rig.refusals()

    in_virtual_time(work)


def test_f05_an_own_order_in_doubt_is_waited_for_before_a_naked_leg_is_given_back(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal).start()
        rig.venues["v1"].answers.extend([Answer.TAKE, Answer.LOSE_REQUEST])

        def place(_: object) -> None:
            rig.venues["v2"].on_submit = lambda _: None
            rig.loop.create_task(rig.place("buy", "1", "99.9"))

        rig.venues["v2"].on_submit = place
        rig.venues["v2"].latency_s = 1.0  # the order has left before the hedge is rejected
        await with_a_rejected_hedge(rig)
        assert "in doubt" in rig.log()
        assert rig.in_flight() == {}

    in_virtual_time(work)


@pytest.mark.parametrize("step_s", [-5, -3_600, 61, 3_600])
def test_f21_a_clock_that_is_set_does_not_end_the_giving_back_of_a_naked_leg(journal: InlineJournal, step_s: int):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal).start()
        rig.venues["v2"].answers.append(Answer.REJECT)
        rig.venues["v1"].shares.extend((D(1), D("0.5")))
        rig.venues["v1"].on_submit = lambda intent: rig.clock.step(step_s) if intent.reduce_only else None
        end = await rig.end_of(rig.submit(), patience_s=80)
        assert (end.outcome, end.naked_quantity, rig.held()) == (JobOutcome.UNWOUND, 0, {})

    in_virtual_time(work)


def test_f21_a_naked_leg_is_no_younger_because_the_clock_was_set_back(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal).start()
        rig.venues["v2"].answers.append(Answer.REJECT)

        def slow(intent: OrderIntent) -> None:
            if intent.reduce_only:
                rig.venues["v1"].latency_s = 4

        rig.venues["v1"].on_submit = slow
        rig.submit()
        await rig.elapse(2)
        (before,) = JobViews(rig.engine.parts).running()
        rig.clock.step(-600)
        await rig.elapse(1)
        (after,) = JobViews(rig.engine.parts).running()
        assert before.naked_age_s is not None
        assert after.naked_age_s is not None
        assert round(after.naked_age_s - before.naked_age_s, 3) == 1

    in_virtual_time(work)


def test_f27_an_order_of_others_in_the_way_is_not_touched(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal).start()
        rig.venues["v1"].place_foreign("theirs", PERP, Side.BUY, "1", "99.9")
        await rig.elapse(31)
        rig.venues["v2"].answers.append(Answer.REJECT)
        end = await rig.end_of(rig.submit(), patience_s=80)
        assert end.outcome is JobOutcome.NAKED
        assert rig.sent(UNWIND) == []
        assert rig.venues["v1"].cancelled == []
        assert any("left " in alert.text for alert in rig.engine.monitoring().alerts)
        await rig.venues["v1"].cancel("theirs", PERP)
        await rig.elapse(31)
        await rig.place("sell", "20", reduce_only=True)
        assert rig.held() == {}
        assert not any("left " in alert.text for alert in rig.engine.monitoring().alerts)

    in_virtual_time(work)
