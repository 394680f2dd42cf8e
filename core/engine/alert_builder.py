"""What stands against the engine and needs a person's eye."""

from typing import Final

from core.alarms.causes import lost_link_name
from core.alarms.marks import blocker_alarm_name
from core.engine.frozen_cause import frozen_cause
from core.engine.held_views import HeldViews
from core.engine.naked_value import naked_text
from core.engine.parts import EngineParts
from core.execution import exposure
from core.execution.job_run import JobRun
from core.journal.facts import JobDropped
from core.ledger.valuation import Valuation
from core.ports.venue import Cautioning
from core.risk.halts import GLOBAL, venue_scope
from core.state.monitoring import Alert
from core.types.control import Blocker, HaltLevel
from core.types.job import HedgeJob, JobPhase
from core.types.market import FeedState
from core.types.order import Order

SEVERITY_OF_LEVEL: Final = {
    HaltLevel.NORMAL: "info",
    HaltLevel.REDUCE_ONLY: "warning",
    HaltLevel.CANCEL_ONLY: "severe",
    HaltLevel.HALTED: "critical",
    HaltLevel.FLATTEN: "critical",
}


class AlertBuilder:
    """Build the standing alerts of this moment; reads only."""

    def __init__(self, parts: EngineParts) -> None:
        self._parts = parts
        self._held = HeldViews(parts)

    def build(self, standing: tuple[Blocker, ...], valuation: Valuation) -> list[Alert]:
        parts = self._parts
        undated = [*self._feed_alerts(), *self._caution_alerts(valuation), *_valuation_alerts(parts, valuation)]
        alerts = [blocker_alert(blocker) for blocker in standing]
        alerts += undated
        alerts += [_doubt_alert(order) for order in parts.fold.orders.live() if order.is_in_doubt]
        alerts += self._held.alerts() + parts.strategies.failures() + parts.protection.alerts()
        alerts += parts.price_alerts.alerts()
        alerts += self._job_alerts() + parts.alerts.alerts()
        for alert in alerts:
            alert.delivered_ns = parts.alerts.delivered_ns(alert.name)
        lost = [venue for venue, feed in parts.market.feeds.items() if feed.state is FeedState.DOWN]
        parts.alarms.mark(alerts, undated=[alert.name for alert in undated], lost_venues=lost)
        return alerts

    def _feed_alerts(self) -> list[Alert]:
        return [
            Alert(
                severity="severe",
                name=lost_link_name(venue),
                text=f"feed is down: {feed.detail}",
                since_ns=feed.at_ns,
                scope=venue_scope(venue),
            )
            for venue, feed in self._parts.market.feeds.items()
            if feed.state is FeedState.DOWN
        ]

    def _caution_alerts(self, valuation: Valuation) -> list[Alert]:
        return [
            Alert(
                severity="severe",
                name=f"venue {venue}",
                text="; ".join(execution.cautions),
                since_ns=valuation.at_ns,
                scope=venue_scope(venue),
            )
            for venue, execution in self._parts.desk.executions.items()
            if isinstance(execution, Cautioning) and execution.cautions
        ]

    def _job_alerts(self) -> list[Alert]:
        """Return what a person must know of jobs: frozen ones, exposure left behind, an override that holds."""
        parts = self._parts
        override = parts.fold.overrides.active(parts.clock.utc_ns())
        alerts = [
            Alert(
                severity="severe",
                name=f"job {run.job.job_id}",
                text=f"frozen: {frozen_cause(run, parts)}",
                since_ns=run.moved_ns,
            )
            for run in parts.fold.runs
            if run.phase is JobPhase.FROZEN
        ]
        alerts += [self._late(run) for run in (*parts.fold.runs, *parts.fold.runs.stirred()) if _is_late(run)]
        alerts += [
            Alert(
                severity="critical",
                name=f"job {each.job_id}",
                text=f"a fill came long after its end, level it by hand: {each.fill.side} {each.fill.quantity:f} of "
                f"{each.fill.instrument_id}, fill {each.fill.fill_id}",
                since_ns=each.at_ns,
            )
            for each in parts.fold.runs.strays
        ]
        alerts += [
            Alert(
                severity="critical",
                name=f"job {each.job.job_id}",
                text="left "
                + naked_text(each.end.naked_quantity, each.job.legs[0].instrument_id, parts.market)
                + f": {each.end.reason}",
                since_ns=each.end.at_ns,
            )
            for each in parts.fold.scheduler.book.finished
            if not isinstance(each.end, JobDropped) and each.is_naked and self._holds_any(each.job)
        ]
        if override is not None:
            text = f"soft rules are lifted by {override.who}: {override.reason}"
            alerts.append(Alert(severity="warning", name="override", text=text, since_ns=override.granted_ns))
        return alerts

    def _holds_any(self, job: HedgeJob) -> bool:
        """Tell whether anything is held where a job has traded: once all of it is flat nothing is naked any more."""
        return any(self._parts.fold.ledger.quantity(leg.instrument_id) for leg in job.legs)

    def _late(self, run: JobRun) -> Alert:
        """Say what an order left that moved after its job had ended."""
        quantity = exposure.naked_quantity(run.job, run.known_quantities())
        left = naked_text(quantity, run.job.legs[0].instrument_id, self._parts.market) if quantity else "nothing naked"
        since_ns = run.naked_since_ns or run.reopened_ns or self._parts.clock.utc_ns()
        doing = "is not looked at yet" if run.outcome is not None else run.phase.value
        text = f"an order moved after the job's end, {left}: {doing}"
        return Alert(severity="critical", name=f"job {run.job.job_id}", text=text, since_ns=since_ns)


def _is_late(run: JobRun) -> bool:
    return run.told is not None


def _valuation_alerts(parts: EngineParts, valuation: Valuation) -> list[Alert]:
    """Say what is missing of equity or profit; it is about a venue where everything that is missing is there."""
    if not valuation.missing:
        return []
    text = "equity or profit is not known, new risk is refused: " + ", ".join(valuation.missing)
    venues = [venue for venue in parts.desk.executions if all(_is_of(venue, each) for each in valuation.missing)]
    scope = venue_scope(venues[0]) if venues else ""
    return [Alert(severity="severe", name="valuation", text=text, since_ns=valuation.at_ns, scope=scope)]


def _is_of(venue: str, missing: str) -> bool:
    """Tell whether what is missing is a price, balance or rule of a venue."""
    return missing.endswith((f"@{venue}", f" at {venue}", f"balance of {venue}"))


def _doubt_alert(order: Order) -> Alert:
    return Alert(
        severity="severe",
        name=f"order {order.intent.client_order_id}",
        text=f"{order.intent.instrument_id} is in doubt: {order.reason}",
        since_ns=order.updated_ns,
        scope=venue_scope(order.intent.venue),
    )


def blocker_alert(blocker: Blocker) -> Alert:
    """Return the alert of a standing halt."""
    return Alert(
        severity=SEVERITY_OF_LEVEL[blocker.level],
        name=blocker_alarm_name(blocker.cause, blocker.scope),
        text=f"{blocker.level.name} by {blocker.who}: {blocker.reason or blocker.cause}",
        since_ns=blocker.since_ns,
        scope="" if blocker.scope == GLOBAL else blocker.scope,
    )
