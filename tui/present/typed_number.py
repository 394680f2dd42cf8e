"""A number as a person types or pastes it: digits and a point, and no guess where a comma can be read in two ways."""

import re
from decimal import Decimal
from typing import Final, NamedTuple

_PLAIN: Final = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,9})?")
_GROUPED: Final = re.compile(r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?")  # as the console writes it
_ONE_COMMA: Final = re.compile(r"[0-9]{1,3},[0-9]{3}")

_MOST_DIGITS: Final = 18  # before or behind the point


class TypedNumber(NamedTuple):
    """Either a number, or what is wrong with it."""

    value: Decimal | None
    problem: str = ""


def typed_number(text: str, *, is_price: bool = False) -> TypedNumber:
    """Read a number; `1,5` is none, and `1,500` is one only where the console itself writes such: in a price.

    A quantity of one and a half, typed with a comma, must never become fifteen, nor fifteen hundred.
    """
    cleaned = text.strip()
    if "," in cleaned:
        if not _GROUPED.fullmatch(cleaned):
            return TypedNumber(None, f"{cleaned!r} has a comma that groups no thousands: write a point, as in 1.5")
        if _ONE_COMMA.fullmatch(cleaned) and not is_price:
            whole, fraction = cleaned.split(",")
            return TypedNumber(
                None, f"{cleaned!r} can be read in two ways: write {whole}{fraction} or {whole}.{fraction}"
            )
        cleaned = cleaned.replace(",", "")
    if not _PLAIN.fullmatch(cleaned):
        return TypedNumber(None, f"{text.strip()!r} is not a number above zero")
    value = Decimal(cleaned)
    if abs(value.adjusted()) > _MOST_DIGITS:
        return TypedNumber(None, f"{text.strip()!r} is not a size any market has")
    return TypedNumber(value)
