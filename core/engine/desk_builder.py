"""Show the engine: everything a console asks for, built from the state of this moment."""

from itertools import chain, islice
from typing import Final

from core.engine.account_builder import AccountBuilder
from core.engine.chart_builder import ChartBuilder
from core.engine.held_views import HeldViews
from core.engine.job_views import JobViews
from core.engine.parts import EngineParts
from core.engine.shown_rows import ShownRows
from core.engine.timeline_views import TimelineViews
from core.ledger.valuation import PositionValue, Valuation
from core.state.desk import (
    BookView,
    DeskRequest,
    DeskSnapshot,
    FillView,
    NetPositionView,
    OrderView,
    OwnLevel,
    PositionView,
    PrintView,
    ProtectionView,
)
from core.state.monitoring import MonitoringState
from core.types.instrument import InstrumentId

MAX_DEPTH: Final = 200


class DeskBuilder:
    """Build desk snapshots; reads only."""

    def __init__(self, parts: EngineParts, engine_id: str, version: str) -> None:
        self._parts = parts
        self._engine_id = engine_id
        self._version = version
        self._jobs = JobViews(parts)
        self._timelines = TimelineViews(parts, self._jobs)
        self._held = HeldViews(parts)
        self._accounts = AccountBuilder(parts)
        self._charts = ChartBuilder(parts)
        self._shown = ShownRows()
        self._sequence = 0

    def build(self, request: DeskRequest, monitoring: MonitoringState, valuation: Valuation) -> DeskSnapshot:
        self._sequence += 1
        parts = self._parts
        wanted = [book for text in request.books if (book := self._book(text, request.depth)) is not None]
        return DeskSnapshot(
            sequence=self._sequence,
            engine_ns=parts.clock.utc_ns(),
            engine_id=self._engine_id,
            version=self._version,
            monitoring=monitoring,
            instruments=[self._shown.instrument(each) for each in parts.market.instruments.values()],
            books={f"{book.symbol}@{book.venue}": book for book in wanted},
            chart=None if request.chart is None else self._charts.chart(request),
            positions=[_position(value, parts.protection.view(value.instrument_id)) for value in valuation.positions],
            net_positions=[
                NetPositionView(
                    base=net.base, quantity=net.quantity, notional_usd=net.notional_usd, pnl_usd=net.pnl_usd
                )
                for net in valuation.net_positions
            ],
            orders=self.orders(request.orders),
            fills=self.fills(request.fills),
            log=list(islice(parts.log.lines, max(0, len(parts.log.lines) - request.log_lines), None)),
            pnl_curve=list(parts.pnl_curve.points),
            jobs=self._jobs.jobs(request.jobs, request.job_statuses) if request.jobs else [],
            job_counts=self._jobs.counts() if request.jobs else {},
            capital=parts.capital.current_snapshot() if request.jobs else [],
            timelines=self._timelines.build(request.timelines) if request.timelines > 0 else {},
            tapes={text: tape for text in request.tapes if (tape := self._tape(text, request.prints)) is not None},
            arming=parts.consoles.arming_view(),
            away=parts.consoles.away_of(request.console) if request.console else None,
            consoles=parts.consoles.console_views(),
            accounts=self._accounts.build(valuation) if request.accounts else [],
            price_alerts=parts.price_alerts.views(),
        )

    def orders(self, limit: int) -> list[OrderView]:
        """Return held and live orders, the newest first, then finished ones.

        At most `limit` in all, but every held and every live one; `limit` 0 asks for none.
        """
        held = self._held.held() if limit else []
        live = sorted(self._parts.fold.orders.live(), key=lambda order: -order.intent.created_ns)
        room = max(0, limit - len(live) - len(held))
        finished = [self._shown.order(order) for order in islice(self._parts.fold.orders.finished(), room)]
        finished = sorted(chain(finished, self._held.ended(room)), key=lambda view: -view.updated_ns)[:room]
        return [*held, *(self._shown.order(order) for order in live), *finished]

    def fills(self, limit: int) -> list[FillView]:
        return list(islice(reversed(self._parts.fold.recent_fills), limit))

    def _book(self, text: str, depth: int) -> BookView | None:
        try:
            instrument_id = InstrumentId.parse(text)
        except ValueError:
            return None
        market = self._parts.market
        book = market.books.get(instrument_id)
        if book is None:
            return None
        now_ns = self._parts.clock.utc_ns()
        bid_ticks, bid_lots, ask_ticks, ask_lots = book.top(max(1, min(depth, MAX_DEPTH)))
        trade = market.last_trade(instrument_id)
        age_ns = market.age_ns(instrument_id)
        hours = book.instrument.market_hours
        return BookView(
            venue=instrument_id.venue,
            symbol=instrument_id.symbol,
            validity=market.validity(instrument_id),
            reason=book.reason,
            age_s=None if age_ns is None else age_ns / 1e9,
            sequence=book.sequence,
            tick_size=book.instrument.tick_size,
            lot_size=book.instrument.lot_size,
            bid_ticks=bid_ticks.tolist(),
            bid_lots=bid_lots.tolist(),
            ask_ticks=ask_ticks.tolist(),
            ask_lots=ask_lots.tolist(),
            own=self._own_levels(instrument_id),
            last_ticks=None if trade is None else trade.price_ticks,
            last_side=None if trade is None else ("sell" if trade.buyer_is_maker else "buy"),
            next_open_ns=None if hours.is_open(now_ns) else hours.next_open_ns(now_ns),
        )

    def _tape(self, text: str, limit: int) -> list[PrintView] | None:
        try:
            instrument_id = InstrumentId.parse(text)
        except ValueError:
            return None
        if instrument_id not in self._parts.market.instruments:
            return None
        tape = self._parts.market.tapes.get(instrument_id)
        if tape is None:
            return []
        own = {fill.trade_id for fill in self._parts.fold.recent_fills if (fill.venue, fill.symbol) == instrument_id}
        return [
            PrintView(
                printed.number,
                printed.trade.venue_ns,
                printed.trade.price_ticks,
                printed.trade.quantity_lots,
                "sell" if printed.trade.buyer_is_maker else "buy",
                printed.trade.trade_id in own,
                printed.after_cut,
            )
            for printed in tape.newest(limit)
        ]

    def _own_levels(self, instrument_id: InstrumentId) -> list[OwnLevel]:
        instrument = self._parts.market.instruments[instrument_id]
        return [
            OwnLevel(
                client_order_id=order.intent.client_order_id,
                side=order.intent.side.value,
                price_ticks=int(order.intent.limit_price / instrument.tick_size),
                quantity_lots=int(order.remaining_quantity / instrument.lot_size),
                ahead_lots=self._parts.queues.ahead_lots(order),
            )
            for order in self._parts.fold.orders.live(instrument_id)
            if order.intent.limit_price is not None
        ]


def _position(value: PositionValue, protection: ProtectionView | None) -> PositionView:
    return PositionView(
        venue=value.instrument_id.venue,
        symbol=value.instrument_id.symbol,
        quantity=value.quantity,
        average_price=value.average_price,
        mark_price=value.mark_price,
        mark_age_s=None if value.mark_age_ns is None else value.mark_age_ns / 1e9,
        notional_usd=value.notional_usd,
        unrealised_pnl_usd=value.unrealised_usd,
        realised_pnl_usd=value.realised_usd,
        fees_usd=value.fees_usd,
        funding_usd=value.funding_usd,
        protection=protection,
        base=value.base,
    )
