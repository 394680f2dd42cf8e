"""How the legs of a job stand to each other: what may still be hedged, and what is too much and must go back.

A leg's share is its filled quantity over the quantity the job wants of it. The job is hedged as far as its smallest
share, its level. A share is negative where more was given back than was filled (a late fill of an unwind): the level
is never below zero, so that nobody follows such a leg to the wrong side. All arithmetic is exact (fractions) until a
size is rounded down to lots.
"""

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from core.types.instrument import Instrument
from core.types.job import HedgeJob


class LegQuantities(NamedTuple):
    """Filled quantity of a leg in the direction of its side, what was given back taken off."""

    known: Decimal
    least: Decimal  # every order against the side that may still fill has filled
    most: Decimal  # every order on the side that may still fill has filled


Quantities = tuple[LegQuantities, ...]


def share(job: HedgeJob, leg: int, quantity: Decimal) -> Fraction:
    return Fraction(quantity) / Fraction(job.legs[leg].quantity)


def shares(job: HedgeJob, quantities: Quantities) -> tuple[Fraction, ...]:
    """Return the known share of each leg."""
    return tuple(share(job, leg, each.known) for leg, each in enumerate(quantities))


def level(found: Iterable[Fraction]) -> Fraction:
    """Return the share that every leg should have: the smallest one, and never less than nothing."""
    return max(Fraction(0), min(found))


def is_level(job: HedgeJob, quantities: Quantities) -> bool:
    """Tell whether nothing is naked as far as it is known."""
    return naked_share(job, quantities) == 0


def hedgeable(job: HedgeJob, quantities: Quantities, leg: int, instrument: Instrument) -> Decimal:
    """Return what may be sent on a hedge leg, in whole lots: never more than of the primary leg is surely filled.

    Quantities that may still fill count as filled on this leg and as given back on the primary one.
    """
    wanted = share(job, 0, quantities[0].least) * Fraction(job.legs[leg].quantity)
    return in_lots(wanted - Fraction(quantities[leg].most), instrument)


def excess(job: HedgeJob, quantities: Quantities, leg: int, instrument: Instrument) -> Decimal:
    """Return what of a leg must go back, in whole lots, whichever way its doubts and those of the others end."""
    return in_lots(unneeded(job, quantities, leg), instrument)


def unneeded(job: HedgeJob, quantities: Quantities, leg: int) -> Fraction:
    """Return by how much a leg exceeds what the others may need of it, negative where it does not reach that."""
    others = level(share(job, at, each.most) for at, each in enumerate(quantities) if at != leg)
    return Fraction(quantities[leg].least) - others * Fraction(job.legs[leg].quantity)


def overdrawn(quantities: Quantities, leg: int, instrument: Instrument) -> Decimal:
    """Return what of a leg was given back beyond what it held, in whole lots, whichever way its doubts end."""
    return in_lots(-Fraction(quantities[leg].most), instrument)


def known_excess(job: HedgeJob, quantities: Quantities, leg: int) -> Fraction:
    """Return by how much a leg's known fills exceed the level, to the last digit; negative where it is overdrawn."""
    return Fraction(quantities[leg].known) - level(shares(job, quantities)) * Fraction(job.legs[leg].quantity)


def naked_share(job: HedgeJob, quantities: Quantities) -> Fraction:
    """Return the part of the whole job that is known to be away from the level, on either side of it."""
    found = shares(job, quantities)
    aim = level(found)
    return max(max(found) - aim, Fraction(0)) + (aim - min(found))


def naked_quantity(job: HedgeJob, quantities: Quantities) -> Decimal:
    """Return what is naked in units of the primary leg, signed like a position there."""
    first, *others = shares(job, quantities)
    gap = max((first - other for other in others), key=abs)
    return to_decimal(gap * Fraction(job.legs[0].quantity) * job.legs[0].side.sign)


def in_lots(quantity: Fraction, instrument: Instrument) -> Decimal:
    """Round down to what an order may have; zero for what is negative."""
    return instrument.order_lot * max(0, quantity // Fraction(instrument.order_lot))


def to_decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)
