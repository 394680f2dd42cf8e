"""A market in which an ordinary job passes every control; tests change one thing at a time."""

from decimal import Decimal

import msgspec
import numpy as np

from core.book.book import BookState
from core.jobs.limits import JobLimits
from core.jobs.market import AccountLook, Depth, InstrumentLook, JobMarket, VenueLook
from core.jobs.rulebook import Rulebook
from core.risk.limits import RiskLimits
from core.risk.view import LiveTrading
from core.types.control import HaltLevel, RiskMode, TradingMode
from core.types.instrument import InstrumentId
from core.types.job import HedgeJob, JobType, Leg
from core.types.order import Side

D = Decimal
SECOND_NS = 1_000_000_000
MINUTE_NS = 60 * SECOND_NS
NOW_NS = 10_000 * SECOND_NS
BTC_BINANCE = InstrumentId("binance", "BTC/USDT")
BTC_OKX = InstrumentId("okx", "BTC/USDT")
LIMITS = JobLimits()
RULES = Rulebook(LIMITS, RiskLimits())


def depth(price: float = 50_000.0, step: float = 1.0, quantity: float = 10.0, levels: int = 20) -> Depth:
    return Depth.of(price + step * np.arange(levels), np.full(levels, quantity))


def instrument(instrument_id: InstrumentId, **changes: object) -> InstrumentLook:
    fields: dict[str, object] = {
        "instrument_id": instrument_id,
        "book_id": str(instrument_id),
        "underlying": instrument_id.symbol.partition("/")[0],
        "contract_size": D(1),
        "is_open": True,
        "book_state": BookState.VALID,
        "book_age_ns": SECOND_NS // 10,
        "bids": depth(step=-1.0),
        "asks": depth(),
        "unit_usd": D(50_000),
        "taker_fee_rate": D("0.00005"),
        "spread_bps": 1.0,
        "usual_spread_bps": 1.0,
        "volatility_pct": 0.1,
    }
    return InstrumentLook(**{**fields, **changes})


def perpetual(instrument_id: InstrumentId, **changes: object) -> InstrumentLook:
    fields: dict[str, object] = {
        "pays_funding": True,
        "funding_rate": 0.0001,
        "next_settlement_ns": NOW_NS + 60 * MINUTE_NS,
        "liquidation_distance_pct": 50.0,
    }
    return instrument(instrument_id, **{**fields, **changes})


def venue(name: str, equity: int = 50_000, **changes: object) -> VenueLook:
    fields: dict[str, object] = {
        "venue": name,
        "equity_usd": D(equity),
        "hedge_room_usd": D(equity) * D("0.7"),
        "arb_room_usd": D(equity) * D("0.2"),
        "in_flight_room_usd": D(equity) * D("0.3"),
        "single_limit_usd": D(equity) * D("0.1"),
        "is_safe_mode": False,
        "halt_level": HaltLevel.NORMAL,
        "is_reconciled": True,
        "latency_p95_ms": 40.0,
        "running_jobs": 0,
        "running_notional_usd": D(0),
    }
    return VenueLook(**{**fields, **changes})


def account(**changes: object) -> AccountLook:
    fields: dict[str, object] = {
        "now_ns": NOW_NS,
        "mode": RiskMode.BALANCED,
        "trading_mode": TradingMode.PAPER,
        "live_trading": LiveTrading.OFF,
        "halt_level": HaltLevel.NORMAL,
        "strategy_halts": {},
        "day_loss_usd": D(0),
        "day_loss_limit_usd": D(500),
        "drawdown_pct": 0.0,
        "consecutive_failures": 0,
        "volume_today_usd": D(0),
        "running_jobs": 0,
    }
    return AccountLook(**{**fields, **changes})


def market(
    *,
    instruments: tuple[InstrumentLook, ...] | None = None,
    venues: tuple[VenueLook, ...] | None = None,
    **changes: object,
) -> JobMarket:
    """Make the market of the example: 50,000 USD at binance, 30,000 at okx; `changes` are the account's."""
    looks = (instrument(BTC_BINANCE), instrument(BTC_OKX)) if instruments is None else instruments
    places = (venue("binance"), venue("okx", 30_000)) if venues is None else venues
    return JobMarket(
        account=account(**changes),
        venues={place.venue: place for place in places},
        instruments={look.instrument_id: look for look in looks},
    )


def leg(instrument_id: InstrumentId, side: Side, quantity: Decimal) -> Leg:
    return Leg(venue=instrument_id.venue, symbol=instrument_id.symbol, side=side, quantity=quantity)


def job(notional: int | Decimal = 3_000, edge: str = "4", **changes: object) -> HedgeJob:
    quantity = D(notional) / 50_000
    fields: dict[str, object] = {
        "job_id": "job-1",
        "strategy_type": JobType.HEDGE,
        "strategy": "hedged_volume",
        "symbol": "BTC/USDT",
        "legs": (leg(BTC_BINANCE, Side.BUY, quantity), leg(BTC_OKX, Side.SELL, quantity)),
        "notional_usd": D(notional),
        "expected_edge_bps": D(edge),
        "est_volume_usd": D(2 * notional),
        "created_ns": NOW_NS - SECOND_NS,
        "expires_ns": NOW_NS + 60 * SECOND_NS,
    }
    return HedgeJob(**{**fields, **changes})


def with_venue(of: JobMarket, name: str, **changes: object) -> JobMarket:
    changed = msgspec.structs.replace(of.venues[name], **changes)
    return msgspec.structs.replace(of, venues={**of.venues, name: changed})


def with_look(of: JobMarket, instrument_id: InstrumentId, **changes: object) -> JobMarket:
    changed = msgspec.structs.replace(of.instruments[instrument_id], **changes)
    return msgspec.structs.replace(of, instruments={**of.instruments, instrument_id: changed})


def with_account(of: JobMarket, **changes: object) -> JobMarket:
    return msgspec.structs.replace(of, account=msgspec.structs.replace(of.account, **changes))
