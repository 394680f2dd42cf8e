import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.journal.facts import AnyFact, BlockerLifted, BlockerRaised
from core.risk.auto_halt import Health, VenueSends, judge_health, judge_jobs
from core.risk.halts import Halts, HaltsState, kill, pause, strategy_scope, tighten, venue_scope
from core.risk.limits import RiskLimits
from core.types.control import Blocker, HaltLevel
from tests.orders.making import D

L = HaltLevel
LIMITS = RiskLimits()


def raised(scope: str, cause: str, level: HaltLevel) -> BlockerRaised:
    blocker = Blocker(scope=scope, cause=cause, level=level, since_ns=1, who="test", reason="test")
    return BlockerRaised(at_ns=1, blocker=blocker)


def fold(*facts: AnyFact) -> Halts:
    halts = Halts()
    for fact in facts:
        halts.apply(fact)
    return halts


def causes(facts: tuple[BlockerLifted, ...]) -> list[str]:
    return [fact.cause for fact in facts]


def test_the_tightest_of_global_venue_and_strategy_counts() -> None:
    halts = fold(
        raised("global", "pause", L.REDUCE_ONLY),
        raised(venue_scope("sim-a"), "feed", L.CANCEL_ONLY),
        raised(strategy_scope("ma"), "kill", L.HALTED),
    )
    assert halts.level() is L.REDUCE_ONLY
    assert halts.level("sim-b") is L.REDUCE_ONLY
    assert halts.level("sim-a") is L.CANCEL_ONLY
    assert halts.level("sim-a", "ma") is L.HALTED
    assert halts.level("sim-b", "other") is L.REDUCE_ONLY
    assert fold().level("sim-a", "ma") is L.NORMAL


def test_raising_again_tightens_and_never_loosens() -> None:
    halts = fold(raised("global", "kill", L.FLATTEN), raised("global", "kill", L.HALTED))
    assert halts.level() is L.FLATTEN
    halts.apply(raised("global", "other", L.REDUCE_ONLY))
    assert halts.level() is L.FLATTEN


def test_resume_lifts_a_pause_and_nothing_tighter() -> None:
    halts = fold(pause(who="me", reason="", at_ns=1), kill(who="me", reason="", at_ns=2))
    lifting = halts.resume(who="me", reason="", word="", at_ns=3)
    assert causes(lifting.lifted) == ["pause"]
    assert [blocker.cause for blocker in lifting.standing] == ["kill"]
    assert "takes a reason and the word 'resume'" in lifting.message
    assert halts.level() is L.HALTED


@pytest.mark.parametrize(("reason", "word"), [("", "resume"), ("looked", ""), ("looked", "resum"), ("  ", "resume")])
def test_a_halt_is_lifted_only_with_reason_and_typed_word(reason: str, word: str) -> None:
    halts = fold(kill(who="me", reason="", at_ns=2, level=L.FLATTEN))
    assert halts.resume(who="me", reason=reason, word=word, at_ns=3).lifted == ()


def test_with_reason_and_word_everything_is_lifted_and_trading_is_normal() -> None:
    halts = fold(pause(who="me", reason="", at_ns=1), kill(who="me", reason="", at_ns=2))
    lifting = halts.resume(who="me", reason="looked at it", word="resume", at_ns=3)
    for fact in lifting.lifted:
        halts.apply(fact)
    assert (causes(lifting.lifted), lifting.standing, halts.level()) == (["pause", "kill"], (), L.NORMAL)
    assert all((fact.who, fact.reason) == ("me", "looked at it") for fact in lifting.lifted)


def test_what_the_engine_raised_short_of_a_halt_takes_a_reason() -> None:
    halts = fold(raised("global", "order_failures", L.REDUCE_ONLY))
    assert halts.resume(who="me", reason="", word="", at_ns=3).lifted == ()
    assert causes(halts.resume(who="me", reason="venue was down", word="", at_ns=3).lifted) == ["order_failures"]


def test_a_resume_with_a_scope_lifts_what_stands_there_and_names_the_rest() -> None:
    halts = fold(
        kill(who="me", reason="", at_ns=1),
        raised("venue:sim-a", "manual", L.CANCEL_ONLY),
        raised("venue:sim-b", "manual", L.CANCEL_ONLY),
    )
    lifting = halts.resume(who="me", reason="it is back", word="resume", at_ns=3, scope="venue:sim-a")
    assert [(fact.scope, fact.cause) for fact in lifting.lifted] == [("venue:sim-a", "manual")]
    assert lifting.standing == ()
    assert "not looked at: kill (global, HALTED), manual (venue:sim-b, CANCEL_ONLY)" in lifting.message
    assert halts.resume(who="me", reason="x", word="resume", at_ns=3, scope="strategy:ma").lifted == ()


def test_resume_with_nothing_blocked_says_so() -> None:
    assert fold().resume(who="me", reason="", word="", at_ns=3).message == "nothing is blocked"


_scopes = st.sampled_from(["global", "venue:sim-a", "strategy:ma"])
_causes = st.sampled_from(["pause", "kill", "daily_loss"])
_facts = st.lists(
    st.one_of(
        st.builds(raised, _scopes, _causes, st.sampled_from(HaltLevel)),
        st.builds(
            BlockerLifted, at_ns=st.just(2), scope=_scopes, cause=_causes, who=st.just("me"), reason=st.just("x")
        ),
    ),
    max_size=12,
)


