"""The room at every limit, now and with an order: by the rules' own arithmetic, so that the two cannot differ.

As the rules have it, "with the order" means that it and every other open order were filled in the worst way.
"""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Final

import msgspec

from core.risk.case import Case
from core.risk.rules.finding import Compared, Finding
from core.risk.table import RULES, Rule
from core.risk.totals import total_exposure
from core.risk.verdict import UNKNOWN, Hardness

ZERO: Final = Decimal(0)


class RoomScope(StrEnum):
    ORDER = "order"
    INSTRUMENT = "instrument"
    VENUE = "venue"
    ACCOUNT = "account"


LIMITS: Final[Mapping[str, RoomScope]] = {
    "day_loss": RoomScope.ACCOUNT,
    "capital_pool": RoomScope.VENUE,
    "invested_share": RoomScope.ACCOUNT,
    "directional_sum": RoomScope.ACCOUNT,
    "instrument_net": RoomScope.INSTRUMENT,
    "order_value": RoomScope.ORDER,
    "leverage": RoomScope.VENUE,
    "in_flight": RoomScope.VENUE,
    "venue_net": RoomScope.VENUE,
    "instrument_gross": RoomScope.INSTRUMENT,
    "venue_gross": RoomScope.VENUE,
    "total_gross": RoomScope.ACCOUNT,
    "concentration": RoomScope.ACCOUNT,
    "drawdown": RoomScope.ACCOUNT,
    "single_reserve": RoomScope.ORDER,
    "order_share": RoomScope.ORDER,
    "trade_loss": RoomScope.ORDER,
    "liquidity": RoomScope.ORDER,
    "max_quantity": RoomScope.ORDER,
    "open_orders": RoomScope.ACCOUNT,
}
"""Rules that bound an amount, what a trader looks at first in front; the others ask a yes or no."""


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """One limit; below zero is beyond it. None is unknown, and `note` says why."""

    rule: str
    scope: RoomScope
    unit: str
    hardness: Hardness
    limit: Decimal | None
    left_now: Decimal | None
    left_after: Decimal | None
    note: str = ""


def rooms_of(case: Case) -> tuple[Room, ...]:
    """Return the room at each limit, whether or not its rule is asked of this order."""
    before, rules = _without_order(case), {rule.name: rule for rule in RULES}
    return tuple(_room(rules[name], scope, case, before) for name, scope in LIMITS.items())


def _room(rule: Rule, scope: RoomScope, case: Case, before: Case) -> Room:
    after, now = _finding(rule, case), _finding(rule, before)
    left_now = now.left if isinstance(now, Compared) else None
    if rule.name == "open_orders" and left_now is not None:
        left_now += 1  # the rule counts an order of whatever quantity
    is_known = isinstance(after, Compared)
    return Room(
        rule=rule.name,
        scope=scope,
        unit=rule.unit,
        hardness=rule.hardness,
        limit=after.allowed if is_known else None,
        left_now=left_now,
        left_after=after.left if is_known else None,
        note="" if is_known else after.observed.removeprefix(UNKNOWN),
    )


def _finding(rule: Rule, case: Case) -> Finding:
    try:
        return rule.judge(case)
    except Exception as error:  # a limit that cannot be told is unknown; the gate refuses by itself
        return Finding(False, "", f"{type(error).__name__}: {error}")


def _without_order(case: Case) -> Case:
    """Return the case of the same order for no quantity at all."""
    nothing, draw = msgspec.structs.replace(case.intent, quantity=ZERO), case.draw
    if draw is not None:
        claim = msgspec.structs.replace(draw.claim, opening_quantity=ZERO)
        draw = msgspec.structs.replace(draw, claim=claim, beyond_usd=ZERO, single_usd=ZERO)
    is_known = case.view.instrument is not None
    return msgspec.structs.replace(
        case,
        intent=nothing,
        value_usd=ZERO,
        is_reducing=False,
        is_completing=False,
        draw=draw,
        totals=total_exposure(nothing, ZERO, case.view) if is_known else None,
    )
