"""What one rule found: how it came out, what was allowed and what was seen."""

from decimal import Decimal
from typing import NamedTuple

from core.risk.verdict import UNKNOWN


class Finding(NamedTuple):
    """`used` and `allowed` are the numbers behind the texts, where the rule compares two."""

    passed: bool
    limit: str
    observed: str
    used: Decimal | float | None = None
    allowed: Decimal | float | None = None

    @property
    def left(self) -> Decimal | None:
        """Return the room between the two, below zero where the limit is passed; None where it cannot be told."""
        if isinstance(self.used, Decimal) and isinstance(self.allowed, Decimal):
            return self.allowed - self.used
        return None


def missing(limit: object, what: str) -> Finding:
    """Refuse because an input is not there."""
    return Finding(False, _text(limit), f"{UNKNOWN}no {what}")


def at_most(observed: Decimal | float, limit: Decimal | float) -> Finding:
    return Finding(observed <= limit, f"at most {_text(limit)}", _text(observed), observed, limit)


def below(observed: Decimal | float, limit: Decimal | float) -> Finding:
    return Finding(observed < limit, f"below {_text(limit)}", _text(observed), observed, limit)


def at_least(observed: Decimal | float, limit: Decimal | float) -> Finding:
    return Finding(observed >= limit, f"at least {_text(limit)}", _text(observed), limit, observed)


def judged(passed: bool, limit: str, observed: object) -> Finding:
    return Finding(passed, limit, _text(observed))


def _text(value: object) -> str:
    """Write a number in plain digits, cut to what a reader can use without hiding which side of a limit it is on."""
    if isinstance(value, Decimal):
        plain = f"{value:f}"
        whole, point, fraction = plain.partition(".")
        return f"{whole}.{fraction[:8]}".rstrip("0").rstrip(".") if point else whole
    if isinstance(value, float):
        return f"{value:.6g}"
    return str(value)
