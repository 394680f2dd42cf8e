"""Commissions in the quote currency, whatever asset the venue took them in.

========================  =============================================================================
commission in             becomes
========================  =============================================================================
the quote currency        itself
the base (spot)           its worth at the price of the fill
anything else (BNB)       its worth at the venue's last price, read when it is needed and at most
                          `rate_lasts_s` old; the last one that could be read where the venue is silent
========================  =============================================================================

An asset whose price was never read has no worth here, which is an error and never 0.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Final, NamedTuple

from adapters.binance.answers import decode_price
from adapters.binance.signed_rest import SignedRest, VenueReadError
from core.ports.clock import Clock
from core.types.instrument import Instrument

_NS_PER_S: Final = 1_000_000_000


class _Rate(NamedTuple):
    rate: Decimal
    read_ns: int


class FeeRates:
    """Converts commissions; `is_listed` tells whether the venue has a market of that name."""

    def __init__(self, rest: SignedRest, clock: Clock, lasts_s: float, is_listed: Callable[[str], bool]) -> None:
        self._rest = rest
        self._clock = clock
        self._lasts_ns = int(lasts_s * _NS_PER_S)
        self._is_listed = is_listed
        self._rates: dict[tuple[str, str], _Rate] = {}

    async def in_quote(self, commission: Decimal, asset: str | None, instrument: Instrument, price: Decimal) -> Decimal:
        """Return a commission in the quote currency; raise VenueReadError where its worth cannot be read."""
        if not commission or asset == instrument.quote:
            return commission
        if asset is None:
            raise VenueReadError(f"a commission of {commission} without its asset")
        if asset == instrument.base:
            return commission * price
        return commission * await self.rate(asset, instrument.quote)

    async def rate(self, asset: str, quote: str) -> Decimal:
        """Return what one unit of an asset is worth in a quote currency."""
        if asset == quote:
            return Decimal(1)
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
        if self._is_listed(f"{asset}{quote}"):
            return await self._price(f"{asset}{quote}")
        if self._is_listed(f"{quote}{asset}"):
            return 1 / await self._price(f"{quote}{asset}")
        raise VenueReadError(f"a commission in {asset}: the venue has no market of it with {quote}")

    async def _price(self, venue_symbol: str) -> Decimal:
        answer = await self._rest.read_public(self._rest.routes.price, (("symbol", venue_symbol),), decode_price)
        if not (answer.price.is_finite() and answer.price > 0):
            raise VenueReadError(f"the price of {venue_symbol} is {answer.price}")
        return answer.price
