"""Which blockers must stand, judged from the health of the account. Pure: values in, values out.

What ends by itself (a dead feed, a failing journal) is no matter of a person's word and is not journaled here.
"""

from decimal import Decimal

import msgspec

from core.journal.facts import BlockerRaised
from core.risk.halts import GLOBAL, Cause, Halts, strategy_scope, venue_scope
from core.risk.limits import RiskLimits
from core.types.control import Blocker, HaltLevel

WHO = "engine"


class VenueSends(msgspec.Struct, frozen=True, kw_only=True):
    """How the newest orders of one venue fared."""

    venue: str
    sent: int
    troubled: int  # rejected, or not answered in time


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """What is watched. None means that it cannot be known now; the gate refuses new risk then by itself."""

    equity_usd: Decimal | None
    day_loss_usd: Decimal | None
    drawdown_pct: Decimal | None
    orders_answered: int  # of the newest orders
    orders_failed: int
    repeated_executions: tuple[tuple[str, int], ...] = ()  # strategy, fills alike within the window
    venues: tuple[VenueSends, ...] = ()


def judge_health(health: Health, halts: Halts, limits: RiskLimits, now_ns: int) -> tuple[BlockerRaised, ...]:
    """Return what must be raised; nothing for what stands already at that level or tighter."""
    wanted = (
        _day_loss(health, limits, now_ns),
        _drawdown(health, limits, now_ns),
        _order_failures(health, limits, now_ns),
        *_repeated(health, limits, now_ns),
        *_venue_failures(health, limits, now_ns),
    )
    return tuple(
        BlockerRaised(at_ns=now_ns, blocker=blocker)
        for blocker in wanted
        if blocker is not None and _is_tighter(blocker, halts)
    )


def judge_jobs(failures: int, max_failures: int, halts: Halts, now_ns: int) -> tuple[BlockerRaised, ...]:
    """Return the pause that stands after so many failed jobs in a row, until a person resumes."""
    if failures < max_failures:
        return ()
    reason = f"{failures} jobs in a row failed, limit {max_failures}"
    blocker = _blocker(GLOBAL, Cause.CONSECUTIVE_FAILURES, HaltLevel.REDUCE_ONLY, reason, now_ns)
    return (BlockerRaised(at_ns=now_ns, blocker=blocker),) if _is_tighter(blocker, halts) else ()


def _is_tighter(blocker: Blocker, halts: Halts) -> bool:
    standing = halts.get(blocker.scope, blocker.cause)
    return standing is None or blocker.level > standing.level


def _day_loss(health: Health, limits: RiskLimits, now_ns: int) -> Blocker | None:
    if not health.day_loss_usd:  # also of a limit of nothing: who lost nothing has nothing to be closed for
        return None
    # Without equity the percentage is unknown, the amount is not.
    limit = limits.daily_loss_usd if health.equity_usd is None else limits.daily_loss_limit_usd(health.equity_usd)
    if health.day_loss_usd < limit:
        return None
    level = HaltLevel.FLATTEN if limits.flatten_on_daily_loss else HaltLevel.HALTED
    reason = f"the day lost {health.day_loss_usd:.2f} USD, limit {limit:.2f}"
    return _blocker(GLOBAL, Cause.DAILY_LOSS, level, reason, now_ns)


def _drawdown(health: Health, limits: RiskLimits, now_ns: int) -> Blocker | None:
    if health.drawdown_pct is None or health.drawdown_pct < limits.max_drawdown_pct:
        return None
    reason = f"equity is {health.drawdown_pct:.2f} % below its peak, limit {limits.max_drawdown_pct} %"
    return _blocker(GLOBAL, Cause.DRAWDOWN, HaltLevel.REDUCE_ONLY, reason, now_ns)


def _order_failures(health: Health, limits: RiskLimits, now_ns: int) -> Blocker | None:
    if health.orders_answered < limits.min_order_failure_sample:
        return None
    failed_pct = Decimal(health.orders_failed * 100) / health.orders_answered
    if failed_pct <= limits.max_order_failure_pct:
        return None
    reason = (
        f"{health.orders_failed} of the last {health.orders_answered} orders failed,"
        f" limit {limits.max_order_failure_pct} %"
    )
    return _blocker(GLOBAL, Cause.ORDER_FAILURES, HaltLevel.REDUCE_ONLY, reason, now_ns)


def _repeated(health: Health, limits: RiskLimits, now_ns: int) -> list[Blocker]:
    return [
        _blocker(
            strategy_scope(strategy),
            Cause.REPEATED_EXECUTION,
            HaltLevel.REDUCE_ONLY,
            f"{fills} fills alike within {limits.repeated_execution_window_s:g} s",
            now_ns,
        )
        for strategy, fills in health.repeated_executions
        if fills >= limits.repeated_execution_max
    ]


def _venue_failures(health: Health, limits: RiskLimits, now_ns: int) -> list[Blocker]:
    """Break the circuit of a venue where orders fail or are not answered."""
    return [
        _blocker(
            venue_scope(each.venue),
            Cause.VENUE_FAILURES,
            HaltLevel.REDUCE_ONLY,
            f"{each.troubled} of the last {each.sent} orders at {each.venue} failed or were not answered,"
            f" limit {limits.max_venue_failure_pct} %",
            now_ns,
        )
        for each in health.venues
        if each.sent >= max(1, limits.min_venue_failure_sample)
        and Decimal(each.troubled * 100) / each.sent > limits.max_venue_failure_pct
    ]


def _blocker(scope: str, cause: Cause, level: HaltLevel, reason: str, now_ns: int) -> Blocker:
    return Blocker(scope=scope, cause=cause.value, level=level, since_ns=now_ns, who=WHO, reason=reason)
