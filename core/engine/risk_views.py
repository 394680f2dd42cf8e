"""Put together, for one intent, everything the risk gate may look at."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import ROUND_CEILING, Decimal

import msgspec

from core.capital.hub import CapitalHub
from core.capital.look import CapitalLook
from core.engine.fold import EngineFold
from core.engine.passing_conditions import PassingConditions
from core.engine.passing_orders import Wanted
from core.engine.recent_orders import RecentOrders
from core.engine.settings import EngineSettings
from core.ledger.ledger import is_holding
from core.ledger.valuation import Valuation, VenueValue
from core.ledger.valuing import underlying_of, value_ledger
from core.market.market import Market
from core.orders.amending import lowers
from core.ports.clock import Clock
from core.risk.case import strategy_of
from core.risk.completion import completes
from core.risk.halts import bearing_on, tightest
from core.risk.override import Override, still_standing
from core.risk.view import AmendedLook, BookLook, Exposure, Funds, JobLook, OwnOrder, RiskView, StrategyStatus
from core.types.control import Blocker, HaltLevel
from core.types.instrument import Instrument, InstrumentId
from core.types.market import FeedState
from core.types.order import Order, OrderIntent, OrderType, Side

ZERO = Decimal(0)


class RiskViews:
    """Build views from the fold and the market of this moment."""

    def __init__(
        self,
        *,
        clock: Clock,
        fold: EngineFold,
        market: Market,
        settings: EngineSettings,
        recent: RecentOrders,
        conditions: PassingConditions,
        strategy_status: Callable[[str], StrategyStatus | None],
        capital: CapitalHub,
        look_at_job: Callable[[OrderIntent], JobLook | None],
    ) -> None:
        """Take the job of an order, seen as if that order did not exist, from its owner."""
        self._clock = clock
        self._fold = fold
        self._market = market
        self._settings = settings
        self._limits = settings.limits
        self._recent = recent
        self._conditions = conditions
        self._strategy_status = strategy_status
        self._capital = capital
        self._look_at_job = look_at_job
        self._kept_free: Callable[[], Iterable[Wanted]] = tuple

    def valuation(self) -> Valuation:
        """Value the account at the marks of this moment."""
        return value_ledger(self._fold.ledger, self._market.marks, self._clock.utc_ns(), self._clock.monotonic_ns())

    def blockers_for(self, intent: OrderIntent) -> tuple[Blocker, ...]:
        """Return what bears on an order: journaled blockers and passing conditions."""
        every = (*self._fold.halts.blockers, *self._conditions.blockers())
        return bearing_on(every, intent.venue, strategy_of(intent))

    def halt_level(self, venue: str, strategy: str | None) -> HaltLevel:
        """Return how far trading is closed for a strategy, or a person, at a venue."""
        every = (*self._fold.halts.blockers, *self._conditions.blockers())
        return tightest(still_standing(bearing_on(every, venue, strategy), self._override()))

    def standing_at(self, venue: str) -> tuple[Blocker, ...]:
        """Return what bears on a person's orders at a venue, an override's exceptions left out."""
        every = (*self._fold.halts.blockers, *self._conditions.blockers())
        return still_standing(bearing_on(every, venue, None), self._override())

    def still_open_for(self, intent: OrderIntent) -> bool:
        """Tell whether the halt levels of this moment let an approved order out."""
        level = tightest(still_standing(self.blockers_for(intent), self._override()))
        match level:
            case HaltLevel.NORMAL:
                return True
            case HaltLevel.REDUCE_ONLY:
                return self._still_reduces(intent) or completes(intent, self._job_of(intent))
            case HaltLevel.CANCEL_ONLY:
                return False
            case HaltLevel.HALTED | HaltLevel.FLATTEN:
                return intent.reduce_only and intent.is_flattening

    def still_open_for_amend(self, order: Order) -> bool:
        """Tell whether the halt levels of this moment let the approved amend of an order out."""
        level = tightest(still_standing(self.blockers_for(order.intent), self._override()))
        if level is HaltLevel.NORMAL:
            return True
        # The order counts with the worse of both terms by now.
        is_safe = lowers(order) or self._still_reduces(order.intent)
        return level is HaltLevel.REDUCE_ONLY and is_safe

    def _override(self) -> Override | None:
        return self._fold.overrides.active(self._clock.utc_ns())

    def _job_of(self, intent: OrderIntent) -> JobLook | None:
        return None if intent.job is None else self._look_at_job(intent)

    def _still_reduces(self, intent: OrderIntent) -> bool:
        """Tell whether an order that counts among the live ones by now closes no more than there is."""
        waiting = sum(
            (
                order.remaining_quantity
                for order in self._fold.orders.live(intent.instrument_id)
                if order.intent.side is intent.side
            ),
            ZERO,
        )
        return waiting <= -intent.side.sign * self._fold.ledger.quantity(intent.instrument_id)

    def view_for_amend(self, order: Order, intent: OrderIntent) -> RiskView:
        """Return what the gate may look at for other terms of an order: the world without it, and it beside."""
        reserve = self._fold.capital.order(intent.client_order_id)
        assert order.intent.limit_price is not None, "only limit orders are amended"
        amended = AmendedLook(
            limit_price=order.intent.limit_price,
            quantity=order.intent.quantity,
            new_quantity=intent.quantity,
            filled_quantity=order.filled_quantity,
            held_usd=ZERO if reserve is None else reserve.held_usd,
            opened_quantity=ZERO if reserve is None else reserve.opened_quantity,
        )
        unfilled = msgspec.structs.replace(intent, quantity=intent.quantity - order.filled_quantity)
        return msgspec.structs.replace(self.view_for(unfilled, without=(order,)), amended=amended)

    def _live(self, without: Sequence[Order]) -> Iterator[Order]:
        return (order for order in self._fold.orders.live() if order not in without)

    def view_for(self, intent: OrderIntent, without: Sequence[Order] = ()) -> RiskView:
        """Return the world at this moment, as it would be without the orders that are given."""
        now_ns = self._clock.utc_ns()
        valuation = self.valuation()
        instrument_id = intent.instrument_id
        instrument = self._market.instruments.get(instrument_id)
        blockers, override = self.blockers_for(intent), self._override()
        venue_value = valuation.venue(intent.venue)
        # An old mark is still a reference for a reducing order; new risk is refused by the fresh-book rule.
        mark = self._market.marks.mark(instrument_id)
        quote = None if instrument is None else self._market.marks.asset_usd(intent.venue, instrument.quote)
        strategy = strategy_of(intent)
        return RiskView(
            now_ns=now_ns,
            trading_mode=self._settings.trading_mode,
            live_trading=self._settings.live_trading,
            risk_mode=self._fold.risk_mode,
            halt_level=tightest(still_standing(blockers, override)),
            blockers=blockers,
            instrument=instrument,
            is_order_id_unused=self._fold.orders.get(intent.client_order_id) is None,
            book=self._look_at_book(intent),
            reference_price=None if mark is None else mark.price,
            window_price=self._market.window_price(instrument_id),
            quote_usd=None if quote is None else quote.price,
            volatility_pct=self._market.volatility_pct(instrument_id),
            clock_offset_ms=self._market.clock_offset_ms(intent.venue),
            equity_usd=valuation.equity_usd,
            equity_age_ns=valuation.oldest_mark_age_ns,
            venue_equity_usd=None if venue_value is None else venue_value.equity_usd,
            day_loss_usd=valuation.day_loss_usd,
            drawdown_pct=valuation.drawdown_pct,
            unvalued=valuation.missing,
            exposures=tuple(self.exposures(without)),
            own_orders=(*self.own_orders(instrument_id, without), *self._orders_to_come(intent)),
            open_orders=self._fold.orders.live_count - len(without),
            funds=self._funds(instrument, valuation, without),
            recent=self._recent.look(intent, self._clock.monotonic_ns()),
            strategy_status=None if strategy is None else self._strategy_status(strategy),
            capital=self._look_at_capital(intent.venue, venue_value),
            job=self._job_of(intent),
            override=override,
        )

    def _look_at_capital(self, venue: str, value: VenueValue | None) -> CapitalLook:
        self._capital.update_equity(venue, None if value is None else value.equity_usd)
        return self._capital.look(venue)

    def own_orders(self, instrument_id: InstrumentId, without: Sequence[Order] = ()) -> list[OwnOrder]:
        """Return the account's orders that may live on the instrument's book, external ones and other venues' too.

        One that is being amended is there at both prices.
        """
        book_id = self.book_id(instrument_id)
        return [
            OwnOrder(order.intent.client_order_id, order.intent.side, price, is_in_doubt=order.is_in_doubt)
            for order in self._live(without)
            if order.status.may_live and self.book_id(order.intent.instrument_id) == book_id
            for price in order.possible_prices
        ]

    def keep_free(self, wanted: Callable[[], Iterable[Wanted]]) -> None:
        """Count what naked legs wait to be given back with as if it lived already, for all but orders of jobs."""
        self._kept_free = wanted

    def _orders_to_come(self, intent: OrderIntent) -> Iterator[OwnOrder]:
        book_id = self.book_id(intent.instrument_id)
        for wanted in self._kept_free() if intent.job is None else ():
            if self.book_id(wanted.instrument_id) == book_id:
                yield OwnOrder("what gives a naked leg back", wanted.side, wanted.limit_price, is_in_doubt=False)

    def book_id(self, instrument_id: InstrumentId) -> str:
        """Return what names the order book of an instrument, as far as its rules are known."""
        instrument = self._market.instruments.get(instrument_id)
        return str(instrument_id) if instrument is None else instrument.book_id

    def _look_at_book(self, intent: OrderIntent) -> BookLook | None:
        book, feed = self._market.books.get(intent.instrument_id), self._market.feeds.get(intent.venue)
        age_ns = self._market.age_ns(intent.instrument_id)
        # What a feed left behind when it went down may look fresh for a moment more.
        if book is None or age_ns is None or feed is None or feed.state is not FeedState.UP:
            return None
        return BookLook(
            state=book.state,
            age_ns=age_ns,
            execution_price=book.execution_price(intent.side, intent.quantity) if intent.quantity > 0 else None,
            visible_quantity=book.visible_quantity(
                intent.side, self._limits.liquidity_levels, self._own_lots(book.instrument, intent.side.opposite)
            ),
        )

    def _own_lots(self, instrument: Instrument, side: Side) -> dict[int, int]:
        """Return what own orders rest, or may rest, on a side of an instrument's book, in lots by ticks.

        On paper over a real feed they are not in the book that is seen: there the depth counts for less than it is.
        """
        lots: dict[int, int] = {}
        for order in self._fold.orders.live():
            other = order.intent
            if other.side is not side or not order.status.may_live or other.order_type is OrderType.MARKET:
                continue
            if self.book_id(other.instrument_id) != instrument.book_id:
                continue
            own = int((order.remaining_quantity / instrument.lot_size).to_integral_value(ROUND_CEILING))
            for price in order.possible_prices:
                ticks = int(ZERO if price is None else price / instrument.tick_size)
                lots[ticks] = lots.get(ticks, 0) + own
        return lots

    def exposures(self, without: Sequence[Order] = ()) -> list[Exposure]:
        """Return one exposure for each instrument with a position or a live order, but for those that are given."""
        waiting: dict[InstrumentId, tuple[Decimal, Decimal]] = {}
        for order in self._live(without):
            buying, selling = waiting.get(order.intent.instrument_id, (ZERO, ZERO))
            if order.intent.side is Side.BUY:
                buying += order.remaining_quantity
            else:
                selling += order.remaining_quantity
            waiting[order.intent.instrument_id] = (buying, selling)
        held = [position.instrument_id for position in self._fold.ledger.positions() if position.quantity]
        return [
            self._exposure(instrument_id, *waiting.get(instrument_id, (ZERO, ZERO)))
            for instrument_id in dict.fromkeys((*held, *waiting))
        ]

    def _exposure(self, instrument_id: InstrumentId, buying: Decimal, selling: Decimal) -> Exposure:
        instrument = self._market.instruments.get(instrument_id)
        mark = self._market.marks.mark(instrument_id)
        rate = None if instrument is None else self._market.marks.asset_usd(instrument.venue, instrument.quote)
        unit_usd = None
        if instrument is not None and mark is not None and rate is not None:
            unit_usd = mark.price * instrument.contract_size * rate.price
        return Exposure(
            instrument_id=instrument_id,
            underlying=str(instrument_id) if instrument is None else underlying_of(instrument),
            is_contract=instrument is None or not is_holding(instrument),
            position=self._fold.ledger.quantity(instrument_id),
            buying=buying,
            selling=selling,
            unit_usd=unit_usd,
        )

    def funds(self, instrument: Instrument) -> Funds:
        """Return what there is to pay with at the instrument's venue now."""
        return self._funds(instrument, self.valuation())

    def _funds(self, instrument: Instrument | None, valuation: Valuation, without: Sequence[Order] = ()) -> Funds:
        """Return cash, holdings and margin at the instrument's venue, unfilled orders' claims taken off."""
        if instrument is None:
            return Funds(free_quote=None, free_base=None, collateral_usd=None)
        ledger = self._fold.ledger
        cash, holding = (
            ledger.cash_of(instrument.venue, instrument.quote),
            ledger.cash_of(instrument.venue, instrument.base),
        )
        claimed_quote = claimed_base = claimed_usd = ZERO
        unpriced = False
        for order in self._live(without):
            other = self._market.instruments.get(order.intent.instrument_id)
            if other is None or other.venue != instrument.venue or not is_holding(other):
                continue
            if order.intent.side is Side.SELL:
                if other.base == instrument.base:
                    claimed_base += order.remaining_quantity * other.contract_size
                continue
            cost = self._cost(order, other)
            rate = self._market.marks.asset_usd(other.venue, other.quote)
            if cost is None or rate is None:
                unpriced = True
                continue
            claimed_usd += cost * rate.price
            claimed_quote += cost if other.quote == instrument.quote else ZERO
        venue = valuation.venue(instrument.venue)
        collateral = None if venue is None else venue.collateral_usd
        free_base = (ZERO if holding is None else holding.total) - claimed_base
        return Funds(
            free_quote=None if cash is None or not cash.is_reported or unpriced else cash.total - claimed_quote,
            free_base=free_base,
            collateral_usd=None if collateral is None or unpriced else collateral - claimed_usd,
        )

    def _cost(self, order: Order, instrument: Instrument) -> Decimal | None:
        """Return what the rest of a buy order claims, with the taker fee; None where there is no price."""
        price = max((price for price in order.possible_prices if price is not None), default=None)
        if price is None or order.intent.order_type is OrderType.MARKET:
            mark = self._market.marks.mark(instrument.id)
            price = None if mark is None else mark.price
        if price is None:
            return None
        return instrument.notional(price, order.remaining_quantity) * (1 + max(ZERO, instrument.taker_fee_rate))
