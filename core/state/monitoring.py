"""The monitoring state: one versioned, read-only form for the console, the CLI and the API.

Money is Decimal and leaves as JSON numbers; times are UTC nanoseconds; ages are seconds.
"""

from decimal import Decimal
from typing import Final

import msgspec

from core.types.control import Blocker

SCHEMA_VERSION = 1


class GlobalState(msgspec.Struct, kw_only=True):
    system_status: str  # starting, running, paused, manual_override, halted
    trading_mode: str  # paper, live
    risk_mode: str
    halt_level: str
    equity_usd: Decimal | None  # None while a price or a balance is missing
    today_volume_usd: Decimal
    today_fees_usd: Decimal
    today_pnl_usd: Decimal | None
    daily_loss_limit: Decimal | None
    daily_loss_used: Decimal | None
    active_strategies: int
    total_trades: int
    started_ns: int
    loop_lag_ms: float  # how late the engine's own loop is, p99 of the last seconds


class VenueCapital(msgspec.Struct, kw_only=True):
    """Pools of one venue; None while its equity is not known."""

    equity: Decimal | None
    hedge_used: Decimal
    hedge_budget: Decimal | None
    arb_used: Decimal
    arb_budget: Decimal | None
    reserve_size: Decimal | None
    total_in_flight: Decimal


class RateLimitState(msgspec.Struct, frozen=True, kw_only=True):
    """How much of what a venue allows is used, and until when it has asked for a pause."""

    used_share: float | None  # of the allowance that orders are sent from, 0 to 1; None where nobody counts
    closed_until_ns: int | None  # None where requests may be sent


def no_rate_limit(venue: str) -> RateLimitState | None:
    """Say that a venue counts no requests."""
    del venue
    return None


class VenueState(msgspec.Struct, kw_only=True):
    feed_state: str  # connecting, up, down, closed
    feed_detail: str
    feed_age_s: float | None
    api_latency_ms: float | None
    open_positions_count: int
    open_orders_count: int
    funding_rates: dict[str, float]
    concurrent_jobs_count: int
    safe_mode: bool
    reconciled: bool
    rate_limit: RateLimitState | None = None  # None for venues without one


class JobsState(msgspec.Struct, kw_only=True):
    running_jobs: list[str] = []
    pending_jobs_count: int = 0
    completed_today: int = 0
    failed_today: int = 0
    recent_completed: list[str] = []


DAY_LOSS: Final = "day loss"
DRAWDOWN: Final = "drawdown"
INVESTED: Final = "invested"
ACCOUNT_LIMITS: Final = (DAY_LOSS, DRAWDOWN, INVESTED)  # what a trader looks at first


class LimitUse(msgspec.Struct, kw_only=True):
    """How much of one limit is used; `left` is what a trader still has."""

    name: str
    unit: str
    limit: Decimal | None
    used: Decimal | None
    left: Decimal | None
    reached_in_s: int | None = None  # at the rate of the last minutes; None where that cannot be told


class RiskState(msgspec.Struct, kw_only=True):
    fast_markets: list[str]
    delayed_venues: list[str]
    consecutive_failures: int
    auto_halt: bool
    manual_override: bool
    override_until_ns: int | None = None
    blockers: list[Blocker]
    limits: list[LimitUse]
    unvalued: list[str] = []  # what is missing of equity or profit: without them new risk is refused


class MarketState(msgspec.Struct, kw_only=True):
    last: Decimal | None
    bid: Decimal | None
    ask: Decimal | None
    spread: Decimal | None
    short_term_volatility: float | None
    timestamp: int  # receive time of the newest book message
    age_s: float | None
    validity: str  # valid, stale, invalid, syncing, closed
    sequence: int
    point_value_usd: Decimal | None = None  # of a quantity of one, when the price moves by one
    day_price: Decimal | None = None  # middle of the book when the UTC day began, or when it was first heard of
    day_price_ns: int | None = None


