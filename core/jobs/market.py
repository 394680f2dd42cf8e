"""Everything the evaluation of jobs looks at, as one frozen value. None is a missing input, and refuses."""

import math
from decimal import Decimal
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.book.book import BookState
from core.jobs.scores import slippage_bps
from core.risk.view import LiveTrading
from core.types.capital import Pool
from core.types.control import HaltLevel, RiskMode, TradingMode
from core.types.instrument import InstrumentId
from core.types.order import Side

DEPTH_LEVELS: Final = 20
BEGIN, COST, RATE = 0, 1, 2  # rows of a depth's curve
_BPS: Final = 10_000.0


class Depth(msgspec.Struct, frozen=True):
    """What a taker meets on one side of a book.

    `curve` has three rows of 21: the quantity before each level, the cost up to there (the sum of rate x quantity), and
    the level's rate, its distance from the best price in bps. Beyond the last level the rate is infinite.
    """

    curve: NDArray[np.float64]

    @classmethod
    def of(cls, prices: NDArray[np.float64], quantities: NDArray[np.float64]) -> "Depth":
        """Make it from levels, best first: prices in quote, quantities in units of the instrument (not summed).

        Only the first 20 levels count; from a level with a price or quantity that is no positive number on, nothing.
        """
        prices, quantities = prices[:DEPTH_LEVELS], quantities[:DEPTH_LEVELS]
        with np.errstate(all="ignore"):
            sound = (prices > 0) & (quantities > 0) & np.isfinite(prices) & np.isfinite(quantities)
        count = len(sound) if sound.all() else int(np.argmin(sound))
        curve = np.zeros((3, DEPTH_LEVELS + 1))
        curve[BEGIN, count + 1 :] = math.inf
        curve[RATE, count:] = math.inf
        if count:
            rates = np.abs(prices[:count] - prices[0]) * (_BPS / prices[0])
            curve[BEGIN, 1 : count + 1] = np.cumsum(quantities[:count])
            curve[COST, 1 : count + 1] = np.cumsum(rates * quantities[:count])
            curve[RATE, :count] = rates
        return cls(curve)

    def slippage_bps(self, quantity: float) -> float:
        """Return what a taker of `quantity` pays beyond the best price, infinite where depth does not suffice.

        NaN for no quantity, as the compiled form has it.
        """
        if not quantity > 0.0:
            return math.nan
        level = int(np.searchsorted(self.curve[BEGIN, 1:], quantity))
        begin, cost, rate = self.curve[:, level].tolist()
        return slippage_bps(quantity, begin, cost, rate)


NO_DEPTH: Final = Depth.of(np.empty(0), np.empty(0))


class Closable(msgspec.Struct, frozen=True):
    """What a job may count on to close with orders of one side, in units of the instrument.

    `promised` is what running jobs and live orders may close already: two must never count on the same.
    """

    quantity: Decimal = Decimal(0)
    promised: Decimal = Decimal(0)


NOTHING_CLOSABLE: Final = Closable()


class InstrumentLook(msgspec.Struct, frozen=True, kw_only=True):
    """One instrument of a leg."""

    instrument_id: InstrumentId
    book_id: str  # two legs with one book id would trade with each other
    underlying: str
    contract_size: Decimal
    is_open: bool  # its market has a session now
    book_state: BookState
    book_age_ns: int
    bids: Depth  # what a seller meets
    asks: Depth
    unit_usd: Decimal | None  # value of quantity 1 at the middle of the book
    taker_fee_rate: Decimal | None  # fraction of the value
    spread_bps: float | None
    usual_spread_bps: float | None
    volatility_pct: float | None  # of the last seconds
    pays_funding: bool = False  # a perpetual: the three below are demanded
    funding_rate: float | None = None  # of the running interval; positive: who is long pays
    next_settlement_ns: int | None = None
    liquidation_distance_pct: float | None = None  # from the price now, as % of it; without a position 100
    closing_buys: Closable = NOTHING_CLOSABLE  # of a short position
    closing_sells: Closable = NOTHING_CLOSABLE  # of a long one

    def closable(self, side: Side) -> Closable:
        """Return what orders of a side may close."""
        return self.closing_buys if side is Side.BUY else self.closing_sells


class VenueLook(msgspec.Struct, frozen=True, kw_only=True):
    """One venue of a leg. Rooms are what is left, not what is allowed in all."""

    venue: str
    equity_usd: Decimal | None
    hedge_room_usd: Decimal | None
    arb_room_usd: Decimal | None
    in_flight_room_usd: Decimal | None
    single_limit_usd: Decimal | None  # of one reservation
    is_safe_mode: bool
    halt_level: HaltLevel  # tightest of the global one and the venue's own, circuit breaker included
    is_reconciled: bool
    latency_p95_ms: float | None  # from order to answer; before the first orders, of the venue's API
    running_jobs: int
    running_notional_usd: Decimal

    def room_usd(self, pool: Pool) -> Decimal | None:
        """Return what a pool has left; jobs never draw on the reserve."""
        match pool:
            case Pool.HEDGE:
                return self.hedge_room_usd
            case Pool.ARB:
                return self.arb_room_usd
            case Pool.RESERVE:
                return None


class AccountLook(msgspec.Struct, frozen=True, kw_only=True):
    """What is the same for all jobs of a tick."""

    now_ns: int
    mode: RiskMode
    trading_mode: TradingMode
    live_trading: LiveTrading
    halt_level: HaltLevel  # global
    strategy_halts: dict[str, HaltLevel]  # strategies that are tighter than NORMAL, stopped ones as HALTED
    day_loss_usd: Decimal | None
    day_loss_limit_usd: Decimal | None
    drawdown_pct: float | None
    consecutive_failures: int
    volume_today_usd: Decimal
    running_jobs: int
    fast_markets: tuple[str, ...] = ()  # symbols, or "SYMBOL@venue"
    override_until_ns: int | None = None

    @property
    def is_override_active(self) -> bool:
        """Tell whether a person has lifted the soft controls at this moment."""
        return self.override_until_ns is not None and self.now_ns < self.override_until_ns


class JobMarket(msgspec.Struct, frozen=True, kw_only=True):
    account: AccountLook
    venues: dict[str, VenueLook]
    instruments: dict[InstrumentId, InstrumentLook]


def number(value: float | Decimal | None) -> float:
    """Return a number as a float, NaN for a missing one."""
    return math.nan if value is None else float(value)
