"""What the risk hub says of a job."""

from enum import StrEnum

import msgspec

from core.risk.verdict import Check


class JobDecision(StrEnum):
    ACCEPTED = "accepted"
    WAITING = "waiting"  # a control that may pass before the job expires does not pass now
    REFUSED = "refused"  # a control that will not pass: the job is dropped at once


class JobVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """Decision, scores in [0, 1] and every control with its numbers, hard ones first."""

    decision: JobDecision
    safety: float
    volume: float
    final: float
    checks: tuple[Check, ...]
    under_override: bool = False  # accepted although a soft control failed: a person had lifted it

    @property
    def failed(self) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if not check.passed)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Say for each failed control what it saw and what it allows, hard ones first."""
        return tuple(
            f"{check.rule}: {f'{check.observed} {check.unit}'.rstrip()}, allowed {check.limit}" for check in self.failed
        )
