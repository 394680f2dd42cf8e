"""Stop loss, take profit and trailing stop of a running engine: one reduce-only close at a time, and nothing else."""

from decimal import Decimal
from typing import Any

import pytest

from core.bars.timeframe import Timeframe
from core.control.commands import Halt, Pause
from core.io.virtual_loop import VirtualLoop
from core.journal.facts import BestPriceReached
from core.ports.strategy import StrategyContext
from core.risk.limits import RiskLimits
from core.types.instrument import InstrumentId
from core.types.order import OrderIntent, OrderStatus, Side
from tests.engine.rig import PERP, EngineRig, ScriptedStrategy, buy, in_virtual_time
from tests.engine.venues import Answer, Speech

D = Decimal
V1 = InstrumentId("v1", PERP)
STOP = RiskLimits(stop_loss_enabled=True, stop_loss_pct=D(2))
TRAIL = RiskLimits(trailing_stop_pct=D(3))
PROFIT = RiskLimits(take_profit_pct=D(4))


def closes(rig: EngineRig, venue: str = "v1") -> list[OrderIntent]:
    return [intent for intent in rig.venues[venue].submitted if intent.source == "protection"]


def alerts(rig: EngineRig) -> dict[str, str]:
    return {alert.name: alert.text for alert in rig.engine.monitoring().alerts}


async def price(rig: EngineRig, mid: str, *, depth: str = "1000", seconds: float = 2.0) -> None:
    rig.feed.quote(PERP, str(D(mid) - D("0.1")), str(D(mid) + D("0.1")), depth)
    await rig.elapse(seconds)


async def holding(loop: VirtualLoop, side: str = "buy", quantity: str = "1", **more: Any) -> EngineRig:
    rig = await EngineRig(loop, **more).start()
    result = await rig.place(side, quantity)
    assert result.outcome == "done", result.message
    await rig.settle()
    return rig


@pytest.mark.parametrize(("side", "harmless", "beyond"), [("buy", "98.2", "98"), ("sell", "101.8", "102")])
def test_a_position_is_closed_when_it_has_lost_its_stop_and_not_before(side: str, harmless: str, beyond: str):
    async def work(loop: VirtualLoop) -> None:
        rig = await holding(loop, side, limits=STOP)
        await price(rig, harmless)
        assert closes(rig) == []
        await price(rig, beyond)
        (close,) = closes(rig)
        assert (close.reduce_only, close.time_in_force, close.quantity) == (True, "ioc", D(1))
        assert close.side is (Side.SELL if side == "buy" else Side.BUY)
        assert close.limit_price is not None
        assert abs(close.limit_price - D(beyond)) <= D(beyond) * STOP.flatten_band_pct / 100
        assert rig.position() == 0
        assert rig.agrees_with_venues()
        assert "stop loss: mark" in rig.log()
        assert not any(name.startswith(("closing", "unwatched")) for name in alerts(rig))

    in_virtual_time(work)


def test_a_gap_through_the_stop_is_closed_at_what_the_book_offers():
    async def work(loop: VirtualLoop) -> None:
        rig = await holding(loop, limits=STOP)
        await price(rig, "80")
        assert rig.position() == 0
        assert rig.venue.fills[-1].price == D("79.9")

    in_virtual_time(work)


def test_a_profit_is_taken_at_its_price():
    async def work(loop: VirtualLoop) -> None:
        rig = await holding(loop, limits=PROFIT)
        await price(rig, "104")
        assert closes(rig) == []
        await price(rig, "104.2")
        assert len(closes(rig)) == 1
        assert rig.position() == 0

    in_virtual_time(work)


def test_a_trailing_stop_follows_the_best_price_and_a_restart_knows_it():
    async def work(loop: VirtualLoop) -> None:
        rig = await holding(loop, limits=TRAIL)
        for mid in ("104", "110", "108"):
            await price(rig, mid)
        view = rig.engine.parts.protection.view(V1)
        assert view is not None
        assert (view.best_price, view.trailing_price) == (D(110), D("106.7"))
        assert [fact.price for fact in rig.facts(BestPriceReached)] == [D(104), D(110)]
        await rig.crash()
        again = EngineRig(loop, limits=TRAIL, world=rig)
        again.feed.set_quote(PERP, "107.9", "108.1")
        await again.start()
        assert closes(again) == []
        found = again.engine.parts.protection.view(V1)
        assert found is not None
        assert found.trailing_price == D("106.7")
        await price(again, "106.7")
        assert len(closes(again)) == 1
        assert again.position() == 0

    in_virtual_time(work)


