"""Engine state as the fold of facts: orders, held orders, ledger, what blocks, mode, run, strategies."""

from collections import deque
from collections.abc import Iterator
from typing import Final

import msgspec

from core.alarms.marks import AlarmMarks, AlarmMarksState
from core.alarms.price_alerts import PriceAlerts, PriceAlertsState
from core.capital.book import CapitalBook
from core.capital.state import CapitalState
from core.engine.away_book import AwayBook, AwayState
from core.engine.directional_positions import Directional, DirectionalPositions, Share
from core.engine.fill_view import fill_view
from core.engine.narrator import Line
from core.engine.source_positions import SourcePositions, SourcePositionsState
from core.execution.runs import JobRuns, JobRunsState
from core.held.book import HeldBook, HeldBookState
from core.jobs.job_book import JobBookState
from core.jobs.risk_hub import RiskHub, RiskHubState
from core.jobs.rulebook import Rulebook
from core.jobs.scheduler import Scheduler
from core.journal.facts import (
    AnyFact,
    EngineStarted,
    InstrumentNoted,
    ReconciliationFinished,
    RiskModeChanged,
    StrategyOverran,
    StrategyStarted,
    StrategyStopped,
)
from core.ledger.ledger import Ledger
from core.ledger.outcome import InstrumentLookup, LedgerFault, LedgerOutcome
from core.ledger.state import LedgerState
from core.orders.outcome import Applied, Quarantined, TrackerOutcome
from core.orders.state import TrackerState
from core.orders.tracker import OrderTracker
from core.risk.halts import Halts, HaltsState
from core.risk.override import Overrides, OverridesState
from core.state.desk import FillView
from core.types.control import RiskMode
from core.types.job import HedgeJob

KEPT_FILLS: Final = 500


class FoldState(msgspec.Struct, frozen=True, kw_only=True):
    """The fold as a value, for snapshots."""

    orders: TrackerState
    ledger: LedgerState
    halts: HaltsState
    risk_mode: RiskMode
    run: int
    strategies: dict[str, dict[str, str]]
    source_positions: SourcePositionsState
    directional: dict[str, Directional]
    recent_fills: list[FillView]  # oldest first
    reconciled_ns: dict[str, int]
    overrides: OverridesState
    capital: CapitalState
    jobs: JobBookState
    runs: JobRunsState
    risk_hub: RiskHubState
    held: HeldBookState
    applied: int = 0
    away: AwayState = AwayState()
    alarms: AlarmMarksState = AlarmMarksState()
    price_alerts: PriceAlertsState = PriceAlertsState()


class FoldOutcome(msgspec.Struct, frozen=True):
    """What one fact did."""

    orders: TrackerOutcome | None
    ledger: LedgerOutcome | None
    shares: tuple[Share, ...] = ()  # whose positions a closing fill made smaller

    def complaints(self) -> Iterator[Line]:
        """Yield a log line for whatever did not fit."""
        if isinstance(self.orders, Quarantined):
            yield Line("error", "order", f"{self.orders.client_order_id} set aside: {self.orders.reason}")
        if isinstance(self.ledger, LedgerFault):
            yield Line("error", "engine", f"not booked: {self.ledger.reason}")


