"""Days roll once, at UTC midnight, whatever the clock does; the day's loss counts from there."""

from decimal import Decimal

import pytest

from core.control.commands import Kill, ManualOverride, Outcome
from core.engine.reconciler import CAUSE
from core.io.virtual_loop import VirtualClock, VirtualLoop
from core.journal.facts import DayBegan, EquityPeaked, OverrideEnded, PositionAdopted
from core.state.desk import DeskRequest
from core.types.control import HaltLevel
from core.types.market import FeedState, FeedStatus
from core.types.order import OrderStatus
from tests.engine.rig import PERP, EngineRig, in_virtual_time
from tests.engine.venues import START_NS, Answer, Speech

TO_MIDNIGHT_S = 9 * 3_600
BEFORE_MIDNIGHT_NS = START_NS + (TO_MIDNIGHT_S - 60) * 1_000_000_000


class NoTime(VirtualClock):
    """What a venue stamps its books with that tells no time."""

    def utc_ns(self) -> int:
        return 0


def days(rig: EngineRig) -> list[str]:
    return [fact.day for fact in rig.facts(DayBegan)]


def is_flat(rig: EngineRig) -> bool:
    """Tell whether a flattening says that the venue's own account proved it."""
    state = rig.engine.monitoring().kill
    assert state is not None
    return state.is_finished and state.venues["v1"].flat_verified_ns is not None


def test_the_day_begins_once_at_utc_midnight_and_the_loss_counts_from_there():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        await rig.place(quantity="10")
        rig.feed.quote(PERP, "94.9", "95.1")
        await rig.elapse(5)
        before = rig.engine.monitoring().global_
        assert before.today_pnl_usd is not None
        assert before.today_pnl_usd < -50
        await rig.elapse(60)
        after = rig.engine.monitoring().global_
        assert days(rig) == ["2026-01-05", "2026-01-06"]
        assert (after.today_pnl_usd, after.today_volume_usd, after.today_fees_usd) == (0, 0, 0)
        assert after.equity_usd == before.equity_usd
        rig.feed.quote(PERP, "93.9", "94.1")
        await rig.elapse(1)
        assert rig.engine.monitoring().global_.today_pnl_usd == -10

    in_virtual_time(work, start_ns=BEFORE_MIDNIGHT_NS)


def test_the_curve_of_a_new_day_begins_at_nothing():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        await rig.place(quantity="10")
        rig.feed.quote(PERP, "94.9", "95.1")
        await rig.elapse(60)
        assert [point.pnl_usd for point in rig.engine.desk(DeskRequest()).pnl_curve][:3] == [0, 0, 0]

    in_virtual_time(work, start_ns=BEFORE_MIDNIGHT_NS)


def test_yesterdays_loss_halts_nothing_today():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        await rig.place(quantity="19")
        await rig.elapse(30)
        rig.feed.quote(PERP, "80.0", "80.2")  # 380 of 500 allowed
        await rig.elapse(40)
        assert days(rig)[-1] == "2026-01-06"
        rig.feed.quote(PERP, "68.0", "68.2")  # and 228 of 500 on the next day
        await rig.elapse(5)
        assert rig.causes() == []

    in_virtual_time(work, start_ns=BEFORE_MIDNIGHT_NS)


@pytest.mark.parametrize(("bid", "ask"), [("80.0", "80.2"), ("170.0", "170.2")])
def test_a_day_that_begins_while_a_restart_still_connects_counts_from_the_profit_before_it(bid: str, ask: str):
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        await rig.place(quantity="19")
        await rig.elapse(30)
        rig.feed.quote(PERP, bid, ask)
        await rig.elapse(5)
        await rig.engine.parts.recorder.save_snapshot()
        await rig.crash()
        await rig.elapse(60)
        again = EngineRig(loop, world=rig)
        again.engine.second()  # time goes on before a venue has said what it trades
        assert days(again)[-1] == "2026-01-05"
        again.feed.set_quote(PERP, bid, ask)
        await again.start(warm_up_s=2)
        assert days(again)[-1] == "2026-01-06"
        assert again.engine.monitoring().global_.today_pnl_usd == 0
        assert again.causes() == []

    in_virtual_time(work, start_ns=BEFORE_MIDNIGHT_NS)


