"""A seeded market of several venues and the jobs that wait on it, most of them fit to start."""

import random
from decimal import Decimal
from typing import Final

import numpy as np

from core.book.book import BookState
from core.jobs.market import AccountLook, Closable, Depth, InstrumentLook, JobMarket, VenueLook
from core.risk.view import LiveTrading
from core.types.control import HaltLevel, RiskMode, TradingMode
from core.types.instrument import InstrumentId
from core.types.job import HedgeJob, JobType, Leg
from core.types.order import Side

VENUES: Final = ("binance", "okx", "bybit", "hyperliquid")
COINS: Final = {"BTC": 60_000.0, "ETH": 3_000.0, "SOL": 150.0, "DOGE": 0.15, "ZEC": 40.0}
STRATEGIES: Final = ("hedged_volume", "spread_arb", "funding_arb", "hedge_rebalance")
NOW_NS: Final = 1_700_000_000_000_000_000
SECOND_NS: Final = 1_000_000_000
FIRST_EQUITY: Final = 100_000


def make_market(chance: random.Random, running: int = 0) -> JobMarket:
    """Return a fresh state of the market: other prices, depths, latencies and rooms at each call."""
    looks = [_look(chance, venue, coin, price) for venue in VENUES for coin, price in COINS.items()]
    return JobMarket(
        account=AccountLook(
            now_ns=NOW_NS,
            mode=RiskMode.BALANCED,
            trading_mode=TradingMode.PAPER,
            live_trading=LiveTrading.OFF,
            halt_level=HaltLevel.NORMAL,
            strategy_halts={},
            day_loss_usd=Decimal(100),
            day_loss_limit_usd=Decimal(500),
            drawdown_pct=1.0,
            consecutive_failures=0,
            volume_today_usd=Decimal(40_000),
            running_jobs=running,
        ),
        venues={venue: _venue(chance, venue) for venue in VENUES},
        instruments={look.instrument_id: look for look in looks},
    )


def _venue(chance: random.Random, name: str) -> VenueLook:
    equity = Decimal(FIRST_EQUITY + chance.randrange(50_000))
    return VenueLook(
        venue=name,
        equity_usd=equity,
        hedge_room_usd=equity * Decimal("0.7"),
        arb_room_usd=equity * Decimal("0.2"),
        in_flight_room_usd=equity * Decimal("0.3"),
        single_limit_usd=equity * Decimal("0.1"),
        is_safe_mode=False,
        halt_level=HaltLevel.NORMAL,
        is_reconciled=True,
        latency_p95_ms=chance.uniform(20, 200),
        running_jobs=chance.randrange(3),
        running_notional_usd=Decimal(chance.randrange(5_000)),
    )


def _look(chance: random.Random, venue: str, coin: str, usual_price: float) -> InstrumentLook:
    price = usual_price * chance.uniform(0.999, 1.001)
    step = price * 0.00002
    is_perpetual = venue == "hyperliquid"
    instrument_id = InstrumentId(venue, f"{coin}/USDT:USDT" if is_perpetual else f"{coin}/USDT")
    return InstrumentLook(
        instrument_id=instrument_id,
        book_id=str(instrument_id),
        underlying=coin,
        contract_size=Decimal(1),
        is_open=True,
        book_state=BookState.VALID,
        book_age_ns=SECOND_NS // 10,
        bids=_depth(chance, price, -step),
        asks=_depth(chance, price + step, step),
        unit_usd=Decimal(repr(round(price, 6))),
        taker_fee_rate=Decimal("0.0001"),
        spread_bps=0.2,
        usual_spread_bps=0.2,
        volatility_pct=chance.uniform(0.05, 0.62),  # now and then one is too fast
        pays_funding=is_perpetual,
        funding_rate=0.0001 if is_perpetual else None,
        next_settlement_ns=NOW_NS + 3_600 * SECOND_NS if is_perpetual else None,
        liquidation_distance_pct=chance.uniform(15, 60) if is_perpetual else None,
        **_position(chance, usual_price),
    )


def _position(chance: random.Random, price: float) -> dict[str, Closable]:
    """Return what may be closed: of every third instrument up to 10,000 dollars, on one side."""
    if chance.randrange(3):
        return {}
    held = Decimal(repr(round(chance.uniform(0, 10_000) / price, 6)))
    return {chance.choice(("closing_buys", "closing_sells")): Closable(held)}


def _depth(chance: random.Random, price: float, step: float) -> Depth:
    levels = 20
    dollars = np.array([chance.expovariate(1 / 1_500) + 50 for _ in range(levels)])
    return Depth.of(np.array([price + step * level for level in range(levels)]), dollars / price)


def make_jobs(chance: random.Random, count: int) -> list[HedgeJob]:
    """Return jobs of two legs at two venues; the first strategy wants far more of them than the others."""
    return [_job(chance, f"job-{number}") for number in range(count)]


def _job(chance: random.Random, job_id: str) -> HedgeJob:
    coin = chance.choice(tuple(COINS))
    buy, sell = chance.sample(VENUES, 2)
    notional = Decimal(chance.randrange(200, 5_400, 10))
    quantity = (notional / Decimal(repr(COINS[coin]))).quantize(Decimal("0.000001"))
    kind = chance.choice((JobType.HEDGE, JobType.HEDGE, JobType.ARB, JobType.REBALANCE))
    return HedgeJob(
        job_id=job_id,
        strategy_type=kind,
        strategy=chance.choices(STRATEGIES, (12, 2, 1, 1))[0],
        symbol=f"{coin}/USDT",
        legs=(_leg(buy, coin, Side.BUY, quantity), _leg(sell, coin, Side.SELL, quantity)),
        notional_usd=notional,
        expected_edge_bps=Decimal(chance.randrange(10, 120)) / 10,
        est_volume_usd=2 * notional,
        created_ns=NOW_NS - SECOND_NS,
        expires_ns=NOW_NS + chance.randrange(-1, 60) * SECOND_NS,
    )


def _leg(venue: str, coin: str, side: Side, quantity: Decimal) -> Leg:
    symbol = f"{coin}/USDT:USDT" if venue == "hyperliquid" else f"{coin}/USDT"
    return Leg(venue=venue, symbol=symbol, side=side, quantity=quantity)
