"""Strategies on the engine: what they may do, and that one that fails takes nobody with it."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from core.control.commands import Kill, Outcome, StartStrategy, StopStrategy
from core.io.inline_journal import InlineJournal
from core.io.time_budget import TimeBudget
from core.io.virtual_loop import VirtualLoop
from core.journal.facts import StrategyOverran, StrategyStarted, StrategyStopped
from core.ports.strategy import StrategyContext
from core.types.instrument import InstrumentId
from core.types.order import Order, OrderStatus, Side
from tests.engine.rig import PERP, EngineRig, JournalInTheWay, ScriptedStrategy, buy, in_virtual_time
from tests.engine.venues import Answer

BTC = InstrumentId("v1", PERP)


def state_of(rig: EngineRig, name: str) -> tuple[str, str]:
    state = next(state for state in rig.engine.monitoring().strategies if state.name == name)
    return state.status, state.detail


def fails_on_trade(kind: str) -> ScriptedStrategy:
    def fail(*_: object) -> None:
        if kind == "raises":
            raise RuntimeError("a bug")
        while True:
            pass

    def quote(ctx: StrategyContext, *_: object) -> None:
        if not ctx.open_orders(BTC):
            ctx.submit(buy(BTC, price="95"))

    return ScriptedStrategy("bad", BTC, trade=fail, book=quote)


@pytest.mark.parametrize("kind", ["raises", "overruns"])
def test_a_strategy_that_fails_is_ended_with_its_orders_cancelled_and_the_engine_goes_on(kind: str):
    async def work(loop: VirtualLoop) -> None:
        rig = EngineRig(loop, budget=TimeBudget(0.05))
        good, bad = ScriptedStrategy("good", BTC, trade=lambda *_: None), fails_on_trade(kind)
        await rig.start(bad, good)
        assert bad.ctx is not None
        await rig.settle()
        assert len(rig.venue.open_orders) == 1
        rig.feed.trade(PERP, "100", 1)
        await rig.settle()
        status, detail = state_of(rig, "bad")
        assert status == "failed"
        assert ("a bug" in detail) == (kind == "raises")
        assert [fact.callback for fact in rig.facts(StrategyOverran)] == ([] if kind == "raises" else ["on_trade"])
        assert rig.venue.open_orders == []
        assert bad.ctx.submit(buy(BTC)) is None
        rig.feed.trade(PERP, "100", 2)
        await rig.settle()
        assert good.calls.count("trade") == 2
        assert bad.calls.count("trade") == 1
        assert (await rig.place()).outcome is Outcome.DONE
        state = rig.engine.monitoring()
        assert state.global_.halt_level == "normal"
        (alert,) = state.alerts
        assert (alert.name, detail in alert.text, alert.since_ns > 0) == ("strategy bad", True, True)

    in_virtual_time(work)


def test_orders_of_a_strategy_that_ends_are_cancelled_and_its_position_stays():
    async def work(loop: VirtualLoop) -> None:
        strategy = ScriptedStrategy("s", BTC, start=lambda ctx: None)
        rig = await EngineRig(loop).start(strategy)
        submit(rig, strategy, buy(BTC), buy(BTC, price="95"))
        await rig.settle()
        assert rig.position() == 1
        assert len(rig.venue.open_orders) == 1
        assert (await rig.execute(StopStrategy(name="s", who="ann"))).outcome is Outcome.DONE
        await rig.settle()
        assert rig.venue.open_orders == []
        assert rig.position() == 1
        assert [fact.reason for fact in rig.facts(StrategyStopped)] == ["stopped by ann"]

    in_virtual_time(work)


def submit(rig: EngineRig, strategy: ScriptedStrategy, *signals: Any) -> list[str | None]:
    """Let a strategy submit from within a callback, as its own code would."""
    ids: list[str | None] = []

    def script(ctx: StrategyContext, *_: object) -> None:
        ids.extend(ctx.submit(signal) for signal in signals)

    strategy.wants_trades = True
    strategy.script("trade", script)
    rig.feed.trade(PERP, "100", rig.next_trade_id())
    return ids


def test_an_order_not_yet_sent_does_not_leave_after_its_strategy_was_stopped():
    async def work(loop: VirtualLoop) -> None:
        journal = JournalInTheWay(InlineJournal())
        strategy = ScriptedStrategy("s", BTC)
        rig = await EngineRig(loop, journal=journal).start(strategy)
        journal.hold()
        submit(rig, strategy, buy(BTC, price="95"))
        await rig.settle()
        await rig.execute(StopStrategy(name="s"))
        journal.release()
        await rig.settle()
        assert rig.venue.submitted == []
        assert rig.fold.orders.live_count == 0

    in_virtual_time(work)


def test_each_order_submitted_comes_back_with_a_final_status_the_refused_ones_too():
    async def work(loop: VirtualLoop) -> None:
        strategy = ScriptedStrategy("s", BTC)
        rig = await EngineRig(loop).start(strategy)
        ids = submit(rig, strategy, buy(BTC), buy(BTC, "500"))
        await rig.settle()
        final = dict(strategy.orders)
        assert [final[str(order_id)] for order_id in ids] == [OrderStatus.FILLED, OrderStatus.REJECTED]
        assert [fill.quantity for fill in strategy.fills] == [1]

    in_virtual_time(work)


def test_a_strategy_that_answers_every_refusal_with_another_order_is_ended():
    async def work(loop: VirtualLoop) -> None:
        def again(ctx: StrategyContext, order: Order) -> None:
            if order.status is OrderStatus.REJECTED:
                ctx.submit(buy(BTC, "500"))

        strategy = ScriptedStrategy("s", BTC, order=again)
        rig = await EngineRig(loop).start(strategy)
        submit(rig, strategy, buy(BTC, "500"))
        await rig.elapse(5)
        status, detail = state_of(rig, "s")
        assert status == "failed"
        assert "refused" in detail
        assert len(rig.refusals()) < 200
        assert (await rig.place()).outcome is Outcome.DONE

    in_virtual_time(work)


def test_a_strategy_refused_now_and_then_for_hours_goes_on():
    async def work(loop: VirtualLoop) -> None:
        strategy = ScriptedStrategy("s", BTC)
        rig = await EngineRig(loop).start(strategy)
        for _ in range(300):
            submit(rig, strategy, buy(BTC, "500"))
            await rig.elapse(1)
        assert state_of(rig, "s")[0] == "running"

    in_virtual_time(work)


@pytest.mark.parametrize("quantity", ["1E+18", "1E-18", "0.001"])
def test_sizes_off_every_grid_are_refused(quantity: str):
    async def work(loop: VirtualLoop) -> None:
        strategy = ScriptedStrategy("s", BTC)
        rig = await EngineRig(loop).start(strategy)
        submit(rig, strategy, buy(BTC, quantity), buy(BTC, quantity, "95"))
        await rig.settle()
        assert rig.venue.submitted == []
        assert state_of(rig, "s")[0] == "running"
        assert len(rig.refusals()) == 2

    in_virtual_time(work)


@pytest.mark.parametrize(
    ("quantity", "price"),
    [("1E+999999", None), ("1E-999999", None), ("NaN", None), ("1", "NaN"), ("1", "1E+999999"), ("1", "-1")],
)
def test_numbers_nobody_can_work_with_end_the_strategy_and_not_the_engine(quantity: str, price: str | None):
    async def work(loop: VirtualLoop) -> None:
        def careless(ctx: StrategyContext, *_: object) -> None:
            ctx.submit(buy(BTC, quantity, price))

        strategy = ScriptedStrategy("s", BTC, trade=careless)
        rig = await EngineRig(loop).start(strategy)
        rig.feed.trade(PERP, "100", 1)
        await rig.settle()
        assert state_of(rig, "s")[0] == "failed"
        assert (await rig.place()).outcome is Outcome.DONE

    in_virtual_time(work)


def test_two_strategies_on_one_book_never_meet():
    async def work(loop: VirtualLoop) -> None:
        buyer, seller = ScriptedStrategy("buyer", BTC), ScriptedStrategy("seller", BTC)
        rig = await EngineRig(loop).start(buyer, seller)
        submit(rig, buyer, buy(BTC, price="99.5"))
        await rig.settle()
        buyer.script("trade", lambda *_: None)
        submit(rig, seller, buy(BTC, price="99.5", side=Side.SELL), buy(BTC, side=Side.SELL))
        submitted = len(rig.venue.submitted)
        await rig.settle()
        assert len(rig.venue.submitted) == submitted
        assert [status for _, status in seller.orders] == [OrderStatus.REJECTED] * 2
        assert rig.refusals() == ["self_cross"]

    in_virtual_time(work)


def test_a_resting_order_far_from_the_market_keeps_nobody_from_getting_out():
    async def work(loop: VirtualLoop) -> None:
        leaver = ScriptedStrategy("leaver", BTC)
        rig = await EngineRig(loop).start(leaver)
        await rig.place("buy", "2")
        await rig.place("buy", "1", price="95.5")
        answer = await rig.place("sell", "1", reduce_only=True)
        assert (answer.outcome, rig.position()) == (Outcome.DONE, Decimal(1)), answer.message
        submit(rig, leaver, buy(BTC, quantity="1", side=Side.SELL, reduce_only=True))
        await rig.settle()
        assert rig.refusals() == []
        assert rig.position() == 0
        terms = [(i.order_type, i.limit_price, i.time_in_force) for i in rig.venue.submitted[2:]]
        assert terms == [("limit", Decimal("95.6"), "ioc")] * 2
        assert [order.intent.limit_price for order in rig.venue.open_orders] == [Decimal("95.5")]

    in_virtual_time(work)


def test_a_strategy_sees_its_own_orders_and_positions_and_nobody_elses():
    async def work(loop: VirtualLoop) -> None:
        mine, other = ScriptedStrategy("mine", BTC), ScriptedStrategy("other", BTC)
        rig = await EngineRig(loop).start(mine, other)
        submit(rig, mine, buy(BTC, "2"), buy(BTC, price="95"))
        await rig.settle()
        await rig.place(quantity="3")
        await rig.settle()
        assert mine.ctx is not None
        assert other.ctx is not None
        assert (mine.ctx.position(BTC), other.ctx.position(BTC)) == (2, 0)
        assert (len(mine.ctx.open_orders(BTC)), len(other.ctx.open_orders(BTC))) == (1, 0)
        assert mine.ctx.entry_price(BTC) == Decimal("100.1")
        (theirs,) = mine.ctx.open_orders(BTC)
        submit(rig, other)
        other.ctx.cancel(theirs.intent.client_order_id)
        rig.feed.trade(PERP, "100", rig.next_trade_id())
        await rig.settle()
        assert len(rig.venue.open_orders) == 1

    in_virtual_time(work)


def test_starting_twice_at_the_same_time_starts_once():
    async def work(loop: VirtualLoop) -> None:
        rig = EngineRig(loop, strategies={"s": lambda: ScriptedStrategy("s", BTC)}, run_blocking=_slowly)
        await rig.start()
        results = await asyncio.gather(*(rig.execute(StartStrategy(name="s")) for _ in range(2)))
        assert sorted(result.outcome for result in results) == [Outcome.DONE, Outcome.FAILED]
        assert len(rig.facts(StrategyStarted)) == 1

    in_virtual_time(work)


async def _slowly(work: Any) -> None:
    await asyncio.sleep(1)
    work()


def test_a_strategy_stopped_while_it_is_prepared_does_not_start():
    async def work(loop: VirtualLoop) -> None:
        strategy = ScriptedStrategy("s", BTC)
        rig = await EngineRig(loop, strategies={"s": lambda: strategy}, run_blocking=_slowly).start()
        starting = asyncio.ensure_future(rig.execute(StartStrategy(name="s")))
        await rig.settle()
        stopped = await rig.execute(StopStrategy(name="s", who="me"))
        assert stopped.outcome is Outcome.DONE
        assert "is not started: stopped by me" in (await starting).message
        assert "start" not in strategy.calls
        assert (await rig.execute(StartStrategy(name="s"))).outcome is Outcome.DONE

    in_virtual_time(work)


def test_a_strategy_still_being_prepared_does_not_start_on_an_engine_that_stops():
    async def work(loop: VirtualLoop) -> None:
        strategy = ScriptedStrategy("s", BTC, start=lambda ctx: ctx.submit(buy(BTC)))
        rig = EngineRig(loop, strategies={"s": lambda: strategy}, run_blocking=_slowly)
        await rig.start()
        starting = asyncio.ensure_future(rig.execute(StartStrategy(name="s")))
        await rig.elapse(0.5)
        await rig.engine.stop("test", cancel_orders=True)
        assert (await starting).outcome is Outcome.FAILED
        assert "start" not in strategy.calls
        assert rig.venue.submitted == []

    in_virtual_time(work)


def test_a_strategy_whose_preparation_fails_is_failed_and_can_be_started_again():
    async def work(loop: VirtualLoop) -> None:
        made: list[ScriptedStrategy] = []

        def make() -> ScriptedStrategy:
            def prepare() -> None:
                if len(made) == 1:
                    raise ImportError("no such library")

            made.append(ScriptedStrategy("s", BTC, prepare=prepare))
            return made[-1]

        rig = await EngineRig(loop, strategies={"s": make}).start()
        failed = await rig.execute(StartStrategy(name="s"))
        assert (failed.outcome, "no such library" in failed.message) == (Outcome.FAILED, True)
        assert (await rig.execute(StartStrategy(name="s"))).outcome is Outcome.DONE

    in_virtual_time(work)


def test_a_strategy_of_an_instrument_that_no_venue_has_is_shown_as_failed_and_raises_an_alert():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start(ScriptedStrategy("s", InstrumentId("v1", "TYPO/USDT")))
        assert state_of(rig, "s") == ("failed", "no venue has TYPO/USDT@v1")
        assert [alert.name for alert in rig.engine.monitoring().alerts] == ["strategy s"]
        assert rig.engine.monitoring().global_.active_strategies == 0

    in_virtual_time(work)


def test_a_strategy_of_a_venue_that_comes_late_starts_when_it_has_come():
    async def work(loop: VirtualLoop) -> None:
        rig = EngineRig(loop, ["v1", "v2"])
        rig.feeds["v2"].starts_after_s = 60.0
        early, late = ScriptedStrategy("early", BTC), ScriptedStrategy("late", InstrumentId("v2", PERP))
        await rig.start(early, late)
        assert ("start" in early.calls, "start" in late.calls) == (True, False)
        await rig.elapse(60)
        assert "start" in late.calls
        assert (await rig.place(venue="v2", quantity="2")).outcome is Outcome.DONE

    in_virtual_time(work)


def test_kill_stops_a_strategys_new_orders_and_cancels_its_old_ones():
    async def work(loop: VirtualLoop) -> None:
        strategy = ScriptedStrategy("s", BTC)
        rig = await EngineRig(loop).start(strategy)
        submit(rig, strategy, buy(BTC, price="95"))
        await rig.settle()
        await rig.execute(Kill())
        submit(rig, strategy, buy(BTC))
        await rig.settle()
        assert rig.venue.open_orders == []
        assert len(rig.venue.submitted) == 1

    in_virtual_time(work)


def test_a_rejected_order_of_a_strategy_is_told_and_not_repeated():
    async def work(loop: VirtualLoop) -> None:
        strategy = ScriptedStrategy("s", BTC)
        rig = await EngineRig(loop).start(strategy)
        rig.venue.answers.append(Answer.REJECT)
        ids = submit(rig, strategy, buy(BTC))
        await rig.elapse(5)
        assert (ids[0], OrderStatus.REJECTED) in strategy.orders
        assert len(rig.venue.submitted) == 1

    in_virtual_time(work)
