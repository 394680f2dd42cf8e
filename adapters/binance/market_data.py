"""The one handler of Binance's market messages, used live and in replay alike."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, Protocol, TypeVar

import msgspec

from adapters.binance.depth_objects import NS_PER_MS
from adapters.binance.grid import Grid, GridError
from adapters.binance.market import BinanceMarket
from adapters.binance.symbol_market import SymbolMarket
from adapters.binance.synchroniser import SnapshotVerdict
from adapters.binance.wire import AggregateTrade, BookTicker, MarkPriceUpdate, TradeEvent
from adapters.streams.market_data import UNREADABLE
from core.ports.venue import MarketSink
from core.types.instrument import Instrument, InstrumentId
from core.types.market import FundingRate, MarkPrice, Trade

T = TypeVar("T")
Route = Callable[[bytes, int], None]

_COMBINED_START = b'{"stream":"'
_NAME_AT = len(_COMBINED_START)
MARKET_CHANNELS: Final = frozenset({"depth", "trade", "aggTrade", "markPrice", "bookTicker"})
_ORDINARY_TRADE = "MARKET"  # others (insurance fund, adjustments) are not made in the book
_HOURS_8_S = 8 * 3600


class MarketObserver(Protocol):
    """Watches what the handler does, to check it."""

    def depth_applied(self, market: SymbolMarket, /) -> None: ...

    def book_ticker(self, instrument_id: InstrumentId, ticker: BookTicker, /) -> None: ...


class _TradeEnvelope(msgspec.Struct, gc=False):
    data: TradeEvent


class _AggregateTradeEnvelope(msgspec.Struct, gc=False):
    data: AggregateTrade


class _BookTickerEnvelope(msgspec.Struct, gc=False):
    data: BookTicker


class _MarkPriceEnvelope(msgspec.Struct, gc=False):
    data: MarkPriceUpdate


class _BareHead(msgspec.Struct, gc=False):
    event: str = msgspec.field(name="e", default="")
    symbol: str = msgspec.field(name="s", default="")


_decode_trade = msgspec.json.Decoder(_TradeEnvelope).decode
_decode_aggregate_trade = msgspec.json.Decoder(_AggregateTradeEnvelope).decode
_decode_book_ticker = msgspec.json.Decoder(_BookTickerEnvelope).decode
_decode_mark_price = msgspec.json.Decoder(_MarkPriceEnvelope).decode
_decode_bare_head = msgspec.json.Decoder(_BareHead).decode


class BinanceMarketData:
    """Writes books and reports trades, marks and funding to a sink; does no I/O and reads no clock.

    Messages are the venue's combined-stream form ``{"stream":"btcusdt@depth@100ms","data":{…}}``; a bare depth message
    is understood as well. Trades pass through with their ids, also repeated or out of order: bars judge them. Where a
    recording has both ``@trade`` and ``@aggTrade`` of a symbol, the one seen first counts.

    Parameters
    ----------
    request_snapshot
        Called with the venue's symbol when a book needs a REST snapshot.
    """

    def __init__(
        self,
        market: BinanceMarket,
        sink: MarketSink,
        instruments: Iterable[Instrument],
        *,
        request_snapshot: Callable[[str], None],
        observer: MarketObserver | None = None,
    ) -> None:
        self.market = market
        self.malformed = 0
        self.ignored = 0
        self.trades = 0
        self._sink = sink
        self._observer = observer
        self._routes: dict[bytes, Route] = {}
        self._trade_channels: dict[str, str] = {}
        self._symbols: dict[str, SymbolMarket] = {}
        for instrument in instruments:
            self._symbols[instrument.venue_symbol] = SymbolMarket(
                instrument,
                market,
                sink.add_instrument(instrument),
                request_snapshot=request_snapshot,
                on_applied=None if observer is None else observer.depth_applied,
            )

    @property
    def symbols(self) -> Mapping[str, SymbolMarket]:
        """Return what is followed, by the venue's symbol."""
        return self._symbols

    def handle(self, raw: bytes, received_ns: int) -> None:
        """Take one websocket message; never raises for what the venue sends."""
        if raw.startswith(_COMBINED_START):
            name = raw[_NAME_AT : raw.find(b'"', _NAME_AT)]
            route = self._routes.get(name)
            if route is None:
                route = self._routes[name] = self._route_to(name)
            route(raw, received_ns)
        else:
            self._handle_bare(raw, received_ns)

    def handle_snapshot(self, venue_symbol: str, raw: bytes, received_ns: int) -> SnapshotVerdict:
        """Take the body of a depth request."""
        symbol = self._symbols[venue_symbol]
        verdict = symbol.on_snapshot(raw, received_ns)
        self._sink.book_changed(symbol.instrument_id)
        return verdict

    def connection_lost(self, reason: str, received_ns: int) -> None:
        """Make every book unreadable: what happens meanwhile is not seen."""
        for symbol in self._symbols.values():
            symbol.forget(reason, received_ns)
            self._sink.book_changed(symbol.instrument_id)

    def _route_to(self, name: bytes) -> Route:
        venue_symbol, _, channel = name.decode("ascii", "replace").partition("@")
        symbol = self._symbols.get(venue_symbol.upper())
        if symbol is None:
            return self._ignore
        kind = channel.partition("@")[0]
        makers: dict[str, Callable[[SymbolMarket], Route]] = {
            "depth": self._depth_route,
            "trade": self._trade_route,
            "aggTrade": self._aggregate_trade_route,
            "markPrice": self._mark_price_route,
            "bookTicker": self._book_ticker_route,
        }
        return makers[kind](symbol) if kind in makers else self._ignore

    def _handle_bare(self, raw: bytes, received_ns: int) -> None:
        try:
            head = _decode_bare_head(raw)
        except UNREADABLE:
            self.malformed += 1
            return
        symbol = self._symbols.get(head.symbol)
        if symbol is None or head.event != "depthUpdate":
            self.ignored += 1
            return
        self._depth_route(symbol)(raw, received_ns)

    def _ignore(self, raw: bytes, received_ns: int) -> None:
        del raw, received_ns
        self.ignored += 1

    def _depth_route(self, symbol: SymbolMarket) -> Route:
        book_changed, instrument_id = self._sink.book_changed, symbol.instrument_id

        def take(raw: bytes, received_ns: int) -> None:
            if not symbol.on_depth(raw, received_ns):
                self.malformed += 1
            book_changed(instrument_id)

        return take

    def _trade_route(self, symbol: SymbolMarket) -> Route:
        on_grid = self._trade_maker(symbol, "trade")

        def read(raw: bytes, received_ns: int) -> Trade | None:
            trade = _decode_trade(raw).data
            return on_grid(trade, received_ns) if trade.execution_type == _ORDINARY_TRADE else None

        return self._route(read, self._deliver_trade)

    def _aggregate_trade_route(self, symbol: SymbolMarket) -> Route:
        on_grid = self._trade_maker(symbol, "aggTrade")
        return self._route(
            lambda raw, received_ns: on_grid(_decode_aggregate_trade(raw).data, received_ns), self._deliver_trade
        )

    def _deliver_trade(self, trade: Trade) -> None:
        self.trades += 1
        self._sink.trade(trade)

    def _trade_maker(
        self, symbol: SymbolMarket, channel: str
    ) -> Callable[[TradeEvent | AggregateTrade, int], Trade | None]:
        instrument, instrument_id = symbol.instrument, symbol.instrument_id
        ticks, lots = Grid(instrument.tick_size).steps, Grid(instrument.lot_size).steps
        channels = self._trade_channels

        def on_grid(trade: TradeEvent | AggregateTrade, received_ns: int) -> Trade | None:
            if channels.setdefault(instrument.venue_symbol, channel) != channel:
                return None
            price_ticks, quantity_lots = ticks(trade.price), lots(trade.quantity)
            if price_ticks <= 0 or quantity_lots <= 0:
                raise GridError("a trade without price or quantity")
            venue_ns = trade.trade_ms * NS_PER_MS
            return Trade(
                instrument_id,
                trade.trade_id,
                price_ticks,
                quantity_lots,
                trade.buyer_is_maker,
                venue_ns,
                received_ns,
            )

        return on_grid

    def _mark_price_route(self, symbol: SymbolMarket) -> Route:
        instrument_id = symbol.instrument_id
        interval_s = symbol.instrument.funding_interval_s or _HOURS_8_S

        def read(raw: bytes, received_ns: int) -> tuple[MarkPrice, FundingRate | None]:
            update = _decode_mark_price(raw).data
            mark, index = _finite(update.mark_price), _finite(update.index_price)
            if mark <= 0:
                raise ValueError(f"mark price {mark}")
            price = MarkPrice(instrument_id, mark, index if index > 0 else None, received_ns)
            if not update.funding_rate:
                return price, None
            rate, next_ns = _finite(update.funding_rate), update.next_funding_ms * NS_PER_MS
            return price, FundingRate(instrument_id, rate, interval_s, next_ns, received_ns)

        return self._route(read, self._deliver_mark)

    def _deliver_mark(self, told: tuple[MarkPrice, FundingRate | None]) -> None:
        price, funding = told
        self._sink.mark_price(price)
        if funding is not None:
            self._sink.funding_rate(funding)

    def _book_ticker_route(self, symbol: SymbolMarket) -> Route:
        observer = self._observer
        if observer is None:
            return self._ignore
        return self._route(
            lambda raw, _: _decode_book_ticker(raw).data,
            lambda quote: observer.book_ticker(symbol.instrument_id, quote),
        )

    def _route(self, read: Callable[[bytes, int], T | None], deliver: Callable[[T], None]) -> Route:
        """Count what cannot be read; what goes wrong where it is delivered is a fault of ours, and raises."""

        def take(raw: bytes, received_ns: int) -> None:
            try:
                found = read(raw, received_ns)
            except UNREADABLE:
                self.malformed += 1
                return
            if found is not None:
                deliver(found)

        return take


def _finite(text: str) -> float:
    value = float(text)
    if value - value != 0:
        raise ValueError(f"{text!r} is not a finite number")
    return value
