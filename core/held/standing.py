"""What a held order is in, and what it waits for, in a trader's words."""

from decimal import Decimal
from enum import StrEnum

from core.held.decide import MOST_LIMIT_TRIES, plain
from core.held.run import HeldRun
from core.types.held_order import HeldKind
from core.types.held_tag import HeldRole


class HeldStatus(StrEnum):
    WAITING = "waiting"  # a bracket whose entry has filled nothing yet
    HELD = "held"  # armed: the market is watched
    TRIGGERED = "triggered"
    REFUSED = "refused"  # triggered, and its order did not come to life
    DONE = "done"
    CANCELLED = "cancelled"


def status_of(run: HeldRun) -> HeldStatus:
    if run.end is not None:
        return HeldStatus(run.end.outcome.value)
    if run.trigger is not None:
        has_live_stop = any(child.may_live for child in run.of(HeldRole.STOP))
        is_refused = run.refusal(HeldRole.STOP) is not None and not has_live_stop
        return HeldStatus.REFUSED if is_refused else HeldStatus.TRIGGERED
    is_waiting = run.order.kind is HeldKind.BRACKET and not run.base
    return HeldStatus.WAITING if is_waiting else HeldStatus.HELD


def words_of(run: HeldRun) -> str:
    """Say in one line how it stands."""
    if run.end is not None:
        left = ", ".join(child.client_order_id for child in run.live)
        return run.end.reason + (f"; {left} may still live" if left else "")
    if run.trigger is not None:
        return _after_trigger(run)
    parts: list[str] = []
    if run.order.kind is HeldKind.BRACKET:
        parts.append(
            f"protects {plain(run.rest)} of {plain(run.order.quantity)}" if run.base else "waits for its entry"
        )
    if run.order.limit_price is not None:
        parts.append(_limit_words(run, run.order.limit_price))
    return "; ".join(parts)


def _after_trigger(run: HeldRun) -> str:
    assert run.trigger is not None, "asked for with a trigger only"
    text = f"triggered by {run.trigger.by} {run.trigger.price:f}"
    in_the_way = [child.client_order_id for child in run.live if child.role is not HeldRole.STOP]
    if in_the_way:
        return f"{text}; waits for the cancel of {', '.join(in_the_way)}"
    stops = [child.client_order_id for child in run.live]
    if stops:
        return f"{text}; sent as {', '.join(stops)}"
    refusal = run.refusal(HeldRole.STOP)
    if refusal is not None:
        again = "is tried again" if run.order.reduce_only else "is not tried again: new risk at another moment"
        return f"{text}; not sent: {refusal.reason}; {again}"
    return f"{text}; waits until the account was read, or for other orders that reduce the same position"


def _limit_words(run: HeldRun, limit_price: Decimal) -> str:
    resting = [child.client_order_id for child in run.live if child.role is HeldRole.LIMIT]
    if resting:
        return f"limit {plain(limit_price)} rests as {', '.join(resting)}"
    flaw = limit_flaw(run)
    return flaw or f"limit {plain(limit_price)} rests once it may"


def limit_flaw(run: HeldRun) -> str | None:
    """Say why the limit order will not rest any more, None where it does or may."""
    if run.order.limit_price is None:
        return None
    if run.is_limit_dropped:
        return "its limit order was cancelled and stays away"
    refusal = run.refusal(HeldRole.LIMIT)
    if refusal is not None and (refusal.times >= MOST_LIMIT_TRIES or not run.order.reduce_only):
        return f"its limit order does not rest: {refusal.reason}"
    return None
