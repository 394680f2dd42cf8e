"""Looks at the health of the account after every event that can change it and raises what must stand."""

from typing import Final

from core.engine.parts import EngineParts
from core.journal.facts import DayBegan, EquityPeaked
from core.ledger.position import ZERO
from core.ledger.valuation import Valuation
from core.ledger.valuing import is_new_peak
from core.risk.auto_halt import Health, judge_health
from core.types.calendar_day import utc_day

LEAST_GAP_NS: Final = 100_000_000


class HealthWatch:
    """Judge at most ten times a second on market events, and at once after a fill."""

    def __init__(self, parts: EngineParts) -> None:
        self._fold = parts.fold
        self._recorder = parts.recorder
        self._limits = parts.settings.limits
        self._recent = parts.recent
        self._statistics = parts.statistics
        self._pnl_curve = parts.pnl_curve
        self._judged_ns = 0

    def is_due(self, now_ns: int) -> bool:
        return now_ns - self._judged_ns >= LEAST_GAP_NS or now_ns < self._judged_ns

    def judge(self, valuation: Valuation) -> None:
        """Begin a new day where one has begun, note a new peak, and raise what must stand."""
        now_ns = valuation.at_ns
        self._judged_ns = now_ns
        self._roll_day(valuation)
        if is_new_peak(valuation) and valuation.equity_usd is not None:
            self._recorder.record(EquityPeaked(at_ns=now_ns, equity_usd=valuation.equity_usd))
        health = Health(
            equity_usd=valuation.equity_usd,
            day_loss_usd=valuation.day_loss_usd,
            drawdown_pct=valuation.drawdown_pct,
            orders_answered=self._statistics.answered,
            orders_failed=self._statistics.failed,
            repeated_executions=self._recent.repeated(now_ns),
        )
        for fact in judge_health(health, self._fold.halts, self._limits, now_ns):
            self._recorder.record(fact)

    def _roll_day(self, valuation: Valuation) -> None:
        ledger, today = self._fold.ledger, utc_day(valuation.at_ns)
        if ledger.day is not None and today <= ledger.day:  # a clock set back begins no day again
            return
        # Without a price for everything the day's start cannot be told: the old day goes on until it can.
        if valuation.total_pnl_usd is None and ledger.day is not None:
            return
        total = ZERO if valuation.total_pnl_usd is None else valuation.total_pnl_usd
        self._recorder.record(DayBegan(at_ns=valuation.at_ns, day=today, total_pnl_usd=total))
        self._pnl_curve.begin_day()