def test_a_restart_of_a_day_that_began_with_profit_sees_no_loss_before_it_knows_its_prices():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        await rig.place(quantity="19")
        rig.feed.quote(PERP, "170.0", "170.2")  # more than the 500 that a day may lose
        await rig.elapse(60)
        assert days(rig)[-1] == "2026-01-06"
        await rig.engine.parts.recorder.save_snapshot()
        await rig.crash()
        again = EngineRig(loop, world=rig)
        again.feed.set_quote(PERP, "170.0", "170.2")
        again.engine.second()
        await again.start(warm_up_s=2)
        assert again.causes() == []

    in_virtual_time(work, start_ns=BEFORE_MIDNIGHT_NS)


@pytest.mark.parametrize("step_s", [-5.0, 5.0, -3_600.0])
def test_a_clock_that_steps_begins_no_day_again_and_resets_no_loss(step_s: float):
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        await rig.place(quantity="10")
        await rig.elapse(60)
        rig.feed.quote(PERP, "94.9", "95.1")
        await rig.elapse(1)
        loss = rig.engine.monitoring().global_.daily_loss_used
        rig.clock.step(step_s)
        await rig.elapse(3)
        assert days(rig) == ["2026-01-05", "2026-01-06"]
        assert rig.engine.monitoring().global_.daily_loss_used == loss
        assert (await rig.place("sell", "1")).outcome is Outcome.DONE

    in_virtual_time(work, start_ns=BEFORE_MIDNIGHT_NS)


def test_a_clock_set_back_an_hour_stretches_no_order_rate_window():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        for number in range(9):
            await rig.place(price=str(95 + Decimal(number) / 10), quantity="0.1")
        rig.clock.step(-3_600)
        await rig.elapse(8)  # until volatility is known anew
        for number in range(9):
            result = await rig.place(price=str(96 + Decimal(number) / 10), quantity="0.1")
            assert result.outcome is Outcome.DONE, result.message

    in_virtual_time(work)


def test_an_order_in_doubt_is_resolved_in_time_though_the_clock_was_set_back():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        rig.venue.answers.append(Answer.LOSE_REQUEST)
        await rig.place(price="95")
        rig.clock.step(-5)
        await rig.elapse(30)
        assert rig.fold.orders.live_count == 0

    in_virtual_time(work)


def test_an_order_is_not_given_up_early_because_the_venues_clock_is_ahead():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        rig.clock.step(-60)  # from here on everything the venue says is stamped a minute ahead
        await rig.elapse(61)
        rig.venue.clock = VirtualClock(loop)
        rig.venue.answers.append(Answer.LOSE_REQUEST)
        order_id = str((await rig.place(price="95")).data["client_order_id"])
        await rig.elapse(9)
        assert rig.status(order_id) is OrderStatus.IN_DOUBT
        await rig.elapse(20)
        assert rig.status(order_id) is OrderStatus.REJECTED

    in_virtual_time(work)


def test_an_order_in_doubt_is_not_given_up_early_because_the_clock_was_set_forward():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        rig.venue.answers.append(Answer.LOSE_REQUEST)
        order_id = str((await rig.place(price="95")).data["client_order_id"])
        rig.clock.step(60)
        await rig.elapse(6)
        assert rig.status(order_id) is OrderStatus.IN_DOUBT
        await rig.elapse(15)
        assert rig.status(order_id) is OrderStatus.REJECTED

    in_virtual_time(work)


def test_an_order_in_doubt_is_not_given_up_early_because_the_next_engine_has_another_clock():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        rig.venue.answers.append(Answer.LOSE_REQUEST)
        order_id = str((await rig.place(price="95")).data["client_order_id"])
        await rig.crash()
        again = EngineRig(loop, world=rig)
        again.clock.step(60)
        await again.start(warm_up_s=4)
        assert again.status(order_id) is OrderStatus.IN_DOUBT
        await again.elapse(20)
        assert again.status(order_id) is OrderStatus.REJECTED

    in_virtual_time(work)


def test_an_order_that_is_gone_from_the_venue_is_given_up_though_the_clock_was_set_back_an_hour():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        order_id = str((await rig.place(price="95")).data["client_order_id"])
        rig.venue.speech = Speech.NOTHING
        rig.venue.expire(order_id)
        rig.clock.step(-3_600)
        await rig.elapse(61)
        assert rig.status(order_id) is OrderStatus.CANCELLED

    in_virtual_time(work)


def test_an_order_that_moved_just_now_is_not_given_up_because_the_clock_was_set_forward():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        await rig.elapse(30 - rig.loop.time() % 30 - 1.5)
        order_id = str((await rig.place(price="95")).data["client_order_id"])
        rig.venue.lose(order_id)
        rig.clock.step(60)
        await rig.elapse(3)
        assert rig.status(order_id) is OrderStatus.OPEN

    in_virtual_time(work)


