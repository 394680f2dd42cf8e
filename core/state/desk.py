"""Everything a console shows, as one value: the monitoring state and what a trader's desk adds to it.

A console is a client: it says what it wants (`DeskRequest`) and reads the newest `DeskSnapshot`, the same
in the engine's own process and attached over the socket.
"""

from decimal import Decimal
from math import nan

import msgspec

from core.state.account import AccountView
from core.state.away import AwayReport
from core.state.monitoring import MonitoringState
from core.types.job_event import JobEvent


class OwnLevel(msgspec.Struct, frozen=True):
    """An own resting order as the ladder marks it."""

    client_order_id: str
    side: str
    price_ticks: int
    quantity_lots: int
    ahead_lots: int | None = None  # estimated, of others in the queue before it; None where nobody saw it join


class BookView(msgspec.Struct, kw_only=True):
    """The visible part of a book on its integer grid, best level first."""

    venue: str
    symbol: str
    validity: str  # valid, stale, invalid, syncing, closed
    reason: str
    age_s: float | None
    sequence: int
    tick_size: Decimal
    lot_size: Decimal
    bid_ticks: list[int]
    bid_lots: list[int]
    ask_ticks: list[int]
    ask_lots: list[int]
    own: list[OwnLevel]
    last_ticks: int | None
    last_side: str | None  # side of the last public trade's aggressor
    next_open_ns: int | None = None


class PrintView(msgspec.Struct, frozen=True, array_like=True):
    """A public trade on the integer grid of its instrument."""

    number: int  # rises by one a trade of the instrument; what is left out between two was not shown
    at_ns: int  # by the venue's clock
    price_ticks: int
    quantity_lots: int
    side: str  # of the aggressor
    is_own: bool  # an own fill has the same trade id; False also where the venue does not let that be told
    after_cut: bool  # the feed was lost since the trade before: some may be missing


class BarView(msgspec.Struct, frozen=True, array_like=True):
    open_ns: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    is_whole: bool = True  # False where trades of its time are known to be missing


class StudyLine(msgspec.Struct, frozen=True, kw_only=True):
    label: str  # empty for a study with one line
    values: list[float | None]  # at each bar of the chart; None until the study is warm


class StudyView(msgspec.Struct, frozen=True, kw_only=True):
    """An indicator of a chart."""

    name: str  # as it is asked for, such as "ema 20"
    is_over_price: bool = True  # its values are prices
    lines: list[StudyLine] = []  # none until the engine is ready to compute
    since_ns: int | None = None  # what it has been summed up from, where it has a beginning


class ChartView(msgspec.Struct, kw_only=True):
    venue: str
    symbol: str
    timeframe: str
    bars: list[BarView]  # oldest first
    price_decimals: int
    fills: list[tuple[int, str, float]]  # (time ns, side, price) of own fills in the window
    is_running: bool = True  # the last bar is not done yet
    studies: list[StudyView] = []


class ProtectionView(msgspec.Struct, kw_only=True):
    """Where the part of a position that no job hedges is closed; None for what is switched off or cannot be told."""

    quantity: Decimal  # signed; 0 where nothing of it can be closed
    entry_price: Decimal
    best_price: Decimal  # mark since the position was opened
    stop_price: Decimal | None
    stop_distance_pct: Decimal | None  # of the mark; None without a readable one
    take_profit_price: Decimal | None
    take_profit_distance_pct: Decimal | None
    trailing_price: Decimal | None
    trailing_distance_pct: Decimal | None
    state: str  # watched, unwatched, closing
    reason: str  # why it is not just watched


class PositionView(msgspec.Struct, kw_only=True):
    venue: str
    symbol: str
    quantity: Decimal
    average_price: Decimal | None
    mark_price: Decimal | None
    mark_age_s: float | None
    notional_usd: Decimal | None
    unrealised_pnl_usd: Decimal | None
    realised_pnl_usd: Decimal | None
    fees_usd: Decimal | None
    funding_usd: Decimal | None
    protection: ProtectionView | None = None
    base: str = ""  # what it is a bet on, as `NetPositionView` names it; empty from an engine that does not say it


class NetPositionView(msgspec.Struct, kw_only=True):
    """Positions of one base asset added up over venues and instrument types."""

    base: str
    quantity: Decimal
    notional_usd: Decimal | None
    pnl_usd: Decimal | None


