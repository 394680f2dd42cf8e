"""What a held order does next: a pure function of its run and of what is to be seen.

Exits never fill more than the entry has filled, because the two of a pair never live at once beyond what is left: the
limit order is gone, and the account was read after its end, before the stop's order is sent.
"""

from decimal import Decimal
from typing import Final

from core.held.actions import Action, AskAccount, Cancel, End, Send, Trigger
from core.held.look import HeldLook, triggered_by
from core.held.run import HeldChild, HeldRun
from core.types.control import HaltLevel
from core.types.held_order import HeldKind, HeldOutcome
from core.types.held_tag import HeldRole
from core.types.order import OrderStatus

ZERO: Final = Decimal(0)
NS: Final = 1_000_000_000
WORD_PATIENCE_NS: Final = 5 * NS  # for the account after an order's end; a stop that triggered waits no longer
GATHER_NS: Final = NS  # fills of an entry that rests are gathered this long before the take profit grows
MOST_LIMIT_TRIES: Final = 3
LONGEST_PAUSE_NS: Final = 30 * NS


def decide(run: HeldRun, look: HeldLook) -> list[Action]:
    """Return what to do now; nothing where it can only wait."""
    if run.end is not None:
        return _cancels(run.live)
    if look.halt >= HaltLevel.HALTED:
        return [End(HeldOutcome.CANCELLED, f"{look.halt.name}: {look.halt_reason}")]
    ending = _ending(run, look)
    if ending is not None:
        return [ending]
    if run.trigger is not None:
        return _fire(run, look)
    if look.halt >= HaltLevel.CANCEL_ONLY:
        return []
    seen = None if run.order.stop is None or run.rest <= 0 else triggered_by(run.order.side, run.order.stop, look)
    if seen is not None:
        return [Trigger(seen)]
    return _keep_limit(run, look) or _ask_for_the_end(run, look)


def _ending(run: HeldRun, look: HeldLook) -> End | None:
    """Return the end where nothing is left to do, None where something is or may still be."""
    order, live = run.order, run.live
    if order.kind is HeldKind.BRACKET and not any(run.of(HeldRole.ENTRY)):
        return End(HeldOutcome.CANCELLED, "its entry never left")
    if live or unconfirmed(run, look) is not None:
        return None
    if not run.base:
        return End(HeldOutcome.CANCELLED, _entry_end(run))
    if run.rest <= 0:
        return End(HeldOutcome.DONE, f"filled {plain(run.done)}")
    if run.rest < order.quantity and is_dust(run, look, run.rest):
        return End(HeldOutcome.DONE, f"filled {plain(run.done)}; {plain(run.rest)} is less than {order.venue} trades")
    if order.stop is None and run.is_limit_dropped:
        return End(HeldOutcome.CANCELLED, f"its limit order was cancelled; {plain(run.rest)} was not filled")
    return None


def _entry_end(run: HeldRun) -> str:
    newest = max(run.of(HeldRole.ENTRY), key=lambda child: child.changed_ns)
    return f"its entry is {newest.status} unfilled" + (f": {newest.reason}" if newest.reason else "")


def _fire(run: HeldRun, look: HeldLook) -> list[Action]:
    """Clear the way for the stop's order and send it for what is left."""
    in_the_way = [child for child in run.live if child.role is not HeldRole.STOP]
    if in_the_way:
        return _cancels(in_the_way)
    if run.live or look.halt >= HaltLevel.CANCEL_ONLY:  # on its way or resting; or nothing may be sent
        return []
    if _was_withdrawn(run):
        return [End(HeldOutcome.CANCELLED, f"its order was cancelled; {plain(run.rest)} was not filled")]
    ended_ns = unconfirmed(run, look)
    is_blind = ended_ns is not None
    if ended_ns is not None and (not run.order.reduce_only or 0 <= look.now_ns - ended_ns < WORD_PATIENCE_NS):
        return [AskAccount(run.order.venue)]
    if not run.order.reduce_only and any(child.filled for child in run.of(HeldRole.STOP)):
        return [End(HeldOutcome.DONE, f"filled {plain(run.done)}; for {plain(run.rest)} there was no liquidity")]
    if not _may_try(run, look):
        return []
    quantity, actions = run.rest, list[Action]()
    if run.order.reduce_only:
        closable = look.position * -run.order.side.sign
        if closable <= 0:
            return [End(HeldOutcome.DONE, f"nothing is left to reduce; {plain(run.rest)} was not needed")]
        wanted = min(run.rest, closable)
        quantity = min(wanted, look.reducible)
        actions += _make_way(look, wanted - quantity - look.leaving)
    if look.instrument is not None:
        quantity = look.instrument.floor_quantity(quantity)
    return [*actions, Send(role=HeldRole.STOP, quantity=quantity, is_blind=is_blind)] if quantity > 0 else actions


