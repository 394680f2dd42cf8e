"""Facts the journal keeps. Engine state is the fold of these, in order, and of nothing else."""

from decimal import Decimal

import msgspec

from core.risk.verdict import Check
from core.types.account import FundingPayment
from core.types.capital import Claim, OrderClaim
from core.types.control import Blocker, RiskMode
from core.types.job import HedgeJob, JobDropCause, JobOutcome, JobPhase
from core.types.order import Fill, OrderIntent, OrderStatus


class Fact(msgspec.Struct, frozen=True, kw_only=True, tag=True, tag_field="kind"):
    """Something that happened, in the past tense; `at_ns` is UTC."""

    at_ns: int


class EngineStarted(Fact, frozen=True, kw_only=True):
    version: str
    run: int  # counts starts on this journal; part of every client order id


class EngineStopped(Fact, frozen=True, kw_only=True):
    reason: str


class OrderIntended(Fact, frozen=True, kw_only=True):
    """The gate approved; written and committed before the wire call."""

    intent: OrderIntent
    checks: tuple[Check, ...]
    claim: OrderClaim | None = None


class OrderRefused(Fact, frozen=True, kw_only=True):
    """The gate said no; nothing was sent."""

    intent: OrderIntent
    checks: tuple[Check, ...]


class OrderStatusChanged(Fact, frozen=True, kw_only=True):
    """The venue (or its silence) moved an order to another state."""

    client_order_id: str
    status: OrderStatus
    venue_order_id: str | None = None
    reason: str | None = None


class OrderAdopted(Fact, frozen=True, kw_only=True):
    """A live order found at the venue that this engine did not send: counted, never touched."""

    intent: OrderIntent
    venue_order_id: str | None


class OrderFilled(Fact, frozen=True, kw_only=True):
    fill: Fill


class FundingBooked(Fact, frozen=True, kw_only=True):
    payment: FundingPayment


class BalanceReported(Fact, frozen=True, kw_only=True):
    """The venue's cash of one asset, taken over at the first start and after reconciliation."""

    venue: str
    asset: str
    total: Decimal


class PositionAdopted(Fact, frozen=True, kw_only=True):
    """Reconciliation found another position than the journal's and took the venue's over.

    `price` is what the difference is taken to have traded at, so that no profit or loss disappears with it.
    """

    venue: str
    symbol: str
    quantity: Decimal
    average_price: Decimal
    cause: str
    price: Decimal | None = None


class DayBegan(Fact, frozen=True, kw_only=True):
    """A UTC day began with this much profit since the first start; the day's loss counts from here."""

    day: str  # ISO date
    total_pnl_usd: Decimal


class EquityPeaked(Fact, frozen=True, kw_only=True):
    """Equity reached a height that drawdown is measured from until the next one."""

    equity_usd: Decimal


class BestPriceReached(Fact, frozen=True, kw_only=True):
    """The best mark since a protected position was opened, where it moved by a share of the trailing distance."""

    venue: str
    symbol: str
    price: Decimal


class BlockerRaised(Fact, frozen=True, kw_only=True):
    blocker: Blocker


class BlockerLifted(Fact, frozen=True, kw_only=True):
    scope: str
    cause: str
    who: str
    reason: str


class RiskModeChanged(Fact, frozen=True, kw_only=True):
    mode: RiskMode
    who: str


class StrategyStarted(Fact, frozen=True, kw_only=True):
    name: str
    parameters: dict[str, str]


class StrategyStopped(Fact, frozen=True, kw_only=True):
    name: str
    reason: str


class StrategyOverran(Fact, frozen=True, kw_only=True):
    """A callback used up its time budget and was ended."""

    name: str
    callback: str
    budget_ms: int


class ReconciliationFinished(Fact, frozen=True, kw_only=True):
    venue: str
    is_clean: bool
    findings: tuple[str, ...]


class JobSubmitted(Fact, frozen=True, kw_only=True):
    job: HedgeJob


class JobDropped(Fact, frozen=True, kw_only=True):
    """A pending job will not start; `checks` holds every control applied at its last evaluation."""

    job_id: str
    cause: JobDropCause
    reason: str
    checks: tuple[Check, ...] = ()


class JobStarted(Fact, frozen=True, kw_only=True):
    """The risk hub accepted, capital was there: `claims` (one a leg) are bound from here on."""

    job_id: str
    claims: tuple[Claim, ...]
    checks: tuple[Check, ...]
    safety: float
    volume: float
    final: float
    under_override: bool = False  # a control that failed was lifted by a person
    unwind_plan: str = ""


class JobMoved(Fact, frozen=True, kw_only=True):
    """A running job entered another phase."""

    job_id: str
    phase: JobPhase
    reason: str


class JobFinished(Fact, frozen=True, kw_only=True):
    """A job ended; all its claims that are not committed to positions are free again.

    Profit is cash: what was sold less what was bought, over all legs, after fees; what is naked is part of it at its
    last price. `naked_quantity` is what is left of the primary leg without a hedge, in units of the primary
    instrument, signed like a position there.
    """

    job_id: str
    outcome: JobOutcome
    reason: str
    pnl_usd: Decimal
    volume_usd: Decimal
    fees_usd: Decimal
    naked_quantity: Decimal = Decimal(0)


class CapitalReserved(Fact, frozen=True, kw_only=True):
    """Dollars were set aside outside of any order or job, under a name of its owner's choice."""

    owner: str
    claim: Claim


class CapitalReleased(Fact, frozen=True, kw_only=True):
    owner: str


class SafeModeSet(Fact, frozen=True, kw_only=True):
    """A venue entered or left safe mode: there only the hedge and reserve pools may be used."""

    venue: str
    is_on: bool
    who: str
    reason: str


class OverrideGranted(Fact, frozen=True, kw_only=True):
    """A person lifted the soft rules until `until_ns`; hard ones stand."""

    who: str
    reason: str
    until_ns: int


class OverrideEnded(Fact, frozen=True, kw_only=True):
    who: str
    reason: str


AnyFact = (
    EngineStarted
    | EngineStopped
    | OrderIntended
    | OrderRefused
    | OrderStatusChanged
    | OrderAdopted
    | OrderFilled
    | FundingBooked
    | BalanceReported
    | PositionAdopted
    | DayBegan
    | EquityPeaked
    | BestPriceReached
    | BlockerRaised
    | BlockerLifted
    | RiskModeChanged
    | StrategyStarted
    | StrategyStopped
    | StrategyOverran
    | ReconciliationFinished
    | JobSubmitted
    | JobDropped
    | JobStarted
    | JobMoved
    | JobFinished
    | CapitalReserved
    | CapitalReleased
    | SafeModeSet
    | OverrideGranted
    | OverrideEnded
)
