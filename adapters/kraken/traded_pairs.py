"""Kraken's pairs under all their names: the websocket's `BTC/USD` is `XXBTZUSD` and `XBTUSD` to the older interface."""

from collections.abc import Iterable, Iterator
from typing import Final

from adapters.instrument_selection import select_instruments
from adapters.kraken.instruments import VENUE, read_asset_pairs, usual_name
from adapters.kraken.wire import decode_asset_pairs
from core.types.instrument import Instrument

_REWARDS: Final = ".F"  # a balance that earns by itself and can be traded all the same


class TradedPairs:
    """The configured instruments, and the names of everything else.

    Raises
    ------
    UnknownSymbolError
        A configured symbol is not traded.
    ValueError
        The table holds an error.
    """

    def __init__(self, asset_pairs: bytes, symbols: Iterable[str]) -> None:
        listed = read_asset_pairs(asset_pairs)
        self._picked = {each.symbol: each for each in select_instruments(listed, symbols, VENUE)}
        self._symbols: dict[str, str] = {}  # of every name of every pair
        self._assets: dict[str, str] = {}
        self._rest_names: dict[str, str] = {}
        for name, pair in decode_asset_pairs(asset_pairs).result.items():
            if not pair.wsname:
                continue  # a dark pool: nothing here comes from it
            base, _, quote = pair.wsname.partition("/")
            symbol = f"{usual_name(base)}/{usual_name(quote)}"
            self._symbols.update(dict.fromkeys((name, pair.altname, pair.wsname), symbol))
            self._assets.update({pair.base: usual_name(base), pair.quote: usual_name(quote)})
            self._rest_names[symbol] = name

    def __iter__(self) -> Iterator[Instrument]:
        return iter(self._picked.values())

    def get(self, symbol: str) -> Instrument | None:
        """Return a configured instrument by its symbol."""
        return self._picked.get(symbol)

    def symbol_of(self, pair: str) -> str:
        """Return the symbol of a pair by any of its names; one that is not listed keeps its name."""
        return self._symbols.get(pair, pair)

    def rest_name(self, symbol: str) -> str:
        return self._rest_names[symbol]

    def asset_of(self, code: str) -> str:
        """Return the usual name of an asset code such as `XXBT`, `ZUSD` or `XBT.F`."""
        plain = code.removesuffix(_REWARDS)
        return self._assets.get(plain, usual_name(plain))

    @property
    def assets(self) -> tuple[str, ...]:
        """Return everything that the configured instruments are of, sorted."""
        return tuple(sorted({asset for each in self for asset in (each.base, each.quote)}))