def test_a_book_that_fell_silent_is_not_fresh_again_because_the_clock_was_set_back():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        rig.feed.is_silent = True
        await rig.elapse(1)
        rig.clock.step(-5)
        await rig.elapse(3)
        assert (await rig.place()).outcome is Outcome.REFUSED
        rig.feed.is_silent = False
        await rig.elapse(1)
        assert (await rig.place()).outcome is Outcome.DONE

    in_virtual_time(work)


def test_before_any_balance_is_reported_nothing_is_judged_and_nothing_traded():
    async def work(loop: VirtualLoop) -> None:
        rig = EngineRig(loop)
        rig.venue.account_fails = True
        await rig.start()
        state = rig.engine.monitoring()
        assert (state.global_.equity_usd, state.global_.daily_loss_limit) == (None, None)
        assert rig.facts(EquityPeaked) == []
        assert [blocker.cause for blocker in state.risk.blockers] == ["reconciliation"]
        assert (await rig.place()).outcome is Outcome.REFUSED
        rig.engine.desk(DeskRequest(books=(f"{PERP}@v1",), chart=f"{PERP}@v1"))

    in_virtual_time(work)


def test_a_loss_from_before_the_first_day_could_be_valued_is_not_the_days():
    async def work(loop: VirtualLoop) -> None:
        rig = EngineRig(loop)
        rig.venue.positions[PERP] = Decimal(10)  # bought at 100 long ago
        rig.feed.set_quote(PERP, "40.0", "40.2")
        rig.feed.is_silent = True
        await rig.start(warm_up_s=2)
        rig.feed.is_silent = False
        await rig.elapse(5)
        assert "daily_loss" not in rig.causes()
        assert rig.engine.monitoring().global_.today_pnl_usd == 0

    in_virtual_time(work)


def test_a_silent_book_is_not_taken_for_fresh_because_the_clock_was_set_back():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        rig.feed.is_silent = True
        await rig.elapse(6)
        rig.clock.step(-5)
        assert (await rig.place(quantity="1")).outcome is Outcome.REFUSED
        assert "fresh_book" in rig.refusals()[-1]
        market = rig.engine.monitoring().market["v1"][PERP]
        assert market.age_s is not None
        assert (market.validity, round(market.age_s)) == ("stale", 6)

    in_virtual_time(work)


def test_a_venue_that_fell_silent_is_not_fresh_again_because_the_clock_was_set_back():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        rig.feed.is_silent = True
        await rig.elapse(5)
        before = rig.engine.monitoring().venues["v1"].feed_age_s
        rig.clock.step(-600)
        await rig.elapse(300)
        after = rig.engine.monitoring().venues["v1"].feed_age_s
        assert before is not None
        assert after is not None
        assert round(after - before) == 300
        rig.feed.state(FeedState.DOWN)
        assert rig.engine.monitoring().venues["v1"].feed_age_s == 0

    in_virtual_time(work)


def test_a_fresh_book_stays_fresh_though_the_clock_was_set_forward():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        rig.clock.step(5)
        assert (await rig.place(quantity="1")).outcome is Outcome.DONE

    in_virtual_time(work)


@pytest.mark.parametrize("step_s", [-5.0, 5.0])
def test_a_clock_that_differs_from_the_venues_takes_no_new_risk_until_it_is_right_again(step_s: float):
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        rig.feed.venue_clock = VirtualClock(loop)
        assert (await rig.place(quantity="2")).outcome is Outcome.DONE
        rig.clock.step(step_s)
        await rig.elapse(10)
        await rig.execute(ManualOverride(seconds=60, reason="a hard rule stands all the same"))
        refused = await rig.place(quantity="1")
        assert refused.outcome is Outcome.REFUSED
        assert f"clock_offset: {int(abs(step_s) * 1_000)} ms, allowed at most 500" in refused.message
        assert (await rig.place("sell", "1")).outcome is Outcome.DONE
        rig.clock.step(-step_s)
        await rig.elapse(10)
        assert (await rig.place(quantity="1")).outcome is Outcome.DONE

    in_virtual_time(work)


def test_an_override_lasts_no_longer_because_the_clock_was_set_back_while_it_held():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        await rig.execute(ManualOverride(seconds=60, reason="maintenance"))
        rig.clock.step(20)
        await rig.elapse(30)
        rig.clock.step(-50)
        await rig.elapse(29)
        assert rig.engine.monitoring().risk.manual_override
        await rig.elapse(2)
        assert not rig.engine.monitoring().risk.manual_override
        (ended,) = rig.facts(OverrideEnded)
        assert (ended.who, ended.reason) == ("engine", "its time is over")

    in_virtual_time(work)


