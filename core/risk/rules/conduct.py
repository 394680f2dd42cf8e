"""Is it allowed at all: halts, modes, lists, rates, and how it stands to our own other orders."""

from decimal import Decimal

from core.risk.case import Case
from core.risk.completion import allowance
from core.risk.halts import Cause
from core.risk.override import is_suspended, still_standing
from core.risk.rules.finding import Finding, at_least, at_most, below, judged, missing, worded
from core.risk.view import LiveTrading, OwnOrder, StrategyStatus
from core.types.control import Blocker, HaltLevel, TradingMode
from core.types.order import OrderType, Side

ORDER_KINDS_OPEN = {
    HaltLevel.NORMAL: "every order",
    HaltLevel.REDUCE_ONLY: "orders that reduce a position, complete a hedge or lower a resting order",
    HaltLevel.CANCEL_ONLY: "cancels only",
    HaltLevel.HALTED: "cancels and the kill switch's flattening",
    HaltLevel.FLATTEN: "cancels and the kill switch's flattening",
}


def halt_level(case: Case) -> Finding:
    level = case.view.halt_level
    match level:
        case HaltLevel.NORMAL:
            is_open = True
        case HaltLevel.REDUCE_ONLY:
            is_open = case.is_reducing or case.is_completing or case.is_lowering
        case HaltLevel.CANCEL_ONLY:
            is_open = False
        case HaltLevel.HALTED | HaltLevel.FLATTEN:
            is_open = case.is_flatten
    standing = still_standing(case.view.blockers, case.view.active_override)
    causes = ", ".join(f"{blocker.cause} ({blocker.scope})" for blocker in standing)
    return judged(is_open, ORDER_KINDS_OPEN[level], f"{level.name} by {causes}" if causes else level.name)


def auto_halt(case: Case) -> Finding:
    """Stop new risk after failures; the one halt that an override lets work continue past."""
    return _free_of("no automatic pause for failures", [each for each in case.view.blockers if is_suspended(each)])


def venue_breaker(case: Case) -> Finding:
    limit = f"no pause for more than {case.limits.max_venue_failure_pct} % failed orders at the venue"
    return _free_of(limit, [each for each in case.view.blockers if each.cause == Cause.VENUE_FAILURES])


def reconciled(case: Case) -> Finding:
    """Demand that the venue's account was compared with the journal, and agreed."""
    blockers = [each for each in case.view.blockers if each.cause == Cause.RECONCILIATION]
    return _free_of("the venue's account agrees with the journal", blockers)


def _free_of(limit: str, blockers: list[Blocker]) -> Finding:
    return judged(not blockers, limit, "; ".join(each.reason or each.cause for each in blockers) or "none stands")


def mode_gate(case: Case) -> Finding:
    mode, live = case.view.trading_mode, case.view.live_trading
    is_open = mode is TradingMode.PAPER or live is LiveTrading.CONFIRMED
    return judged(is_open, "paper, or live switched on and confirmed", f"{mode}, live trading {live}")


def restricted(case: Case) -> Finding:
    is_restricted = case.limits.is_restricted(case.intent.instrument_id)
    return judged(not is_restricted, "not on the restricted list", case.intent.instrument_id)


def strategy_running(case: Case) -> Finding:
    if case.strategy is None:
        return judged(True, "a running strategy or a person", case.intent.source)
    status = case.view.strategy_status
    if status is None:
        return missing("a running strategy", f"strategy {case.strategy}")
    return judged(status is StrategyStatus.RUNNING, "a running strategy", f"{case.strategy} {status}")


def confidence(case: Case) -> Finding:
    limit, observed = case.limits.min_signal_confidence, case.intent.confidence
    if observed is None:
        if case.intent.job is not None:
            return judged(True, f"at least {limit}", "no signal: the job was scored")
        if case.strategy is None:
            return judged(True, f"at least {limit}", "no signal: a person's order")
        return missing(limit, "confidence of the signal")
    return at_least(Decimal(str(observed)), limit)


def order_rate(case: Case) -> Finding:
    """Bound new orders; what a job has begun is completed at once, within the venue's message rate."""
    if case.view.amended is not None:
        return judged(True, f"below {case.limits.order_rate_per_s}", "not counted: amends an order")
    if case.intent.replaces is not None:  # its amend was approved, and the order that it was for has ended since
        return judged(True, f"below {case.limits.order_rate_per_s}", "not counted: replaces an order")
    if case.is_completing:
        return judged(True, f"below {case.limits.order_rate_per_s}", "not counted: completes a hedge")
    return below(Decimal(case.view.recent.orders_last_second), Decimal(case.limits.order_rate_per_s))


