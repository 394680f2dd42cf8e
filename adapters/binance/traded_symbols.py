"""Which instruments are traded, and what every symbol of the venue is called here."""

from collections.abc import Iterator, Mapping

from adapters.binance.market import BinanceMarket
from adapters.instrument_selection import select_instruments
from core.types.instrument import Instrument, InstrumentId


class SharedBaseError(ValueError):
    """Two spot instruments have one base: the venue holds one balance and does not say whose it is."""


class TradedSymbols:
    """The instruments that are traded, by both names; any other symbol of the venue has a name, too.

    Raises
    ------
    UnknownSymbolError
        A symbol is not traded at the venue.
    SharedBaseError
        A holding could not be told apart.
    """

    def __init__(self, market: BinanceMarket, listed: Mapping[str, Instrument], symbols: tuple[str, ...]) -> None:
        self._venue = market.value
        self._listed = dict(listed)
        self._listed_by_symbol = {instrument.symbol: instrument for instrument in listed.values()}
        picked = select_instruments(listed, symbols, market.value)
        self._by_symbol = {instrument.symbol: instrument for instrument in picked}
        self._by_venue_symbol = {instrument.venue_symbol: instrument for instrument in picked}
        if market is BinanceMarket.SPOT:
            _refuse_shared_bases(picked)

    def __iter__(self) -> Iterator[Instrument]:
        return iter(self._by_symbol.values())

    def get(self, symbol: str) -> Instrument | None:
        """Return a traded instrument by its name here."""
        return self._by_symbol.get(symbol)

    def rules_of(self, venue_symbol: str) -> Instrument | None:
        """Return the rules of any symbol that trades, followed or not."""
        return self._by_venue_symbol.get(venue_symbol) or self._listed.get(venue_symbol)

    def venue_symbol(self, symbol: str) -> str:
        """Return the venue's name of any symbol, itself where it is none of ours."""
        known = self.get(symbol) or self._listed_by_symbol.get(symbol)
        return symbol if known is None else known.venue_symbol

    def instrument_id(self, venue_symbol: str) -> InstrumentId:
        """Name a symbol; one that is not listed any more keeps the venue's name."""
        instrument = self.rules_of(venue_symbol)
        return InstrumentId(self._venue, venue_symbol if instrument is None else instrument.symbol)

    @property
    def assets(self) -> frozenset[str]:
        """Return what the traded instruments are traded in and for."""
        return frozenset(asset for each in self for asset in (each.base, each.quote))

    def is_listed(self, venue_symbol: str) -> bool:
        return venue_symbol in self._listed


def _refuse_shared_bases(picked: list[Instrument]) -> None:
    owners: dict[str, Instrument] = {}
    for instrument in picked:
        other = owners.setdefault(instrument.base, instrument)
        if other is not instrument:
            raise SharedBaseError(
                f"{instrument.venue}: {other.symbol} and {instrument.symbol} would share the balance of "
                f"{instrument.base}, so neither position could be told; trade one of them"
            )
