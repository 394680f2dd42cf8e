"""How the legs of a job stand to each other: what may still be hedged, and what is too much and must go back.

A leg's share is its filled quantity over the quantity the job wants of it. The job is hedged as far as its smallest
share. All arithmetic is exact (fractions) until a size is rounded down to lots.
"""

from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from core.types.instrument import Instrument
from core.types.job import HedgeJob


class LegQuantities(NamedTuple):
    """Filled quantity of a leg in the direction of its side, unwinds taken off."""

    known: Decimal
    least: Decimal  # every unwind that may still fill has filled
    most: Decimal  # every opening order that may still fill has filled


Quantities = tuple[LegQuantities, ...]


def share(job: HedgeJob, leg: int, quantity: Decimal) -> Fraction:
    return Fraction(quantity) / Fraction(job.legs[leg].quantity)


def shares(job: HedgeJob, quantities: Quantities) -> tuple[Fraction, ...]:
    """Return the known share of each leg."""
    return tuple(share(job, leg, each.known) for leg, each in enumerate(quantities))


def is_level(job: HedgeJob, quantities: Quantities) -> bool:
    """Tell whether nothing is naked as far as it is known."""
    found = shares(job, quantities)
    return max(found) == min(found)


def hedgeable(job: HedgeJob, quantities: Quantities, leg: int, instrument: Instrument) -> Decimal:
    """Return what may be sent on a hedge leg, in whole lots: never more than of the primary leg is surely filled.

    Quantities that may still fill count as filled on this leg and as given back on the primary one.
    """
    wanted = share(job, 0, quantities[0].least) * Fraction(job.legs[leg].quantity)
    return in_lots(wanted - Fraction(quantities[leg].most), instrument)


def excess(job: HedgeJob, quantities: Quantities, leg: int, instrument: Instrument) -> Decimal:
    """Return what of a leg must go back, in whole lots, whichever way its doubts and those of the others end."""
    others = min(share(job, at, each.most) for at, each in enumerate(quantities) if at != leg)
    return in_lots(Fraction(quantities[leg].least) - others * Fraction(job.legs[leg].quantity), instrument)


def known_excess(job: HedgeJob, quantities: Quantities, leg: int) -> Fraction:
    """Return by how much a leg's known fills exceed the smallest share, to the last digit."""
    return Fraction(quantities[leg].known) - min(shares(job, quantities)) * Fraction(job.legs[leg].quantity)


def naked_share(job: HedgeJob, quantities: Quantities) -> Fraction:
    """Return the part of the whole job that is known to be naked."""
    found = shares(job, quantities)
    return max(found) - min(found)


def naked_quantity(job: HedgeJob, quantities: Quantities) -> Decimal:
    """Return what is naked in units of the primary leg, signed like a position there."""
    first, *others = shares(job, quantities)
    gap = max((first - other for other in others), key=abs)
    return to_decimal(gap * Fraction(job.legs[0].quantity) * job.legs[0].side.sign)


def naked_bounds(job: HedgeJob, quantities: Quantities) -> tuple[Decimal, Decimal]:
    """Return the least and the greatest part of the primary leg that can be naked, in its units and direction."""
    size = Fraction(job.legs[0].quantity)
    least = share(job, 0, quantities[0].least) - max(_most(job, quantities))
    most = share(job, 0, quantities[0].most) - min(_least(job, quantities))
    return to_decimal(least * size), to_decimal(most * size)


def _most(job: HedgeJob, quantities: Quantities) -> list[Fraction]:
    return [share(job, leg, each.most) for leg, each in enumerate(quantities) if leg > 0]


def _least(job: HedgeJob, quantities: Quantities) -> list[Fraction]:
    return [share(job, leg, each.least) for leg, each in enumerate(quantities) if leg > 0]


def in_lots(quantity: Fraction, instrument: Instrument) -> Decimal:
    """Round down to what an order may have; zero for what is negative."""
    return instrument.order_lot * max(0, quantity // Fraction(instrument.order_lot))


def to_decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)
