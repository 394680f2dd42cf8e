from dataclasses import dataclass
from decimal import Decimal

import msgspec
import pytest

from core.capital.hub import CapitalHub
from core.capital.limits import CapitalLimits
from core.capital.verdict import CapitalVerdict
from core.journal.facts import CapitalReleased, CapitalReserved, DayBegan, JobStarted, SafeModeSet
from core.risk.verdict import Hardness
from core.types.capital import Claim, Pool
from core.types.job import HedgeJob, JobType
from tests.capital.desk import Desk, adopted, claimed, filled, hedge, refolded
from tests.orders.making import D


def two_venues() -> Desk:
    desk = Desk()
    desk.hub.update_equity("binance", D(50_000))
    desk.hub.update_equity("okx", D(30_000))
    return desk


@dataclass
class Starter:
    job: HedgeJob

    def __call__(self, verdict: CapitalVerdict) -> JobStarted:
        return JobStarted(
            at_ns=1, job_id=self.job.job_id, claims=verdict.claims, checks=verdict.checks,
            safety=1.0, volume=1.0, final=1.0,
        )  # fmt: skip


def reserve(desk: Desk, job: HedgeJob, *amounts: int) -> CapitalVerdict:
    return desk.hub.reserve_for_job(job, [D(amount) for amount in amounts], Starter(job))


def failed_rules(verdict: CapitalVerdict) -> list[str]:
    return [check.rule for check in verdict.failed]


def test_a_leg_above_a_tenth_of_its_venues_equity_is_refused_with_the_numbers() -> None:
    desk = two_venues()
    verdict = reserve(desk, hedge(), 5000, 5000)
    assert verdict.reason == "okx 5,000 > 10 % of 30,000 = 3,000"
    assert not verdict.is_granted
    assert desk.facts == []


def test_legs_of_a_tenth_are_accepted_and_held_at_both_venues() -> None:
    desk = two_venues()
    verdict = reserve(desk, hedge(), 3000, 3000)
    assert verdict.claims == tuple(Claim(venue=v, pool=Pool.HEDGE, amount_usd=D(3000)) for v in ("binance", "okx"))
    assert (desk.reserved("binance"), desk.reserved("okx")) == ({Pool.HEDGE: D(3000)}, {Pool.HEDGE: D(3000)})
    assert all(check.hardness is Hardness.HARD and check.passed for check in verdict.checks)


def test_asking_reserves_nothing() -> None:
    desk = two_venues()
    assert desk.hub.can_reserve_for_job(hedge(), [D(3000), D(3000)]).is_granted
    assert (desk.facts, desk.reserved("okx")) == ([], {})


def test_what_closes_a_position_claims_nothing_and_the_rest_is_rounded_up() -> None:
    desk = two_venues()
    job = hedge()
    verdict = desk.hub.reserve_for_job(job, [D(1000), D(1000)], Starter(job), [D(1), D(1) / 3])
    assert verdict.is_granted
    assert [claim.amount_usd for claim in verdict.claims] == [0, D("666.666667")]
    assert [claim.value_usd for claim in verdict.claims] == [1000, 1000]
    assert (desk.reserved("binance"), desk.reserved("okx")) == ({}, {Pool.HEDGE: D("666.666667")})
    assert verdict.checks[1].rule == "closes"
    assert verdict.checks[1].observed.startswith("BTC/USDT:USDT@binance 1 of 1, BTC/USDT:USDT@okx 0.333")
    assert refolded(desk.facts).reserved("okx") == {Pool.HEDGE: D("666.666667")}


def test_a_job_that_only_closes_is_let_in_whatever_others_hold_beyond_a_limit() -> None:
    desk = two_venues()
    for number in range(3):
        assert reserve(desk, hedge(f"j{number}"), 3000, 3000).is_granted
    for venue in ("binance", "okx"):
        desk.hub.update_equity(venue, D(2_000))  # what is reserved is more than the pools are now
    job = hedge("back")
    assert desk.hub.can_reserve_for_job(job, [D(3000), D(3000)], [D(1), D(1)]).is_granted
    verdict = desk.hub.can_reserve_for_job(job, [D(3000), D(3000)], [D(1), D("0.9")])
    assert failed_rules(verdict) == ["single_reserve", "in_flight", "pool_room"]
    desk.hub.update_equity("okx", None)
    verdict = desk.hub.can_reserve_for_job(job, [D(3000), D(3000)], [D(1), D(1)])
    assert failed_rules(verdict) == ["equity_known"]


@pytest.mark.parametrize("closes", [D(-1), D("1.01"), D("NaN"), D("Infinity")])
def test_a_leg_closes_a_part_of_itself_or_the_job_is_refused(closes: Decimal) -> None:
    verdict = two_venues().hub.can_reserve_for_job(hedge(), [D(1), D(1)], [closes, D(0)])
    assert "closes" in failed_rules(verdict)
    assert verdict.claims == ()


def test_a_leg_of_no_value_is_unknown_even_where_it_closes() -> None:
    verdict = two_venues().hub.can_reserve_for_job(hedge(), [D(0), D(1)], [D(1), D(1)])
    assert failed_rules(verdict) == ["single_reserve", "in_flight", "pool_room"]


