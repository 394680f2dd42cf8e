"""Numbers, money, ages and times as a trader reads them."""

from datetime import UTC, datetime
from decimal import ROUND_FLOOR, Decimal
from functools import lru_cache
from math import isfinite

NOTHING = "—"
WHOLE_SECONDS_FROM_S = 10.0
DAY_NS = 86_400 * 1_000_000_000


@lru_cache(maxsize=512)
def decimals_of(step: Decimal) -> int:
    """Return the decimals a grid needs: 0.5 → 1, 10 → 0."""
    exponent = step.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


@lru_cache(maxsize=8192)
def grid_price(ticks: int, tick_size: Decimal) -> str:
    """Format a price given in ticks with the decimals of its grid."""
    return f"{ticks * tick_size:,.{decimals_of(tick_size)}f}"


@lru_cache(maxsize=8192)
def grid_quantity(lots: int, lot_size: Decimal) -> str:
    """Format a quantity given in lots with the decimals of its grid."""
    return f"{lots * lot_size:,.{decimals_of(lot_size)}f}"


def exact(value: Decimal | None) -> str:
    """Format all digits of a number, trailing zeros removed, thousands separated."""
    if value is None:
        return NOTHING
    normal = value.normalize()
    exponent = normal.as_tuple().exponent
    digits = max(0, -exponent) if isinstance(exponent, int) else 0
    return f"{normal:,.{digits}f}"


def money(value: Decimal | float | None, decimals: int = 2) -> str:
    return NOTHING if value is None or not isfinite(value) else f"{value:,.{decimals}f}"


def room(value: Decimal | None) -> str:
    """Format an amount that is left: cut, never rounded up, so that what is shown can be used."""
    if value is None:
        return "unknown"
    step = Decimal(1) if abs(value) >= 100 else Decimal("0.01")
    cut = value.quantize(step, rounding=ROUND_FLOOR)
    return exact(cut) if cut == cut.to_integral_value() else f"{cut:,}"


def average(price: Decimal) -> str:
    """Format a quotient of money: two decimals, more where the price is small, so that six digits count."""
    return f"{price:,.{min(18, max(2, 5 - price.adjusted()))}f}"


def signed_money(value: Decimal | float | None, decimals: int = 2) -> str:
    if value is None or not isfinite(value):
        return NOTHING
    return f"{value or 0:+,.{decimals}f}"  # no minus before a zero, which Decimal has


def direction(value: Decimal | float | None) -> str:
    """Return the shape that says the sign without colour; none for what is no number."""
    if not value or not isfinite(value):
        return " "
    return "▲" if value > 0 else "▼"


def change(percent: float) -> str:
    """Format a change in percent by shape and sign."""
    return f"{direction(percent)}{percent:+.2f} %" if isfinite(percent) else NOTHING


def share(part: Decimal | None, whole: Decimal | None) -> str:
    """Format part of a whole in percent with its sign; unknown for a whole of nothing or less."""
    return NOTHING if part is None or whole is None or whole <= 0 else f"{part / whole * 100:+.2f} %"


def age(age_s: float | None) -> str:
    """Format an age: it does not flicker below half a second, and costs one change a second where it is old news."""
    if age_s is None:
        return "no data"
    if age_s < 0.5:
        return "<0.5 s"
    if age_s < WHOLE_SECONDS_FROM_S:
        return f"{age_s:.1f} s"
    return duration(age_s)


def duration(seconds: float) -> str:
    """Format a duration with its two largest units; of one without an end nothing is known."""
    if not isfinite(seconds):
        return "unknown"
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    if whole < 86400:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    return f"{whole // 86400} d {whole % 86400 // 3600} h"


def clock(at_ns: int) -> str:
    """Format UTC nanoseconds as a time of day."""
    return _moment(at_ns).strftime("%H:%M:%S")


def clock_ms(at_ns: int) -> str:
    """Format UTC nanoseconds as a time of day with milliseconds, cut."""
    return f"{clock(at_ns)}.{at_ns // 1_000_000 % 1_000:03d}"


def day_and_time(at_ns: int) -> str:
    return _moment(at_ns).strftime("%a %d %b %H:%M UTC")


def minute(at_ns: int) -> str:
    return _moment(at_ns).strftime("%H:%M")


def day(at_ns: int) -> str:
    return _moment(at_ns).strftime("%d %b")


def _moment(at_ns: int) -> datetime:
    return datetime.fromtimestamp(at_ns // 1_000_000_000, tz=UTC)
