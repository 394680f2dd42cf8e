"""What a recording of OKX's market data is about."""

from adapters.okx.instruments import INSTRUMENTS_PATH, inferred_instrument, read_instruments
from adapters.okx.level_texts import exact
from adapters.okx.wire import BOOKS, TRADES, decode_books, decode_envelope, decode_trades
from adapters.streams.recorded_rules import RecordedStreamRules
from adapters.streams.seen_rules import SeenRules


def okx_rules() -> RecordedStreamRules:
    return RecordedStreamRules(INSTRUMENTS_PATH, read_instruments, _see_message, inferred_instrument)


def _see_message(seen: SeenRules, payload: bytes) -> None:
    if not payload.startswith(b"{"):
        return
    envelope = decode_envelope(payload)
    if envelope.event:
        return
    if envelope.arg.channel == BOOKS:
        for data in decode_books(envelope.data):
            for price, size in exact((*data.bids, *data.asks)):
                seen.level(envelope.arg.inst_id, price, size)
    elif envelope.arg.channel == TRADES:
        for trade in decode_trades(envelope.data):
            seen.level(trade.inst_id, trade.px, trade.sz)
