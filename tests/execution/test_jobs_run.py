"""A job among venues that answer as a test says: what is sent, what is left, and how the end is told."""

from decimal import Decimal

import msgspec
import pytest

from core.book.book import BookState
from core.execution.commands import SendOrder
from core.jobs.limits import JobLimits
from core.journal.facts import OrderFilled, PositionAdopted
from core.types.control import HaltLevel
from core.types.job import JobOutcome, JobPhase
from core.types.job_tag import LegRole
from core.types.order import OrderStatus, Side
from tests.engine.venues import perpetual
from tests.execution.oracle import Oracle
from tests.execution.scripted import Answer, Mood, Quote, Script, a_job, a_leg

D = Decimal
PRIMARY, HEDGE, UNWIND = LegRole.PRIMARY, LegRole.HEDGE, LegRole.UNWIND


def watched(script: Script | None = None) -> Script:
    script = script or Script()
    Oracle(script)
    return script


def answering(leg: int, *answers: Answer) -> Script:
    script = watched()
    script.answers[leg].extend(answers)
    return script


def sent(script: Script, role: LegRole) -> list[SendOrder]:
    return [order for order in script.sent if order.role is role]


def ended(script: Script, outcome: JobOutcome, naked: str = "0") -> Script:
    assert script.end is not None, script.moves
    assert (script.end.outcome, script.end.naked_quantity) == (outcome, D(naked)), script.end.reason
    return script


def test_a_job_is_traded_in_slices_each_hedged_before_the_next():
    script = ended(watched().play(10), JobOutcome.COMPLETED)
    assert script.roles() == [PRIMARY, HEDGE, PRIMARY, HEDGE]
    assert [order.quantity for order in script.sent] == [D(20)] * 4


def test_profit_is_what_was_sold_less_what_was_bought_after_fees():
    script = watched()
    script.quotes[0] = Quote(bid=D("100.4"), ask=D("100.5"))
    ended(script.play(10), JobOutcome.COMPLETED)
    fees = D("0.0005") * 40 * (D("100.4") + D("100.1"))
    assert script.end is not None
    assert script.end.pnl_usd == 40 * D("0.3") - fees
    assert script.end.volume_usd == 40 * (D("100.4") + D("100.1"))
    assert script.end.fees_usd == fees


def test_only_what_was_filled_is_hedged():
    script = answering(0, Answer(part=D("0.6")))
    script.play(1)
    assert sent(script, HEDGE)[0].quantity == D(12)


def test_the_hedge_follows_the_ratio_of_the_legs_and_its_remainder_goes_into_the_next_slice():
    job = a_job(legs=(a_leg("sim-a", Side.BUY, "39.99"), a_leg("sim-b", Side.SELL, "13.33")))
    rules = [perpetual("sim-a"), perpetual("sim-b", contract_size=D(3), order_lot_size=D("0.1"))]
    script = watched(Script(job, rules=rules))
    script.play(10)
    assert [order.quantity for order in sent(script, PRIMARY)] == [D("20.00"), D("19.99")]
    assert [order.quantity for order in sent(script, HEDGE)] == [D("6.6"), D("6.7")]
    ended(script, JobOutcome.COMPLETED, "0.09")


def test_an_unfilled_hedge_climbs_the_ladder_and_keeps_to_each_band():
    script = answering(1, Answer(part=D(0)), Answer(part=D("0.5")))
    script.play(10)
    first, second, third = sent(script, HEDGE)[:3]
    assert (first.rung, second.rung, third.rung) == (0, 1, 2)
    # 5, 20 and 50 bps above 100.1, rounded down to the tick
    assert (first.limit_price, second.limit_price, third.limit_price) == (D("100.1"), D("100.3"), D("100.6"))
    assert third.quantity == D(10)
    ended(script, JobOutcome.COMPLETED)


