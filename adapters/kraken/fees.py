"""What a trade cost, in the quote currency."""

from collections.abc import Iterable
from decimal import Decimal

from adapters.kraken.private_wire import ZERO, Fee
from core.types.instrument import Instrument


def fee_in_quote(fees: Iterable[Fee] | None, instrument: Instrument, price: Decimal) -> Decimal | None:
    """Add up what the stream says; None where it does not say, or in an asset that the trade has no price of.

    Orders ask for fees in the quote currency. One in the base currency is worth its quantity at the trade's own price.
    Of any other (a discount token, another account setting) the trade history tells the worth in quote.
    """
    listed = list(fees or ())
    if not listed:
        return None
    total = ZERO
    for fee in listed:
        if fee.asset == instrument.quote:
            total += fee.qty
        elif fee.asset == instrument.base:
            total += fee.qty * price
        else:
            return None
    return total
