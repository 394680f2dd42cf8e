"""OKX's fees, and what they are converted with.

OKX writes what is paid as a negative number and a rebate as a positive one; here it is the other way round.
"""

from decimal import Decimal

from adapters.fee_rates import FeeRates
from adapters.okx.answers import decode_tickers, number
from adapters.okx.rest import OkxRest, VenueReadError
from adapters.okx.routes import TICKER
from adapters.okx.traded_instruments import TradedInstruments
from core.ports.clock import Clock
from core.types.instrument import Instrument


def fee_paid(text: str, instrument: Instrument) -> Decimal:
    """Return a fee as it was paid, in its own asset; raise VenueReadError where it is not told."""
    told = number(text)
    if told is None:
        raise VenueReadError(f"a fill of {instrument.symbol} without its fee")
    return -told


def fee_rates(rest: OkxRest, clock: Clock, lasts_s: float, instruments: TradedInstruments) -> FeeRates:
    def spot_symbol(base: str, quote: str) -> str | None:
        return f"{base}-{quote}" if instruments.of_venue(f"{base}-{quote}") is not None else None

    async def price_of(venue_symbol: str) -> Decimal:
        return await last_price(rest, venue_symbol)

    return FeeRates(clock, lasts_s, spot_symbol=spot_symbol, last_price=price_of, unreadable=VenueReadError)


async def last_price(rest: OkxRest, venue_symbol: str) -> Decimal:
    """Return the last price of an instrument; raise VenueReadError where the venue has none."""
    answer = await rest.read_public(TICKER, (("instId", venue_symbol),), decode_tickers)
    row = next((row for row in answer.data if row.inst_id == venue_symbol), None)
    if row is None or not (row.last.is_finite() and row.last > 0):
        raise VenueReadError(f"no price of {venue_symbol}")
    return row.last