def test_a_claim_as_older_journals_have_it_is_for_the_whole_leg() -> None:
    claim = msgspec.json.decode(b'{"venue":"okx","pool":"hedge","amount_usd":"3000"}', type=Claim)
    assert (claim, claim.value_usd) == (Claim(venue="okx", pool=Pool.HEDGE, amount_usd=D(3000)), 3000)
    assert msgspec.json.encode(claim) == b'{"venue":"okx","pool":"hedge","amount_usd":"3000"}'


def test_all_in_flight_at_a_venue_stays_within_thirty_percent() -> None:
    desk = two_venues()
    for number in range(3):
        assert reserve(desk, hedge(f"j{number}"), 3000, 3000).is_granted
    verdict = reserve(desk, hedge("j3"), 3000, 3000)
    assert verdict.reason == "okx 12,000 in flight = 9,000 + 3,000 > 30 % of 30,000 = 9,000"
    assert desk.reserved("binance") == {Pool.HEDGE: D(9000)}


def test_a_pool_has_room_for_its_share_of_equity_less_reserved_and_committed() -> None:
    desk = Desk()
    desk.hub.update_equity("sim-a", D(30_000))
    desk.tell(claimed(quantity=D(50), pool=Pool.ARB), filled("f1", quantity=D(40)))
    verdict = desk.hub.reserve_for_arb("sim-a", "x", D("1000.001"), now_ns=5)
    assert verdict.reason == "sim-a 6,000.01 of the arb pool = 5,000 + 1,000 > 20 % of 30,000 = 6,000"
    assert desk.hub.reserve_for_arb("sim-a", "x", D(1000), now_ns=5).is_granted
    assert desk.facts[-1] == CapitalReserved(
        at_ns=5, owner="x", claim=Claim(venue="sim-a", pool=Pool.ARB, amount_usd=D(1000))
    )


def test_safe_mode_refuses_the_arb_pool_and_leaves_hedges_alone() -> None:
    desk = two_venues()
    desk.tell(SafeModeSet(at_ns=1, venue="okx", is_on=True, who="me", reason="slow"))
    verdict = reserve(desk, hedge(kind=JobType.ARB), 1000, 1000)
    assert verdict.reason == "safe_mode: okx in safe mode, arb pool, allowed hedge and reserve pools only"
    assert failed_rules(desk.hub.reserve_for_arb("okx", "x", D(1), now_ns=1)) == ["safe_mode"]
    assert desk.hub.reserve_for_arb("binance", "x", D(1), now_ns=1).is_granted
    assert reserve(desk, hedge("h"), 1000, 1000).is_granted
    assert reserve(desk, hedge("r", kind=JobType.REBALANCE), 1000, 1000).is_granted


@pytest.mark.parametrize("equity", [None, D(0), D(-5), D("NaN"), D("Infinity")])
def test_an_equity_that_is_unknown_zero_or_negative_refuses(equity: Decimal | None) -> None:
    desk = two_venues()
    desk.hub.update_equity("okx", equity)
    verdict = reserve(desk, hedge(), 1, 1)
    assert failed_rules(verdict) == ["equity_known", "single_reserve", "in_flight", "pool_room"]
    assert verdict.reason == "4 controls cannot be judged: no equity of okx"
    look = desk.hub.look("okx")
    assert (look.equity_usd, look.single_limit_usd, look.in_flight_room_usd) == (None, D(0), D(0))
    assert look.free_usd == dict.fromkeys(Pool, D(0))


def test_a_venue_never_heard_of_refuses() -> None:
    assert not Desk().hub.reserve_for_hedge("nowhere", "x", D(1), now_ns=1).is_granted


@pytest.mark.parametrize("amount", [D(0), D(-1), D("NaN"), D("Infinity")])
def test_an_amount_that_is_not_above_zero_refuses(amount: Decimal) -> None:
    desk = two_venues()
    assert not desk.hub.reserve_for_hedge("okx", "x", amount, now_ns=1).is_granted
    assert not desk.hub.can_reserve_for_job(hedge(), [D(1), amount]).is_granted
    assert desk.facts == []


def test_two_legs_on_one_venue_are_judged_together() -> None:
    desk = two_venues()
    job = hedge(venues=("okx", "okx"))
    assert reserve(desk, job, 2000, 2000).reason == "okx 4,000 > 10 % of 30,000 = 3,000"
    assert reserve(desk, job, 1500, 1500).is_granted
    assert desk.reserved("okx") == {Pool.HEDGE: D(3000)}


def test_a_job_reserves_once() -> None:
    desk = two_venues()
    assert reserve(desk, hedge(), 1000, 1000).is_granted
    assert failed_rules(reserve(desk, hedge(), 1000, 1000)) == ["reserved_once"]
    assert desk.reserved("okx") == {Pool.HEDGE: D(1000)}


def test_legs_and_amounts_must_match() -> None:
    assert failed_rules(two_venues().hub.can_reserve_for_job(hedge(), [D(1)])) == ["leg_amounts"]


