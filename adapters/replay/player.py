"""Hand recorded messages to the venue's own handler."""

from adapters.binance.market_data import BinanceMarketData
from adapters.replay.survey import is_rules, snapshot_symbol
from data.recordings.message import Channel, RecordedMessage


def play(market_data: BinanceMarketData, message: RecordedMessage) -> None:
    """Do with one recorded message what the live feed does with it when it arrives."""
    if message.channel is Channel.STREAM:
        market_data.handle(message.payload, message.received_ns)
    elif message.channel is Channel.CONNECTED:
        market_data.connection_lost("a new connection begins", message.received_ns)
    elif not is_rules(message):
        symbol = snapshot_symbol(message) or only_symbol(market_data)
        if symbol is not None and symbol in market_data.symbols:
            market_data.handle_snapshot(symbol, message.payload, message.received_ns)


def only_symbol(market_data: BinanceMarketData) -> str | None:
    """Return the symbol a snapshot without address belongs to: the only one, else nobody's."""
    return next(iter(market_data.symbols)) if len(market_data.symbols) == 1 else None
