"""What one control found. It is put into words only for a reader: most jobs of most ticks have none."""

from collections.abc import Callable
from decimal import Decimal

import msgspec

from core.risk.number_words import told_apart
from core.risk.verdict import UNKNOWN

Told = str | Decimal | float | Callable[[], str]


class JobFinding(msgspec.Struct, frozen=True):
    """`limit` is completed by `words`, such as "at most {}"."""

    passed: bool
    words: str
    limit: Told
    observed: Told


def missing(what: str, words: str = "{}", limit: Told = "known") -> JobFinding:
    """Refuse because an input is not there."""
    return JobFinding(False, words, limit, f"{UNKNOWN}no {what}")


def at_most(observed: float | Decimal | None, limit: float | Decimal, what: str) -> JobFinding:
    """Demand a number from zero to the limit; NaN and negative ones are none."""
    if observed is None:
        return missing(what, "at most {}", limit)
    return JobFinding(0 <= observed <= limit, "at most {}", limit, observed)


def below(observed: float | Decimal | None, limit: float | Decimal | None, what: str) -> JobFinding:
    if observed is None or limit is None:
        return missing(what, "below {}", "an unknown limit" if limit is None else limit)
    return JobFinding(observed < limit, "below {}", limit, observed)


def at_least(observed: float | Decimal | None, limit: float | Decimal, what: str) -> JobFinding:
    if observed is None:
        return missing(what, "at least {}", limit)
    return JobFinding(observed >= limit, "at least {}", limit, observed)


def judged(passed: bool, limit: str, observed: Told) -> JobFinding:
    return JobFinding(passed, "{}", limit, observed)


def limit_text(finding: JobFinding) -> str:
    return finding.words.format(_texts(finding)[1])


def observed_text(finding: JobFinding) -> str:
    """Write what was seen, so that it stands to the limit as it is in truth."""
    return _texts(finding)[0]


def _texts(finding: JobFinding) -> tuple[str, str]:
    match finding.observed, finding.limit:
        case (Decimal() | float() as observed, Decimal() | float() as limit):
            return told_apart(observed, limit)
        case observed, limit:
            return text_of(observed), text_of(limit)


def text_of(told: Told) -> str:
    """Write a number in plain digits, cut to what a reader can use."""
    if callable(told):
        return told()
    if isinstance(told, Decimal):
        plain = f"{told:f}"
        whole, point, fraction = plain.partition(".")
        return f"{whole}.{fraction[:8]}".rstrip("0").rstrip(".") if point else whole
    if isinstance(told, float):
        return f"{told:.6g}"
    return str(told)
