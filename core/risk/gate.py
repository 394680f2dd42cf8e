"""The risk gate: the one place an order becomes `Approved`."""

from core.risk.case import Case, open_case
from core.risk.limits import RiskLimits
from core.risk.table import RULES, AppliesTo, Rule
from core.risk.verdict import Approved, Check, Refused, approve
from core.risk.view import RiskView
from core.types.order import OrderIntent


class RiskGate:
    """Judge orders by every rule of the table, so that the journal shows each of them."""

    def __init__(self, limits: RiskLimits) -> None:
        self.limits = limits

    def decide(self, intent: OrderIntent, view: RiskView) -> Approved | Refused:
        """Apply all rules; approve where all pass. A rule that fails to judge refuses."""
        try:
            case = open_case(intent, view, self.limits)
        except Exception as error:  # NaN or an absurd magnitude: an order that cannot be weighed is not sent
            return Refused(intent=intent, checks=(_unjudgeable(intent, error),))
        checks = tuple(_check(rule, case) for rule in RULES)
        if all(check.passed for check in checks):
            return approve(intent, checks)
        return Refused(intent=intent, checks=checks)


def _check(rule: Rule, case: Case) -> Check:
    if _is_exempt(rule, case):
        limit, observed, passed = rule.applies_to.value, "exempt: reduces a position", True
    else:
        try:
            passed, limit, observed = rule.judge(case)
        except Exception as error:  # fails closed: an order no rule can judge is not sent
            passed, limit, observed = False, "a judgeable order", f"{type(error).__name__}: {error}"
    return Check(rule=rule.name, hardness=rule.hardness, unit=rule.unit, limit=limit, observed=observed, passed=passed)


def _is_exempt(rule: Rule, case: Case) -> bool:
    match rule.applies_to:
        case AppliesTo.EVERY_ORDER:
            return False
        case AppliesTo.NEW_RISK:
            return case.is_reducing
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
