"""Rules of the instruments in a recording: the venue's own where it holds them, else the finest decimals seen."""

from collections.abc import Callable
from decimal import Decimal

from core.types.instrument import Instrument

Infer = Callable[[str, Decimal, Decimal], Instrument | None]  # venue symbol, tick, lot


class SeenRules:
    """Collects what a recording's messages show.

    Parameters
    ----------
    infer
        Makes an instrument of a venue symbol whose rules the recording does not hold; None where its name says too
        little. Such an instrument is for replay only.
    """

    def __init__(self, infer: Infer) -> None:
        self._infer = infer
        self._rules: dict[str, Instrument] = {}
        self._decimals: dict[str, tuple[int, int]] = {}

    def rule(self, instrument: Instrument) -> None:
        """Take the venue's own rules."""
        self._rules[instrument.venue_symbol] = instrument

    def traded(self, venue_symbol: str) -> None:
        """Take a symbol whose market data the recording holds."""
        self._decimals.setdefault(venue_symbol, (0, 0))

    def level(self, venue_symbol: str, price: Decimal, quantity: Decimal) -> None:
        """Take a price and a quantity of a symbol."""
        prices, quantities = self._decimals.get(venue_symbol, (0, 0))
        self._decimals[venue_symbol] = (max(prices, _decimals(price)), max(quantities, _decimals(quantity)))

    def instruments(self) -> tuple[tuple[Instrument, ...], bool]:
        """Return the instruments in the order they were met, and whether any had to be inferred."""
        found: list[Instrument] = []
        inferred = False
        for name, (prices, quantities) in self._decimals.items():
            instrument = self._rules.get(name)
            if instrument is None:
                instrument = self._infer(name, Decimal(1).scaleb(-prices), Decimal(1).scaleb(-quantities))
                inferred = inferred or instrument is not None
            if instrument is not None:
                found.append(instrument)
        return tuple(found), inferred


def _decimals(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
