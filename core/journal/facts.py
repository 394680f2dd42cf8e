"""Facts the journal keeps. Engine state is the fold of these, in order, and of nothing else."""

from decimal import Decimal

import msgspec

from core.risk.verdict import Check
from core.types.account import FundingPayment
from core.types.capital import Claim, OrderClaim
from core.types.control import Blocker, RiskMode
from core.types.held_order import HeldOrder, HeldOutcome, TriggerBy
from core.types.instrument import Instrument
from core.types.job import HedgeJob, JobDropCause, JobOutcome, JobPhase, VenueResult
from core.types.order import Fill, OrderIntent, OrderStatus
from core.types.price_alert import PriceAlert


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


class OrderAmendAsked(Fact, frozen=True, kw_only=True):
    """The gate approved other terms for a resting order; written and committed before the wire call.

    `number` counts the order's amends from 1; `quantity` is the new total. `claim` covers the whole order on its new
    terms, None where it takes nothing.
    """

    client_order_id: str
    number: int
    limit_price: Decimal
    quantity: Decimal
    checks: tuple[Check, ...]
    claim: OrderClaim | None = None


class OrderAmended(Fact, frozen=True, kw_only=True):
    """These terms hold at the venue, by its answer or its own list; `number` is the amend that this settles.

    Terms that nobody here asked for carry the number of the last amend that was settled.
    """

    client_order_id: str
    number: int
    limit_price: Decimal
    quantity: Decimal
    venue_order_id: str | None = None


class OrderAmendRefused(Fact, frozen=True, kw_only=True):
    """The terms from before hold: refused by the gate (`checks`), by the venue, or never sent."""

    client_order_id: str
    number: int
    limit_price: Decimal
    quantity: Decimal
    reason: str
    checks: tuple[Check, ...] = ()


class OrderAmendDoubted(Fact, frozen=True, kw_only=True):
    """An amend was not answered in time: nobody knows which terms hold."""

    client_order_id: str
    number: int
    reason: str


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


class InstrumentNoted(Fact, frozen=True, kw_only=True):
    """The rules by which what follows is booked: an instrument may no longer be followed when it is read again."""

    instrument: Instrument


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
    """The risk hub accepted, capital was there: `claims` (one a leg) are bound from here on.

    A claim is for what its leg opens: zero for one that only closes a position.
    """

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


class JobResult(Fact, frozen=True, kw_only=True):
    """What a job came to, over all its orders.

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
    venues: tuple[VenueResult, ...] = ()  # the same by venue


class JobFinished(JobResult, frozen=True, kw_only=True):
    """A job ended; all its claims that are not committed to positions are free again."""


class JobReopened(Fact, frozen=True, kw_only=True):
    """An order of an ended job moved: the job runs again, to level what that left. It opens nothing new."""

    job_id: str
    client_order_id: str
    reason: str


class JobCorrected(JobResult, frozen=True, kw_only=True):
    """A reopened job ended again; its numbers take the place of all that were told of it before."""

    before: JobOutcome  # as it was told last
    change: tuple[VenueResult, ...] = ()  # by venue, since then


class ResultRecorded(Fact, frozen=True, kw_only=True):
    """A venue earned, traded and paid something for the day that no job tells of."""

    result: VenueResult


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


class HeldOrderPlaced(Fact, frozen=True, kw_only=True):
    """The core holds an order from here on; what it sends carries its id, which says that it was sent."""

    order: HeldOrder


class HeldOrderTriggered(Fact, frozen=True, kw_only=True):
    """The market came through the trigger; from here on the stop's order is sent, whatever the market does."""

    held_id: str
    price: Decimal  # that was seen
    by: TriggerBy  # which price that was


class HeldOrderEnded(Fact, frozen=True, kw_only=True):
    """Nothing more is sent for it; what of it still lives at a venue is cancelled."""

    held_id: str
    outcome: HeldOutcome
    reason: str


class ConsoleFact(Fact, frozen=True, kw_only=True):
    """Something about a person's console; `console` tells several of the same person apart."""

    console: str
    who: str


class ConsoleAttached(ConsoleFact, frozen=True, kw_only=True):
    """A console began to be shown the engine."""


class ConsoleDetached(ConsoleFact, frozen=True, kw_only=True):
    """It is gone, for whatever reason. What it last saw is kept for the report of what happened since."""

    total_pnl_usd: Decimal | None  # since the first start; None while a price is missing
    open_orders: int


class ConsoleArmed(ConsoleFact, frozen=True, kw_only=True):
    """It alone may raise risk until `until_ns`, unless a `ConsoleDisarmed` or the engine's end comes first."""

    until_ns: int


class ConsoleDisarmed(ConsoleFact, frozen=True, kw_only=True):
    cause: str


class AlarmFact(Fact, frozen=True, kw_only=True):
    """Something a person, or the engine after them, did to a standing alarm; one alarm is one name."""

    name: str
    who: str


class AlarmAcknowledged(AlarmFact, frozen=True, kw_only=True):
    """A person has seen it, at this severity; `standing` alarms of that name stood."""

    severity: str
    standing: int = 1


class AlarmLapsed(AlarmFact, frozen=True, kw_only=True):
    """Its acknowledgement counts no more: it ended, got worse, or another of its name came."""

    cause: str


class AlarmShelved(AlarmFact, frozen=True, kw_only=True):
    """A person put it aside until `until_ns`, at this severity."""

    severity: str
    until_ns: int


class AlarmUnshelved(AlarmFact, frozen=True, kw_only=True):
    cause: str


class PriceAlertSet(Fact, frozen=True, kw_only=True):
    alert: PriceAlert


class PriceAlertFired(Fact, frozen=True, kw_only=True):
    """The market was there, at `price`."""

    alert_id: str
    price: Decimal


class PriceAlertRearmed(Fact, frozen=True, kw_only=True):
    """The market has left the price of a repeated alert, which waits again."""

    alert_id: str
    price: Decimal


class PriceAlertRemoved(Fact, frozen=True, kw_only=True):
    alert_id: str
    who: str


AnyFact = (
    EngineStarted
    | EngineStopped
    | OrderIntended
    | OrderRefused
    | OrderStatusChanged
    | OrderAdopted
    | OrderAmendAsked
    | OrderAmended
    | OrderAmendRefused
    | OrderAmendDoubted
    | OrderFilled
    | FundingBooked
    | BalanceReported
    | PositionAdopted
    | InstrumentNoted
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
    | JobReopened
    | JobCorrected
    | ResultRecorded
    | CapitalReserved
    | CapitalReleased
    | SafeModeSet
    | OverrideGranted
    | OverrideEnded
    | HeldOrderPlaced
    | HeldOrderTriggered
    | HeldOrderEnded
    | ConsoleAttached
    | ConsoleDetached
    | ConsoleArmed
    | ConsoleDisarmed
    | AlarmAcknowledged
    | AlarmLapsed
    | AlarmShelved
    | AlarmUnshelved
    | PriceAlertSet
    | PriceAlertFired
    | PriceAlertRearmed
    | PriceAlertRemoved
)
