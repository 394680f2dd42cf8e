"""Prices to value positions with, each with its age."""

from decimal import Decimal
from typing import Final, Protocol

import msgspec

from core.types.instrument import AssetType, Instrument, InstrumentId

USD_LIKE: Final = ("USD", "USDT", "USDC")
"""Assets worth one dollar until somebody quotes them."""


class Mark(msgspec.Struct, frozen=True):
    price: Decimal
    at_ns: int


class Marks(Protocol):
    """Prices given from outside; None where there is none, and what needs it is unknown then."""

    def mark(self, instrument_id: InstrumentId) -> Mark | None: ...

    def asset_usd(self, venue: str, asset: str) -> Mark | None:
        """Return the dollars one unit of an asset is worth at a venue."""
        ...


class MarkBoard:
    """The newest mark of each instrument and the dollar rates of assets."""

    def __init__(self) -> None:
        self._marks: dict[InstrumentId, Mark] = {}
        self._rates: dict[str, Mark] = {}
        self._spot_of: dict[tuple[str, str], dict[InstrumentId, str]] = {}  # (venue, base) → instrument → quote

    def set_mark(self, instrument: Instrument, price: Decimal, at_ns: int) -> None:
        """Take a price over; one that is not above zero is no price and is left out."""
        if not price.is_finite() or price <= 0:
            return
        if instrument.id not in self._marks and instrument.asset_type is not AssetType.PERPETUAL:
            self._spot_of.setdefault((instrument.venue, instrument.base), {})[instrument.id] = instrument.quote
        self._marks[instrument.id] = Mark(price, at_ns)

    def set_rate(self, asset: str, usd: Decimal, at_ns: int) -> None:
        """Take over what one unit of an asset is worth in dollars, on every venue."""
        if usd.is_finite() and usd > 0:
            self._rates[asset] = Mark(usd, at_ns)

    def mark(self, instrument_id: InstrumentId) -> Mark | None:
        return self._marks.get(instrument_id)

    def asset_usd(self, venue: str, asset: str) -> Mark | None:
        rate = self._rate(asset)
        if rate is not None:
            return rate
        for instrument_id, quote in self._spot_of.get((venue, asset), {}).items():
            quote_rate = self._rate(quote)
            if quote_rate is not None:
                mark = self._marks[instrument_id]
                return Mark(mark.price * quote_rate.price, mark.at_ns)
        return None

    def _rate(self, asset: str) -> Mark | None:
        # A fixed rate is never old: its time is the far future.
        rate = self._rates.get(asset)
        if rate is None and asset in USD_LIKE:
            return _ONE_DOLLAR
        return rate


_ONE_DOLLAR: Final = Mark(Decimal(1), 2**62)
