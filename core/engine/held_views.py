"""Held orders as a trader reads them: rows among the orders, and what needs a person's eye."""

from decimal import Decimal
from itertools import islice
from typing import Final

from core.engine.parts import EngineParts
from core.held.run import HeldRun
from core.held.standing import HeldStatus, limit_flaw, status_of, words_of
from core.risk.halts import venue_scope
from core.state.desk import OrderView
from core.state.monitoring import Alert
from core.types.held_order import HeldKind

PATIENCE_NS: Final = 5_000_000_000  # before something that lasts a moment becomes an alert
HUNDREDTH: Final = Decimal("0.01")


class HeldViews:
    """Reads only."""

    def __init__(self, parts: EngineParts) -> None:
        self._parts = parts

    def held(self) -> list[OrderView]:
        """Return what is held, the newest first."""
        return [self._view(run) for run in reversed(list(self._parts.fold.held))]

    def ended(self, limit: int) -> list[OrderView]:
        """Return what ended lately, the newest first."""
        return [self._view(run) for run in islice(self._parts.fold.held.ended(), max(0, limit))]

    def _view(self, run: HeldRun) -> OrderView:
        order, stop = run.order, run.order.stop
        limit_price = order.limit_price if stop is None or stop.limit_price is None else stop.limit_price
        is_stop_limit = order.kind is HeldKind.STOP and limit_price is not None
        moments = [order.created_ns, *(child.changed_ns for child in run.children)]
        moments += [] if run.trigger is None else [run.trigger.at_ns]
        moments += [] if run.end is None else [run.end.at_ns]
        return OrderView(
            client_order_id=order.held_id,
            venue=order.venue,
            symbol=order.symbol,
            side=order.side.value,
            order_type="stop_limit" if is_stop_limit else order.kind.value,
            quantity=order.quantity,
            filled_quantity=run.done,
            limit_price=limit_price,
            average_price=None,
            status=status_of(run).value,
            source=order.source,
            reason=words_of(run) or None,
            is_external=False,
            created_ns=order.created_ns,
            updated_ns=max(moments),
            stop_price=None if stop is None else stop.price,
            trigger=None if stop is None else stop.by.value,
            distance_pct=self._distance_pct(run),
        )

    def _distance_pct(self, run: HeldRun) -> Decimal | None:
        """Return how far the price that is watched may still move, in percent of it; None where it is not known."""
        stop = run.order.stop
        if stop is None or run.trigger is not None or run.end is not None:
            return None
        seen = self._parts.held.look(run.order).seen(stop.by)
        if seen is None or not seen.price:
            return None
        return (abs(seen.price - stop.price) * 100 / seen.price).quantize(HUNDREDTH)

    def alerts(self) -> list[Alert]:
        """Return an alert for each stop that cannot do what it is there for."""
        return [alert for run in self._parts.fold.held for alert in self._alerts_of(run)]

    def _alerts_of(self, run: HeldRun) -> list[Alert]:
        now_ns, name = self._parts.clock.utc_ns(), f"held {run.order.held_id}"
        what, scope = f"{run.order.side} {run.order.instrument_id}", venue_scope(run.order.instrument_id.venue)
        if run.trigger is not None and run.end is None:
            is_late = now_ns - run.trigger.at_ns > PATIENCE_NS and not _rests(run)
            if status_of(run) is HeldStatus.REFUSED or is_late:
                text, since_ns = f"{what}: {words_of(run)}", run.trigger.at_ns
                return [Alert(severity="severe", name=name, text=text, since_ns=since_ns, scope=scope)]
        if run.end is not None:
            is_late = now_ns - run.end.at_ns > PATIENCE_NS
            text = f"{what}: {words_of(run)}"
            alert = Alert(severity="severe", name=name, text=text, since_ns=run.end.at_ns, scope=scope)
            return [alert] if is_late else []
        alerts: list[Alert] = []
        since_ns, why = self._parts.held.unwatched_since_ns(run.order.held_id), self._parts.held.why_unwatched(run)
        if since_ns is not None and why is not None and now_ns - since_ns > PATIENCE_NS:
            text = f"{what} is not watched: {why}"
            alerts.append(Alert(severity="severe", name=name, text=text, since_ns=since_ns, scope=scope))
        flaw = limit_flaw(run)
        if flaw is not None:
            newest_ns = max(child.changed_ns for child in run.children) if run.children else run.order.created_ns
            alerts.append(Alert(severity="warning", name=f"{name} limit", text=f"{what}: {flaw}", since_ns=newest_ns))
        return alerts


def _rests(run: HeldRun) -> bool:
    """Tell whether the stop's own limit order waits at the venue, as it should."""
    stop = run.order.stop
    return stop is not None and stop.limit_price is not None and any(child.may_live for child in run.children)
