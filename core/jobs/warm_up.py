"""Compile the scheduler's kernels ahead of the first long queue."""

from decimal import Decimal

from core.jobs.columns import PendingColumns
from core.jobs.limits import JobLimits
from core.jobs.market import AccountLook, JobMarket
from core.jobs.rulebook import Rulebook
from core.jobs.selection import Selector
from core.risk.limits import RiskLimits
from core.risk.view import LiveTrading
from core.types.control import HaltLevel, RiskMode, TradingMode
from core.types.job import HedgeJob, JobType, Leg
from core.types.order import Side

_MARKET = JobMarket(
    account=AccountLook(
        now_ns=0,
        mode=RiskMode.BALANCED,
        trading_mode=TradingMode.PAPER,
        live_trading=LiveTrading.OFF,
        halt_level=HaltLevel.HALTED,
        strategy_halts={},
        day_loss_usd=None,
        day_loss_limit_usd=None,
        drawdown_pct=None,
        consecutive_failures=0,
        volume_today_usd=Decimal(0),
        running_jobs=0,
    ),
    venues={},
    instruments={},
)
_JOB = HedgeJob(
    job_id="warm-up",
    strategy_type=JobType.HEDGE,
    strategy="warm-up",
    symbol="BTC/USDT",
    legs=(
        Leg(venue="a", symbol="BTC/USDT", side=Side.BUY, quantity=Decimal(1)),
        Leg(venue="b", symbol="BTC/USDT", side=Side.SELL, quantity=Decimal(1)),
    ),
    notional_usd=Decimal(1),
    expected_edge_bps=Decimal(1),
    est_volume_usd=Decimal(1),
    created_ns=0,
    expires_ns=1,
)


def warm_up() -> None:
    """Import the compiler and run both kernels once on nothing known; takes seconds, so call it in a worker thread."""
    rules = Rulebook(JobLimits(), RiskLimits())
    columns = PendingColumns(rules)
    columns.add(_JOB, 0)
    compiled_selector(rules).select(columns, _MARKET, {})


def compiled_selector(rules: Rulebook) -> Selector:
    """Return the fast selector, for `Scheduler.use` once `warm_up` is through."""
    from core.jobs.compiled_selection import CompiledSelector  # noqa: PLC0415 - brings the compiler in

    return CompiledSelector(rules)
