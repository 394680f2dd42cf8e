"""Fees in the quote currency, whatever asset the venue took them in.

OKX writes what is paid as a negative number and a rebate as a positive one; here it is the other way round.

========================  =============================================================================
fee in                    becomes
========================  =============================================================================
the quote currency        itself
the base (spot buys)      its worth at the price of the fill
anything else             its worth at the venue's last price, read when it is needed and at most
                          `rate_lasts_s` old; the last one that could be read where the venue is silent
========================  =============================================================================

A fee whose asset or worth is not known is an error and never 0.
"""

from decimal import Decimal
from typing import Final, NamedTuple

from adapters.okx.answers import decode_tickers, number
from adapters.okx.rest import OkxRest, VenueReadError
from adapters.okx.routes import TICKER
from adapters.okx.traded_instruments import TradedInstruments
from core.ports.clock import Clock
from core.types.instrument import Instrument

_NS_PER_S: Final = 1_000_000_000


class _Rate(NamedTuple):
    rate: Decimal
    read_ns: int


class FeeRates:
    """Converts fees."""

    def __init__(self, rest: OkxRest, clock: Clock, lasts_s: float, instruments: TradedInstruments) -> None:
        self._rest = rest
        self._clock = clock
        self._lasts_ns = int(lasts_s * _NS_PER_S)
        self._instruments = instruments
        self._rates: dict[tuple[str, str], _Rate] = {}

    async def in_quote(self, fee: str, asset: str, instrument: Instrument, price: Decimal) -> Decimal:
        """Return a fee as paid, in the quote currency; raise VenueReadError where that cannot be known."""
        told = number(fee)
        if told is None:
            raise VenueReadError(f"a fill of {instrument.symbol} without its fee")
        if not told:
            return Decimal(0)
        if asset == instrument.quote:
            return -told
        if asset == instrument.base:
            return -told * price
        return -told * await self._rate(asset, instrument.quote)

    async def last_price(self, venue_symbol: str) -> Decimal:
        """Return the last price of an instrument; raise VenueReadError where the venue has none."""
        answer = await self._rest.read_public(TICKER, (("instId", venue_symbol),), decode_tickers)
        row = next((row for row in answer.data if row.inst_id == venue_symbol), None)
        if row is None or not (row.last.is_finite() and row.last > 0):
            raise VenueReadError(f"no price of {venue_symbol}")
        return row.last

    async def _rate(self, asset: str, quote: str) -> Decimal:
        known = self._rates.get((asset, quote))
        now_ns = self._clock.monotonic_ns()
        if known is not None and now_ns - known.read_ns <= self._lasts_ns:
            return known.rate
        try:
            rate = await self._read(asset, quote)
        except VenueReadError:
            if known is None:
                raise
            return known.rate  # minutes old, on a fee: nearer than nothing
        self._rates[asset, quote] = _Rate(rate, now_ns)
        return rate

    async def _read(self, asset: str, quote: str) -> Decimal:
        if self._instruments.of_venue(f"{asset}-{quote}") is not None:
            return await self.last_price(f"{asset}-{quote}")
        if self._instruments.of_venue(f"{quote}-{asset}") is not None:
            return 1 / await self.last_price(f"{quote}-{asset}")
        raise VenueReadError(f"a fee in {asset or 'an unnamed asset'}: the venue has no market of it with {quote}")
