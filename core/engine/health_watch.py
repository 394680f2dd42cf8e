"""Looks at the health of the account after every event that can change it and raises what must stand."""

from collections.abc import Callable
from typing import Final

import msgspec

from core.engine.parts import EngineParts
from core.journal.facts import DayBegan, EquityPeaked
from core.ledger.position import ZERO
from core.ledger.valuation import Valuation
from core.ledger.valuing import is_new_peak
from core.risk.auto_halt import Health, judge_health
from core.types.calendar_day import utc_day
from core.types.control import HaltLevel

LEAST_GAP_NS: Final = 100_000_000


class HealthWatch:
    """Judge at most ten times a second on market events, and at once after a fill."""

    def __init__(self, parts: EngineParts) -> None:
        self._clock = parts.clock
        self._fold = parts.fold
        self._recorder = parts.recorder
        self._limits = parts.settings.limits
        self._recent = parts.recent
        self._statistics = parts.statistics
        self._pnl_curve = parts.pnl_curve
        self._capital = parts.capital
        self._comparisons = parts.first_comparisons
        self._judged_ns = 0
        self._on_halt: Callable[[], None] = lambda: None

    def on_halt(self, callback: Callable[[], None]) -> None:
        """Call back at once when trading was halted; what follows must not wait for the next second."""
        self._on_halt = callback

    def is_due(self, now_ns: int) -> bool:
        return now_ns - self._judged_ns >= LEAST_GAP_NS or now_ns < self._judged_ns

    def judge(self, valuation: Valuation) -> Valuation:
        """Begin a new day where one has begun, note a new peak, and raise what must stand.

        Returns the valuation, counted from the new day's start where one began.
        """
        now_ns = valuation.at_ns
        self._judged_ns = now_ns
        valuation = self._roll_day(valuation)
        is_settled = self._comparisons.are_settled
        if is_settled and is_new_peak(valuation) and valuation.equity_usd is not None:
            self._recorder.record(EquityPeaked(at_ns=now_ns, equity_usd=valuation.equity_usd))
        health = Health(
            # A share of a part of the account is no limit of the account; the amount is one.
            equity_usd=valuation.equity_usd if self._comparisons.are_complete else None,
            day_loss_usd=None if self._is_day_to_come(valuation) else valuation.day_loss_usd,
            drawdown_pct=valuation.drawdown_pct if is_settled else None,
            orders_answered=self._statistics.answered,
            orders_failed=self._statistics.failed,
            venues=self._statistics.by_venue(),
            repeated_executions=self._recent.repeated(self._clock.monotonic_ns()),
        )
        raised = judge_health(health, self._fold.halts, self._limits, now_ns)
        for fact in raised:
            self._recorder.record(fact)
        if any(fact.blocker.level >= HaltLevel.HALTED for fact in raised):
            self._on_halt()
        return valuation

    def _roll_day(self, valuation: Valuation) -> Valuation:
        total = valuation.total_pnl_usd
        # A clock set back begins no day again; and without a price for everything the start cannot be told, nor while
        # an account that is known is still to be taken over: what it lost long ago would be lost today.
        is_due = self._fold.ledger.day is None or self._is_day_to_come(valuation)
        if total is None or not is_due or not self._comparisons.are_settled:
            return valuation
        self._recorder.record(DayBegan(at_ns=valuation.at_ns, day=utc_day(valuation.at_ns), total_pnl_usd=total))
        self._pnl_curve.begin_day()
        return msgspec.structs.replace(
            valuation, day_pnl_usd=ZERO, today_volume_usd=ZERO, today_fees_usd=ZERO, today_trades=0
        )

    def _is_day_to_come(self, valuation: Valuation) -> bool:
        """Tell whether the ledger still counts from the start of a day before: what it lost then is not today's."""
        day = self._fold.ledger.day
        return day is not None and utc_day(valuation.at_ns) > day
