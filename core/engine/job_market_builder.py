"""Put together what the evaluation of jobs looks at: the market, venues and account of this moment."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.book.book import Book, BookState
from core.capital.hub import CapitalHub
from core.engine.account_reads import AccountReads
from core.engine.closings import Closings
from core.engine.fold import EngineFold
from core.engine.passing_conditions import PassingConditions
from core.engine.settings import EngineSettings
from core.jobs.market import DEPTH_LEVELS, NO_DEPTH, AccountLook, Depth, InstrumentLook, JobMarket, VenueLook
from core.ledger.valuation import Valuation
from core.ledger.valuing import underlying_of
from core.market.market import Market
from core.risk.halts import Cause, bearing_on, tightest, venue_scope
from core.risk.liquidation import ContractValue, liquidation_distance_pct
from core.risk.override import still_standing
from core.risk.view import StrategyStatus
from core.types.capital import Pool
from core.types.control import Blocker, HaltLevel
from core.types.instrument import AssetType, Instrument, InstrumentId
from core.types.market import FeedState
from core.types.order import Side

BPS: Final = 10_000.0


class JobMarketBuilder:
    """Tells the risk hub what the market does, and puts together what the hub and the scheduler look at."""

    def __init__(
        self,
        *,
        fold: EngineFold,
        market: Market,
        settings: EngineSettings,
        capital: CapitalHub,
        conditions: PassingConditions,
        reads: AccountReads,
        strategy_status: Callable[[str], StrategyStatus | None],
    ) -> None:
        self._fold = fold
        self._market = market
        self._settings = settings
        self._capital = capital
        self._conditions = conditions
        self._reads = reads
        self._strategy_status = strategy_status

    def observe(self, now_ns: int) -> None:
        """Tell the risk hub what every book shows at this moment."""
        hub = self._fold.risk_hub
        for instrument_id, book in self._market.books.items():
            mid, spread_bps = book.mid(), _spread_bps(book)
            if mid is None or spread_bps is None or not self._market.is_fresh(instrument_id):
                continue
            hub.update_spread(instrument_id, spread_bps, now_ns)
            hub.update_market_volatility(str(instrument_id), float(mid), now_ns)
        for instrument_id, funding in self._market.funding.items():
            hub.update_funding_rate(instrument_id.venue, instrument_id.symbol, funding.rate)

    def build(
        self, instruments: Iterable[InstrumentId], strategies: Iterable[str], valuation: Valuation, now_ns: int
    ) -> JobMarket:
        """Look at these instruments, their venues and these strategies; what is not known is left out."""
        wanted = [key for key in dict.fromkeys(instruments) if key in self._market.instruments]
        standing = still_standing(
            (*self._fold.halts.blockers, *self._conditions.blockers()), self._fold.overrides.active(now_ns)
        )
        venues = dict.fromkeys(key.venue for key in wanted)
        distances = {venue: self._liquidation_distance_pct(venue, valuation) for venue in venues}
        closings = Closings(self._fold)
        return JobMarket(
            account=self._account(strategies, standing, valuation, now_ns),
            venues={venue: self._venue(venue, standing, now_ns) for venue in venues},
            instruments={key: self._instrument(key, distances[key.venue], closings, now_ns) for key in wanted},
        )

    # account ---------------------------------------------------------------------------------------

    def _account(
        self, strategies: Iterable[str], standing: tuple[Blocker, ...], valuation: Valuation, now_ns: int
    ) -> AccountLook:
        settings, equity = self._settings, valuation.equity_usd
        halts = {name: self._strategy_halt(name, standing) for name in dict.fromkeys(strategies)}
        override = self._fold.overrides.active(now_ns)
        return AccountLook(
            now_ns=now_ns,
            mode=self._fold.risk_mode,
            trading_mode=settings.trading_mode,
            live_trading=settings.live_trading,
            halt_level=tightest(bearing_on(standing, None, None)),
            strategy_halts={name: level for name, level in halts.items() if level > HaltLevel.NORMAL},
            day_loss_usd=valuation.day_loss_usd,
            day_loss_limit_usd=None if equity is None else settings.limits.daily_loss_limit_usd(equity),
            drawdown_pct=None if valuation.drawdown_pct is None else float(valuation.drawdown_pct),
            consecutive_failures=self._fold.risk_hub.consecutive_failures,
            volume_today_usd=valuation.today_volume_usd,
            running_jobs=len(self._fold.runs),
            fast_markets=self._fold.risk_hub.fast_markets(now_ns),
            override_until_ns=None if override is None else override.until_ns,
        )

    def _strategy_halt(self, name: str, standing: tuple[Blocker, ...]) -> HaltLevel:
        """Return how far a strategy is closed; one that does not run has all its primary orders refused."""
        if name != "manual" and self._strategy_status(name) is not StrategyStatus.RUNNING:
            return HaltLevel.HALTED
        return tightest(bearing_on(standing, None, name))

    # venues ----------------------------------------------------------------------------------------

    def _venue(self, venue: str, standing: tuple[Blocker, ...], now_ns: int) -> VenueLook:
        look = self._capital.look(venue)
        is_known = look.equity_usd is not None
        running_jobs, running_usd = self._fold.scheduler.book.running_at(venue)
        return VenueLook(
            venue=venue,
            equity_usd=look.equity_usd,
            hedge_room_usd=look.free_usd[Pool.HEDGE] if is_known else None,
            arb_room_usd=look.free_usd[Pool.ARB] if is_known else None,
            in_flight_room_usd=look.in_flight_room_usd if is_known else None,
            single_limit_usd=look.single_limit_usd if is_known else None,
            is_safe_mode=look.safe_mode,
            halt_level=tightest(bearing_on(standing, venue, None)),
            is_reconciled=not any(
                each.scope == venue_scope(venue) and each.cause == Cause.RECONCILIATION for each in standing
            ),
            latency_p95_ms=self._latency_p95_ms(venue, now_ns),
            running_jobs=running_jobs,
            running_notional_usd=running_usd,
        )

    def _latency_p95_ms(self, venue: str, now_ns: int) -> float | None:
        sent_ms = self._fold.risk_hub.latency_p95_ms(venue, now_ns)
        return self._reads.took_ms(venue) if sent_ms is None else sent_ms

    def _liquidation_distance_pct(self, venue: str, valuation: Valuation) -> float | None:
        """Return how far prices may move against every contract of a venue at once until it is liquidated."""
        contracts: list[ContractValue] = []
        for position in valuation.positions:
            instrument = self._market.instruments.get(position.instrument_id)
            if position.instrument_id.venue != venue or instrument is None or not position.quantity:
                continue
            if instrument.asset_type is not AssetType.PERPETUAL:
                continue
            if position.notional_usd is None:
                return None
            contracts.append(ContractValue(abs(position.notional_usd), instrument.maintenance_rate))
        value = valuation.venue(venue)
        if value is None or value.collateral_usd is None:
            return None
        return float(liquidation_distance_pct(value.collateral_usd, contracts))

    # instruments -----------------------------------------------------------------------------------

    def _instrument(
        self, instrument_id: InstrumentId, distance_pct: float | None, closings: Closings, now_ns: int
    ) -> InstrumentLook:
        market, instrument = self._market, self._market.instruments[instrument_id]
        book, feed = market.books[instrument_id], market.feeds.get(instrument_id.venue)
        is_up = feed is not None and feed.state is FeedState.UP
        funding = market.funding.get(instrument_id)
        bids, asks = _depths(book) if is_up else (NO_DEPTH, NO_DEPTH)
        age_ns = market.age_ns(instrument_id)
        return InstrumentLook(
            instrument_id=instrument_id,
            book_id=instrument.book_id,
            underlying=underlying_of(instrument),
            contract_size=instrument.contract_size,
            is_open=instrument.market_hours.is_open(now_ns),
            book_state=book.state if is_up and age_ns is not None else BookState.INVALID,
            book_age_ns=age_ns or 0,
            bids=bids,
            asks=asks,
            unit_usd=self._unit_usd(instrument, book),
            taker_fee_rate=instrument.taker_fee_rate,
            spread_bps=_spread_bps(book),
            usual_spread_bps=self._fold.risk_hub.usual_spread_bps(instrument_id),
            volatility_pct=market.volatility_pct(instrument_id),
            pays_funding=instrument.asset_type is AssetType.PERPETUAL,
            funding_rate=self._fold.risk_hub.funding_rate(instrument_id.venue, instrument_id.symbol),
            next_settlement_ns=None if funding is None else funding.next_funding_ns,
            liquidation_distance_pct=distance_pct,
            closing_buys=closings.of(instrument_id, Side.BUY),
            closing_sells=closings.of(instrument_id, Side.SELL),
        )

    def _unit_usd(self, instrument: Instrument, book: Book) -> Decimal | None:
        mid, rate = book.mid(), self._market.marks.asset_usd(instrument.venue, instrument.quote)
        return None if mid is None or rate is None else mid * instrument.contract_size * rate.price


def _spread_bps(book: Book) -> float | None:
    bid, ask = book.best_bid(), book.best_ask()
    return None if bid is None or ask is None else 2.0 * BPS * (ask[0] - bid[0]) / (ask[0] + bid[0])


def _depths(book: Book) -> tuple[Depth, Depth]:
    bid_ticks, bid_lots, ask_ticks, ask_lots = book.top(DEPTH_LEVELS)
    tick, lot = float(book.instrument.tick_size), float(book.instrument.lot_size)
    return _depth(bid_ticks, bid_lots, tick, lot), _depth(ask_ticks, ask_lots, tick, lot)


def _depth(ticks: NDArray[np.int64], lots: NDArray[np.int64], tick: float, lot: float) -> Depth:
    return Depth.of((ticks * tick).astype(np.float64), (lots * lot).astype(np.float64))
