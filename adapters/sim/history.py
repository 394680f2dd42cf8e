"""Minutes before the market began, so that charts have candles at the first paint."""

from math import exp, sqrt
from typing import Final, NamedTuple

from adapters.sim.fair_price import UNDERLYINGS
from adapters.sim.instruments import Listing
from adapters.sim.order_flow import volume_of_minute
from adapters.sim.streams import stream

MINUTE_NS: Final = 60_000_000_000
_SAMPLES: Final = 12  # of the path in a minute
_SAMPLES_PER_YEAR: Final = 365 * 86_400 / (60 / _SAMPLES)


class HistoryBar(NamedTuple):
    """One minute; prices in ticks, volume in lots."""

    open_ns: int
    open: int
    high: int
    low: int
    close: int
    volume: int


def minutes_before(
    listing: Listing, at_ns: int, minutes: int, seed: int, run: int, *, price_now: float
) -> list[HistoryBar]:
    """Return whole minutes that end at the present minute at the present price, oldest first.

    Minutes in which the market was closed have no bar. The path of an underlying is the same at all venues.
    """
    underlying = next(u for u in UNDERLYINGS if u.name == listing.underlying)
    sigma = underlying.yearly_volatility / sqrt(_SAMPLES_PER_YEAR)
    normals = stream(seed, run, f"history/{underlying.name}").standard_normal(minutes * _SAMPLES).tolist()
    tick = float(listing.instrument.tick_size)
    path = [price_now]
    for normal in normals:  # walked backwards from now
        path.append(path[-1] * exp(sigma * normal))
    ticks = [max(1, round(price / tick)) for price in reversed(path)]
    random = stream(seed, run, f"history-volume/{listing.instrument.id}")
    first_ns = (at_ns // MINUTE_NS - minutes) * MINUTE_NS
    bars: list[HistoryBar] = []
    for minute in range(minutes):
        part = ticks[minute * _SAMPLES : (minute + 1) * _SAMPLES + 1]
        high, low = max(part), min(part)
        volume = volume_of_minute(random, listing.typical_lots, listing.trades_per_s, high - low)
        open_ns = first_ns + minute * MINUTE_NS
        if listing.instrument.market_hours.is_open(open_ns):
            bars.append(HistoryBar(open_ns, part[0], high, low, part[-1], volume))
    return bars
