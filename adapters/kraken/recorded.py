"""What a recording of Kraken's market data is about."""

from decimal import Decimal

from adapters.kraken.instruments import of_pair_data, read_asset_pairs
from adapters.kraken.wire import BookMessage, InstrumentMessage, PairData, TradeMessage, decode_channel
from adapters.streams.recorded_rules import RecordedStreamRules
from adapters.streams.seen_rules import SeenRules
from core.types.instrument import Instrument


def kraken_rules() -> RecordedStreamRules:
    return RecordedStreamRules("/AssetPairs", read_asset_pairs, _see_message, _infer)


def _see_message(seen: SeenRules, payload: bytes) -> None:
    if not payload.startswith(b'{"channel"'):
        return
    found = decode_channel(payload)
    if isinstance(found, InstrumentMessage):
        for pair in found.data.pairs:
            seen.rule(of_pair_data(pair))
    elif isinstance(found, BookMessage):
        for data in found.data:
            for level in (*data.bids, *data.asks):
                seen.level(data.symbol, level.price, level.qty)
    elif isinstance(found, TradeMessage):
        for trade in found.data:
            seen.level(trade.symbol, trade.price, trade.qty)


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