@pytest.mark.parametrize(("passes_s", "step_s"), [(310, -120), (60, -600)], ids=["after its end", "before its grant"])
def test_an_override_that_ended_does_not_come_back_with_a_clock_that_is_set_back(passes_s: int, step_s: int):
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        await rig.execute(ManualOverride(seconds=300, reason="maintenance"))
        await rig.elapse(passes_s)
        rig.clock.step(step_s)
        held: list[bool] = []
        for _ in range(700):
            await rig.elapse(1)
            held.append(rig.engine.monitoring().risk.manual_override)
        assert not any(held)
        (ended,) = rig.facts(OverrideEnded)
        assert (ended.who, ended.reason) == ("engine", "its time is over")

    in_virtual_time(work)


def test_an_override_that_ended_while_no_engine_ran_does_not_come_back_with_a_clock_that_is_set_back():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        await rig.execute(ManualOverride(seconds=60, reason="maintenance"))
        await rig.crash()
        await rig.elapse(120)
        again = await EngineRig(loop, world=rig).start()
        again.clock.step(-90)
        await again.elapse(1)
        assert not again.engine.monitoring().risk.manual_override
        assert len(again.facts(OverrideEnded)) == 1

    in_virtual_time(work)


@pytest.mark.parametrize("step_s", [-300, 300])
def test_a_flat_account_is_called_flat_however_the_clock_was_set_meanwhile(step_s: int):
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        await rig.place(quantity="2")
        await rig.elapse(2)
        await rig.execute(Kill(flatten=True))
        await rig.settle()
        rig.clock.step(step_s)
        await rig.elapse(10)
        assert rig.venue.positions[PERP] == 0
        assert is_flat(rig)

    in_virtual_time(work)


def test_an_account_read_before_the_kill_proves_nothing_once_the_clock_was_set_back():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        rig.clock.step(300)
        await rig.elapse(32)  # long enough for the account to be read by the clock ahead
        rig.clock.step(-300)
        rig.venue.positions[PERP], rig.venue.costs[PERP] = Decimal(3), Decimal(300)  # the engine never heard of it
        rig.venue.account_fails = True
        await rig.execute(Kill(flatten=True))
        await rig.elapse(6)
        assert rig.venue.positions[PERP] == 3
        assert not is_flat(rig)
        rig.venue.account_fails = False
        await rig.elapse(15)
        assert rig.venue.positions[PERP] == 0
        assert is_flat(rig)

    in_virtual_time(work)


def test_a_venue_whose_books_have_told_no_time_takes_no_new_risk():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start(warm_up_s=0)
        assert "clock_offset" not in (await rig.place()).message
        silent = EngineRig(loop)
        silent.feed.is_silent = True
        await silent.start(warm_up_s=0)
        refused = (await silent.place()).data["refused_by"]
        assert ("clock_offset", "unknown: no clock comparison with the venue") in [
            (each["rule"], each["observed"]) for each in refused
        ]

    in_virtual_time(work)


@pytest.mark.parametrize(("ahead_ms", "passes"), [(400, True), (600, False), (-600, False)])
def test_a_venue_whose_books_tell_no_time_is_judged_by_what_its_feed_found_out(ahead_ms: int, passes: bool):
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start(warm_up_s=0)
        rig.feed.venue_clock = NoTime(loop)
        await rig.elapse(70)
        assert "no clock comparison with the venue" in (await rig.place()).message
        found = FeedStatus("v1", FeedState.UP, "", None, rig.clock.utc_ns(), ahead_ms * 1_000_000)
        rig.feed._known_sink.feed_status(found)
        result = await rig.place()
        assert (result.outcome is Outcome.DONE) is passes
        assert (f"clock_offset: {abs(ahead_ms)} ms" in result.message) is not passes

    in_virtual_time(work)


def test_f21_a_fill_that_overtakes_an_account_report_is_seen_though_the_clock_was_set_back_meanwhile():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        order_id = str((await rig.place(price="95")).data["client_order_id"])
        rig.engine.parts.conditions.hold("venue:v1", CAUSE, HaltLevel.CANCEL_ONLY, "a report at once")
        rig.venue.report_delay_s = 1.0
        rig.engine.parts.account_reads.ask("v1")
        await rig.elapse(0.2)
        rig.clock.step(-5)
        rig.venue.execute(order_id)
        await rig.elapse(1.5)
        assert rig.facts(PositionAdopted) == []
        assert rig.position() == 1
        await rig.elapse(40)
        assert rig.agrees_with_venues()

    in_virtual_time(work)
