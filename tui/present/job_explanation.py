"""Why a job is where it is: every control as it was applied, hard ones first, and how its score came about."""

from decimal import Decimal
from typing import Final

import msgspec

from core.control.commands import CommandResult, Outcome
from core.state.desk import CheckView, JobView
from core.state.explanation import ExplainedSection
from tui.present import numbers
from tui.present.bars import share_bar
from tui.present.cells import left, wrap
from tui.present.explained import CLOSING, section_lines
from tui.present.ink import EMPTY_LINE, Decor, Ink, Line, Span
from tui.present.jobs import score_text, state_span

_BAR: Final = 10
_RULE_CELLS: Final = 22


class JobExplanation(msgspec.Struct, kw_only=True):
    """The engine's answer to `explain`."""

    status: str
    standing: str
    rank: int | None
    pending_count: int
    safety: float | None
    volume: float | None
    final: float | None
    safety_weight: float | None
    checks: list[CheckView]
    sections: list[ExplainedSection] = []


def explanation_lines(job: JobView, answer: CommandResult | None, width: int, now_ns: int | None = None) -> list[Line]:
    """Say what the job is, where it stands, and why; `answer` is None until the engine has answered."""
    lines: list[Line] = [
        (Span(job.job_id, Ink.STRONG, Decor.BOLD), Span("  "), state_span(job)),
        (Span(f"{job.strategy_type} {job.symbol}", Ink.TEXT),
         Span(f"  {numbers.money(job.notional_usd)} USD a leg, edge {job.expected_edge_bps:.2f} bps,"
              f" from {job.strategy}", Ink.QUIET)),
        *(_plan_line(index, job) for index in range(len(job.legs))),
    ]  # fmt: skip
    if job.under_override:
        lines += wrap("! started under a person's override", width, Ink.ALARM)
    closing = list(CLOSING)
    if answer is None:
        return [*lines, EMPTY_LINE, (Span("asked the engine; waiting for its answer", Ink.WARNING),), *closing]
    if answer.outcome is not Outcome.DONE:
        return [
            *lines,
            EMPTY_LINE,
            *wrap(f"{answer.outcome.value.upper()}: {answer.message}", width, Ink.ALARM),
            *closing,
        ]
    try:
        found = msgspec.convert(answer.data, JobExplanation, from_attributes=True)
    except msgspec.ValidationError as error:
        return [*lines, EMPTY_LINE, *wrap(f"the engine's answer cannot be read: {error}", width, Ink.ALARM), *closing]
    inputs = [each for each in found.sections if each.title == "inputs"]
    told = [each for each in found.sections if each.title != "inputs"]
    return [
        *lines,
        *_standing_lines(found, width),
        *_score_lines(found),
        *section_lines(told, now_ns, width),
        *_check_lines(found.checks, width),
        *section_lines(inputs, now_ns, width),
        *closing,
    ]


def _plan_line(index: int, job: JobView) -> Line:
    leg = job.legs[index]
    role = "primary" if index == 0 else "hedge"
    text = f"{leg.side} {numbers.exact(leg.quantity)} {leg.symbol} {leg.venue}"
    if job.status not in {"running", "finished"}:
        return (Span(f"  {left(role, 8)}", Ink.QUIET), Span(text))
    price = "" if leg.average_price is None else f" @ {numbers.average(leg.average_price)}"
    done = f"  filled {numbers.exact(leg.filled_quantity)}{price}, {leg.state}"
    return (Span(f"  {left(role, 8)}", Ink.QUIET), Span(text), Span(done, Ink.QUIET))


def _standing_lines(found: JobExplanation, width: int) -> list[Line]:
    if found.standing in {"", found.status}:
        return []
    word = {"pending": "waits for", "running": "stands", "dropped": "dropped", "finished": "ended"}.get(
        found.status, ""
    )
    return [EMPTY_LINE, *wrap(f"{word}: {found.standing.replace('_', ' ')}", width, Ink.WARNING)]


def _score_lines(found: JobExplanation) -> list[Line]:
    if found.final is None:
        return [EMPTY_LINE, (Span("not scored: it never passed every control", Ink.QUIET),)]
    weight = found.safety_weight
    shares = (
        ("", "") if weight is None else (f"  weighs {weight:.2f}", f"  weighs {Decimal(1) - Decimal(str(weight)):.2f}")
    )
    rank = "" if found.rank is None else f"  rank {found.rank} of {found.pending_count} waiting"
    return [
        EMPTY_LINE,
        _score_line("safety", found.safety, shares[0]),
        _score_line("volume", found.volume, shares[1]),
        _score_line("final", found.final, rank),
    ]


def _score_line(name: str, score: float | None, more: str) -> Line:
    return (
        Span(left(name, 8), Ink.QUIET),
        Span(f"{share_bar(score or 0.0, _BAR)} {score_text(score)}", Ink.STRONG),
        Span(more, Ink.QUIET),
    )


def _check_lines(checks: list[CheckView], width: int) -> list[Line]:
    """List hard controls, then soft ones; in each group first what failed, then what was lifted."""
    lines: list[Line] = []
    for is_hard in (True, False):
        group = sorted((check for check in checks if check.is_hard is is_hard), key=_weight)
        if group:
            title = "hard rules: nothing lifts them" if is_hard else "soft rules: an override lifts them"
            lines += [EMPTY_LINE, (Span(title, Ink.ACCENT, Decor.BOLD),)]
            lines += [line for check in group for line in _one_check(check, width)]
    return lines or [EMPTY_LINE, (Span("no controls are on record for it", Ink.QUIET),)]


def _weight(check: CheckView) -> int:
    return 2 if check.passed else 1 if check.lifted else 0


def _one_check(check: CheckView, width: int) -> list[Line]:
    if check.passed:
        mark, ink = "✓ passed", Ink.GOOD
    elif check.lifted:
        mark, ink = "! LIFTED", Ink.WARNING
    else:
        mark, ink = "✗ FAILED", Ink.ALARM
    unit = f" {check.unit}" if check.unit and any(letter.isdigit() for letter in check.observed) else ""
    head = (
        Span(mark, ink, Decor.NONE if check.passed else Decor.BOLD),
        Span(f" {left(check.rule.replace('_', ' '), _RULE_CELLS)} ", Ink.STRONG),
    )
    room = max(20, width - 10 - _RULE_CELLS)
    text = f"{check.observed}{unit}, allowed {check.limit}"
    first, *others = wrap(text, room, Ink.QUIET if check.passed else ink)
    return [(*head, *first), *((Span(" " * (10 + _RULE_CELLS)), *line) for line in others)]
