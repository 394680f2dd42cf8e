"""What is followed at the venue, and the names of everything that is listed there."""

from collections.abc import Iterator, Mapping

from adapters.instrument_selection import select_instruments
from adapters.okx.instruments import VENUE, is_swap
from core.types.instrument import Instrument, InstrumentId


class SharedBaseError(ValueError):
    """Two followed spot markets have one base: the holding would be counted in both."""


class TradedInstruments:
    """Finds instruments by either name; iterates over what is followed.

    Raises
    ------
    UnknownSymbolError
        A symbol is not listed.
    SharedBaseError
        Two of the symbols are spot markets of one base.
    """

    def __init__(self, listed: Mapping[str, Instrument], symbols: tuple[str, ...]) -> None:
        self._listed = listed
        self._by_symbol = {instrument.symbol: instrument for instrument in listed.values()}
        self._followed = select_instruments(listed, symbols, VENUE)
        bases: dict[str, str] = {}
        for instrument in self._followed:
            if not is_swap(instrument) and bases.setdefault(instrument.base, instrument.symbol) != instrument.symbol:
                raise SharedBaseError(
                    f"{VENUE}: {bases[instrument.base]} and {instrument.symbol} are both of {instrument.base}: "
                    "follow one of them, or the holding is counted twice"
                )

    def __iter__(self) -> Iterator[Instrument]:
        return iter(self._followed)

    def get(self, symbol: str) -> Instrument | None:
        """Return a listed instrument by the unified symbol or the venue's."""
        return self._by_symbol.get(symbol) or self._listed.get(symbol)

    def of_venue(self, venue_symbol: str) -> Instrument | None:
        return self._listed.get(venue_symbol)

    def instrument_id(self, venue_symbol: str) -> InstrumentId:
        """Name an instrument; one that is not listed here (an option, a dated future) keeps the venue's name."""
        instrument = self._listed.get(venue_symbol)
        return InstrumentId(VENUE, venue_symbol) if instrument is None else instrument.id

    def follows(self, venue_symbol: str) -> bool:
        return any(instrument.venue_symbol == venue_symbol for instrument in self._followed)

    @property
    def assets(self) -> frozenset[str]:
        """Return what is counted as cash: what spot markets trade and what swaps are settled in."""
        spot = [each for each in self._followed if not is_swap(each)]
        return frozenset([each.base for each in spot] + [each.quote for each in self._followed])