class EngineFold:
    """Apply facts in order; nothing else changes this state. A prefix of the journal gives the same state again."""

    def __init__(self, instruments: InstrumentLookup, risk_mode: RiskMode, rules: Rulebook) -> None:
        self.orders = OrderTracker()
        self.ledger = Ledger(instruments)
        self.halts = Halts()
        self.overrides = Overrides()
        self.capital = CapitalBook()
        self.scheduler = Scheduler(rules)
        self.risk_hub = RiskHub(rules, risk_mode)
        self.runs = JobRuns()
        self.held = HeldBook()
        self.away = AwayBook()
        self.alarms = AlarmMarks()
        self.price_alerts = PriceAlerts()
        self.source_positions = SourcePositions()
        self.directional = DirectionalPositions()
        self.recent_fills: deque[FillView] = deque(maxlen=KEPT_FILLS)
        self.risk_mode = risk_mode
        self.run = 0
        self.applied = 0  # facts so far: what came before what, whatever any clock says
        self.strategies: dict[str, dict[str, str]] = {}  # running ones and their parameters
        self.reconciled_ns: dict[str, int] = {}  # by venue: what happened there until then is booked

    def apply(self, fact: AnyFact) -> FoldOutcome:
        self.applied += 1
        match fact:
            case EngineStarted():
                self.run = fact.run
            case RiskModeChanged():
                self.risk_mode = fact.mode
            case StrategyStarted():
                self.strategies[fact.name] = fact.parameters
            case StrategyStopped() | StrategyOverran():
                self.strategies.pop(fact.name, None)
            case ReconciliationFinished():
                self.reconciled_ns[fact.venue] = fact.at_ns
            case InstrumentNoted():  # before the ledger, which forgets the rules of until now
                self.source_positions.rules_changed(self.ledger.noted(fact.instrument.id), fact.instrument)
            case _:
                pass
        self.halts.apply(fact)
        self.overrides.apply(fact)
        moved = self.orders.apply(fact)
        shares = self.directional.apply(fact, moved)
        self.source_positions.apply(moved, shares)
        if isinstance(moved, Applied):
            self.recent_fills.extend(fill_view(fill, moved.order.intent.source) for fill in moved.fills)
        booked = self.ledger.apply(fact)
        self.source_positions.apply_booked(fact, booked, self.ledger)
        self.capital.apply(fact, moved, booked)
        self.scheduler.apply(fact)
        self.risk_hub.apply(fact)
        self.runs.apply(fact, moved, self.applied, self.running_job)
        self.held.apply(fact, moved, self.applied)
        self.away.apply(fact, moved)
        self.alarms.apply(fact)
        self.price_alerts.apply(fact)
        return FoldOutcome(moved, booked, shares)

    def running_job(self, job_id: str) -> HedgeJob | None:
        """Return a job that has started and not ended."""
        found = self.scheduler.book.running.get(job_id)
        return None if found is None else found.job

    def to_bytes(self) -> bytes:
        """Encode the state; equal states give equal bytes."""
        state = FoldState(
            orders=self.orders.to_state(),
            ledger=self.ledger.to_state(),
            halts=self.halts.to_state(),
            risk_mode=self.risk_mode,
            run=self.run,
            strategies=self.strategies,
            source_positions=self.source_positions.to_state(),
            directional=self.directional.to_state(),
            recent_fills=list(self.recent_fills),
            reconciled_ns=self.reconciled_ns,
            overrides=self.overrides.to_state(),
            capital=self.capital.to_state(),
            jobs=self.scheduler.to_state(),
            runs=self.runs.to_state(),
            risk_hub=self.risk_hub.to_state(),
            applied=self.applied,
            held=self.held.to_state(),
            away=self.away.to_state(),
            alarms=self.alarms.to_state(),
            price_alerts=self.price_alerts.to_state(),
        )
        return msgspec.json.encode(state, order="deterministic")

    def restore(self, encoded: bytes) -> None:
        """Become what `to_bytes` saw; raise msgspec.DecodeError for anything else."""
        state = msgspec.json.decode(encoded, type=FoldState)
        self.orders.restore(state.orders)
        self.ledger.restore(state.ledger)
        self.halts.restore(state.halts)
        self.overrides.restore(state.overrides)
        self.capital.restore(state.capital)
        self.scheduler.restore(state.jobs)
        self.runs.restore(state.runs)
        self.risk_hub.restore(state.risk_hub)
        self.risk_mode, self.run, self.applied = state.risk_mode, state.run, state.applied
        self.held.restore(state.held)
        self.away.restore(state.away)
        self.alarms.restore(state.alarms)
        self.price_alerts.restore(state.price_alerts)
        self.strategies = dict(state.strategies)
        self.reconciled_ns = dict(state.reconciled_ns)
        self.source_positions.restore(state.source_positions)
        self.directional.restore(state.directional)
        self.recent_fills.clear()
        self.recent_fills.extend(state.recent_fills)
