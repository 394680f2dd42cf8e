"""Numbers in verdicts as a person reads them: few digits, and as many more as it takes to tell two sides apart."""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from core.ledger.position import EXACT

Number = Decimal | float

_DECIMALS: Final = 2
_DIGITS: Final = 3  # that count of what is below one
_MORE_FOR_A_LIMIT: Final = 4  # a limit is a person's own number: it is told as it was set
_MOST_DECIMALS: Final = 30


def told_apart(observed: Number, limit: Number) -> tuple[str, str]:
    """Write what was seen and what is allowed, so that the one stands to the other as it is in truth.

    5.0001 against 5 is 5.0001 and never 5; 7.06391679 against 5 is 7.06.
    """
    seen, allowed = _exact(observed), _exact(limit)
    if not (seen.is_finite() and allowed.is_finite()):
        return str(observed), str(limit)
    for more in range(_MOST_DECIMALS):
        shown, bound = _rounded(seen, more), _rounded(allowed, more + _MORE_FOR_A_LIMIT)
        if shown.compare(bound) == seen.compare(allowed):
            return _plain(shown), _plain(bound)
    return _plain(seen), _plain(allowed)


def _exact(value: Number) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(repr(float(value)))


def _rounded(value: Decimal, more: int) -> Decimal:
    """Round to two decimals, to more where the number is small; one with fewer stays as it is."""
    decimals = max(_DECIMALS, _DIGITS - 1 - value.adjusted()) + more
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or -exponent <= decimals:
        return value
    return value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN, EXACT)


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
