"""The verdict of the risk gate, as a value. Only `Approved` has a way to the wire."""

from enum import StrEnum
from typing import Final, final

import msgspec

from core.types.order import OrderIntent


class Hardness(StrEnum):
    HARD = "hard"  # nothing lifts it
    SOFT = "soft"  # a time-limited manual override lifts it


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One rule as it was applied: what was allowed, what was seen, and how it came out.

    `limit` and `observed` are texts in `unit`, so that a missing input can be shown as such.
    """

    rule: str
    hardness: Hardness
    unit: str
    limit: str
    observed: str
    passed: bool


UNKNOWN: Final = "unknown: "
"""What `observed` begins with where an input was missing; the rest says which."""


def reasons_of(checks: tuple[Check, ...]) -> str:
    """Say in one line what each failed check saw and what it allows; those that saw nothing come last."""
    failed = [check for check in checks if not check.passed]
    blind = [check for check in failed if check.observed.startswith(UNKNOWN)]
    reasons = [
        f"{check.rule}: {f'{check.observed} {check.unit}'.rstrip()}, allowed {check.limit}"
        for check in failed
        if check not in blind
    ]
    if blind:
        unknown = ", ".join(f"{check.rule} ({check.observed.removeprefix(UNKNOWN)})" for check in blind)
        reasons.append(f"cannot be judged: {unknown}")
    return "; ".join(reasons)


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """The gate said no; `checks` holds every rule applied, `failed` the ones that refused."""

    intent: OrderIntent
    checks: tuple[Check, ...]

    @property
    def failed(self) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if not check.passed)

    @property
    def reason(self) -> str:
        return reasons_of(self.checks)


class _Seal:
    """Held by the risk gate alone; proves where an approval comes from."""


_SEAL: Final = _Seal()


@final
class Approved:
    """An order that passed the risk gate, as it was judged: it cannot be changed. `core.risk.gate` alone makes it."""

    __slots__ = ("checks", "intent")

    intent: OrderIntent
    checks: tuple[Check, ...]

    def __init__(self, intent: OrderIntent, checks: tuple[Check, ...], *, seal: object) -> None:
        if seal is not _SEAL:
            raise PermissionError("only the risk gate approves orders")
        object.__setattr__(self, "intent", intent)
        object.__setattr__(self, "checks", checks)

    def __setattr__(self, name: str, value: object) -> None:
        raise PermissionError(f"an approved order cannot be changed ({name})")

    def __delattr__(self, name: str) -> None:
        raise PermissionError(f"an approved order cannot be changed ({name})")


def approve(intent: OrderIntent, checks: tuple[Check, ...]) -> Approved:
    """Seal an order whose checks all passed; called by the risk gate and nobody else."""
    if not checks or not all(check.passed for check in checks):
        raise PermissionError(f"order {intent.client_order_id} has no checks or a failed one and cannot be approved")
    return Approved(intent, checks, seal=_SEAL)
