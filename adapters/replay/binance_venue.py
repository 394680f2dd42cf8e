"""Recordings of Binance: stream and REST snapshots, with the rules where they were recorded."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlsplit

import msgspec

from adapters.binance.inference import InferredRules
from adapters.binance.instruments import read_instruments
from adapters.binance.market import BinanceMarket
from adapters.binance.market_data import MARKET_CHANNELS, BinanceMarketData
from adapters.binance.symbol_market import SymbolMarket
from adapters.replay.recorded_venue import Audit, Survey
from core.ports.venue import MarketSink
from core.types.instrument import Instrument
from data.recordings.lines import Progress
from data.recordings.message import Channel, RecordedMessage, RecordingError, TornTail
from data.recordings.reader import read_recording

_RULES_PATH: Final = "/exchangeInfo"
_DEPTH_PATH: Final = "/depth"


class RecordedBinance:
    """Implements `adapters.replay.recorded_venue.RecordedVenue` for Binance and the venues that speak like it."""

    def __init__(self, market: BinanceMarket, venue: str) -> None:
        self._market = market
        self.venue = venue

    def survey(self, path: Path, *, torn_tail: TornTail = TornTail.REFUSE, progress: Progress | None = None) -> Survey:
        survey = survey_recording(path, self._market, torn_tail=torn_tail, progress=progress)
        mine = tuple(msgspec.structs.replace(each, venue=self.venue) for each in survey.instruments)
        return msgspec.structs.replace(survey, instruments=mine)

    def market(
        self, sink: MarketSink, instruments: Iterable[Instrument], audit: Audit | None = None
    ) -> "PlayedBinance":
        return PlayedBinance(
            BinanceMarketData(self._market, sink, instruments, request_snapshot=lambda _: None, observer=audit)
        )


class PlayedBinance:
    """Implements `adapters.replay.recorded_venue.PlayedMarket`."""

    def __init__(self, market_data: BinanceMarketData) -> None:
        self._market_data = market_data

    @property
    def symbols(self) -> Mapping[str, SymbolMarket]:
        return self._market_data.symbols

    @property
    def malformed(self) -> int:
        return self._market_data.malformed

    @property
    def trades(self) -> int:
        return self._market_data.trades

    def play(self, message: RecordedMessage) -> None:
        if message.channel is Channel.STREAM:
            self._market_data.handle(message.payload, message.received_ns)
        elif message.channel is Channel.CONNECTED:
            self.connection_lost("a new connection begins", message.received_ns)
        elif not is_rules(message):
            symbol = snapshot_symbol(message) or self._only_symbol()
            if symbol is not None and symbol in self._market_data.symbols:
                self._market_data.handle_snapshot(symbol, message.payload, message.received_ns)

    def connection_lost(self, reason: str, received_ns: int) -> None:
        self._market_data.connection_lost(reason, received_ns)

    def _only_symbol(self) -> str | None:
        """Return the symbol a snapshot without address belongs to: the only one, else nobody's."""
        return next(iter(self._market_data.symbols)) if len(self._market_data.symbols) == 1 else None


def is_rules(message: RecordedMessage) -> bool:
    """Tell whether a message is the venue's exchangeInfo."""
    return (
        message.channel is Channel.REST and message.url is not None and urlsplit(message.url).path.endswith(_RULES_PATH)
    )


def snapshot_symbol(message: RecordedMessage) -> str | None:
    """Return the venue symbol a depth answer was asked for, None where the recording does not say."""
    if message.url is None or not urlsplit(message.url).path.endswith(_DEPTH_PATH):
        return None
    return next(iter(parse_qs(urlsplit(message.url).query).get("symbol", ())), None)


def survey_recording(
    path: Path, market: BinanceMarket, *, torn_tail: TornTail = TornTail.REFUSE, progress: Progress | None = None
) -> Survey:
    """Find the instruments of a recording by reading all of it: any line may hold the finest number.

    Raises
    ------
    RecordingError
        The recording is broken or holds no market of this venue.
    """
    rules: dict[str, Instrument] = {}
    streamed: list[str] = []
    inferred = InferredRules(market)
    first_ns = last_ns = 0
    for message in read_recording(path, torn_tail=torn_tail, progress=progress):
        first_ns, last_ns = first_ns or message.received_ns, message.received_ns
        if is_rules(message):
            rules = _rules(path, market, message)
        else:
            if message.channel is Channel.CONNECTED:
                streamed += streamed_symbols(message.url or "")
            inferred.see(message.payload, snapshot_symbol(message))
    instruments = _instruments(path, market, inferred, rules, streamed)
    return Survey(instruments, any(i.venue_symbol not in rules for i in instruments), first_ns, last_ns)


def streamed_symbols(url: str) -> list[str]:
    """Return the venue symbols whose market data a combined stream carries, in its order."""
    streams = parse_qs(urlsplit(url).query).get("streams", [""])[0].split("/")
    parts = [stream.split("@") for stream in streams]
    return list(dict.fromkeys(part[0].upper() for part in parts if len(part) > 1 and part[1] in MARKET_CHANNELS))


def _rules(path: Path, market: BinanceMarket, message: RecordedMessage) -> dict[str, Instrument]:
    try:
        return read_instruments(market, message.payload)
    except msgspec.DecodeError as error:
        raise RecordingError(path, None, f"the recorded exchangeInfo cannot be read: {error}") from error


def _instruments(
    path: Path, market: BinanceMarket, inferred: InferredRules, rules: dict[str, Instrument], streamed: list[str]
) -> tuple[Instrument, ...]:
    seen = inferred.instruments()
    names = list(dict.fromkeys([*(name for name in streamed if name in rules), *seen]))
    if not names:
        expected = "expected depth, trade or bookTicker streams"
        raise RecordingError(path, None, f"holds no market data of {market.value}, {expected}")
    return tuple(inferred.refine(rules[name]) if name in rules else seen[name] for name in names)
