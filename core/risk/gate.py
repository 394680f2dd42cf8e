"""The risk gate: the one place an order becomes `Approved`."""

import msgspec

from core.risk.case import Case, open_case
from core.risk.limits import RiskLimits
from core.risk.rooms import Room, rooms_of
from core.risk.table import RULES, AppliesTo, Rule
from core.risk.verdict import Approved, ApprovedAmend, Check, Hardness, Refused, approve, approve_amend
from core.risk.view import RiskView
from core.types.order import OrderIntent


class Rehearsed(msgspec.Struct, frozen=True, kw_only=True):
    """What the gate would decide: no approval, so that nothing can be sent on it."""

    intent: OrderIntent
    checks: tuple[Check, ...]
    case: Case | None = None  # None for an order that cannot be weighed
    rooms: tuple[Room, ...] = ()

    @property
    def is_approved(self) -> bool:
        return not any(check.refuses for check in self.checks)

    @property
    def is_under_override(self) -> bool:
        """Tell whether a rule that failed would be lifted by a person's override."""
        return any(check.lifted for check in self.checks)


class RiskGate:
    """Judge orders by every rule of the table, so that the journal shows each of them."""

    def __init__(self, limits: RiskLimits) -> None:
        self.limits = limits

    def decide(self, intent: OrderIntent, view: RiskView) -> Approved | Refused:
        """Apply all rules; approve where each passes or, being soft, is lifted by an active override.

        A rule that fails to judge refuses, whatever the override.
        """
        judged = self._judge(intent, view)
        if not judged.is_approved:
            return Refused(intent=intent, checks=judged.checks)
        return approve(intent, judged.checks, None if judged.case is None else judged.case.claim)

    def rehearse(self, intent: OrderIntent, view: RiskView) -> Rehearsed:
        """Apply all rules as `decide` does, and work out the room that the order would leave at each limit."""
        judged = self._judge(intent, view)
        if judged.case is None:
            return judged
        return msgspec.structs.replace(judged, rooms=rooms_of(judged.case))

    def _judge(self, intent: OrderIntent, view: RiskView) -> Rehearsed:
        try:
            case = open_case(intent, view, self.limits)
        except Exception as error:  # NaN or an absurd magnitude: an order that cannot be weighed is not sent
            return Rehearsed(intent=intent, checks=(_unjudgeable(intent, error),))
        return Rehearsed(intent=intent, checks=tuple(_lifted(_check(rule, case), view) for rule in RULES), case=case)

    def decide_amend(self, intent: OrderIntent, view: RiskView) -> ApprovedAmend | Refused:
        """Judge other terms for a resting order like a new order in a world without it; what lowers passes.

        `intent` is the order as it shall be, with its new total; `view.amended` is the order as it stands. Only what
        would be unfilled is judged as risk. Capital is judged by the difference to what the order holds.
        """
        amended = view.amended
        if amended is None:
            return Refused(intent=intent, checks=(_unjudgeable(intent, ValueError("no order to amend")),))
        unfilled = msgspec.structs.replace(intent, quantity=intent.quantity - amended.filled_quantity)
        try:
            case = open_case(unfilled, view, self.limits)
        except Exception as error:  # NaN or an absurd magnitude: what cannot be weighed is not sent
            return Refused(intent=intent, checks=(_unjudgeable(intent, error),))
        checks = tuple(_lifted(_check(rule, case), view) for rule in RULES)
        if any(check.refuses for check in checks):
            return Refused(intent=intent, checks=checks)
        claim = case.claim
        if claim is not None:
            opening_quantity = claim.opening_quantity + amended.opened_quantity
            claim = msgspec.structs.replace(claim, opening_quantity=opening_quantity)
        return approve_amend(intent, checks, claim)


def _check(rule: Rule, case: Case) -> Check:
    if _is_exempt(rule, case):
        what = "reduces a position" if case.is_reducing else "completes a hedge"
        what = "lowers a resting order" if case.is_lowering else what
        limit, observed, passed = rule.applies_to.value, f"exempt: {what}", True
    else:
        try:
            passed, limit, observed = rule.judge(case)
        except Exception as error:  # fails closed: an order no rule can judge is not sent
            return _broken(rule, error)
    return Check(rule=rule.name, hardness=rule.hardness, unit=rule.unit, limit=limit, observed=observed, passed=passed)


def _broken(rule: Rule, error: Exception) -> Check:
    """Return a failed check that nothing lifts: what cannot be judged is not for a person to wave through."""
    return Check(
        rule=rule.name,
        hardness=Hardness.HARD,
        unit=rule.unit,
        limit="a judgeable order",
        observed=f"{type(error).__name__}: {error}",
        passed=False,
    )


def _lifted(check: Check, view: RiskView) -> Check:
    """Lift a soft rule that failed while an override is active; it stays recorded as failed."""
    is_lifted = not check.passed and check.hardness is Hardness.SOFT
    if is_lifted and view.active_override is not None:
        return msgspec.structs.replace(check, lifted=True)
    return check


def _is_exempt(rule: Rule, case: Case) -> bool:
    match rule.applies_to:
        case AppliesTo.EVERY_ORDER:
            return False
        case AppliesTo.NEW_RISK:
            return case.is_reducing or case.is_completing or case.is_lowering
        case AppliesTo.ALL_BUT_FLATTEN:
            return case.is_flatten


def _unjudgeable(intent: OrderIntent, error: Exception) -> Check:
    rule = next(rule for rule in RULES if rule.name == "order_form")
    return Check(
        rule=rule.name,
        hardness=rule.hardness,
        unit=rule.unit,
        limit="a complete order",
        observed=f"quantity {intent.quantity}, limit price {intent.limit_price}: {type(error).__name__}",
        passed=False,
    )