def test_the_best_price_of_one_position_is_not_that_of_the_next():
    async def work(loop: VirtualLoop) -> None:
        rig = await holding(loop, limits=TRAIL)
        await price(rig, "101")
        await rig.place("sell", "1")
        await price(rig, "99")
        await rig.elapse(70)
        assert (await rig.place("buy", "1")).outcome == "done"
        await rig.elapse(2)
        assert closes(rig) == []
        view = rig.engine.parts.protection.view(V1)
        assert view is not None
        assert view.best_price == D("99.1")

    in_virtual_time(work)


def test_with_the_average_range_the_stop_is_nearer_and_without_bars_it_is_the_percentage():
    limits = RiskLimits(
        stop_loss_enabled=True, stop_loss_by_atr=True, stop_loss_multiplier=D(2), stop_loss_timeframe=Timeframe.S5
    )

    async def work(loop: VirtualLoop) -> None:
        rig = await holding(loop, limits=limits)
        await rig.elapse(2)
        view = rig.engine.parts.protection.view(V1)
        assert view is not None
        assert view.stop_price == D("100.1") * D("0.98")
        for _ in range(20):  # every bar of 5 s spans 0.2
            for text in ("100.0", "100.2"):
                rig.feed.trade(PERP, text, rig.next_trade_id())
                await rig.elapse(2.5)
        nearer = rig.engine.parts.protection.view(V1)
        assert nearer is not None
        assert nearer.stop_price == D("100.1") - 2 * D("0.2")
        await price(rig, "99.7")
        assert len(closes(rig)) == 1

    in_virtual_time(work)


def test_what_a_thin_book_leaves_is_closed_by_further_orders_one_at_a_time():
    async def work(loop: VirtualLoop) -> None:
        rig = await holding(loop, quantity="3", limits=STOP)
        await price(rig, "97", depth="1", seconds=20)
        assert [close.quantity for close in closes(rig)] == [D(1)] * 3
        assert rig.position() == 0

    in_virtual_time(work)


def test_a_rest_is_closed_only_after_the_account_was_read():
    async def work(loop: VirtualLoop) -> None:
        rig = await holding(loop, quantity="3", limits=STOP)
        rig.venue.shares.extend((D("0.5"), D("0.5")))
        reads = len(rig.venue.account_calls)
        await price(rig, "97", seconds=30)
        assert [close.quantity for close in closes(rig)] == [D(3), D("1.5"), D("0.75")]
        assert len(rig.venue.account_calls) > reads
        assert rig.position() == 0

    in_virtual_time(work)


def test_a_rest_goes_on_though_the_price_came_back():
    async def work(loop: VirtualLoop) -> None:
        rig = await holding(loop, quantity="2", limits=STOP)
        rig.venue.shares.append(D("0.5"))
        await price(rig, "97", seconds=0.2)
        assert rig.position() == 1
        await price(rig, "99", seconds=10)
        assert rig.position() == 0

    in_virtual_time(work)


def test_a_fill_that_was_never_told_is_not_closed_twice():
    async def work(loop: VirtualLoop) -> None:
        rig = await holding(loop, limits=STOP)
        rig.venue.speech = Speech.NO_FILLS
        rig.venue.shares.append(D("0.5"))
        await price(rig, "97", seconds=30)
        assert [close.quantity for close in closes(rig)] == [D(1), D("0.5")]
        assert rig.position() == 0
        assert rig.agrees_with_venues()

    in_virtual_time(work)


@pytest.mark.parametrize("answer", [Answer.LOSE_ANSWER, Answer.LOSE_REQUEST, Answer.ARRIVE_LATE, Answer.RAISE])
def test_a_close_in_doubt_is_not_repeated_before_the_venue_has_decided(answer: Answer):
    async def work(loop: VirtualLoop) -> None:
        rig = await holding(loop, limits=STOP)
        rig.venue.speech = Speech.NOTHING
        rig.venue.account_fails = True
        rig.venue.answers.append(answer)
        await price(rig, "97", seconds=20)
        assert len(closes(rig)) == 1
        assert rig.status(closes(rig)[0].client_order_id) is OrderStatus.IN_DOUBT
        assert "in doubt" in alerts(rig)[f"closing {V1}"]
        rig.venue.account_fails, rig.venue.speech = False, Speech.ALL
        await rig.elapse(90)
        assert rig.position() == 0
        assert rig.agrees_with_venues()
        assert sum(fill.quantity for fill in rig.venue.fills if fill.side is Side.SELL) == 1

    in_virtual_time(work)


def test_a_refused_close_is_tried_again_later_each_time():
    async def work(loop: VirtualLoop) -> None:
        rig = await holding(loop, limits=STOP)
        rig.venue.answers.extend([Answer.REJECT] * 3)
        await price(rig, "97", seconds=1)
        assert len(closes(rig)) == 1
        await rig.elapse(30)
        assert len(closes(rig)) == 4
        assert rig.position() == 0

    in_virtual_time(work)


