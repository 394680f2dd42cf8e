"""Fees in the quote currency, whatever asset the venue took them in.

========================  =============================================================================
fee in                    becomes
========================  =============================================================================
the quote currency        itself
the base (spot)           its worth at the price of the fill
anything else (BNB)       its worth at the venue's last price, read when it is needed and at most
                          `lasts_s` old; the last one that could be read where the venue is silent
========================  =============================================================================

A fee whose asset or worth is not known is an error and never 0.
"""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Final, NamedTuple

from core.ports.clock import Clock
from core.types.instrument import Instrument

_NS_PER_S: Final = 1_000_000_000


class _Rate(NamedTuple):
    rate: Decimal
    read_ns: int


class FeeRates:
    """Converts fees.

    Parameters
    ----------
    spot_symbol
        Returns what the venue calls the spot market of a base and a quote; None where it has none.
    last_price
        Reads the last price of a market by that name; raises `unreadable` where the venue does not tell.
    unreadable
        Raised here, too, for what has no worth.
    """

    def __init__(
        self,
        clock: Clock,
        lasts_s: float,
        *,
        spot_symbol: Callable[[str, str], str | None],
        last_price: Callable[[str], Awaitable[Decimal]],
        unreadable: type[Exception],
    ) -> None:
        self._clock = clock
        self._lasts_ns = int(lasts_s * _NS_PER_S)
        self._spot_symbol = spot_symbol
        self._last_price = last_price
        self._unreadable = unreadable
        self._rates: dict[tuple[str, str], _Rate] = {}

    async def in_quote(self, fee: Decimal, asset: str | None, instrument: Instrument, price: Decimal) -> Decimal:
        """Return a fee in the quote currency; raise `unreadable` where its worth cannot be read."""
        if not fee or asset == instrument.quote:
            return fee
        if not asset:
            raise self._unreadable(f"a fee of {fee} without its asset")
        if asset == instrument.base:
            return fee * price
        return fee * await self.rate(asset, instrument.quote)

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
        except self._unreadable:
            if known is None:
                raise
            return known.rate  # minutes old, on a fee: nearer than nothing
        self._rates[asset, quote] = _Rate(rate, now_ns)
        return rate

    async def _read(self, asset: str, quote: str) -> Decimal:
        symbol = self._spot_symbol(asset, quote)
        if symbol is not None:
            return await self._last_price(symbol)
        symbol = self._spot_symbol(quote, asset)
        if symbol is not None:
            return 1 / await self._last_price(symbol)
        raise self._unreadable(f"a fee in {asset}: the venue has no market of it with {quote}")
