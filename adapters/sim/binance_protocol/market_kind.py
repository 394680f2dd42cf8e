"""The two markets that are spoken, and how each writes numbers."""

from decimal import Decimal
from enum import StrEnum

import msgspec


class MarketKind(StrEnum):
    SPOT = "spot"
    USDM = "usdm"

    @property
    def venue(self) -> str:
        """Return the name of the venue in seeds and configurations."""
        return "binance" if self is MarketKind.SPOT else "binanceusdm"


class Writing(msgspec.Struct, frozen=True):
    """How one symbol's numbers are written: spot always has eight decimals, USD-M those of tick and lot."""

    price_decimals: int
    quantity_decimals: int

    @classmethod
    def of(cls, kind: MarketKind, tick: Decimal, lot: Decimal) -> "Writing":
        return cls(8, 8) if kind is MarketKind.SPOT else cls(decimals_of(tick), decimals_of(lot))

    def price(self, value: Decimal) -> str:
        return f"{value:.{self.price_decimals}f}"

    def quantity(self, value: Decimal) -> str:
        return f"{value:.{self.quantity_decimals}f}"


def money(value: Decimal) -> str:
    """Write an amount of an asset with eight decimals."""
    return f"{value:.8f}"


def decimals_of(step: Decimal) -> int:
    exponent = step.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
