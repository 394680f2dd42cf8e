"""Pick what is configured from what a venue trades."""

from collections.abc import Iterable, Mapping

import msgspec

from core.types.instrument import Instrument


class UnknownSymbolError(ValueError):
    """A configured symbol is not traded at the venue."""


def select_instruments(instruments: Mapping[str, Instrument], symbols: Iterable[str], venue: str) -> list[Instrument]:
    """Pick by unified or venue symbol; raise UnknownSymbolError naming the venue and the symbol."""
    by_name = {instrument.symbol: instrument for instrument in instruments.values()}
    picked: list[Instrument] = []
    for symbol in symbols:
        instrument = by_name.get(symbol) or instruments.get(symbol)
        if instrument is None:
            known = ", ".join(sorted(by_name)[:5])
            raise UnknownSymbolError(f"{venue}: symbol {symbol!r} is not traded there; for example: {known}")
        picked.append(instrument)
    return picked


def named(instrument: Instrument, venue: str) -> Instrument:
    """Return the instrument under the name that its venue was given here.

    Two accounts at one venue have two names and trade in one book: the book's id keeps the venue's own name.
    """
    if venue == instrument.venue:
        return instrument
    return msgspec.structs.replace(instrument, venue=venue, matching_book=instrument.book_id)
