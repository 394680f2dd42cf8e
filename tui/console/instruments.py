"""Which instruments the ladders and the chart show."""

from collections.abc import Iterable

from core.ledger.marks import USD_LIKE
from core.state.desk import InstrumentView

TIMEFRAMES = ("1s", "5s", "1m", "5m", "15m", "1h", "4h", "1d")


def name_of(instrument: InstrumentView) -> str:
    return f"{instrument.symbol}@{instrument.venue}"


def first_choice(instruments: Iterable[InstrumentView], count: int) -> list[str]:
    """Choose what a first run shows: one symbol on all its venues beside each other, then the next symbol.

    Perpetuals come first as they are what is hedged; the order is otherwise the engine's own.
    """
    listed = list(instruments)
    symbols: dict[tuple[int, str], list[str]] = {}
    ranks = {"perpetual": 0, "crypto_spot": 1, "stock": 2}
    for instrument in listed:
        key = (ranks.get(instrument.asset_type, 3), instrument.symbol)
        symbols.setdefault(key, []).append(name_of(instrument))
    order = {instrument.symbol: place for place, instrument in reversed(list(enumerate(listed)))}
    ordered = sorted(symbols, key=lambda key: (key[0], order[key[1]]))
    return [name for key in ordered for name in symbols[key]][:count]


def stepped(names: list[str], current: str | None, step: int) -> str | None:
    """Return the instrument `step` places further in the engine's list, around its end."""
    if not names:
        return None
    if current not in names:
        return names[0]
    return names[(names.index(current) + step) % len(names)]


def stepped_timeframe(current: str, step: int) -> str:
    index = TIMEFRAMES.index(current) if current in TIMEFRAMES else TIMEFRAMES.index("1m")
    return TIMEFRAMES[min(max(index + step, 0), len(TIMEFRAMES) - 1)]


def base_of(name: str) -> str:
    """Return what an instrument is of: ``BTC/USDT:USDT@sim-a`` is of BTC, a stock is of itself."""
    return name.rpartition("@")[0].partition("/")[0]


def quote_of(name: str) -> str:
    """Return what an instrument is priced in: ``BTC/USDT:USDT@sim-a`` in USDT; empty where the name does not tell."""
    return name.rpartition("@")[0].partition("/")[2].partition(":")[0]


def are_comparable(first: str, second: str) -> bool:
    """Tell whether two books are of one thing and their prices in one money: dollars of any kind count as that."""
    if base_of(first) != base_of(second):
        return False
    quote, other = quote_of(first), quote_of(second)
    return quote == other or (quote in USD_LIKE and other in USD_LIKE)


def pairs_of(names: list[str], current: str | None) -> list[tuple[str, str]]:
    """Return the books that can be compared with each other, those with the current one first.

    The same symbol on two venues comes before other instruments of the same asset.
    """
    if current not in names:
        return []
    same = [name for name in names if are_comparable(name, current)]
    found = [(first, second) for first in same for second in same if first != second]
    symbol = current.rpartition("@")[0]
    return sorted(
        found,
        key=lambda pair: (
            pair[0] != current,
            any(name.rpartition("@")[0] != symbol for name in pair),
            same.index(pair[0]),
            same.index(pair[1]),
        ),
    )
