"""What must hold of every order at the moment it is sent, judged by what the venues know, not by what we do."""

from decimal import Decimal
from fractions import Fraction

from core.execution.commands import SendOrder
from core.journal.facts import OrderFilled
from core.types.control import HaltLevel
from core.types.job import JobPhase
from core.types.job_tag import LegRole
from core.types.order import OrderStatus
from tests.execution.scripted import Script

D = Decimal


class Oracle:
    """Watch a script; every violated invariant is an AssertionError with its name."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.is_closed = False  # something has happened after which nothing more may be opened
        script.on_send = self.judge
        script.on_end = self.judge_end

    def judge(self, order: SendOrder) -> None:
        script, leg = self.script, self.script.job.legs[order.leg]
        assert order.quantity > 0
        assert order.quantity % script.rules[order.leg].order_lot == 0
        assert order.limit_price % script.rules[order.leg].order_tick == 0
        for known in script.tracker.live(leg.instrument_id):
            assert known.status is not OrderStatus.IN_DOUBT, f"sent on a frozen leg: {order}"
            raise AssertionError(f"sent on a leg with a live order: {order}")
        assert script.halts[order.leg] <= HaltLevel.REDUCE_ONLY, "sent beyond reduce only"
        match order.role:
            case LegRole.PRIMARY:
                self._judge_primary(order)
            case LegRole.HEDGE:
                self._judge_hedge(order)
            case LegRole.UNWIND:
                self._judge_unwind(order)

    def _judge_primary(self, order: SendOrder) -> None:
        script = self.script
        assert order.leg == 0
        assert order.side is script.job.legs[0].side
        assert script.run.stage is JobPhase.PRIMARY
        assert not self.is_closed, "opened after a halt, a cancel, a doubt or a restart"
        assert all(halt is HaltLevel.NORMAL for halt in script.halts)
        assert script.cancel_reason is None
        total = script.true_gross(LegRole.PRIMARY) + self._possible(0) + order.quantity
        assert total <= script.job.legs[0].quantity, f"G2: {total} of the primary leg may be filled"
        self._assert_cap(order.quantity)

    def _judge_hedge(self, order: SendOrder) -> None:
        script = self.script
        assert order.side is script.job.legs[order.leg].side
        hedged = script.true_filled(order.leg) + self._possible(order.leg) + order.quantity
        allowed = script.true_share(0) * Fraction(script.job.legs[order.leg].quantity)
        assert Fraction(hedged) <= allowed, f"G3: {hedged} hedged, {allowed} filled"

    def _judge_unwind(self, order: SendOrder) -> None:
        script = self.script
        if order.side is script.job.legs[order.leg].side:
            held = script.true_filled(order.leg) + self._possible(order.leg)
            assert held + order.quantity <= 0, f"took again more than was given back too much: {held} held"
            return
        left = script.true_filled(order.leg) - self._possible(order.leg) - order.quantity
        others = max(Fraction(0), min(script.true_share(x) for x in range(len(script.job.legs)) if x != order.leg))
        needed = others * Fraction(script.job.legs[order.leg].quantity)
        assert Fraction(left) >= needed, f"gave back what the other legs need: {left} left of {needed}"

    def _possible(self, leg: int) -> Decimal:
        """Return what still rests at the venue."""
        orders = [x for x in self.script.truth.values() if x.is_resting and x.intent.job.leg == leg]
        return sum((x.intent.quantity - x.filled for x in orders), D(0))

    def _assert_cap(self, more: Decimal) -> None:
        script = self.script
        naked = max(script.true_share(0) - script.true_share(at) for at in range(1, len(script.job.legs)))
        size = naked * Fraction(script.job.legs[0].quantity) + Fraction(more)
        value_usd = size * Fraction(script.quotes[0].ask) * Fraction(script.rules[0].contract_size)
        assert value_usd <= Fraction(script.limits.max_naked_usd), f"{float(value_usd)} USD may be naked"

    def judge_end(self) -> None:
        """Hold the end, at the moment it is told, against the venues' truth."""
        script, end = self.script, self.script.end
        assert end is not None
        assert all(not x.untold and not x.is_resting for x in script.truth.values()), "ended on open questions"
        assert end.naked_quantity == _naked(script)
        fees = volume = cash = D(0)
        for order in script.truth.values():
            known = script.tracker.get(order.intent.client_order_id)
            assert known is not None
            assert known.filled_quantity == order.filled
            assert order.intent.job is not None
            notional = known.filled_notional * script.rules[order.intent.job.leg].contract_size
            volume += notional
            cash -= notional * known.intent.side.sign
        for fact in script.facts:
            if isinstance(fact, OrderFilled):
                fees += fact.fill.fee
        assert end.volume_usd == volume
        assert end.fees_usd == fees
        marked = sum((_rest_usd(script, leg) for leg in range(len(script.job.legs))), D(0))
        assert abs(end.pnl_usd - (cash + marked - fees)) < D("1e-9")


def _rest_usd(script: Script, leg: int) -> Decimal:
    level = max(Fraction(0), min(script.true_share(at) for at in range(len(script.job.legs))))
    rest = (script.true_share(leg) - level) * Fraction(script.job.legs[leg].quantity)
    quantity = D(rest.numerator) / D(rest.denominator) * script.job.legs[leg].side.sign
    return quantity * _mark(script, leg) * script.rules[leg].contract_size


def _naked(script: Script) -> Decimal:
    shares = [script.true_share(at) for at in range(len(script.job.legs))]
    gap = max((shares[0] - other for other in shares[1:]), key=abs) * Fraction(script.job.legs[0].quantity)
    signed = gap * script.job.legs[0].side.sign
    return D(signed.numerator) / D(signed.denominator)


def _mark(script: Script, leg: int) -> Decimal:
    mid = script.leg_view(leg).mid
    if mid is not None:
        return mid
    fills = [x.fill for x in script.facts if isinstance(x, OrderFilled)]
    prices = [x.price for x in fills if x.instrument_id == script.job.legs[leg].instrument_id]
    return prices[-1] if prices else D(0)
