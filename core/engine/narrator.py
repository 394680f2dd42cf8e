"""One line of log for each fact worth reading."""

from decimal import Decimal
from typing import Final, NamedTuple

from core.journal import facts
from core.risk.verdict import reasons_of
from core.types.calendar_day import utc_text
from core.types.held_order import HeldKind, HeldOrder
from core.types.job import JobOutcome, JobPhase
from core.types.order import OrderIntent, OrderStatus

_TROUBLE: Final = frozenset({JobPhase.UNWINDING, JobPhase.FROZEN})
_BAD: Final = frozenset({JobOutcome.UNWOUND, JobOutcome.NAKED})


class Line(NamedTuple):
    level: str
    topic: str
    text: str


def narrate(fact: facts.AnyFact) -> Line | None:
    """Return the log line of a fact, None for one that is not worth a line."""
    match fact:
        case facts.OrderIntended() | facts.OrderRefused() | facts.OrderStatusChanged() | facts.OrderAdopted():
            return _order_line(fact)
        case facts.OrderAmendAsked() | facts.OrderAmended() | facts.OrderAmendRefused() | facts.OrderAmendDoubted():
            return _amend_line(fact)
        case facts.OrderFilled(fill=fill):
            text = (
                f"{fill.side.upper()} {plain(fill.quantity)} {fill.instrument_id} at {plain(fill.price)}, "
                f"fee {plain(fill.fee)} ({fill.liquidity})"
            )
            return Line("info", "fill", text)
        case facts.FundingBooked(payment=payment):
            verb = "received" if payment.amount >= 0 else "paid"
            return Line("info", "fill", f"funding {verb} {plain(abs(payment.amount))} on {payment.instrument_id}")
        case facts.BlockerRaised(blocker=blocker):
            text = f"{blocker.level.name} {blocker.scope}: {blocker.cause}, by {blocker.who}. {blocker.reason}".rstrip(
                " ."
            )
            return Line("warning", "risk", text)
        case facts.BlockerLifted():
            return Line("warning", "risk", f"lifted {fact.cause} of {fact.scope}, by {fact.who}: {fact.reason}")
        case facts.RiskModeChanged():
            return Line("info", "risk", f"risk mode {fact.mode.upper()}, by {fact.who}")
        case facts.StrategyStarted():
            return Line("info", "strategy", f"{fact.name} started")
        case facts.StrategyStopped():
            return Line("info", "strategy", f"{fact.name} stopped: {fact.reason}")
        case facts.StrategyOverran():
            text = f"{fact.name} used more than {fact.budget_ms} ms in {fact.callback} and was stopped"
            return Line("error", "strategy", text)
        case _:
            return _engine_line(fact)


def _engine_line(fact: facts.AnyFact) -> Line | None:
    match fact:
        case facts.EngineStarted():
            return Line("info", "engine", f"seraphim {fact.version} started, run {fact.run}")
        case facts.EngineStopped():
            return Line("info", "engine", f"stopped: {fact.reason}")
        case facts.DayBegan():
            return Line("info", "engine", f"day {fact.day} (UTC) began")
        case facts.PositionAdopted():
            text = f"{fact.symbol}@{fact.venue} is {plain(fact.quantity)} at the venue; taken over: {fact.cause}"
            return Line("warning", "engine", text)
        case facts.ReconciliationFinished(is_clean=True, findings=()):
            return Line("info", "engine", f"{fact.venue} reconciled")
        case facts.ReconciliationFinished():
            level = "warning" if fact.is_clean else "error"
            return Line(level, "engine", f"{fact.venue} reconciled with findings: " + "; ".join(fact.findings))
        case _:
            return _job_line(fact)


