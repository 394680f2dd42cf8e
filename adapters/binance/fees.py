"""What Binance's commissions are converted with."""

from decimal import Decimal

from adapters.binance.answers import decode_price
from adapters.binance.signed_rest import SignedRest, VenueReadError
from adapters.binance.traded_symbols import TradedSymbols
from adapters.fee_rates import FeeRates
from core.ports.clock import Clock


def fee_rates(rest: SignedRest, clock: Clock, lasts_s: float, symbols: TradedSymbols) -> FeeRates:
    def spot_symbol(base: str, quote: str) -> str | None:
        return f"{base}{quote}" if symbols.is_listed(f"{base}{quote}") else None

    async def last_price(venue_symbol: str) -> Decimal:
        answer = await rest.read_public(rest.routes.price, (("symbol", venue_symbol),), decode_price)
        if not (answer.price.is_finite() and answer.price > 0):
            raise VenueReadError(f"the price of {venue_symbol} is {answer.price}")
        return answer.price

    return FeeRates(clock, lasts_s, spot_symbol=spot_symbol, last_price=last_price, unreadable=VenueReadError)
