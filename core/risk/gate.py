"""The risk gate: the one place an order becomes `Approved`."""

import msgspec

from core.risk.case import Case, open_case
from core.risk.limits import RiskLimits
from core.risk.table import RULES, AppliesTo, Rule
from core.risk.verdict import Approved, Check, Hardness, Refused, approve
from core.risk.view import RiskView
from core.types.order import OrderIntent


class RiskGate:
    """Judge orders by every rule of the table, so that the journal shows each of them."""

    def __init__(self, limits: RiskLimits) -> None:
        self.limits = limits

    def decide(self, intent: OrderIntent, view: RiskView) -> Approved | Refused:
        """Apply all rules; approve where each passes or, being soft, is lifted by an active override.

        A rule that fails to judge refuses, whatever the override.
        """
        try:
            case = open_case(intent, view, self.limits)
        except Exception as error:  # NaN or an absurd magnitude: an order that cannot be weighed is not sent
            return Refused(intent=intent, checks=(_unjudgeable(intent, error),))
        checks = tuple(_lifted(_check(rule, case), view) for rule in RULES)
        if any(check.refuses for check in checks):
            return Refused(intent=intent, checks=checks)
        return approve(intent, checks, case.claim)


def _check(rule: Rule, case: Case) -> Check:
    if _is_exempt(rule, case):
        what = "reduces a position" if case.is_reducing else "completes a hedge"
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
            return case.is_reducing or case.is_completing
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