def test_a_ladder_climbed_in_vain_gives_the_primary_leg_back():
    script = answering(1, *[Answer(part=D(0))] * 9)
    ended(script.play(20), JobOutcome.UNWOUND)
    assert script.roles() == [PRIMARY, HEDGE, HEDGE, HEDGE, UNWIND]


def test_f13_a_rejected_hedge_unwinds_what_is_naked_and_opens_no_more():
    script = answering(1, Answer(Mood.REJECT))
    script.answers[0].append(Answer(part=D("0.6")))
    ended(script.play(20), JobOutcome.UNWOUND)
    assert script.roles() == [PRIMARY, HEDGE, UNWIND]
    back = sent(script, UNWIND)[0]
    assert (back.leg, back.side, back.quantity) == (0, Side.BUY, D(12))
    assert back.limit_price == D("100.2")  # 10 bps above the ask
    assert script.true_filled(0) == 0
    assert script.end is not None
    assert script.end.reason == "leg 1 (BTC/USDT:USDT@sim-b) rejected: not today"
    assert script.end.pnl_usd == 12 * (D("99.9") - D("100.1")) - D("0.0005") * 12 * D(200)


def test_a_refusal_by_the_gate_counts_like_a_rejection():
    script = answering(1, Answer(Mood.REFUSE))
    ended(script.play(20), JobOutcome.UNWOUND)
    assert script.roles() == [PRIMARY, HEDGE, UNWIND]


def test_a_rejected_primary_order_ends_the_job_with_nothing():
    script = answering(0, Answer(Mood.REJECT))
    ended(script.play(20), JobOutcome.NOTHING)
    assert script.roles() == [PRIMARY]


def test_an_unwind_that_meets_no_one_ends_naked_after_bounded_attempts():
    script = answering(1, Answer(Mood.REJECT))
    script.answers[0].extend([Answer(), *[Answer(part=D(0))] * 50])
    ended(script.play(120), JobOutcome.NAKED, "-20")
    assert [order.rung for order in sent(script, UNWIND)] == [0, 1, 2, 2, 2, 2]
    assert script.end is not None
    assert script.end.pnl_usd == 20 * (D("99.9") - D(100)) - D("0.0005") * 20 * D("99.9")


def test_f01_a_silent_hedge_freezes_its_leg_until_the_truth_is_known():
    script = answering(1, Answer(Mood.ANSWER_LOST))
    script.play(6)
    assert script.run.phase is JobPhase.FROZEN
    assert script.roles() == [PRIMARY, HEDGE], "nothing is guessed: it may be hedged"
    ended(script.play(20), JobOutcome.PARTIAL)
    assert script.roles() == [PRIMARY, HEDGE]
    assert script.true_filled(0) == script.true_filled(1) == 20


def test_f05_an_hour_of_silence_is_still_doubt_and_then_the_truth_counts():
    script = answering(1, Answer(Mood.REQUEST_LOST))
    script.is_deaf[1] = True
    script.play(3_600, step_ms=1_000)
    assert script.run.phase is JobPhase.FROZEN
    assert script.roles() == [PRIMARY, HEDGE]
    script.is_deaf[1] = False
    ended(script.play(20), JobOutcome.UNWOUND)
    assert script.roles() == [PRIMARY, HEDGE, UNWIND]


def test_a_primary_order_in_doubt_lets_the_others_hedge_only_what_is_surely_filled():
    script = watched()
    script.usual[0] = Answer(Mood.RESTS, D("0.5"))
    script.is_deaf[0] = True
    script.play(1)
    script.say("o1", OrderStatus.IN_DOUBT)
    script.play(5)
    assert [order.quantity for order in sent(script, HEDGE)] == [D(10)]
    assert script.run.phase is JobPhase.FROZEN
    assert sent(script, PRIMARY)[1:] == []


