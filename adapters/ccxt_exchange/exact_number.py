"""ccxt's numbers in Decimal: a float through the shortest text that gives it back."""

from decimal import Decimal, InvalidOperation


class MalformedError(ValueError):
    """Something the exchange or ccxt said is not what it must be."""


def exact(value: object, what: str) -> Decimal:
    """Return a finite number; raise MalformedError for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise MalformedError(f"{what} is {_shown(value)}, no number")
    try:
        number = Decimal(repr(value) if isinstance(value, float) else value)
    except InvalidOperation:
        raise MalformedError(f"{what} is {_shown(value)}, no number") from None
    if not number.is_finite():
        raise MalformedError(f"{what} is {_shown(value)}, no number")
    return number


def exact_or_none(value: object, what: str) -> Decimal | None:
    return None if value is None else exact(value, what)


def plain(number: Decimal) -> str:
    """Return the text of a number without exponent and trailing zeros."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _shown(value: object) -> str:
    return repr(value)[:60]