def test_a_start_that_says_something_else_than_the_grant_is_not_recorded() -> None:
    desk = two_venues()
    with pytest.raises(ValueError, match="start of job j1 says other"):
        desk.hub.reserve_for_job(hedge(), [D(1), D(1)], Starter(hedge("other")))
    assert desk.facts == []


def test_a_recorder_that_does_not_fold_is_noticed() -> None:
    desk = two_venues()
    hub = CapitalHub(desk.book, CapitalLimits(), lambda _: None, lambda _: D(1))
    hub.update_equity("binance", D(50_000))
    hub.update_equity("okx", D(30_000))
    with pytest.raises(RuntimeError, match="not folded"):
        hub.reserve_for_job(hedge(), [D(1), D(1)], Starter(hedge()))


def test_one_name_may_hold_no_more_than_one_reservation_may() -> None:
    desk = two_venues()
    assert desk.hub.reserve_for_hedge("okx", "x", D(2000), now_ns=1).is_granted
    verdict = desk.hub.reserve_for_hedge("okx", "x", D(2000), now_ns=1)
    assert verdict.reason == "okx 4,000 = 2,000 + 2,000 > 10 % of 30,000 = 3,000"


def test_release_frees_a_name_and_is_silent_for_one_that_holds_nothing() -> None:
    desk = two_venues()
    desk.hub.reserve_for_hedge("okx", "x", D(2000), now_ns=1)
    desk.hub.release("y", now_ns=2)
    desk.hub.release("x", now_ns=3)
    assert desk.facts[1:] == [CapitalReleased(at_ns=3, owner="x")]
    assert desk.reserved("okx") == {}


def test_a_position_of_unknown_value_closes_the_arb_pool_only() -> None:
    desk = Desk()
    desk.hub.update_equity("sim-a", D(30_000))
    desk.tell(adopted(D(2), None))
    verdict = desk.hub.reserve_for_arb("sim-a", "x", D(1), now_ns=1)
    assert verdict.reason == "cannot be judged: pool_room (no value of BTC/USDT:USDT@sim-a)"
    assert desk.hub.look("sim-a").free_usd[Pool.ARB] == D(0)
    assert desk.hub.reserve_for_hedge("sim-a", "x", D(1), now_ns=1).is_granted


def test_what_was_adopted_counts_with_contract_size_and_rate() -> None:
    desk = Desk()
    hub = CapitalHub(desk.book, CapitalLimits(), desk.tell, lambda _: D("0.5"))
    hub.update_equity("sim-a", D(30_000))
    desk.tell(adopted(D(2), D(100)))
    assert hub.look("sim-a").free_usd[Pool.ARB] == D(5900)


def test_more_bound_than_budgeted_leaves_nothing_free() -> None:
    desk = Desk()
    desk.hub.update_equity("sim-a", D(100))
    desk.tell(claimed(), filled("f1", quantity=D(4)))
    look = desk.hub.look("sim-a")
    assert (look.free_usd[Pool.ARB], look.in_flight_room_usd, look.single_limit_usd) == (D(0), D(0), D(10))


def test_the_snapshot_shows_pools_limits_and_the_results_of_the_day() -> None:
    desk = two_venues()
    reserve(desk, hedge(), 3000, 3000)
    desk.hub.record_pnl("okx", D("1.5"), D(3000), D("0.9"), now_ns=5)
    desk.hub.record_pnl("okx", D("-0.5"), D(2000), D("0.6"), now_ns=6)
    views = {view.venue: view for view in desk.hub.current_snapshot()}
    assert list(views) == ["binance", "okx"]
    okx = views["okx"]
    hedged = okx.pools[0]
    assert (hedged.pool, hedged.budget_usd, hedged.reserved_usd, hedged.free_usd) == ("hedge", 21_000, 3000, 18_000)
    assert (okx.in_flight_usd, okx.in_flight_limit_usd, okx.single_limit_usd) == (3000, 9000, 3000)
    assert (okx.today_pnl_usd, okx.today_volume_usd, okx.today_fees_usd) == (D(1), D(5000), D("1.5"))
    desk.crash()
    assert desk.hub.current_snapshot()[1].today_pnl_usd == 1
    desk.tell(DayBegan(at_ns=7, day="2026-01-06", total_pnl_usd=D(1)))
    assert desk.hub.current_snapshot()[1].today_volume_usd == 0


def test_a_result_that_is_no_number_is_an_error() -> None:
    with pytest.raises(ValueError, match="not a number"):
        Desk().hub.record_pnl("okx", D("NaN"), D(1), D(1), now_ns=5)


def test_fifty_jobs_at_once_stop_at_the_caps_and_survive_a_crash_in_between() -> None:
    desk = two_venues()
    granted = 0
    for number in range(50):
        granted += reserve(desk, hedge(f"j{number}"), 700, 700).is_granted
        if number == 7:
            desk.crash()
    assert granted == 12  # 12 · 700 = 8,400 of okx's 9,000
    assert desk.reserved("okx") == {Pool.HEDGE: D(8400)}
