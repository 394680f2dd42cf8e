"""Random markets and jobs, most of them near the limits of some control."""

from decimal import Decimal

import numpy as np
from hypothesis import strategies as st

from core.book.book import BookState
from core.jobs.market import Closable, Depth, InstrumentLook, JobMarket, VenueLook
from core.types.control import HaltLevel, RiskMode
from core.types.instrument import InstrumentId
from core.types.job import HedgeJob, JobType
from core.types.order import Side
from tests.jobs.making import MINUTE_NS, NOW_NS, SECOND_NS, D, account, instrument, job, leg, perpetual, venue

VENUES = ("binance", "okx", "sim")
SYMBOLS = ("BTC/USDT", "ETH/USDT", "BTC/USDT:USDT")
IDS = tuple(InstrumentId(place, symbol) for place in VENUES for symbol in SYMBOLS)


def mostly(usual: object, *odd: object) -> st.SearchStrategy:
    """Draw the usual value three times out of four."""
    return st.integers(0, 3).flatmap(lambda at: st.just(usual) if at else st.sampled_from(odd))


@st.composite
def depths(draw: st.DrawFn, direction: int) -> Depth:
    levels = draw(mostly(20, 0, 1, 3))
    quantity = draw(st.sampled_from((0.01, 0.3, 10.0)))
    return Depth.of(100.0 + direction * 0.01 * np.arange(levels), np.full(levels, quantity))


@st.composite
def looks(draw: st.DrawFn, instrument_id: InstrumentId) -> InstrumentLook:
    fields: dict[str, object] = {
        "book_id": draw(mostly(str(instrument_id), "shared")),
        "contract_size": draw(mostly(D(1), D("0.1"), D(0), D("NaN"))),
        "is_open": draw(mostly(True, False)),
        "book_state": draw(mostly(BookState.VALID, BookState.INVALID)),
        "book_age_ns": draw(mostly(SECOND_NS, 3 * SECOND_NS, -1)),
        "bids": draw(depths(-1)),
        "asks": draw(depths(1)),
        "unit_usd": draw(mostly(D(100), D("99.99999"), None, D("NaN"), D("Infinity"), D(-1))),
        "taker_fee_rate": draw(mostly(D("0.00005"), D("0.0005"), None, D("NaN"))),
        "spread_bps": draw(mostly(1.0, 3.0, 3.1, None, -1.0)),
        "usual_spread_bps": draw(mostly(1.0, None, 0.0)),
        "closing_buys": Closable(draw(mostly(D(0), D("0.1"), D("0.2"), D(1), D(70), D("NaN"), D(-1)))),
        "closing_sells": Closable(draw(st.sampled_from((D(0), D("0.3"), D(1), D("9.1"), D(200))))),
        "volatility_pct": draw(mostly(0.1, 0.4, 0.6, 1.0, 2.0, None, float("nan"), -1.0)),
    }
    if ":" not in instrument_id.symbol:
        return instrument(instrument_id, **fields)
    return perpetual(
        instrument_id,
        **fields,
        funding_rate=draw(mostly(0.0001, -0.0003, 0.0006, None, float("nan"))),
        next_settlement_ns=draw(mostly(NOW_NS + 6 * MINUTE_NS, NOW_NS + 5 * MINUTE_NS, NOW_NS + 1, NOW_NS - 1, None)),
        liquidation_distance_pct=draw(mostly(50.0, 10.0, 9.9, 25.0, None)),
    )


@st.composite
def venues(draw: st.DrawFn, name: str) -> VenueLook:
    equity = draw(st.sampled_from((300, 3_000, 30_000)))
    return venue(
        name,
        equity,
        equity_usd=draw(mostly(D(equity), None, D(0))),
        hedge_room_usd=draw(mostly(D(equity) * D("0.7"), D("99.999999"), None, D(-1))),
        arb_room_usd=draw(mostly(D(equity) * D("0.2"), D(100), None)),
        in_flight_room_usd=draw(mostly(D(equity) * D("0.3"), D(200), None)),
        single_limit_usd=draw(mostly(D(equity) * D("0.1"), None)),
        is_safe_mode=draw(mostly(False, True)),
        halt_level=draw(mostly(HaltLevel.NORMAL, HaltLevel.REDUCE_ONLY, HaltLevel.FLATTEN)),
        is_reconciled=draw(mostly(True, False)),
        latency_p95_ms=draw(mostly(40.0, 500.0, 501.0, None, -5.0)),
        running_jobs=draw(mostly(0, 8, 9, 10)),
        running_notional_usd=draw(mostly(D(0), D(49_900), D("49900.000001"), D("NaN"))),
    )


@st.composite
def markets(draw: st.DrawFn) -> JobMarket:
    known = [instrument_id for instrument_id in IDS if draw(st.integers(0, 15))]
    places = [name for name in VENUES if draw(st.integers(0, 15))]
    return JobMarket(
        account=account(
            mode=draw(st.sampled_from(RiskMode)),
            halt_level=draw(mostly(HaltLevel.NORMAL, HaltLevel.HALTED)),
            strategy_halts=draw(mostly({}, {"alpha": HaltLevel.HALTED})),
            day_loss_usd=draw(mostly(D(0), D(500), D("499.99"), None)),
            drawdown_pct=draw(mostly(0.0, 5.0, 10.0, 11.0, -1.0, None)),
            consecutive_failures=draw(mostly(0, 2, 3)),
            volume_today_usd=draw(st.sampled_from((D(0), D(50_000), D(500_000)))),
            running_jobs=draw(mostly(0, 47, 49, 50)),
            fast_markets=draw(mostly((), ("BTC/USDT",), ("ETH/USDT@okx",))),
            override_until_ns=draw(mostly(None, NOW_NS, NOW_NS + 1)),
        ),
        venues={name: draw(venues(name)) for name in places},
        instruments={instrument_id: draw(looks(instrument_id)) for instrument_id in known},
    )


@st.composite
def jobs(draw: st.DrawFn, job_id: str) -> HedgeJob:
    quantity = draw(st.sampled_from((D("0.1"), D("0.3"), D(1), D("9.1"), D(60))))
    base = draw(st.sampled_from(("BTC", "ETH")))
    fitting = [each for each in IDS if each.symbol.startswith(base)]
    count = draw(mostly(2, 3))
    chosen = draw(st.lists(st.sampled_from(fitting), min_size=count, max_size=count, unique=True))
    if not draw(st.integers(0, 9)):
        chosen[-1] = InstrumentId("binance", "DOGE/USDT")
    side = draw(st.sampled_from(Side))
    hedge = quantity / (count - 1) * draw(mostly(D(1), D("1.01"), D("1.02"), D("0.99")))
    kind = draw(st.sampled_from(JobType))
    return job(
        job_id=job_id,
        strategy_type=kind,
        strategy=draw(st.sampled_from(("alpha", "beta", "gamma"))),
        legs=(
            leg(chosen[0], side, quantity),
            *(leg(each, side.opposite, Decimal(f"{hedge:.6f}")) for each in chosen[1:]),
        ),
        notional=draw(mostly(quantity * 100, D("99.9999995"), D(6_000))),
        edge=draw(st.sampled_from(("1.5", "3", "5", "8", "8.01", "-2"))),
        max_acceptable_loss_bps=D(10) if kind is JobType.REBALANCE else D(0),
        expires_ns=draw(mostly(NOW_NS + SECOND_NS, NOW_NS, NOW_NS - 1)),
    )