class OrderView(msgspec.Struct, frozen=True, kw_only=True):
    client_order_id: str
    venue: str
    symbol: str
    side: str
    order_type: str
    quantity: Decimal
    filled_quantity: Decimal
    limit_price: Decimal | None
    average_price: Decimal | None
    status: str  # of a held one: waiting, held, triggered, refused, done, cancelled
    source: str
    reason: str | None
    is_external: bool
    created_ns: int
    updated_ns: int
    stop_price: Decimal | None = None  # of an order that the core holds
    trigger: str | None = None  # which price is held against it: last, mark
    distance_pct: Decimal | None = None  # of that price from the stop price
    held_id: str | None = None  # of an order that was sent for a held one
    amend: str | None = None  # "asked" or "in_doubt" while other terms are not settled; both count until then
    new_price: Decimal | None = None
    new_quantity: Decimal | None = None
    replaces: str | None = None


class FillView(msgspec.Struct, frozen=True, kw_only=True):
    fill_id: str
    client_order_id: str
    venue: str
    symbol: str
    side: str
    price: Decimal
    quantity: Decimal
    fee: Decimal
    liquidity: str
    source: str
    at_ns: int
    trade_id: int | None = None  # of the public trade it was, where the venue numbers both alike


class LogLine(msgspec.Struct, frozen=True, kw_only=True):
    sequence: int  # rises by one a line, so that a reader knows what is new
    at_ns: int
    level: str  # info, warning, error
    topic: str  # fill, order, job, risk, strategy, feed, engine, control
    text: str


class PnlPoint(msgspec.Struct, frozen=True, array_like=True):
    """Profit since the UTC day began, at one moment; that it is not known is a word of its own, as JSON has no NaN."""

    at_ns: int
    known_usd: float  # of the newest moment at which it was known
    is_known: bool = True  # at this one

    @property
    def pnl_usd(self) -> float:
        """Return the profit of this moment, NaN where it is not known."""
        return self.known_usd if self.is_known else nan


class InstrumentView(msgspec.Struct, frozen=True, kw_only=True):
    venue: str
    symbol: str
    asset_type: str
    tick_size: Decimal
    lot_size: Decimal
    min_quantity: Decimal
    min_notional: Decimal
    contract_size: Decimal = Decimal(1)
    order_tick_size: Decimal | None = None  # what orders keep to where that is coarser than the grid of the book
    order_lot_size: Decimal | None = None

    @property
    def order_tick(self) -> Decimal:
        """Return the price step an order must keep to."""
        return self.tick_size if self.order_tick_size is None else self.order_tick_size

    @property
    def order_lot(self) -> Decimal:
        """Return the quantity step an order must keep to."""
        return self.lot_size if self.order_lot_size is None else self.order_lot_size


class CheckView(msgspec.Struct, frozen=True, kw_only=True):
    """One control as it was applied."""

    rule: str
    is_hard: bool
    unit: str
    limit: str
    observed: str
    passed: bool
    lifted: bool = False  # failed, and let through by a person's override


class LegView(msgspec.Struct, frozen=True, kw_only=True):
    venue: str
    symbol: str
    side: str
    quantity: Decimal
    filled_quantity: Decimal
    average_price: Decimal | None
    state: str  # planned, sent, filled, in doubt, unwinding, given back


class JobView(msgspec.Struct, frozen=True, kw_only=True):
    """A job as a trader reads it: pending with its scores, running with its legs, or finished."""

    job_id: str
    status: str  # pending, running, finished, dropped
    phase: str  # of a running job: primary, hedging, unwinding, frozen
    outcome: str  # of a finished or dropped one: completed, partial, unwound, nothing, naked, refused, expired, …
    strategy_type: str
    strategy: str
    symbol: str
    notional_usd: Decimal
    expected_edge_bps: Decimal
    safety: float | None
    volume: float | None
    final: float | None
    waits_for: str  # why a pending job has not started, in one line
    reason: str  # of the phase or the end
    legs: list[LegView]
    naked_usd: Decimal | None
    naked_age_s: float | None
    pnl_usd: Decimal | None
    fees_usd: Decimal | None
    under_override: bool
    created_ns: int
    expires_ns: int
    started_ns: int | None
    ended_ns: int | None


