"""Facts as rows of an explanation."""

from collections.abc import Iterable
from decimal import Decimal

from core.engine.narrator import plain
from core.risk.verdict import Check, Hardness
from core.state.explanation import ExplainedRow, ExplainedSection


def fact(label: str, text: str, *, mark: str = "", at_ns: int | None = None, here: str = "") -> ExplainedRow:
    return ExplainedRow(label=label, text=text, mark=mark, at_ns=at_ns, here=here)


def section(title: str, rows: Iterable[ExplainedRow]) -> ExplainedSection:
    return ExplainedSection(title=title, rows=list(rows))


def usd(value: Decimal | None) -> str:
    """Write dollars, or that they are not known."""
    return "unknown" if value is None else f"{value:,.2f} USD"


def number(value: Decimal | None, unit: str = "") -> str:
    return "unknown" if value is None else f"{plain(value)} {unit}".rstrip()


def rule_sections(checks: Iterable[Check]) -> list[ExplainedSection]:
    """Return every rule as it was applied: hard ones, then soft ones, what failed before what passed."""
    every = sorted(checks, key=_order)
    found: list[ExplainedSection] = []
    for hardness, title in (
        (Hardness.HARD, "hard rules: nothing lifts them"),
        (Hardness.SOFT, "soft rules: an override lifts them"),
    ):
        rows = [_rule(check) for check in every if check.hardness is hardness]
        if rows:
            found.append(section(title, rows))
    return found


def _order(check: Check) -> int:
    return 2 if check.passed else 1 if check.lifted else 0


def _rule(check: Check) -> ExplainedRow:
    mark = "passed" if check.passed else "lifted" if check.lifted else "failed"
    unit = f" {check.unit}" if check.unit and any(letter.isdigit() for letter in check.observed) else ""
    return fact(check.rule, f"{check.observed}{unit}, allowed {check.limit}", mark=mark)