class StrategyProfit(msgspec.Struct, kw_only=True):
    """What a strategy earned since its first fill, in dollars; None where an input is missing, which `missing` names.

    `realised_usd` is before fees. Funding that was paid while it was not certain how much of it is the strategy's is
    in `unattributed_funding`, by instrument, in the quote currency and in all, and in no other number.
    """

    pnl_usd: Decimal | None  # all parts together, after fees
    realised_usd: Decimal | None
    unrealised_usd: Decimal | None
    fees_usd: Decimal | None  # paid is positive
    funding_usd: Decimal | None  # received is positive
    open_positions: int
    mark_age_s: float | None  # of the oldest price that an open position is valued at
    missing: list[str] = []
    not_at_the_venue: list[str] = []  # instruments of which the account holds less than its strategies and persons
    unattributed_funding: dict[str, Decimal] = {}


class StrategyState(msgspec.Struct, kw_only=True):
    name: str
    status: str  # running, stopped, failed
    detail: str
    instruments: list[str]
    parameters: dict[str, str]
    signals: int
    orders: int
    last_signal: str | None = None
    profit: StrategyProfit | None = None  # None where it never had a fill


class Alert(msgspec.Struct, kw_only=True):
    severity: str  # info, warning, severe, critical
    name: str
    text: str
    since_ns: int
    scope: str = ""  # what it is about, e.g. venue:sim-a; empty where that is no one thing
    explained_by: str = ""  # the name of the alarm whose consequence it is
    acknowledged: bool = False
    acknowledged_by: str | None = None
    acknowledged_ns: int | None = None
    shelved_until_ns: int | None = None  # None where it is not shelved
    shelved_by: str | None = None
    delivered_ns: dict[str, int] = {}  # by sink: when it took the newest message of this alert


class AlertSinkState(msgspec.Struct, frozen=True, kw_only=True):
    """How the delivery of alerts to one sink goes."""

    name: str
    min_severity: str
    delivered: int
    delivered_ns: int | None  # the newest delivery
    waiting: int
    dropped: int  # for want of room
    conflated: int  # replaced by newer words of the same alert before they left
    failing_since_ns: int | None
    failures: int  # in a row
    last_error: str


class StageLatency(msgspec.Struct, kw_only=True):
    """How long the newest orders took for one stage of their way."""

    p50_ms: float
    p95_ms: float
    p99_ms: float
    orders: int  # that were measured


class LeftPosition(msgspec.Struct, frozen=True, kw_only=True):
    """A position that a halt has not closed yet, and why."""

    symbol: str
    quantity: Decimal  # signed
    reason: str


class VenueKill(msgspec.Struct, frozen=True, kw_only=True):
    """How far a halt has come at one venue."""

    asked_ns: int | None  # when it was first asked to cancel everything
    acknowledged_ns: int | None  # when it first confirmed that
    acknowledged_ms: float | None  # from the first question to the confirmation
    answer: str  # its newest answer, in words
    orders_left: int
    positions_left: list[LeftPosition]
    flat_verified_ns: int | None  # when the venue's own account, read after the last fill, showed nothing left


class KillState(msgspec.Struct, frozen=True, kw_only=True):
    """A halt of everything, as the kill switch or a limit raised it, venue by venue."""

    level: str  # halted, flatten
    cause: str
    since_ns: int
    who: str
    reason: str
    is_journaled: bool  # a restart would know of it
    is_finished: bool  # confirmed by every venue, no order left, and where flattening is asked for verified flat
    venues: dict[str, VenueKill]


class MonitoringState(msgspec.Struct, kw_only=True, rename={"global_": "global"}):
    schema: int = SCHEMA_VERSION
    global_: GlobalState
    capital: dict[str, VenueCapital]
    venues: dict[str, VenueState]
    jobs: JobsState
    risk: RiskState
    market: dict[str, dict[str, MarketState]]  # venue → symbol
    strategies: list[StrategyState]
    alerts: list[Alert]
    alert_sinks: list[AlertSinkState] = []
    latency: dict[str, StageLatency] = {}  # stage → what it took: decode, decide, risk, journal, wire, ack, fill
    kill: KillState | None = None  # while everything is halted
    last_update: int
