"""The verdict of the risk gate, as a value. Only `Approved` has a way to the wire."""

from enum import StrEnum
from typing import Final, final

import msgspec

from core.types.capital import OrderClaim
from core.types.order import SELF_TRADE_PREVENTION, OrderIntent, SelfTradePrevention


class Hardness(StrEnum):
    HARD = "hard"  # nothing lifts it
    SOFT = "soft"  # a time-limited manual override lifts it


class Check(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One rule as it was applied: what was allowed, what was seen, and how it came out.

    `limit` and `observed` are texts in `unit`, so that a missing input can be shown as such. A soft rule that failed
    while a person's override was active says both: not passed, and lifted.
    """

    rule: str
    hardness: Hardness
    unit: str
    limit: str
    observed: str
    passed: bool
    lifted: bool = False

    @property
    def refuses(self) -> bool:
        return not self.passed and not self.lifted


UNKNOWN: Final = "unknown: "
"""What `observed` begins with where an input was missing; the rest says which."""

MARKET_HOURS: Final = "market_hours"
MOST_BLIND: Final = 3  # checks without their input that are named one by one


def reasons_of(checks: tuple[Check, ...]) -> str:
    """Say in one line what each failed check saw and what it allows; those that saw nothing come last.

    A closed market comes first: it is why many of the others see nothing. Of many of these only the number is told.
    """
    failed = sorted((check for check in checks if check.refuses), key=lambda check: check.rule != MARKET_HOURS)
    blind = [check for check in failed if check.observed.startswith(UNKNOWN)]
    reasons = [
        f"{check.rule}: {f'{check.observed} {check.unit}'.rstrip()}, allowed {check.limit}"
        for check in failed
        if check not in blind
    ]
    if len(blind) > MOST_BLIND:
        missed = list(dict.fromkeys(check.observed.removeprefix(UNKNOWN) for check in blind))
        others = ", …" if len(missed) > MOST_BLIND else ""
        reasons.append(f"{len(blind)} controls cannot be judged: {', '.join(missed[:MOST_BLIND])}{others}")
    elif blind:
        unknown = ", ".join(f"{check.rule} ({check.observed.removeprefix(UNKNOWN)})" for check in blind)
        reasons.append(f"cannot be judged: {unknown}")
    return "; ".join(reasons)


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """The gate said no; `checks` holds every rule applied, `failed` the ones that refused."""

    intent: OrderIntent  # of an amend: the order as it would be
    checks: tuple[Check, ...]

    @property
    def failed(self) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if check.refuses)

    @property
    def reason(self) -> str:
        return reasons_of(self.checks)


class _Seal:
    """Held by the risk gate alone; proves where an approval comes from."""


_SEAL: Final = _Seal()


class _Sealed:
    """What the gate let through, as it was judged: it cannot be changed. `core.risk.gate` alone makes it."""

    __slots__ = ("checks", "claim", "intent")

    intent: OrderIntent
    checks: tuple[Check, ...]
    claim: OrderClaim | None  # None where a reducing order has no dollar value

    def __init__(
        self, intent: OrderIntent, checks: tuple[Check, ...], claim: OrderClaim | None = None, *, seal: object
    ) -> None:
        if seal is not _SEAL:
            raise PermissionError("only the risk gate approves orders")
        object.__setattr__(self, "intent", intent)
        object.__setattr__(self, "checks", checks)
        object.__setattr__(self, "claim", claim)

    @property
    def under_override(self) -> bool:
        """Tell whether a rule that failed was lifted by a person."""
        return any(check.lifted for check in self.checks)

    @property
    def self_trade_prevention(self) -> SelfTradePrevention:
        """Return the flag that an adapter sets on the order where its venue has one."""
        return SELF_TRADE_PREVENTION

    def __setattr__(self, name: str, value: object) -> None:
        raise PermissionError(f"an approved order cannot be changed ({name})")

    def __delattr__(self, name: str) -> None:
        raise PermissionError(f"an approved order cannot be changed ({name})")


@final
class Approved(_Sealed):
    """An order that passed the risk gate."""

    __slots__ = ()


@final
class ApprovedAmend(_Sealed):
    """Other terms for a resting order that passed the risk gate: `intent` is the order as it shall be, in total.

    It has another type than an order: what changes one must never be sent as a new one.
    """

    __slots__ = ()


def approve(intent: OrderIntent, checks: tuple[Check, ...], claim: OrderClaim | None = None) -> Approved:
    """Seal an order whose checks all passed or were lifted; called by the risk gate and nobody else."""
    _demand_passed(intent, checks)
    return Approved(intent, checks, claim, seal=_SEAL)


def approve_amend(intent: OrderIntent, checks: tuple[Check, ...], claim: OrderClaim | None = None) -> ApprovedAmend:
    """Do as `approve`, for other terms of an order that rests."""
    _demand_passed(intent, checks)
    return ApprovedAmend(intent, checks, claim, seal=_SEAL)


def _demand_passed(intent: OrderIntent, checks: tuple[Check, ...]) -> None:
    if not checks or any(check.refuses for check in checks):
        raise PermissionError(f"order {intent.client_order_id} has no checks or a failed one and cannot be approved")
    if any(check.lifted and check.hardness is not Hardness.SOFT for check in checks):
        raise PermissionError(f"order {intent.client_order_id} has a hard rule lifted and cannot be approved")
