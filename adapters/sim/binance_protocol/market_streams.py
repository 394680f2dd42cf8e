"""Public streams of one market, cut at the steps of the simulated market."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

from adapters.sim.binance_protocol.candles import INTERVAL_MINUTES, MINUTE_MS, NS_PER_MS, Candle
from adapters.sim.binance_protocol.config import STEPS_A_SECOND
from adapters.sim.binance_protocol.depth import Diff
from adapters.sim.binance_protocol.faults import FaultBox
from adapters.sim.binance_protocol.market_kind import MarketKind, money
from adapters.sim.binance_protocol.stream_hub import StreamHub
from adapters.sim.binance_protocol.symbol_book import SymbolBook
from adapters.sim.binance_protocol.trades import AggregateTrade, PublicTrade
from core.types.order import Side

Body = dict[str, object]
_DAY_MINUTES: Final = 24 * 60
_STEPS: Final = {100: 2, 250: 5, 500: 10, 1000: 20}  # steps of 50 ms, by speed in ms


class MarketStreams:
    def __init__(self, kind: MarketKind, books: Mapping[str, SymbolBook], hub: StreamHub, faults: FaultBox) -> None:
        self._kind = kind
        self._books = books
        self._hub = hub
        self._faults = faults
        self._best: dict[str, tuple[tuple[str, str], tuple[str, str]]] = {}
        self._minute: dict[str, int] = {}
        self._slow_ms = 1000 if kind is MarketKind.SPOT else 250

    def _send(self, stream: str, make: Callable[[], Body | None]) -> None:
        """Make an event only where somebody listens."""
        if self._hub.wants(stream) and not self._faults.silences(stream):
            event = make()
            if event is not None:
                self._hub.publish(stream, event)

    def printed(self, book: SymbolBook, trades: list[PublicTrade], aggregates: list[AggregateTrade]) -> None:
        name = book.symbol.lower()
        for trade in trades:
            self._send(f"{name}@trade", lambda trade=trade: self._trade(book, trade))
        for aggregate in aggregates:
            self._send(f"{name}@aggTrade", lambda aggregate=aggregate: self._aggregate(book, aggregate))

    def step(self, number: int, at_ms: int) -> None:
        """Send what is due after a step."""
        for book in self._books.values():
            self._depth(book, number, at_ms)
            self._book_ticker(book, at_ms)
            if number % _STEPS[250] == 0:
                self._klines(book, at_ms)
            if number % STEPS_A_SECOND == 0:
                self._second(book, number // STEPS_A_SECOND, at_ms)

    # books ---------------------------------------------------------------------------------------------

    def _depth(self, book: SymbolBook, number: int, at_ms: int) -> None:
        name = book.symbol.lower()
        for speed, steps in _STEPS.items():
            if number % steps:
                continue
            suffix = "" if speed == self._slow_ms else f"@{speed}ms"
            diff = book.depth.take_diff(speed)
            if diff is None:
                continue
            for levels in (5, 10, 20):
                self._send(f"{name}@depth{levels}{suffix}", lambda levels=levels: self._top(book, levels, at_ms))
            stream = f"{name}@depth{suffix}"
            if self._hub.wants(stream) and not self._faults.loses_diff(book.symbol):
                self._send(stream, lambda diff=diff: self._diff(book, diff, at_ms))

    def _diff(self, book: SymbolBook, diff: Diff, at_ms: int) -> Body:
        usdm = self._kind is MarketKind.USDM
        return {
            "e": "depthUpdate",
            "E": at_ms,
            **({"T": at_ms} if usdm else {}),
            "s": book.symbol,
            **({"ps": book.symbol, "st": 1} if usdm else {}),
            "U": diff.first_id,
            "u": diff.last_id,
            **({"pu": diff.previous_id} if usdm else {}),
            "b": book.level_texts(diff.bids),
            "a": book.level_texts(diff.asks),
        }

    def _top(self, book: SymbolBook, levels: int, at_ms: int) -> Body:
        update_id, bids, asks = book.depth.snapshot(levels)
        bid_texts, ask_texts = book.level_texts(bids), book.level_texts(asks)
        if self._kind is MarketKind.SPOT:
            return {"lastUpdateId": update_id, "bids": bid_texts, "asks": ask_texts}
        return {
            "e": "depthUpdate", "E": at_ms, "T": at_ms, "s": book.symbol, "U": update_id, "u": update_id,
            "pu": update_id - 1, "b": bid_texts, "a": ask_texts,
        }  # fmt: skip

    def _book_ticker(self, book: SymbolBook, at_ms: int) -> None:
        stream = f"{book.symbol.lower()}@bookTicker"
        if not self._hub.wants(stream):
            return
        best = (book.best(Side.BUY), book.best(Side.SELL))
        if self._best.get(book.symbol) != best:
            self._best[book.symbol] = best
            self._send(stream, lambda: self._ticker(book, *best, at_ms))

    def _ticker(self, book: SymbolBook, bid: tuple[str, str], ask: tuple[str, str], at_ms: int) -> Body:
        book.depth.absorb()
        body: Body = {"u": book.depth.update_id, "s": book.symbol, "b": bid[0], "B": bid[1], "a": ask[0], "A": ask[1]}
        if self._kind is MarketKind.SPOT:
            return body
        return {"e": "bookTicker", "E": at_ms, "T": at_ms, **body, "st": 1, "ps": book.symbol}

    # trades --------------------------------------------------------------------------------------------

    def _trade(self, book: SymbolBook, trade: PublicTrade) -> Body:
        writing = book.writing
        body: Body = {
            "e": "trade", "E": trade.at_ms, "T": trade.at_ms, "s": book.symbol, "t": trade.trade_id,
            "p": writing.price(trade.price), "q": writing.quantity(trade.quantity),
        }  # fmt: skip
        if self._kind is MarketKind.USDM:
            return {**body, "X": "MARKET", "m": trade.buyer_is_maker}
        return {**body, "m": trade.buyer_is_maker, "M": True}

    def _aggregate(self, book: SymbolBook, trade: AggregateTrade) -> Body:
        writing = book.writing
        return {
            "e": "aggTrade", "E": trade.at_ms, "a": trade.aggregate_id, "s": book.symbol,
            "p": writing.price(trade.price), "q": writing.quantity(trade.quantity), "f": trade.first_id,
            "l": trade.last_id, "T": trade.at_ms, "m": trade.buyer_is_maker,
            **({"M": True} if self._kind is MarketKind.SPOT else {"st": 1}),
        }  # fmt: skip

    # candles, tickers, marks ---------------------------------------------------------------------------

    def _klines(self, book: SymbolBook, at_ms: int) -> None:
        minute = at_ms // MINUTE_MS
        has_turned = self._minute.get(book.symbol, minute) != minute
        self._minute[book.symbol] = minute
        for interval, minutes in INTERVAL_MINUTES.items():
            stream = f"{book.symbol.lower()}@kline_{interval}"
            if has_turned and minute % minutes == 0:
                self._send(stream, lambda i=interval, m=minutes: self._closed_kline(book, i, m, at_ms))
            self._send(
                stream, lambda i=interval, m=minutes: kline_event(book, i, book.candles.running(m), at_ms, closed=False)
            )

    def _closed_kline(self, book: SymbolBook, interval: str, minutes: int, at_ms: int) -> Body | None:
        candle = book.candles.before_last(minutes)
        return None if candle is None else kline_event(book, interval, candle, at_ms, closed=True)

    def _second(self, book: SymbolBook, second: int, at_ms: int) -> None:
        name = book.symbol.lower()
        self._send(f"{name}@miniTicker", lambda: self._mini_ticker(book, at_ms))
        if self._kind is MarketKind.USDM:
            self._send(f"{name}@markPrice@1s", lambda: mark_event(book, at_ms))
            if second % 3 == 0:
                self._send(f"{name}@markPrice", lambda: mark_event(book, at_ms))

    def _mini_ticker(self, book: SymbolBook, at_ms: int) -> Body:
        day = book.candles.last(_DAY_MINUTES)
        writing = book.writing
        return {
            "e": "24hrMiniTicker", "E": at_ms, "s": book.symbol, "c": writing.price(day.close),
            "o": writing.price(day.open), "h": writing.price(day.high), "l": writing.price(day.low),
            "v": writing.quantity(day.volume), "q": money(day.quote_volume),
        }  # fmt: skip


def mark_event(book: SymbolBook, at_ms: int) -> Body:
    funding = book.sim.funding
    assert funding is not None
    index = money(Decimal(f"{funding.index:.8f}"))
    return {
        "e": "markPriceUpdate", "E": at_ms, "s": book.symbol, "p": money(book.mark), "P": index, "i": index,
        "r": f"{funding.rate:.8f}", "T": funding.next_funding_ns // NS_PER_MS,
    }  # fmt: skip


def kline_event(book: SymbolBook, interval: str, candle: Candle, at_ms: int, *, closed: bool) -> Body:
    writing = book.writing
    close_ms = candle.open_ms + INTERVAL_MINUTES[interval] * MINUTE_MS - 1
    return {
        "e": "kline", "E": at_ms, "s": book.symbol,
        "k": {
            "t": candle.open_ms, "T": close_ms, "s": book.symbol, "i": interval,
            "f": candle.first_id, "L": candle.last_id, "o": writing.price(candle.open),
            "c": writing.price(candle.close), "h": writing.price(candle.high), "l": writing.price(candle.low),
            "v": writing.quantity(candle.volume), "n": candle.trades, "x": closed, "q": money(candle.quote_volume),
            "V": writing.quantity(candle.taker_volume), "Q": money(candle.taker_quote_volume), "B": "0",
        },
    }  # fmt: skip