def _make_way(look: HeldLook, missing: Decimal) -> list[Action]:
    """Cancel own orders that hold what the stop needs: they may never be filled, the stop is due now."""
    actions: list[Action] = []
    for closer in look.closers:
        if missing <= 0:
            break
        actions.append(Cancel(closer.client_order_id))
        missing -= closer.quantity
    return actions


def _may_try(run: HeldRun, look: HeldLook) -> bool:
    """Tell whether to send now: what was refused is tried again only where it makes a position smaller.

    New risk at some later moment is not what anybody asked for; a way out is asked for until it is there.
    """
    refusal = run.refusal(HeldRole.STOP)
    if refusal is None:
        return True
    return run.order.reduce_only and _pause_is_over(refusal.at_ns, refusal.times, look.now_ns)


def _pause_is_over(at_ns: int, times: int, now_ns: int) -> bool:
    pause_ns = min(LONGEST_PAUSE_NS, NS << min(times - 1, 10))
    return not 0 <= now_ns - at_ns < pause_ns


def _was_withdrawn(run: HeldRun) -> bool:
    """Tell whether somebody took the stop's resting limit order away: that is a person's word."""
    stop = run.order.stop
    if stop is None or stop.limit_price is None:
        return False
    return any(child.is_short and child.status is not OrderStatus.REJECTED for child in run.of(HeldRole.STOP))


def _keep_limit(run: HeldRun, look: HeldLook) -> list[Action]:
    """Keep as much resting at the limit price as is left; more than that is taken back."""
    order = run.order
    if order.limit_price is None or run.is_limit_dropped:
        return []
    limits = [child for child in run.live if child.role is HeldRole.LIMIT]
    if run.may_fill > run.rest:
        return _cancels(limits)
    missing = run.rest - run.may_fill
    if missing <= 0 or not look.is_within_collar(order.limit_price) or not _may_rest_more(run, look, missing):
        return []
    quantity = min(missing, look.reducible) if order.reduce_only else missing
    if look.instrument is not None:
        quantity = look.instrument.floor_quantity(quantity)
    if quantity <= 0 or is_dust(run, look, quantity):
        return []
    return [Send(role=HeldRole.LIMIT, quantity=quantity)]


def _may_rest_more(run: HeldRun, look: HeldLook, missing: Decimal) -> bool:
    refusal = run.refusal(HeldRole.LIMIT)
    if refusal is not None:
        if not run.order.reduce_only or refusal.times >= MOST_LIMIT_TRIES:
            return False
        if not _pause_is_over(refusal.at_ns, refusal.times, look.now_ns):
            return False
    newest_ns = max((child.changed_ns for child in run.of(HeldRole.ENTRY)), default=None)
    if newest_ns is None or not run.has_live_entry:
        return True
    # Each fill of a resting entry would else be an order of its own.
    return missing * 10 >= run.order.quantity and not 0 <= look.now_ns - newest_ns < GATHER_NS


def _ask_for_the_end(run: HeldRun, look: HeldLook) -> list[Action]:
    """Have the account read where an entry ended short: a fill that was not heard of is a position without a stop."""
    if run.live or unconfirmed(run, look) is None:
        return []
    return [AskAccount(run.order.venue)]


def unconfirmed(run: HeldRun, look: HeldLook) -> int | None:
    """Return when the newest order ended that the account has not confirmed yet, None where all are."""
    read = -1 if look.account_read is None else look.account_read
    said_over = [child for child in run.children if child.is_short and child.status is not OrderStatus.REJECTED]
    unread = [child.ended_ns for child in said_over if child.ended_at is not None and child.ended_at > read]
    return max((ended_ns for ended_ns in unread if ended_ns is not None), default=None)


def is_dust(run: HeldRun, look: HeldLook, quantity: Decimal) -> bool:
    """Tell whether a quantity is too small for any order of the held one."""
    instrument = look.instrument
    if instrument is None:
        return False
    whole = instrument.floor_quantity(quantity)
    if whole < instrument.min_quantity or whole <= 0:
        return True
    prices = [run.order.limit_price, None if run.order.stop is None else run.order.stop.price, look.mid]
    known = [price for price in prices if price is not None]
    return bool(known) and instrument.notional(max(known), whole) < instrument.min_notional


def plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _cancels(children: list[HeldChild]) -> list[Action]:
    """Ask for cancels; one that is on its way already ends, or comes back as open or in doubt."""
    under_way = (OrderStatus.FILLED, OrderStatus.CANCELLING)
    return [Cancel(child.client_order_id) for child in children if child.status not in under_way]
