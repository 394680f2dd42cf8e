"""What a recording of Coinbase's market data is about."""

from decimal import Decimal, InvalidOperation
from typing import Final

from adapters.coinbase.endpoints import PUBLIC_PRODUCTS
from adapters.coinbase.instruments import instrument_of, read_products, stream_product
from adapters.coinbase.market_data import BOOKS, TRADES
from adapters.coinbase.wire import BookEvent, Product, decode_book_events, decode_message, decode_trades_events
from adapters.streams.recorded_rules import RecordedStreamRules
from adapters.streams.seen_rules import SeenRules
from core.types.instrument import Instrument

_LONGEST_NUMBER: Final = 40


def coinbase_rules() -> RecordedStreamRules:
    return RecordedStreamRules(PUBLIC_PRODUCTS, _products_of_the_stream, _see_message, _infer)


def _products_of_the_stream(body: bytes) -> dict[str, Instrument]:
    # the stream shows another's book under that one's name
    listed = read_products(body)
    return {name: each for name, each in listed.items() if stream_product(each) == each.venue_symbol}


def _see_message(seen: SeenRules, payload: bytes) -> None:
    message = decode_message(payload)
    if message.channel == BOOKS:
        for event in decode_book_events(message.events):
            _see_book(seen, event)
    elif message.channel == TRADES:
        for event in decode_trades_events(message.events):
            for trade in event.trades:
                seen.level(trade.product_id, trade.price, trade.size)


def _see_book(seen: SeenRules, event: BookEvent) -> None:
    seen.traded(event.product_id)
    # the texts with most decimals decide, and of tens of thousands only those few are made numbers
    prices = {_decimals(update.price_level): update.price_level for update in event.updates}
    sizes = {_decimals(update.new_quantity): update.new_quantity for update in event.updates}
    if prices and sizes:
        seen.level(event.product_id, _number(prices[max(prices)]), _number(sizes[max(sizes)]))


def _decimals(text: str) -> int:
    return len(text.rstrip("0").partition(".")[2])


def _number(text: str) -> Decimal:
    try:
        number = Decimal(text) if len(text) <= _LONGEST_NUMBER else Decimal("nan")
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite():
        raise ValueError(f"{text[:_LONGEST_NUMBER]!r} is not a number")
    return number


def _infer(venue_symbol: str, tick: Decimal, lot: Decimal) -> Instrument | None:
    base, dash, quote = venue_symbol.partition("-")
    if not (dash and base and quote):
        return None
    return instrument_of(
        Product(
            product_id=venue_symbol,
            product_type="SPOT",
            base_currency_id=base,
            quote_currency_id=quote,
            base_increment=lot,
            quote_increment=tick,
            base_min_size=lot,
            quote_min_size=Decimal(0),
        )
    )
