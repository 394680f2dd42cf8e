"""A view in which an ordinary order passes every rule; tests change one thing at a time."""

from decimal import Decimal

import msgspec

from core.book.book import BookState
from core.capital.look import CapitalLook
from core.risk.gate import RiskGate
from core.risk.limits import RiskLimits
from core.risk.override import Override
from core.risk.verdict import Approved, Check, Refused
from core.risk.view import BookLook, Exposure, Funds, JobLook, LiveTrading, OwnOrder, Recent, RiskView, StrategyStatus
from core.types.capital import Pool
from core.types.control import Blocker, HaltLevel, RiskMode, TradingMode
from core.types.instrument import Instrument
from core.types.job import Leg
from core.types.job_tag import JobTag, LegRole
from core.types.order import OrderIntent, Side
from tests.orders.making import PERP, D, intent

SECOND_NS = 1_000_000_000
LIMITS = RiskLimits()


def book(**changes: object) -> BookLook:
    fields: dict[str, object] = {
        "state": BookState.VALID,
        "age_ns": SECOND_NS // 10,
        "execution_price": D("100.1"),
        "visible_quantity": D(100),
    }
    return BookLook(**{**fields, **changes})


def recent(**changes: object) -> Recent:
    fields: dict[str, object] = {
        "orders_last_second": 0,
        "messages_last_second": 0,
        "is_duplicate": False,
        "repeated_fills": 0,
    }
    return Recent(**{**fields, **changes})


def funds(**changes: object) -> Funds:
    fields: dict[str, object] = {"free_quote": D(50_000), "free_base": D(50), "collateral_usd": D(50_000)}
    return Funds(**{**fields, **changes})


def exposure(of: Instrument = PERP, **changes: object) -> Exposure:
    fields: dict[str, object] = {
        "instrument_id": of.id,
        "underlying": of.base,
        "is_contract": ":" in of.symbol,
        "position": D(0),
        "buying": D(0),
        "selling": D(0),
        "unit_usd": D(100),
    }
    return Exposure(**{**fields, **changes})


def capital(**changes: object) -> CapitalLook:
    fields: dict[str, object] = {
        "venue": "sim-a",
        "equity_usd": D(100_000),
        "free_usd": {Pool.HEDGE: D(70_000), Pool.ARB: D(20_000), Pool.RESERVE: D(10_000)},
        "single_limit_usd": D(10_000),
        "in_flight_room_usd": D(30_000),
        "safe_mode": False,
    }
    return CapitalLook(**{**fields, **changes})


def job(of: Instrument = PERP, **changes: object) -> JobLook:
    """Return a job that buys on its leg and allows ten of everything."""
    fields: dict[str, object] = {
        "leg": Leg(venue=of.venue, symbol=of.symbol, side=Side.BUY, quantity=D(10)),
        "pool": Pool.HEDGE,
        "is_running": True,
        "is_frozen": False,
        "primary_left": D(10),
        "unhedged": D(10),
        "naked": D(10),
        "overdrawn": D(0),
        "claim_left_usd": D(2_000),
    }
    return JobLook(**{**fields, **changes})


def of_job(role: LegRole, quantity: object = 1, strategy: str = "ma", **changes: object) -> OrderIntent:
    """Return an order of a job; an unwind sells what the job has bought."""
    tag = JobTag(job_id="j1", strategy=strategy, leg=0, role=role)
    side = Side.SELL if role is LegRole.UNWIND else Side.BUY
    fields: dict[str, object] = {"quantity": D(str(quantity)), "side": side, "source": "job:j1", "job": tag}
    return intent(**{**fields, **changes})


def override(until_s: int = 1_100, granted_s: int = 900) -> Override:
    return Override(who="ann", reason="looked", granted_ns=granted_s * SECOND_NS, until_ns=until_s * SECOND_NS)


def blocker(cause: str, level: HaltLevel = HaltLevel.REDUCE_ONLY, scope: str = "global") -> Blocker:
    return Blocker(scope=scope, cause=cause, level=level, since_ns=1, who="engine", reason=f"because of {cause}")


def holding(quantity: Decimal, of: Instrument = PERP, **changes: object) -> tuple[Exposure, ...]:
    return (exposure(of, position=quantity, **changes),)


def view(**changes: object) -> RiskView:
    fields: dict[str, object] = {
        "now_ns": 1_000 * SECOND_NS,
        "trading_mode": TradingMode.PAPER,
        "live_trading": LiveTrading.OFF,
        "risk_mode": RiskMode.BALANCED,
        "halt_level": HaltLevel.NORMAL,
        "blockers": (),
        "instrument": PERP,
        "is_order_id_unused": True,
        "book": book(),
        "reference_price": D(100),
        "window_price": D(100),
        "quote_usd": D(1),
        "volatility_pct": 0.1,
        "clock_offset_ms": 3.0,
        "equity_usd": D(100_000),
        "equity_age_ns": SECOND_NS,
        "venue_equity_usd": D(50_000),
        "day_loss_usd": D(0),
        "drawdown_pct": D(0),
        "exposures": (),
        "own_orders": (),
        "open_orders": 0,
        "funds": funds(),
        "recent": recent(),
        "strategy_status": StrategyStatus.RUNNING,
        "capital": capital(),
        "job": None,
        "override": None,
    }
    return RiskView(**{**fields, **changes})


def changed(before: RiskView, **changes: object) -> RiskView:
    return msgspec.structs.replace(before, **changes)


def decide(order: OrderIntent, seen: RiskView, limits: RiskLimits = LIMITS) -> Approved | Refused:
    return RiskGate(limits).decide(order, seen)


def failed(order: OrderIntent, seen: RiskView, limits: RiskLimits = LIMITS) -> list[str]:
    """Return the names of the rules that refused."""
    verdict = decide(order, seen, limits)
    return [check.rule for check in verdict.checks if check.refuses]


def check(order: OrderIntent, seen: RiskView, rule: str, limits: RiskLimits = LIMITS) -> Check:
    return next(check for check in decide(order, seen, limits).checks if check.rule == rule)


def buy(quantity: object = 1, **changes: object) -> OrderIntent:
    return intent(quantity=D(str(quantity)), **changes)


def sell(quantity: object = 1, **changes: object) -> OrderIntent:
    return intent(quantity=D(str(quantity)), side=Side.SELL, **changes)


def own(side: Side, price: Decimal | None) -> OwnOrder:
    return OwnOrder("mine", side, price)
