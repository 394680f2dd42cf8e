"""Whatever a person does with modes, overrides, pauses and halts: hard rules and caps hold over any run of orders."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from core.journal.facts import OverrideEnded, OverrideGranted
from core.risk.gate import RiskGate
from core.risk.halts import Halts, bearing_on, pause, tighten, tightest
from core.risk.limits import RiskLimits
from core.risk.override import Overrides, is_suspended, still_standing
from core.risk.verdict import Approved, Hardness
from core.risk.view import JobLook, RiskView
from core.types.control import HaltLevel, RiskMode
from core.types.instrument import Instrument
from core.types.job import Leg
from core.types.job_tag import JobTag, LegRole
from core.types.order import OrderIntent, Side
from tests.orders.making import D, intent
from tests.risk.account import MARKETS, Account
from tests.risk.scene import SECOND_NS, blocker, funds, job, recent, view
from tests.risk.test_halts import raised

LIMITS = RiskLimits(
    max_position_size_usd=D(3_000),
    max_instrument_gross_usd=D(4_000),
    max_instrument_net_usd=D(3_500),
    max_venue_gross_usd=D(5_000),
    max_venue_net_usd=D(4_000),
    max_total_gross_usd=D(6_000),
)

_acts = st.one_of(
    st.tuples(st.just("mode"), st.sampled_from(RiskMode)),
    st.tuples(st.just("override"), st.integers(1, 900)),
    st.tuples(st.just("end"), st.none()),
    st.tuples(st.just("wait"), st.integers(0, 600)),
    st.tuples(st.just("pause"), st.none()),
    st.tuples(st.just("halt"), st.sampled_from(HaltLevel).filter(bool)),
    st.tuples(st.just("failures"), st.sampled_from(["order_failures", "consecutive_failures", "venue_failures"])),
    st.tuples(st.just("resume"), st.booleans()),
    st.tuples(st.just("loss"), st.sampled_from([D(0), D("499.99"), D(500)])),
    st.tuples(st.just("rough"), st.booleans()),
)
_orders = st.tuples(
    st.just("order"),
    st.tuples(
        st.sampled_from(list(MARKETS.values())),
        st.sampled_from(Side),
        st.integers(1, 20).map(Decimal),
        st.sampled_from([None, *LegRole]),
        st.integers(0, 20).map(Decimal),
        st.sampled_from(["keep", "fill", "half", "cancel"]),
    ),
)
_steps = st.lists(st.one_of(_acts, _orders, _orders, _orders), max_size=40)


class Desk:
    """A gate over a real fold of halts and overrides; the account is moved by what is approved."""

    def __init__(self) -> None:
        self.gate, self.account = RiskGate(LIMITS), Account()
        self.halts, self.overrides = Halts(), Overrides()
        self.now_ns, self.mode, self.loss, self.is_rough = 1_000 * SECOND_NS, RiskMode.BALANCED, D(0), False

    def act(self, what: str, how: object) -> None:
        match what, how:
            case "mode", RiskMode():
                self.mode = how
            case "override", int():
                until_ns = self.now_ns + how * SECOND_NS
                self.overrides.apply(OverrideGranted(at_ns=self.now_ns, who="ann", reason="x", until_ns=until_ns))
            case "end", _:
                self.overrides.apply(OverrideEnded(at_ns=self.now_ns, who="ann", reason="x"))
            case "wait", int():
                self.now_ns += how * SECOND_NS
            case "pause", _:
                self.halts.apply(pause(who="ann", reason="x", at_ns=self.now_ns))
            case "halt", HaltLevel():
                self.halts.apply(tighten(scope="global", level=how, who="ann", reason="x", at_ns=self.now_ns))
            case "failures", str():
                scope = "venue:sim-a" if how == "venue_failures" else "global"
                self.halts.apply(raised(scope, how, HaltLevel.REDUCE_ONLY))
            case "resume", bool():
                word = "resume" if how else ""
                for fact in self.halts.resume(who="ann", reason="x", word=word, at_ns=self.now_ns).lifted:
                    self.halts.apply(fact)
            case "loss", Decimal():
                self.loss = how
            case "rough", bool():
                self.is_rough = how
            case _:
                raise AssertionError((what, how))

    def view(self, order: OrderIntent, of: Instrument, look: JobLook | None) -> RiskView:
        blockers, override = bearing_on(self.halts.blockers, of.venue, None), self.overrides.active(self.now_ns)
        return view(
            now_ns=self.now_ns, instrument=of, exposures=self.account.exposures(), job=look, risk_mode=self.mode,
            funds=funds(free_base=max(D(0), self.account.position[of.id])), day_loss_usd=self.loss,
            halt_level=tightest(still_standing(blockers, override)), blockers=blockers, override=override,
            volatility_pct=0.5 if self.is_rough else 0.1, recent=recent(is_duplicate=self.is_rough),
        )  # fmt: skip

    def caps_hold(self, of: Instrument, before: tuple[Decimal, ...]) -> bool:
        limits = (3_000, 4_000, 3_500, 5_000, 6_000)
        return all(now <= max(limit, was) for now, limit, was in zip(self.sums(of), limits, before, strict=True))

    def sums(self, of: Instrument) -> tuple[Decimal, ...]:
        account = self.account
        return (
            account.worst_directional(), account.gross_of(of), account.worst(of), account.gross_at(of.venue),
            account.gross(),
        )  # fmt: skip


def order_of(of: Instrument, side: Side, quantity: Decimal, role: LegRole | None) -> OrderIntent:
    if role is None:
        return intent(of=of, side=side, quantity=quantity)
    tag = JobTag(job_id="j1", strategy="manual", leg=0, role=role)
    return intent(of=of, side=side, quantity=quantity, source="job:j1", job=tag)


@settings(max_examples=150, deadline=None)
@given(_steps)
def test_hard_rules_and_caps_hold_under_any_sequence_of_modes_overrides_and_halts(
    steps: list[tuple[str, object]],
) -> None:
    desk = Desk()
    for what, how in steps:
        if what != "order":
            desk.act(what, how)
            continue
        of, side, quantity, role, room, fate = how  # an order's step
        gives_back = role is LegRole.UNWIND
        leg = Leg(venue=of.venue, symbol=of.symbol, side=side.opposite if gives_back else side, quantity=D(20))
        look = None if role is None else job(leg=leg, primary_left=room, unhedged=room, naked=room)
        order = order_of(of, side, quantity, role)
        seen = desk.view(order, of, look)
        reduces = quantity <= desk.account.can_reduce(of, side)
        completes = role in (LegRole.HEDGE, LegRole.UNWIND) and quantity <= room
        before = desk.sums(of)
        verdict = desk.gate.decide(order, seen)
        if not isinstance(verdict, Approved):
            continue
        assert all(check.hardness is Hardness.SOFT for check in verdict.checks if check.lifted)
        assert not verdict.under_override or desk.overrides.active(desk.now_ns) is not None
        assert role is None or quantity <= room
        level = tightest(each for each in seen.blockers if not (is_suspended(each) and seen.override is not None))
        if not (reduces or completes):
            assert level is HaltLevel.NORMAL
            assert desk.loss < 500
        assert level <= HaltLevel.REDUCE_ONLY
        desk.account.open.append((of, side, quantity))
        assert reduces or completes or desk.caps_hold(of, before)
        if fate != "keep":
            desk.account.open.pop()
        if fate in {"fill", "half"}:
            desk.account.position[of.id] += (quantity if fate == "fill" else quantity / 2) * side.sign


@given(st.sampled_from(HaltLevel).filter(bool), st.sampled_from(RiskMode), st.integers(1, 20).map(Decimal))
def test_nothing_that_raises_risk_leaves_in_reduce_only_or_stricter_whatever_the_override(
    level: HaltLevel, mode: RiskMode, quantity: Decimal
) -> None:
    desk = Desk()
    desk.act("mode", mode)
    desk.act("override", 900)
    desk.act("halt", level)
    for of in MARKETS.values():
        for side in Side:
            order = order_of(of, side, quantity, None)
            assert not isinstance(desk.gate.decide(order, desk.view(order, of, None)), Approved)


def test_an_automatic_pause_is_passed_under_an_override_and_stands_again_after_it() -> None:
    desk = Desk()
    desk.act("failures", "order_failures")
    of = next(iter(MARKETS.values()))
    order = order_of(of, Side.BUY, D(1), None)

    def passes() -> bool:
        return isinstance(desk.gate.decide(order, desk.view(order, of, None)), Approved)

    outcomes = [passes()]
    for act, how in (("override", 60), ("wait", 59), ("wait", 1), ("override", 60), ("end", None)):
        desk.act(act, how)
        outcomes.append(passes())
    assert outcomes == [False, True, True, False, True, False]
    assert blocker("order_failures").cause == desk.halts.blockers[0].cause