def message_rate(case: Case) -> Finding:
    """Bound what the venue is told in a second, changes and cancels included.

    A part is kept for cancels, which are never refused, and for orders that reduce, complete or lower.
    """
    limits = case.limits
    kept = 0 if case.is_reducing or case.is_completing or case.is_lowering else limits.cancel_reserve_per_s
    return below(Decimal(case.view.recent.messages_last_second), Decimal(limits.message_rate_per_s - kept))


def duplicate_order(case: Case) -> Finding:
    limit = f"no equal order within {case.limits.duplicate_order_window_s:g} s"
    if case.intent.job is not None:  # equal slices follow each other; child_quantity bounds their sum
        return judged(True, limit, "not asked: bounded by its job's quantities")
    if case.view.amended is not None:
        return judged(True, limit, "not asked: amends an order")
    if case.intent.replaces is not None:
        return judged(True, limit, "not asked: replaces an order")
    is_duplicate = case.view.recent.is_duplicate
    return judged(not is_duplicate, limit, "an equal order was just sent" if is_duplicate else "none")


def repeated_execution(case: Case) -> Finding:
    """Stop a strategy that fills the same way again and again until a person has looked."""
    limit = Decimal(case.limits.repeated_execution_max)
    if case.strategy is None:
        return judged(True, f"below {limit}", "a person's order")
    return below(Decimal(case.view.recent.repeated_fills), limit)


def open_orders(case: Case) -> Finding:
    return at_most(Decimal(case.view.open_orders + 1), Decimal(case.limits.max_open_orders))


def reduce_only_truth(case: Case) -> Finding:
    """Refuse an order that calls itself reduce-only and is not, open reducing orders counted."""
    if not case.intent.reduce_only:
        return judged(True, "reduces, if it says so", "does not say so")
    return judged(case.is_reducing, f"at most {case.reducible:f} to reduce", case.intent.quantity)


def child_quantity(case: Case) -> Finding:
    """Bound an order of a job by what the job leaves its role on its leg."""
    if case.intent.job is None:
        return judged(True, "the job's own quantity", "no job's order")
    job, role = case.view.job, case.intent.job.role
    if job is None:
        return missing("the job's own quantity", f"job {case.intent.job.job_id}")
    if not job.is_running:
        return judged(False, "a running job", "it has ended or has not begun")
    if job.is_frozen:
        return judged(False, "a leg without doubt", "an order of this leg is in doubt")
    finding = at_most(case.intent.quantity, allowance(case.intent, job))
    return worded(finding, f"{finding.limit} for {role} on {job.leg.side} {job.leg.instrument_id}")


def self_cross(case: Case) -> Finding:
    """Refuse what could trade with an own order that lives or may live on the same book, whoever placed it.

    The winner is always the same: the order that came first stays, the newcomer is refused. A market order has no
    price to stay clear with, so any own order on the other side stands in its way.
    """
    crossed = [own for own in case.view.own_orders if _could_meet(case, own)]
    if not crossed:
        return judged(True, "no own order crossed", "none")
    return judged(False, "no own order crossed", ", ".join(_own_words(own) for own in crossed[:3]))


def in_doubt(case: Case) -> Finding:
    """Refuse new risk on a book where nobody knows whether an own order lives."""
    doubtful = [own.client_order_id for own in case.view.own_orders if own.is_in_doubt]
    return judged(not doubtful, "no own order in doubt on this book", ", ".join(doubtful[:3]) or "none")


def _own_words(own: OwnOrder) -> str:
    doubt = ", in doubt" if own.is_in_doubt else ""
    return f"{own.side} {own.limit_price or 'market'} ({own.client_order_id}{doubt})"


def _could_meet(case: Case, own: OwnOrder) -> bool:
    intent = case.intent
    if own.side is intent.side:
        return False
    if intent.order_type is OrderType.MARKET or intent.limit_price is None or own.limit_price is None:
        return True
    if intent.side is Side.BUY:
        return intent.limit_price >= own.limit_price
    return intent.limit_price <= own.limit_price
