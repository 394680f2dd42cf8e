"""What a recording of Kraken's market data is about."""

from decimal import Decimal

from adapters.kraken.instruments import VENUE, of_pair_data, read_asset_pairs
from adapters.kraken.wire import BookMessage, InstrumentMessage, PairData, TradeMessage, decode_channel
from adapters.streams.market_data import UNREADABLE
from adapters.streams.seen_rules import SeenRules
from core.types.instrument import Instrument
from data.recordings.message import Channel, RecordedMessage

_PAIRS_PATH = "/AssetPairs"


class KrakenRules:
    """Implements `adapters.replay.stream_venue.RecordedRules`."""

    venue = VENUE

    def __init__(self) -> None:
        self._seen = SeenRules(_infer)

    def see(self, message: RecordedMessage) -> None:
        try:
            if message.channel is Channel.STREAM:
                self._see_stream(message.payload)
            elif message.channel is Channel.REST and message.url and _PAIRS_PATH in message.url:
                for instrument in read_asset_pairs(message.payload).values():
                    self._seen.rule(instrument)
        except UNREADABLE:
            return  # the handler counts it

    def instruments(self) -> tuple[tuple[Instrument, ...], bool]:
        return self._seen.instruments()

    def _see_stream(self, payload: bytes) -> None:
        if not payload.startswith(b'{"channel"'):
            return
        found = decode_channel(payload)
        if isinstance(found, InstrumentMessage):
            for pair in found.data.pairs:
                self._seen.rule(of_pair_data(pair))
        elif isinstance(found, BookMessage):
            for data in found.data:
                for level in (*data.bids, *data.asks):
                    self._seen.level(data.symbol, level.price, level.qty)
        elif isinstance(found, TradeMessage):
            for trade in found.data:
                self._seen.level(trade.symbol, trade.price, trade.qty)


def _infer(venue_symbol: str, tick: Decimal, lot: Decimal) -> Instrument | None:
    base, slash, quote = venue_symbol.partition("/")
    if not slash:
        return None
    precisions = (-int(step.as_tuple().exponent) for step in (tick, lot))
    price_precision, quantity_precision = precisions
    return of_pair_data(
        PairData(
            symbol=venue_symbol,
            base=base,
            quote=quote,
            status="online",
            price_precision=price_precision,
            qty_precision=quantity_precision,
            price_increment=tick,
            qty_increment=lot,
            qty_min=lot,
            cost_min=Decimal(0),
        )
    )
