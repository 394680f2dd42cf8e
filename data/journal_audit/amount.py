"""Amounts as the journal writes them, and how close two of them must be."""

from collections.abc import Mapping
from decimal import Context, Decimal, InvalidOperation
from typing import Any, Final

ZERO: Final = Decimal(0)
WIDE: Final = Context(prec=60)
ROUNDING: Final = Decimal("1e-9")  # the engine cuts a released cost at 1e-18; many cuts add up


def amount(body: Mapping[str, Any], name: str) -> Decimal:
    """Read a finite decimal; raise ValueError for anything else."""
    return decimal_of(body[name], name)


def decimal_of(value: object, name: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise TypeError(f"{name} is {value!r}, not a number")
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        raise ValueError(f"{name} is {value!r}, not a number") from None
    if not found.is_finite():
        raise ValueError(f"{name} is {value!r}, not finite")
    return found


def add(left: Decimal, right: Decimal) -> Decimal:
    return WIDE.add(left, right)


def multiply(left: Decimal, right: Decimal) -> Decimal:
    return WIDE.multiply(left, right)


def differs(left: Decimal, right: Decimal, tolerance: Decimal = ROUNDING) -> bool:
    return abs(WIDE.subtract(left, right)) > tolerance


def plain(value: Decimal) -> str:
    """Write an amount without exponent and without trailing zeros."""
    text = f"{value:f}"
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text