def test_what_is_certainly_naked_is_given_back_while_part_of_the_hedge_is_in_doubt():
    script = answering(1, Answer(part=D("0.25")), Answer(Mood.RESTS, D("0.5")))
    script.is_deaf[1] = True
    script.reads[1] = 10**9
    script.play(2.5)
    script.say("o3", OrderStatus.IN_DOUBT)
    script.play(6)
    # 5 of 20 are hedged, 7 or 8 more for certain, the last 8 perhaps: nothing is naked whatever the answer
    assert sent(script, UNWIND) == []
    assert script.run.phase is JobPhase.FROZEN


def test_a_fill_report_that_is_lost_is_found_in_the_account_before_the_next_rung():
    script = answering(1, Answer(Mood.FILLS_LOST, D("0.5")))
    ended(script.play(20), JobOutcome.COMPLETED)
    assert [order.quantity for order in sent(script, HEDGE)] == [D(20), D(10), D(20)]


@pytest.mark.parametrize("mood", [Mood.FILL_FIRST, Mood.FILLS_LATE, Mood.FILLS_LOST, Mood.FILLS_ON_CANCEL])
@pytest.mark.parametrize("leg", [0, 1])
def test_fills_in_any_order_of_arrival_give_the_same_end(mood: Mood, leg: int):
    script = watched()
    script.usual[leg] = Answer(mood, D("0.5") if mood is Mood.FILLS_ON_CANCEL else D(1))
    ended(script.play(60), JobOutcome.COMPLETED)


def test_an_order_that_should_be_over_is_cancelled_and_counts_as_perhaps_filled_meanwhile():
    script = answering(1, Answer(Mood.RESTS, D("0.5")))
    ended(script.play(20), JobOutcome.COMPLETED)
    assert [order.quantity for order in sent(script, HEDGE)] == [D(20), D(10), D(20)]


def test_f14_a_rest_below_the_minimum_of_the_hedge_is_given_back_where_that_can_be_done():
    job = a_job(legs=(a_leg("sim-a", Side.SELL, "20"), a_leg("sim-b", Side.BUY, "20")))
    script = watched(Script(job, rules=[perpetual("sim-a"), perpetual("sim-b", min_quantity=D(5))]))
    script.answers[0].append(Answer(part=D("0.6")))
    script.answers[1].append(Answer(part=D("0.75")))
    script.play(0.02)
    script.cancel_reason = "enough"
    ended(script.play(20), JobOutcome.UNWOUND)
    assert [(x.role, x.quantity) for x in script.sent] == [(PRIMARY, D(20)), (HEDGE, D(12)), (UNWIND, D(3))]


def test_f14_dust_is_told_and_not_retried():
    job = a_job(legs=(a_leg("sim-a", Side.SELL, "20"), a_leg("sim-b", Side.BUY, "20")))
    script = watched(Script(job, rules=[perpetual("sim-a"), perpetual("sim-b", order_lot_size=D("0.1"))]))
    script.answers[0].append(Answer(part=D("0.6005")))
    script.play(0.02)
    script.cancel_reason = "enough"
    ended(script.play(20), JobOutcome.PARTIAL, "-0.01")
    assert script.roles() == [PRIMARY, HEDGE]


@pytest.mark.parametrize(
    "quote",
    [
        Quote(received_ns=0),
        Quote(bid=D("100.1"), ask=D("99.9")),
        Quote(bid=D("97.5"), ask=D("102.5")),
        Quote(ask=D(0)),
        Quote(state=BookState.INVALID),
    ],
    ids=["stale", "crossed", "wide", "empty", "invalid"],
)
def test_f15_a_hedge_book_without_a_price_stops_the_primary_leg_and_is_never_traded_blindly(quote: Quote):
    script = watched()
    script.answers[0].append(Answer(Mood.RESTS, D("0.5")))
    script.play(0.02)
    script.quotes[1] = quote
    script.play(0.2)
    assert script.run.orders["o1"].status in (OrderStatus.CANCELLING, OrderStatus.CANCELLED), "cancelled first"
    ended(script.play(20), JobOutcome.UNWOUND)
    assert HEDGE not in script.roles()
    assert script.roles() == [PRIMARY, UNWIND]


