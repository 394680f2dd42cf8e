"""The risk hub's side of jobs: what it is told by name, what it knows from it, and its verdict on a job."""

from collections import deque
from typing import Final

import msgspec

from core.jobs.evaluation import evaluate
from core.jobs.job_book import FAILURES, SUCCESSES
from core.jobs.market import JobMarket
from core.jobs.percentile import p95
from core.jobs.rulebook import Rulebook
from core.jobs.usual_spread import UsualSpread
from core.jobs.verdict import JobVerdict
from core.journal.facts import (
    AnyFact,
    BlockerLifted,
    JobCorrected,
    JobFinished,
    OverrideEnded,
    OverrideGranted,
    RiskModeChanged,
)
from core.risk.volatility import ShortTermVolatility
from core.types.control import RiskMode
from core.types.instrument import InstrumentId
from core.types.job import HedgeJob

CONSECUTIVE_FAILURES: Final = "consecutive_failures"  # cause of the blocker that a person lifts
LATENCY_SAMPLES: Final = 200
LATENCY_KEPT_NS: Final = 300_000_000_000  # a slow venue gets no orders, so only time can show that it is quick again
CALM_SHARE: Final = 0.8  # a fast market is let go below this share of the threshold, so that it does not flicker


class RiskHubState(msgspec.Struct, frozen=True):
    """What must survive a restart; market statistics come anew."""

    mode: RiskMode
    override_until_ns: int | None
    failures: int


class RiskHub:
    """Keeps mode, override and failures (folded from facts) and statistics of the market (not journaled)."""

    def __init__(self, rules: Rulebook, mode: RiskMode = RiskMode.BALANCED) -> None:
        self.rules = rules
        self.mode = mode
        self.override_until_ns: int | None = None
        self.consecutive_failures = 0
        self._volatility: dict[str, ShortTermVolatility] = {}
        self._latency: dict[str, deque[tuple[int, float]]] = {}  # (when, ms)
        self._funding: dict[InstrumentId, float] = {}
        self._spreads: dict[InstrumentId, UsualSpread] = {}
        self._fast: dict[str, None] = {}

    def evaluate_job(self, job: HedgeJob, market: JobMarket) -> JobVerdict:
        """Apply every control of `core.jobs.controls.table` to a job; the market holds all that is looked at."""
        return evaluate(job, market, self.rules)

    # folding -----------------------------------------------------------------------------------------

    def apply(self, fact: AnyFact) -> None:
        """Fold one fact; those of other kinds change nothing."""
        match fact:
            case RiskModeChanged(mode=mode):
                self.mode = mode
            case OverrideGranted(until_ns=until_ns):
                self.override_until_ns = until_ns
            case OverrideEnded():
                self.override_until_ns = None
            case JobFinished(outcome=outcome):
                if outcome in SUCCESSES:
                    self.record_success()
                elif outcome in FAILURES:
                    self.record_failure()
            case JobCorrected(outcome=outcome, before=before) if outcome in FAILURES and before not in FAILURES:
                self.record_failure()
            case BlockerLifted(cause=cause) if cause == CONSECUTIVE_FAILURES:
                self.consecutive_failures = 0
            case _:
                pass

    def record_success(self) -> None:
        """End the row of failures."""
        self.consecutive_failures = 0

    def record_failure(self) -> None:
        """Count a job that had to be given back or was left naked; one that filled nothing is neither."""
        self.consecutive_failures += 1

    @property
    def is_auto_halted(self) -> bool:
        """Tell whether so many jobs failed in a row that new ones wait for a person."""
        return self.consecutive_failures >= self.rules.jobs.max_consecutive_failures

    def set_risk_mode(self, mode: RiskMode, *, who: str, now_ns: int) -> RiskModeChanged:
        """Return the fact that changes the mode once it is journaled and folded."""
        return RiskModeChanged(at_ns=now_ns, mode=mode, who=who)

    def manual_override(self, seconds: float, *, who: str, reason: str, now_ns: int) -> OverrideGranted:
        """Return the fact that lifts the soft controls for a time; hard ones stand.

        Raise ValueError without a reason or for no time.
        """
        if not reason.strip():
            raise ValueError("an override takes a reason")
        if not seconds > 0:
            raise ValueError(f"an override of {seconds:g} s lifts nothing; allowed is above 0")
        return OverrideGranted(at_ns=now_ns, who=who, reason=reason.strip(), until_ns=now_ns + int(seconds * 1e9))

    # inputs by name ----------------------------------------------------------------------------------

    def update_market_volatility(self, symbol: str, price: float, at_ns: int) -> None:
        """Take a price of a symbol; one that is no positive number is left out."""
        volatility = self._volatility.get(symbol)
        if volatility is None:
            window_s = self.rules.risk.volatility_window_s
            volatility = self._volatility[symbol] = ShortTermVolatility(window_s, step_s=min(1.0, window_s))
        volatility.update(at_ns, price)

    def update_exchange_latency(self, venue: str, ms: float, at_ns: int) -> None:
        """Take the time from an order to its answer; a negative one, or NaN, is left out."""
        if 0.0 <= ms < float("inf"):
            self._latency.setdefault(venue, deque(maxlen=LATENCY_SAMPLES)).append((at_ns, ms))

    def update_funding_rate(self, venue: str, symbol: str, rate: float) -> None:
        """Take the funding rate of the running interval, a fraction of notional."""
        self._funding[InstrumentId(venue, symbol)] = rate

    def update_spread(self, instrument_id: InstrumentId, spread_bps: float, at_ns: int) -> None:
        """Take a spread over, once a tick, for what is usual."""
        self._spreads.setdefault(instrument_id, UsualSpread()).update(spread_bps, at_ns)

    # what is known from them -------------------------------------------------------------------------

    def latency_p95_ms(self, venue: str, now_ns: int) -> float | None:
        """Return the 95th percentile of the last 200 answers of five minutes, None without any."""
        samples = [ms for at_ns, ms in self._latency.get(venue, ()) if 0 <= now_ns - at_ns <= LATENCY_KEPT_NS]
        return p95(samples) if samples else None

    def funding_rate(self, venue: str, symbol: str) -> float | None:
        return self._funding.get(InstrumentId(venue, symbol))

    def usual_spread_bps(self, instrument_id: InstrumentId) -> float | None:
        spread = self._spreads.get(instrument_id)
        return None if spread is None else spread.bps

    def fast_markets(self, now_ns: int) -> tuple[str, ...]:
        """Return the symbols that move faster than the mode allows, until they are well below it again."""
        limit = self.rules.risk.max_volatility_pct[self.mode]
        for symbol, volatility in self._volatility.items():
            percent = volatility.percent(now_ns)
            if percent is None:
                continue
            if percent > limit:
                self._fast[symbol] = None
            elif percent < CALM_SHARE * limit:
                self._fast.pop(symbol, None)
        return tuple(self._fast)

    # snapshots ---------------------------------------------------------------------------------------

    def to_state(self) -> RiskHubState:
        return RiskHubState(self.mode, self.override_until_ns, self.consecutive_failures)

    def restore(self, state: RiskHubState) -> None:
        self.mode = state.mode
        self.override_until_ns = state.override_until_ns
        self.consecutive_failures = state.failures
