"""Minutes before the market began, so that charts have candles at the first paint."""

from math import exp, sqrt
from typing import Final, NamedTuple

from adapters.random_streams import stream
from adapters.sim.fair_price import UNDERLYINGS
from adapters.sim.instruments import Listing
from adapters.sim.order_flow import volume_of_minute
from core.types.instrument import MarketHours

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

    Only minutes of open market count, so a closed market shows its last session. The path of an
    underlying is the same at all venues.
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
    bars: list[HistoryBar] = []
    for minute, open_ns in enumerate(_open_minutes(listing.instrument.market_hours, at_ns, minutes)):
        part = ticks[minute * _SAMPLES : (minute + 1) * _SAMPLES + 1]
        high, low = max(part), min(part)
        volume = volume_of_minute(random, listing.typical_lots, listing.trades_per_s, high - low)
        bars.append(HistoryBar(open_ns, part[0], high, low, part[-1], volume))
    return bars


def _open_minutes(hours: MarketHours, at_ns: int, count: int) -> list[int]:
    """Return the last `count` whole minutes of open market before a moment, oldest first."""
    spans = ((0, at_ns),) if hours.always_open else tuple(span for span in hours.sessions if span[0] < at_ns)
    found: list[int] = []
    for opens_ns, closes_ns in reversed(spans):
        end_ns = min(closes_ns, at_ns) // MINUTE_NS * MINUTE_NS
        first_ns = max(opens_ns, end_ns - (count - len(found)) * MINUTE_NS)
        found += range(end_ns - MINUTE_NS, first_ns - 1, -MINUTE_NS)
        if len(found) >= count:
            break
    return found[::-1]
