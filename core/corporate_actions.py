"""Splits and dividends: past prices in today's terms, and what a split makes of a position. Pure.

Prices before a dividend are multiplied by ``1 - dividend / last close before it``, so that returns are those of an
owner who reinvests; prices before a split by old shares per new one. Both are kept as factors with the last day that
they hold for, the form in which factor files have them.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, tzinfo
from decimal import ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from fractions import Fraction

import msgspec

from core.bars.bar import Bar

_ONE = Decimal(1)


class FactorStep(msgspec.Struct, frozen=True, kw_only=True):
    """What prices of days up to and including `last_day` are multiplied by; newer steps hold for newer days."""

    last_day: date
    dividends: Decimal
    splits: Decimal


class AdjustmentFactors:
    """The factors of one instrument; after the last step nothing is adjusted."""

    def __init__(self, steps: Iterable[FactorStep]) -> None:
        """Sort the steps; raise ValueError for a factor that is not above 0 or a day that is named twice."""
        self._steps = sorted(steps, key=lambda step: step.last_day)
        self._days = [step.last_day for step in self._steps]
        for step in self._steps:
            if not (step.dividends > 0 and step.splits > 0):
                raise ValueError(f"factors of {step.last_day} are {step.dividends} and {step.splits}; allowed: above 0")
        if len(set(self._days)) != len(self._days):
            raise ValueError("a day has two steps of factors")

    def on(self, day: date) -> tuple[Decimal, Decimal]:
        """Return the factors (dividends, splits) of a day."""
        place = bisect_left(self._days, day)
        if place == len(self._steps):
            return _ONE, _ONE
        return self._steps[place].dividends, self._steps[place].splits

    def adjusted(self, bars: Sequence[Bar], zone: tzinfo, *, dividends: bool = True) -> list[Bar]:
        """Return bars in today's terms, prices rounded to the tick and volumes down to the lot.

        Parameters
        ----------
        zone
            Of the exchange: a bar belongs to the day on which it begins there.
        dividends
            False leaves them out, as IB's history does.
        """
        return [self._adjusted(bar, zone, dividends=dividends) for bar in bars]

    def _adjusted(self, bar: Bar, zone: tzinfo, *, dividends: bool) -> Bar:
        begins = datetime.fromtimestamp(bar.open_ns // 1_000_000_000, UTC).astimezone(zone)
        of_dividends, of_splits = self.on(begins.date())
        price = of_splits * of_dividends if dividends else of_splits
        if price == of_splits == _ONE:
            return bar
        return msgspec.structs.replace(
            bar,
            open_ticks=_ticks(bar.open_ticks, price),
            high_ticks=_ticks(bar.high_ticks, price),
            low_ticks=_ticks(bar.low_ticks, price),
            close_ticks=_ticks(bar.close_ticks, price),
            volume_lots=_lots(bar.volume_lots, of_splits),
            buy_lots=_lots(bar.buy_lots, of_splits),
        )


def _ticks(ticks: int, factor: Decimal) -> int:
    return int((ticks * factor).to_integral_value(ROUND_HALF_EVEN))


def _lots(lots: int, factor: Decimal) -> int:
    return int((lots / factor).to_integral_value(ROUND_FLOOR))


class SplitPosition(msgspec.Struct, frozen=True):
    """A position after a split; `fraction` of a share is paid out in cash by the broker."""

    quantity: Decimal
    average_price: Decimal
    fraction: Decimal


def split_position(quantity: Decimal, average_price: Decimal, new_per_old: Fraction) -> SplitPosition:
    """Return what a split makes of a position: its cost stays, whole shares are kept, sizes are rounded down."""
    if new_per_old <= 0:
        raise ValueError(f"a split of {new_per_old} new shares for an old one is not allowed: above 0")
    new, old = new_per_old.numerator, new_per_old.denominator
    exact = quantity * new / old
    whole = exact.to_integral_value(ROUND_DOWN)
    return SplitPosition(whole, average_price * old / new, exact - whole)
