"""Build the view of one decision from the engine's parts, the same way for every order."""

from decimal import Decimal

import msgspec

from core.book.book import Book
from core.ledger.ledger import Ledger, is_holding
from core.ledger.marks import Marks
from core.ledger.position import ZERO
from core.ledger.valuation import Valuation
from core.ledger.valuing import underlying_of
from core.orders.tracker import OrderTracker
from core.risk.case import strategy_of
from core.risk.halts import Halts
from core.risk.limits import RiskLimits
from core.risk.recent import RecentActivity
from core.risk.view import (
    BookLook,
    Exposure,
    Funds,
    LiveTrading,
    OwnOrder,
    RiskView,
    StrategyStatus,
)
from core.types.control import RiskMode, TradingMode
from core.types.instrument import Instrument, InstrumentId
from core.types.order import Order, OrderIntent, OrderType, Side


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What only the engine knows about the moment of an order."""

    now_ns: int
    trading_mode: TradingMode
    live_trading: LiveTrading
    risk_mode: RiskMode
    book: Book | None
    reference_price: Decimal | None
    volatility_pct: float | None
    clock_offset_ms: float | None
    strategy_status: StrategyStatus | None


class ViewBuilder:
    """Look at ledger, orders, halts and marks through the eyes of one order."""

    def __init__(
        self,
        *,
        limits: RiskLimits,
        ledger: Ledger,
        orders: OrderTracker,
        halts: Halts,
        recent: RecentActivity,
        marks: Marks,
    ) -> None:
        self._limits = limits
        self._ledger = ledger
        self._orders = orders
        self._halts = halts
        self._recent = recent
        self._marks = marks

    def view(self, intent: OrderIntent, valuation: Valuation, around: Surroundings) -> RiskView:
        """Return everything the rules may look at; `valuation` must be of this moment."""
        instrument = self._ledger.instrument(intent.instrument_id)
        venue_value = valuation.venue(intent.venue)
        strategy = strategy_of(intent)
        quote = self._marks.asset_usd(intent.venue, instrument.quote) if instrument else None
        return RiskView(
            now_ns=around.now_ns,
            trading_mode=around.trading_mode,
            live_trading=around.live_trading,
            risk_mode=around.risk_mode,
            halt_level=self._halts.level(intent.venue, strategy),
            blockers=self._halts.behind(intent.venue, strategy),
            instrument=instrument,
            is_order_id_unused=self._orders.get(intent.client_order_id) is None,
            book=look_at_book(around.book, intent, self._limits, around.now_ns),
            reference_price=around.reference_price,
            quote_usd=quote.price if quote else None,
            volatility_pct=around.volatility_pct,
            clock_offset_ms=around.clock_offset_ms,
            equity_usd=valuation.equity_usd,
            equity_age_ns=valuation.oldest_mark_age_ns + max(0, around.now_ns - valuation.at_ns),
            venue_equity_usd=venue_value.equity_usd if venue_value else None,
            day_loss_usd=valuation.day_loss_usd,
            drawdown_pct=valuation.drawdown_pct,
            exposures=self.exposures(),
            own_orders=tuple(
                OwnOrder(order.intent.client_order_id, order.intent.side, order.intent.limit_price)
                for order in self._orders.live(intent.instrument_id)
                if order.status.may_live
            ),
            open_orders=self._orders.live_count,
            funds=self._funds(intent, instrument, venue_value.collateral_usd if venue_value else None),
            recent=self._recent.look(intent, around.now_ns),
            strategy_status=around.strategy_status,
        )

    def exposures(self) -> tuple[Exposure, ...]:
        """Return position and unfilled orders of every instrument that has either."""
        unfilled: dict[InstrumentId, tuple[Decimal, Decimal]] = {}
        for order in self._orders.live():
            buying, selling = unfilled.get(order.intent.instrument_id, (ZERO, ZERO))
            if order.intent.side is Side.BUY:
                buying += order.remaining_quantity
            else:
                selling += order.remaining_quantity
            unfilled[order.intent.instrument_id] = (buying, selling)
        held = {position.instrument_id: position.quantity for position in self._ledger.positions() if position.quantity}
        return tuple(
            self._exposure(instrument_id, held.get(instrument_id, ZERO), *unfilled.get(instrument_id, (ZERO, ZERO)))
            for instrument_id in {**held, **unfilled}
        )

    def _exposure(self, instrument_id: InstrumentId, position: Decimal, buying: Decimal, selling: Decimal) -> Exposure:
        instrument = self._ledger.instrument(instrument_id)
        unit = self._unit_usd(instrument) if instrument else None
        return Exposure(
            instrument_id=instrument_id,
            underlying=underlying_of(instrument) if instrument else instrument_id.symbol,
            is_contract=instrument is None or not is_holding(instrument),
            position=position,
            buying=buying,
            selling=selling,
            unit_usd=unit,
        )

    def _unit_usd(self, instrument: Instrument) -> Decimal | None:
        mark = self._marks.mark(instrument.id)
        rate = self._marks.asset_usd(instrument.venue, instrument.quote)
        return mark.price * instrument.contract_size * rate.price if mark and rate else None

    def _funds(self, intent: OrderIntent, instrument: Instrument | None, collateral_usd: Decimal | None) -> Funds:
        if instrument is None:
            return Funds(free_quote=None, free_base=None, collateral_usd=None)
        quote = self._ledger.cash_of(intent.venue, instrument.quote)
        base = self._ledger.cash_of(intent.venue, instrument.base)
        claimed_quote, claimed_base, claimed_usd = ZERO, ZERO, ZERO
        for order in self._orders.live():
            other = self._ledger.instrument(order.intent.instrument_id)
            if order.intent.venue != intent.venue or other is None or not is_holding(other):
                continue
            if order.intent.side is Side.SELL:
                if other.base == instrument.base:
                    claimed_base += order.remaining_quantity * other.contract_size
                continue
            cost, cost_usd = self._claim(order, other)
            if cost is None or cost_usd is None:
                return Funds(free_quote=None, free_base=None, collateral_usd=None)
            claimed_usd += cost_usd
            if other.quote == instrument.quote:
                claimed_quote += cost
        return Funds(
            free_quote=quote.total - claimed_quote if quote and quote.is_reported else None,
            free_base=(base.total if base else ZERO) - claimed_base,
            collateral_usd=None if collateral_usd is None else collateral_usd - claimed_usd,
        )

    def _claim(self, order: Order, instrument: Instrument) -> tuple[Decimal | None, Decimal | None]:
        """Return what an unfilled buy may still cost, in its quote and in dollars."""
        price = order.intent.limit_price
        if price is None:
            mark = self._marks.mark(instrument.id)
            price = mark.price if mark else None
        rate = self._marks.asset_usd(instrument.venue, instrument.quote)
        if price is None or rate is None:
            return None, None
        fee = 1 + max(ZERO, instrument.taker_fee_rate)
        cost = instrument.notional(price, order.remaining_quantity) * fee
        return cost, cost * rate.price


def look_at_book(book: Book | None, intent: OrderIntent, limits: RiskLimits, now_ns: int) -> BookLook | None:
    """Read from a book what the rules need for one order; an unreadable one shows no price and no depth."""
    if book is None:
        return None
    is_market = intent.order_type is OrderType.MARKET
    return BookLook(
        state=book.state,
        age_ns=now_ns - book.received_ns,
        execution_price=book.execution_price(intent.side, intent.quantity) if is_market else None,
        visible_quantity=book.visible_quantity(intent.side, limits.liquidity_levels),
    )