def _job_line(fact: facts.AnyFact) -> Line | None:
    match fact:
        case facts.JobSubmitted(job=job):
            legs = ", ".join(f"{leg.side} {plain(leg.quantity)} {leg.instrument_id}" for leg in job.legs)
            return Line("info", "job", f"{job.job_id} of {job.strategy}: {legs}, edge {job.expected_edge_bps:.1f} bps")
        case facts.JobDropped():
            said = fact.reason if fact.reason.startswith(fact.cause) else f"{fact.cause}: {fact.reason}"
            return Line("info", "job", f"{fact.job_id} {said}")
        case facts.JobStarted():
            marked = " UNDER OVERRIDE" if fact.under_override else ""
            return Line("info", "job", f"{fact.job_id} started, score {fact.final:.2f}{marked}; {fact.unwind_plan}")
        case facts.JobMoved():
            level = "warning" if fact.phase in _TROUBLE else "info"
            return Line(level, "job", f"{fact.job_id} {fact.phase}: {fact.reason}")
        case facts.JobFinished() | facts.JobCorrected():
            was = f", told as {fact.before} before" if isinstance(fact, facts.JobCorrected) else ""
            text = f"{fact.job_id} {fact.outcome}{was}: {fact.reason}, profit {fact.pnl_usd:.2f} USD after fees"
            return Line("warning" if fact.outcome in _BAD else "info", "job", text)
        case facts.JobReopened():
            return Line("warning", "job", f"{fact.job_id} runs again: {fact.reason}")
        case facts.SafeModeSet():
            verb = "entered" if fact.is_on else "left"
            return Line("warning", "risk", f"{fact.venue} {verb} safe mode, by {fact.who}: {fact.reason}".rstrip(": "))
        case facts.OverrideGranted():
            return Line("warning", "risk", f"soft rules lifted by {fact.who}: {fact.reason}")
        case facts.OverrideEnded():
            return Line("warning", "risk", f"override ended by {fact.who}")
        case _:
            return _held_line(fact)


def _held_line(fact: facts.AnyFact) -> Line | None:
    match fact:
        case facts.HeldOrderPlaced(order=order):
            return Line("info", "order", f"{order.held_id} held: {describe_held(order)}")
        case facts.HeldOrderTriggered():
            return Line("warning", "order", f"{fact.held_id} triggered: {fact.by} {plain(fact.price)}")
        case facts.HeldOrderEnded():
            return Line("info", "order", f"{fact.held_id} {fact.outcome}: {fact.reason}")
        case _:
            return _console_line(fact)


def _console_line(fact: facts.AnyFact) -> Line | None:
    match fact:
        case facts.ConsoleAttached():
            return Line("info", "control", f"{fact.who} attached a console")
        case facts.ConsoleDetached():
            return Line("info", "control", f"a console of {fact.who} is gone")
        case facts.ConsoleArmed():
            return Line("warning", "control", f"{fact.who} armed a console")
        case facts.ConsoleDisarmed():
            return Line("warning", "control", f"the console of {fact.who} is disarmed: {fact.cause}")
        case _:
            return _alarm_line(fact)


def _alarm_line(fact: facts.AnyFact) -> Line | None:
    match fact:
        case facts.AlarmAcknowledged():
            return Line("info", "alarm", f"{fact.name} ({fact.severity}) acknowledged by {fact.who}")
        case facts.AlarmLapsed():
            return Line("info", "alarm", f"{fact.name} is no longer acknowledged: {fact.cause}")
        case facts.AlarmShelved():
            until = utc_text(fact.until_ns)
            return Line("warning", "alarm", f"{fact.name} ({fact.severity}) shelved until {until} by {fact.who}")
        case facts.AlarmUnshelved():
            return Line("info", "alarm", f"{fact.name} is no longer shelved: {fact.cause}")
        case _:
            return _price_alert_line(fact)