def test_a_pause_lets_a_close_out():
    async def work(loop: VirtualLoop) -> None:
        rig = await holding(loop, limits=STOP)
        await rig.execute(Pause(reason="lunch"))
        await price(rig, "97")
        assert rig.position() == 0

    in_virtual_time(work)


@pytest.mark.parametrize("level", ["cancel_only", "halted"])
def test_in_a_stricter_halt_a_close_waits_and_says_so(level: str):
    async def work(loop: VirtualLoop) -> None:
        rig = await holding(loop, limits=STOP)
        await rig.execute(Halt(scope="venue:v1", level=level, reason="a doubt"))
        await price(rig, "97", seconds=10)
        assert closes(rig) == []
        text = alerts(rig)[f"closing {V1}"]
        assert "stop loss: mark 97" in text
        assert level.upper() in text

    in_virtual_time(work)


def test_no_stop_acts_on_a_book_that_cannot_be_read_and_an_alert_says_so():
    async def work(loop: VirtualLoop) -> None:
        rig = await holding(loop, limits=STOP)
        rig.feed.set_quote(PERP, "96.9", "97.1")
        rig.feed.invalidate(PERP)
        await rig.elapse(4)
        assert f"unwatched {V1}" not in alerts(rig)
        await rig.elapse(4)
        assert "book is invalid" in alerts(rig)[f"unwatched {V1}"]
        assert closes(rig) == []
        rig.feed.is_silent = False
        await rig.elapse(3)
        assert rig.position() == 0
        assert f"unwatched {V1}" not in alerts(rig)

    in_virtual_time(work)


def test_own_orders_that_a_close_would_cross_and_those_that_close_already_go_first():
    async def work(loop: VirtualLoop) -> None:
        rig = await holding(loop, limits=STOP)
        await rig.place("buy", "1", "97")
        await rig.place("sell", "1", "104")
        crossed = [order.intent.client_order_id for order in rig.fold.orders.live()]
        await price(rig, "98")
        assert [rig.status(each) for each in crossed] == [OrderStatus.CANCELLED] * 2
        assert len(closes(rig)) == 1
        assert rig.position() == 0
        assert rig.refusals() == []

    in_virtual_time(work)


def test_an_order_that_others_placed_is_never_cancelled():
    async def work(loop: VirtualLoop) -> None:
        rig = await holding(loop, limits=STOP)
        rig.venue.place_foreign("theirs", PERP, Side.SELL, "1", "104")
        await rig.elapse(35)
        await price(rig, "97", seconds=10)
        assert rig.venue.cancelled == []
        assert "have not ended" in alerts(rig)[f"closing {V1}"]

    in_virtual_time(work)


def test_a_strategy_hears_that_its_position_was_closed():
    async def work(loop: VirtualLoop) -> None:
        strategy = ScriptedStrategy("ma", V1)
        rig = await EngineRig(loop, limits=STOP).start(strategy)

        def enter(ctx: StrategyContext, _: object) -> None:
            if not strategy.fills and not ctx.open_orders(V1):
                ctx.submit(buy(V1, "2"))

        strategy.wants_books = True
        strategy.script("book", enter)
        await rig.elapse(2)
        assert (await rig.place("buy", "1")).outcome == "done"
        assert strategy.ctx is not None
        assert strategy.ctx.position(V1) == 2
        await price(rig, "97")
        assert rig.position() == 0
        assert strategy.ctx.position(V1) == 0
        assert [(fill.side, fill.quantity) for fill in strategy.fills] == [(Side.BUY, D(2)), (Side.SELL, D(2))]

    in_virtual_time(work)


def test_a_flattened_position_is_no_longer_its_strategys():
    async def work(loop: VirtualLoop) -> None:
        strategy = ScriptedStrategy("ma", V1)
        rig = await EngineRig(loop).start(strategy)

        def enter(ctx: StrategyContext, _: object) -> None:
            if not strategy.fills and not ctx.open_orders(V1):
                ctx.submit(buy(V1, "2"))

        strategy.wants_books = True
        strategy.script("book", enter)
        await rig.elapse(2)
        assert strategy.ctx is not None
        assert strategy.ctx.position(V1) == 2
        await rig.execute(Halt(scope="venue:v1", level="flatten", reason="leaving"))
        await rig.elapse(10)
        assert rig.position() == 0
        assert strategy.ctx.position(V1) == 0

    in_virtual_time(work)


def test_a_switched_off_protection_sends_nothing_and_shows_nothing():
    async def work(loop: VirtualLoop) -> None:
        rig = await holding(loop)
        await price(rig, "50", seconds=5)
        assert closes(rig) == []
        assert rig.engine.parts.protection.view(V1) is None

    in_virtual_time(work)