def test_an_unwind_waits_for_a_readable_book_and_ends_naked_after_its_patience():
    script = answering(1, Answer(Mood.REJECT))
    script.play(0.02)
    script.quotes[0] = Quote(state=BookState.INVALID)
    ended(script.play(90), JobOutcome.NAKED, "-20")
    assert UNWIND not in script.roles()


def test_nothing_is_opened_once_the_edge_is_gone():
    script = watched(Script(a_job(expected_edge_bps=D(10))))  # what both fees take
    script.quotes[0] = Quote(bid=D("99.8"), ask=D("100.0"))
    ended(script.play(20), JobOutcome.NOTHING)
    assert script.sent == []
    assert "the edge ends at" in (script.end.reason if script.end else "")


def test_f28_a_halt_to_reduce_only_lets_the_begun_hedge_be_finished():
    script = watched()
    script.play(0.02)
    script.halts = [HaltLevel.REDUCE_ONLY, HaltLevel.REDUCE_ONLY]
    ended(script.play(20), JobOutcome.PARTIAL)
    assert script.roles() == [PRIMARY, HEDGE]


def test_f28_a_halt_to_cancel_only_sends_nothing_and_gives_back_once_it_is_lifted():
    script = watched()
    script.play(0.02)
    script.halts = [HaltLevel.CANCEL_ONLY, HaltLevel.CANCEL_ONLY]
    script.play(600, step_ms=1_000)
    assert script.roles() == [PRIMARY]
    assert script.run.phase is JobPhase.FROZEN
    script.halts = [HaltLevel.NORMAL, HaltLevel.NORMAL]
    ended(script.play(20), JobOutcome.UNWOUND)


@pytest.mark.parametrize("level", [HaltLevel.HALTED, HaltLevel.FLATTEN])
def test_f28_a_kill_ends_the_job_truthfully_and_leaves_flattening_to_the_kill_switch(level: HaltLevel):
    script = watched()
    script.play(0.02)
    script.halts = [level, level]
    ended(script.play(20), JobOutcome.NAKED, "-20")
    assert script.roles() == [PRIMARY]


def test_a_cancelled_job_finishes_its_hedge_and_opens_no_more():
    script = watched()
    script.play(0.02)
    script.cancel_reason = "enough"
    ended(script.play(20), JobOutcome.PARTIAL)
    assert script.end is not None
    assert script.end.reason == "cancelled: enough"


def test_a_job_that_survives_a_restart_is_brought_to_its_end_without_a_new_primary_order():
    script = watched()
    script.play(0.02)
    script.restart()
    ended(script.play(20), JobOutcome.PARTIAL)
    assert script.roles() == [PRIMARY, HEDGE]


def test_f31_a_leg_that_the_venue_moved_by_itself_opens_no_more_and_the_job_ends_by_its_own_fills():
    script = watched()
    script.play(0.02)
    leg = script.job.legs[1]
    adopted = PositionAdopted(
        at_ns=script.now_ns, venue=leg.venue, symbol=leg.symbol, quantity=D(0), average_price=D(0), cause="liquidated"
    )
    script.tell(adopted)
    ended(script.play(20), JobOutcome.PARTIAL)
    assert script.roles() == [PRIMARY, HEDGE]
    assert script.end is not None
    assert script.end.reason == "position of BTC/USDT:USDT@sim-b was taken over: liquidated"


def test_f35_a_coarser_lot_in_the_middle_is_kept_to_and_rounds_down():
    script = answering(0, Answer(part=D("0.6173")))
    script.play(0.02)
    script.rules[1] = msgspec.structs.replace(script.rules[1], order_lot_size=D("0.5"), order_tick_size=D("0.2"))
    script.play(1)
    hedge = sent(script, HEDGE)[0]
    assert hedge.quantity == D("12.0")
    script.play(30)
    assert script.end is not None


def test_f35_another_contract_size_ends_the_job_without_trading_that_leg_again():
    script = watched()
    script.play(0.02)
    script.rules[1] = msgspec.structs.replace(script.rules[1], contract_size=D(10))
    ended(script.play(30), JobOutcome.UNWOUND)
    assert script.roles() == [PRIMARY, UNWIND]