class TimelineView(msgspec.Struct, kw_only=True):
    """A job over time: what it is and stands at, and what happened to it."""

    job: JobView
    events: list[JobEvent] = []  # oldest first; none for one that never started or ended too long ago
    left_out: int = 0  # earlier events that are not kept
    naked_since_ns: int | None = None  # while it runs
    naked_quantity: Decimal | None = None  # now or at the end, in coins of `asset`, signed; None where not known
    asset: str = ""  # of the primary leg
    unit_coins: Decimal | None = None  # what a quantity of one of the primary leg is in coins


class PoolView(msgspec.Struct, kw_only=True):
    """One pool of a venue in dollars; None while the venue's equity is not known."""

    pool: str  # hedge, arb, reserve
    budget_usd: Decimal | None
    reserved_usd: Decimal  # in flight
    committed_usd: Decimal  # bound by positions
    free_usd: Decimal | None


class CapitalView(msgspec.Struct, kw_only=True):
    venue: str
    equity_usd: Decimal | None
    pools: list[PoolView]
    in_flight_usd: Decimal
    in_flight_limit_usd: Decimal | None
    single_limit_usd: Decimal | None
    safe_mode: bool
    today_pnl_usd: Decimal  # of finished jobs
    today_volume_usd: Decimal
    today_fees_usd: Decimal


class PriceAlertView(msgspec.Struct, frozen=True, kw_only=True):
    """A price that the engine watches for somebody; `fired_ns` is None while it waits."""

    alert_id: str
    venue: str
    symbol: str
    crossing: str  # above, below
    price: Decimal
    is_repeated: bool
    severity: str
    who: str
    set_ns: int
    fired_ns: int | None
    fired_price: Decimal | None
    times: int  # that it has gone off
    distance_pct: Decimal | None  # from the middle of the book to its price, signed


class ArmingView(msgspec.Struct, frozen=True, kw_only=True):
    """The console that alone may raise risk."""

    console: str
    who: str
    since_ns: int
    until_ns: int


class ConsoleView(msgspec.Struct, frozen=True, kw_only=True):
    """A console that is shown the engine."""

    console: str
    who: str
    since_ns: int
    interval_ms: int
    behind_s: float  # how long it has not read what it was sent, to the second; 0 while it keeps up


class DeskRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a console wants to see; instruments as ``SYMBOL@venue``."""

    depth: int = 20
    books: tuple[str, ...] = ()
    chart: str | None = None
    timeframe: str = "1m"
    bars: int = 240
    studies: tuple[str, ...] = ()  # over and below the chart's bars, such as "ema 20"
    fills: int = 200
    orders: int = 200
    log_lines: int = 400
    jobs: int = 100  # every running one is shown in any case
    job_statuses: tuple[str, ...] = ()  # pending, running, finished, dropped; none means all
    tapes: tuple[str, ...] = ()
    prints: int = 100  # of each tape
    console: str = ""  # the id of the console that asks
    timelines: int = 0  # jobs to show over time; every running one is shown in any case, 0 asks for none
    accounts: bool = False  # balances, margin and liquidation of each venue


class DeskSnapshot(msgspec.Struct, kw_only=True):
    sequence: int
    engine_ns: int  # the engine's UTC clock when this was made
    engine_id: str
    version: str
    monitoring: MonitoringState
    instruments: list[InstrumentView]
    books: dict[str, BookView]
    chart: ChartView | None
    positions: list[PositionView]
    net_positions: list[NetPositionView]
    orders: list[OrderView]  # held first, then live ones, then the newest final ones
    fills: list[FillView]  # newest first
    log: list[LogLine]  # oldest first
    pnl_curve: list[PnlPoint]
    jobs: list[JobView] = []  # running first, then pending by final score, then the newest ended
    job_counts: dict[str, int] = {}  # by status, how many there are to show
    capital: list[CapitalView] = []
    tapes: dict[str, list[PrintView]] = {}  # newest first
    arming: ArmingView | None = None
    consoles: list[ConsoleView] = []
    accounts: list[AccountView] = []
    price_alerts: list[PriceAlertView] = []  # in the order they were set
    timelines: dict[str, TimelineView] = {}  # by job id; in no order
    away: AwayReport | None = None  # what the person at the asking console missed
