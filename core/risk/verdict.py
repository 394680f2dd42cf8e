"""The verdict of the risk gate, as a value. Only `Approved` has a way to the wire."""

from enum import StrEnum
from typing import Final

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


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """The gate said no; `checks` holds every rule applied, `failed` the ones that refused."""

    intent: OrderIntent
    checks: tuple[Check, ...]

    @property
    def failed(self) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if not check.passed)

    @property
    def reason(self) -> str:
        return "; ".join(f"{c.rule}: {c.observed} {c.unit}, allowed {c.limit}".strip() for c in self.failed)


class _Seal:
    """Held by the risk gate alone; proves where an approval comes from."""


_SEAL: Final = _Seal()


class Approved:
    """An order that passed the risk gate. `core.risk.gate` alone makes it."""

    __slots__ = ("checks", "intent")

    def __init__(self, intent: OrderIntent, checks: tuple[Check, ...], *, seal: object) -> None:
        if seal is not _SEAL:
            raise PermissionError("only the risk gate approves orders")
        self.intent = intent
        self.checks = checks


def approve(intent: OrderIntent, checks: tuple[Check, ...]) -> Approved:
    """Seal an order whose checks all passed; called by the risk gate and nobody else."""
    if not all(check.passed for check in checks):
        raise PermissionError(f"order {intent.client_order_id} has a failed check and cannot be approved")
    return Approved(intent, checks, seal=_SEAL)