def test_three_legs_are_hedged_together_and_level_out_when_one_is_rejected():
    legs = (a_leg("sim-a", Side.SELL), a_leg("sim-b", Side.BUY, "20"), a_leg("sim-c", Side.BUY, "20"))
    script = watched(Script(a_job(legs=legs)))
    script.answers[2].append(Answer(Mood.REJECT))
    ended(script.play(20), JobOutcome.UNWOUND)
    assert [script.true_filled(leg) for leg in range(3)] == [0, 0, 0]
    assert [(x.leg, x.quantity) for x in sent(script, UNWIND)] == [(0, D(20)), (1, D(10))]


def test_naked_size_keeps_to_its_cap_with_dust_counted():
    script = watched(Script(limits=JobLimits(max_naked_usd=D(700))))
    ended(script.play(30), JobOutcome.COMPLETED)
    assert max(order.quantity for order in sent(script, PRIMARY)) == D("6.67")


def test_dust_that_is_naked_leaves_less_room_for_the_next_slice():
    legs = (a_leg("sim-a", Side.SELL), a_leg("sim-b", Side.BUY))
    rules = [perpetual("sim-a"), perpetual("sim-b", order_lot_size=D(5))]
    script = watched(Script(a_job(legs=legs), limits=JobLimits(max_naked_usd=D("1501.5")), rules=rules))
    script.answers[0].append(Answer(part=D("0.9")))
    script.play(0.5)
    # 12 are filled and 10 hedged; half of the 28 left with the 2 that are naked would be beyond the cap of 15
    assert [order.quantity for order in script.sent[:3]] == [D("13.34"), D(10), D("9.34")]
    ended(script.play(20), JobOutcome.COMPLETED)


def test_one_hedge_at_a_time_while_the_primary_order_goes_on_filling():
    script = answering(0, Answer(Mood.FILLS_ON_CANCEL, D("0.5")))
    script.answers[1].append(Answer(Mood.RESTS, D("0.5")))
    script.play(1)
    assert [(x.role, x.quantity) for x in script.sent] == [(PRIMARY, D(20)), (HEDGE, D(10))]
    script.cancel_reason = "enough"
    script.play(1)
    assert script.true_filled(0) == 20
    assert [x.quantity for x in sent(script, HEDGE)] == [D(10)], "the first may still be filled"
    ended(script.play(20), JobOutcome.PARTIAL)
    assert [x.quantity for x in sent(script, HEDGE)] == [D(10), D(15)]


def test_f09_the_same_fill_told_again_changes_nothing():
    script = watched()
    script.play(0.2)
    fills = [fact for fact in script.facts if isinstance(fact, OrderFilled)]
    before = script.run.to_state()
    for fact in fills:
        script.tell(fact)
    assert script.run.to_state() == before


def test_a_slice_that_ended_short_is_believed_by_an_account_that_was_asked_for_after_its_end():
    script = answering(0, Answer(Mood.FILLS_LOST, D(0)))
    script.is_deaf[0] = True
    script.play(0.3)
    script.reads[0] = len(script.facts) - 1  # asked for before the end, whatever a clock said then
    script.play(0.3)
    assert len(sent(script, PRIMARY)) == 1
    script.reads[0] = len(script.facts)
    script.decide()
    assert len(sent(script, PRIMARY)) == 2


def test_f21_a_clock_that_is_set_back_uses_no_attempts_up_at_once():
    script = answering(1, Answer(Mood.REJECT))
    script.answers[0].append(Answer())
    script.usual[0] = Answer(Mood.REFUSE)
    script.play(0.3)
    tried = len(sent(script, UNWIND))
    assert tried
    script.now_ns -= 20_000_000_000
    for _ in range(10):
        script.decide()
    assert len(sent(script, UNWIND)) <= tried + 1
    assert script.end is None