def _price_alert_line(fact: facts.AnyFact) -> Line | None:
    match fact:
        case facts.PriceAlertSet(alert=alert):
            what = f"{alert.instrument_id} {alert.crossing} {plain(alert.price)}"
            return Line("info", "alarm", f"price alert {alert.alert_id} set by {alert.who}: {what}")
        case facts.PriceAlertFired():
            return Line("warning", "alarm", f"price alert {fact.alert_id} went off at {plain(fact.price)}")
        case facts.PriceAlertRearmed():
            return Line("info", "alarm", f"price alert {fact.alert_id} waits again, at {plain(fact.price)}")
        case facts.PriceAlertRemoved():
            return Line("info", "alarm", f"price alert {fact.alert_id} removed by {fact.who}")
        case _:
            return None


def _order_line(
    fact: facts.OrderIntended | facts.OrderRefused | facts.OrderStatusChanged | facts.OrderAdopted,
) -> Line | None:
    match fact:
        case facts.OrderIntended():
            return Line("info", "order", f"{fact.intent.client_order_id} {describe(fact.intent)}")
        case facts.OrderRefused():
            return Line("warning", "risk", f"refused {describe(fact.intent)}: {reasons_of(fact.checks)}")
        case facts.OrderAdopted():
            text = f"found {fact.intent.client_order_id} {describe(fact.intent)} at the venue; counted, not touched"
            return Line("warning", "order", text)
        case facts.OrderStatusChanged(status=OrderStatus.REJECTED | OrderStatus.IN_DOUBT):
            because = f": {fact.reason}" if fact.reason else ""
            return Line("warning", "order", f"{fact.client_order_id} {_words(fact.status)}{because}")
        case facts.OrderStatusChanged(status=OrderStatus.CANCELLED | OrderStatus.EXPIRED):
            return Line("info", "order", f"{fact.client_order_id} {_words(fact.status)}")
        case _:
            return None


def _amend_line(
    fact: facts.OrderAmendAsked | facts.OrderAmended | facts.OrderAmendRefused | facts.OrderAmendDoubted,
) -> Line:
    name = fact.client_order_id
    match fact:
        case facts.OrderAmendAsked():
            return Line("info", "order", f"{name} amend to {plain(fact.quantity)} at {plain(fact.limit_price)}")
        case facts.OrderAmended():
            return Line("info", "order", f"{name} is {plain(fact.quantity)} at {plain(fact.limit_price)}")
        case facts.OrderAmendRefused():
            topic = "risk" if fact.checks else "order"
            return Line("warning", topic, f"{name} is not amended: {fact.reason}")
        case facts.OrderAmendDoubted():
            return Line("warning", "order", f"{name} in doubt: {fact.reason}")


def describe(intent: OrderIntent) -> str:
    """Say an order in one line, as a trader would."""
    price = "market" if intent.limit_price is None else plain(intent.limit_price)
    flags = "".join(
        f" {name}"
        for name, is_set in (
            ("IOC", intent.time_in_force.value == "ioc"),
            ("post-only", intent.post_only),
            ("reduce-only", intent.reduce_only),
        )
        if is_set
    )
    return f"{intent.side.upper()} {plain(intent.quantity)} {intent.instrument_id} {price}{flags}, {intent.source}"


def describe_held(order: HeldOrder) -> str:
    """Say a held order in one line, as a trader would."""
    parts: list[str] = []
    if order.stop is not None:
        limit = "" if order.stop.limit_price is None else f" limit {plain(order.stop.limit_price)}"
        parts.append(f"stop {plain(order.stop.price)} ({order.stop.by}){limit}")
    if order.limit_price is not None:
        name = "take profit" if order.kind is HeldKind.BRACKET else "limit"
        parts.append(f"{name} {plain(order.limit_price)}")
    prices = " or ".join(parts)
    quantity = f"up to {plain(order.quantity)}" if order.kind is HeldKind.BRACKET else plain(order.quantity)
    flag = " reduce-only" if order.reduce_only else ""
    return f"{order.side.upper()} {quantity} {order.instrument_id} {prices}{flag}, {order.source}"


def plain(value: Decimal) -> str:
    """Write a number with thousands separators and without trailing zeros or exponent."""
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _words(status: OrderStatus) -> str:
    return status.value.replace("_", " ")
