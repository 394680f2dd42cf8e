"""What one rule found: how it came out, what was allowed and what was seen."""

from decimal import Decimal
from typing import NamedTuple

from core.risk.number_words import Number, told_apart
from core.risk.verdict import UNKNOWN


class Finding(NamedTuple):
    passed: bool
    limit: str
    observed: str


class Compared(Finding):
    """A finding that came of two numbers: what is used of what is allowed."""

    used: Decimal
    allowed: Decimal

    def __new__(cls, finding: Finding, used: Decimal, allowed: Decimal) -> "Compared":
        compared = super().__new__(cls, *finding)
        compared.used, compared.allowed = used, allowed
        return compared

    @property
    def left(self) -> Decimal:
        """Return the room between the two, below zero where the limit is passed."""
        return self.allowed - self.used


def worded(finding: Finding, limit: str) -> Finding:
    """Return a finding with other words for its limit, and the same numbers."""
    plain = Finding(finding.passed, limit, finding.observed)
    return Compared(plain, finding.used, finding.allowed) if isinstance(finding, Compared) else plain


def missing(limit: object, what: str) -> Finding:
    """Refuse because an input is not there."""
    return Finding(False, _text(limit), f"{UNKNOWN}no {what}")


def at_most(observed: Number, limit: Number) -> Finding:
    seen, allowed = told_apart(observed, limit)
    return _compared(observed <= limit, f"at most {allowed}", seen, observed, limit)


def below(observed: Number, limit: Number) -> Finding:
    seen, allowed = told_apart(observed, limit)
    return _compared(observed < limit, f"below {allowed}", seen, observed, limit)


def at_least(observed: Number, limit: Number) -> Finding:
    seen, allowed = told_apart(observed, limit)
    return _compared(observed >= limit, f"at least {allowed}", seen, limit, observed)


def _compared(passed: bool, limit: str, observed: str, used: Number, allowed: Number) -> Finding:
    finding = Finding(passed, limit, observed)
    if isinstance(used, Decimal) and isinstance(allowed, Decimal):
        return Compared(finding, used, allowed)
    return finding


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