@given(_facts, st.integers(0, 12))
def test_a_snapshot_and_the_facts_after_it_equal_all_facts(facts: list[AnyFact], cut: int) -> None:
    resumed = Halts()
    resumed.restore(msgspec.json.decode(msgspec.json.encode(fold(*facts[:cut]).to_state()), type=HaltsState))
    for fact in facts[cut:]:
        resumed.apply(fact)
    assert resumed.to_state() == fold(*facts).to_state()


@given(_facts)
def test_without_lifting_the_level_only_rises(facts: list[AnyFact]) -> None:
    halts, before = Halts(), L.NORMAL
    for fact in facts:
        if isinstance(fact, BlockerLifted):
            continue
        halts.apply(fact)
        assert halts.level("sim-a", "ma") >= before
        before = halts.level("sim-a", "ma")


# automatic halts -----------------------------------------------------------------------------------------


def health(**changes: object) -> Health:
    fields: dict[str, object] = {
        "equity_usd": D(100_000),
        "day_loss_usd": D(0),
        "drawdown_pct": D(0),
        "orders_answered": 100,
        "orders_failed": 5,
    }
    return Health(**{**fields, **changes})


def raised_by(
    seen: Health, halts: Halts | None = None, limits: RiskLimits = LIMITS
) -> list[tuple[str, str, HaltLevel]]:
    facts = judge_health(seen, halts or Halts(), limits, 7)
    return [(fact.blocker.scope, fact.blocker.cause, fact.blocker.level) for fact in facts]


def test_a_healthy_account_raises_nothing() -> None:
    assert raised_by(health()) == []
    assert raised_by(health(day_loss_usd=D("499.99"), drawdown_pct=D("9.99"))) == []


@pytest.mark.parametrize(("equity", "loss"), [(100_000, 500), (10_000, 300)])
def test_the_days_loss_at_its_limit_flattens_everything(equity: int, loss: int) -> None:
    seen = health(equity_usd=D(equity), day_loss_usd=D(loss))
    assert raised_by(seen) == [("global", "daily_loss", L.FLATTEN)]
    assert raised_by(seen, limits=RiskLimits(flatten_on_daily_loss=False)) == [("global", "daily_loss", L.HALTED)]


@pytest.mark.parametrize("equity", [0, -200])
def test_an_account_without_equity_left_flattens_at_its_first_loss_and_never_at_none(equity: int) -> None:
    assert raised_by(health(equity_usd=D(equity), day_loss_usd=D("0.01"))) == [("global", "daily_loss", L.FLATTEN)]
    assert raised_by(health(equity_usd=D(equity))) == []


def test_drawdown_and_failing_orders_stop_new_risk() -> None:
    assert raised_by(health(drawdown_pct=D(10))) == [("global", "drawdown", L.REDUCE_ONLY)]
    assert raised_by(health(orders_failed=6)) == [("global", "order_failures", L.REDUCE_ONLY)]
    assert raised_by(health(orders_answered=19, orders_failed=19)) == []


def test_a_strategy_that_repeats_itself_is_stopped_alone() -> None:
    seen = health(repeated_executions=(("ma", 20), ("calm", 19)))
    assert raised_by(seen) == [("strategy:ma", "repeated_execution", L.REDUCE_ONLY)]


def test_what_stands_already_is_not_raised_again() -> None:
    seen = health(day_loss_usd=D(600))
    halts = fold(*judge_health(seen, Halts(), LIMITS, 7))
    assert raised_by(seen, halts) == []


def test_unknown_equity_raises_nothing_by_itself() -> None:
    assert raised_by(health(equity_usd=None, day_loss_usd=None, drawdown_pct=None)) == []


# venues and jobs that fail -------------------------------------------------------------------------------


def sends(sent: int, troubled: int, venue: str = "okx") -> VenueSends:
    return VenueSends(venue=venue, sent=sent, troubled=troubled)


def test_a_venue_where_too_many_orders_fail_is_stopped_alone() -> None:
    seen = health(venues=(sends(10, 3), sends(10, 2, "calm"), sends(9, 9, "young"), sends(0, 0, "idle")))
    assert raised_by(seen) == [("venue:okx", "venue_failures", L.REDUCE_ONLY)]
    assert raised_by(health(venues=(sends(8, 2),)), limits=RiskLimits(min_venue_failure_sample=8)) == []
    assert raised_by(health(venues=(sends(0, 0),)), limits=RiskLimits(min_venue_failure_sample=0)) == []


def test_failed_jobs_in_a_row_pause_until_a_person_resumes() -> None:
    assert judge_jobs(2, 3, Halts(), 7) == ()
    (fact,) = judge_jobs(3, 3, Halts(), 7)
    assert (fact.blocker.scope, fact.blocker.cause, fact.blocker.level) == (
        "global",
        "consecutive_failures",
        L.REDUCE_ONLY,
    )
    halts = fold(fact)
    assert judge_jobs(4, 3, halts, 8) == ()
    assert halts.resume(who="me", reason="", word="", at_ns=9).lifted == ()
    assert causes(halts.resume(who="me", reason="looked", word="", at_ns=9).lifted) == ["consecutive_failures"]


@given(_facts, _scopes, st.sampled_from(HaltLevel).filter(bool))
def test_tightening_by_a_person_counts_at_once_and_loosens_nothing(
    facts: list[AnyFact], scope: str, level: HaltLevel
) -> None:
    halts = fold(*facts)
    before = halts.level("sim-a", "ma")
    halts.apply(tighten(scope=scope, level=level, who="ann", reason="x", at_ns=3))
    assert halts.level("sim-a", "ma") == max(before, level)
