"""Instruments of Coinbase's spot market, and whose book each of them shows."""

from decimal import Decimal
from typing import Final

import msgspec

from adapters.coinbase.wire import Product, decode_product, decode_products
from core.types.instrument import AssetType, Instrument

VENUE: Final = "coinbase"
_SPOT: Final = "SPOT"
_BOOK: Final = f"{VENUE}:"
# the first tier, without discounts: https://www.coinbase.com/advanced-fees
MAKER_RATE: Final = Decimal("0.006")
TAKER_RATE: Final = Decimal("0.012")


def read_products(body: bytes) -> dict[str, Instrument]:
    """Return what can be traded, by the venue's product id; a product of another kind or form is left out."""
    return {product.product_id: instrument_of(product) for product in spot_products(body) if product.is_traded}


def spot_products(body: bytes) -> list[Product]:
    """Return every spot product that can be read, also those that rest; raise DecodeError for another body."""
    found: list[Product] = []
    for row in decode_products(body).products:
        try:
            product = decode_product(row)
            is_spot = product.product_type == _SPOT and min(product.base_increment, price_step(product)) > 0
        except (msgspec.ValidationError, ArithmeticError):
            continue  # one odd product must not hide all others
        if is_spot:
            found.append(product)
    return found


def instrument_of(product: Product) -> Instrument:
    """Make an instrument; fees are those without discount."""
    return Instrument(
        venue=VENUE,
        symbol=f"{product.base_currency_id}/{product.quote_currency_id}",
        venue_symbol=product.product_id,
        asset_type=AssetType.CRYPTO_SPOT,
        base=product.base_currency_id,
        quote=product.quote_currency_id,
        tick_size=min(price_step(product), product.quote_increment),
        lot_size=product.base_increment,
        order_tick_size=price_step(product),
        min_quantity=product.base_min_size,
        min_notional=product.quote_min_size,
        maker_fee_rate=MAKER_RATE,
        taker_fee_rate=TAKER_RATE,
        underlying=product.base_currency_id,
        matching_book=f"{_BOOK}{product.alias or product.product_id}",
    )


def stream_product(instrument: Instrument) -> str:
    """Return the product id under which the stream shows the instrument's book.

    The market channels carry no product against USDC whose book is that against USD: they send the latter.
    """
    return (instrument.matching_book or "").removeprefix(_BOOK) or instrument.venue_symbol


def price_step(product: Product) -> Decimal:
    return Decimal(product.price_increment or product.quote_increment)
