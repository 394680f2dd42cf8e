"""Price alerts at the engine: they are set, watched and told of with no console attached.

An alert goes off on a public trade at its price or beyond, or when the middle of a fresh book is there.
"""

from collections.abc import Callable
from decimal import Decimal
from difflib import get_close_matches
from typing import Final

from core.alarms.price_alerts import PriceAlertRun, distance_pct, is_back, is_there
from core.control.commands import CommandResult, Outcome, RemovePriceAlert, SetPriceAlert
from core.engine.fold import EngineFold
from core.engine.recorder import Recorder
from core.journal.facts import PriceAlertFired, PriceAlertRearmed, PriceAlertRemoved, PriceAlertSet
from core.market.market import Market
from core.ports.alert_sink import Severity
from core.ports.clock import Clock
from core.state.desk import PriceAlertView
from core.state.monitoring import Alert
from core.types.instrument import InstrumentId
from core.types.market import Trade
from core.types.price_alert import Crossing, PriceAlert

MOST_ALERTS: Final = 200
SEVERITIES: Final = tuple(each.value for each in Severity if each is not Severity.CRITICAL)
"""A price is no emergency of the engine: a critical alarm would keep everybody from arming."""
_MAX_EXPONENT: Final = 18


def alarm_name(alert_id: str) -> str:
    """Return the name of the alarm that an alert is when it has gone off."""
    return f"price alert {alert_id}"


class PriceAlertDesk:
    """Look at the market for every alert; decide by facts alone, so that a restart goes on where this one ended."""

    def __init__(self, *, clock: Clock, fold: EngineFold, market: Market, recorder: Recorder) -> None:
        self._clock = clock
        self._alerts = fold.price_alerts
        self._marks = fold.alarms
        self._market = market
        self._recorder = recorder
        self._watched: dict[InstrumentId, list[str]] = {}  # ids of alerts, by instrument
        self._revision = -1

    # the market ------------------------------------------------------------------------------------

    def on_trade(self, trade: Trade) -> None:
        watched = self._watching(trade.instrument_id)
        instrument = self._market.instruments.get(trade.instrument_id) if watched else None
        if instrument is not None:
            price = instrument.tick_size * trade.price_ticks
            self._look(watched, price, lambda alert: trade.received_ns >= alert.set_ns)

    def on_book(self, instrument_id: InstrumentId) -> None:
        watched = self._watching(instrument_id)
        price = self._middle(instrument_id) if watched else None
        if price is not None:
            self._look(watched, price, lambda _: True)

    def on_second(self) -> None:
        """Take away what has gone off once and was acknowledged: that is what it was set for."""
        for run in list(self._alerts.runs.values()):
            seen = self._marks.acknowledged.get(alarm_name(run.alert.alert_id))
            if seen is not None and run.fired_ns is not None and not run.alert.is_repeated:
                self._remove(run.alert.alert_id, seen.who)

    def _watching(self, instrument_id: InstrumentId) -> list[str]:
        if self._revision != self._alerts.revision:
            self._revision, self._watched = self._alerts.revision, {}
            for alert_id, run in self._alerts.runs.items():
                if run.fired_ns is None or run.alert.is_repeated:
                    self._watched.setdefault(run.alert.instrument_id, []).append(alert_id)
        return self._watched.get(instrument_id, [])

    def _look(self, watched: list[str], price: Decimal, counts: Callable[[PriceAlert], bool]) -> None:
        for alert_id in watched:
            run, at_ns = self._alerts.runs[alert_id], self._clock.utc_ns()
            if not counts(run.alert):
                continue
            if run.fired_ns is None:
                if is_there(run.alert, price):
                    self._recorder.record(PriceAlertFired(at_ns=at_ns, alert_id=alert_id, price=price))
            elif is_back(run.alert, price):
                self._recorder.record(PriceAlertRearmed(at_ns=at_ns, alert_id=alert_id, price=price))

    def _middle(self, instrument_id: InstrumentId) -> Decimal | None:
        book = self._market.books.get(instrument_id)
        return book.mid() if book is not None and self._market.is_fresh(instrument_id) else None

    def _price(self, instrument_id: InstrumentId) -> Decimal | None:
        """Return where the market is, or was last: it may be closed."""
        middle, mark = self._middle(instrument_id), self._market.marks.mark(instrument_id)
        return middle if middle is not None or mark is None else mark.price

    # commands --------------------------------------------------------------------------------------

    def execute(self, command: SetPriceAlert | RemovePriceAlert) -> CommandResult:
        if isinstance(command, SetPriceAlert):
            return self._set(command)
        if command.alert_id not in self._alerts.runs:
            known = ", ".join(self._alerts.runs) or "none is set"
            return _result(Outcome.INVALID, f"there is no price alert {command.alert_id!r}; {known}")
        self._remove(command.alert_id, command.who)
        return _result(Outcome.DONE, f"price alert {command.alert_id} is removed")

    def _remove(self, alert_id: str, who: str) -> None:
        self._recorder.record(PriceAlertRemoved(at_ns=self._clock.utc_ns(), alert_id=alert_id, who=who))

    def _set(self, command: SetPriceAlert) -> CommandResult:
        instrument_id = InstrumentId(command.venue, command.symbol)
        problem = self._problem(command, instrument_id)
        if problem is not None:
            return _result(Outcome.INVALID, problem)
        price = self._price(instrument_id)
        if price is None:
            return _result(Outcome.INVALID, f"no price of {instrument_id} is known yet: nobody knows its distance")
        crossing = Crossing(command.crossing) if command.crossing else _side_of(command.price, price)
        alert = PriceAlert(
            alert_id=f"p-{self._alerts.count + 1}",
            venue=command.venue,
            symbol=command.symbol,
            crossing=crossing,
            price=command.price,
            is_repeated=command.is_repeated,
            severity=command.severity,
            who=command.who,
            set_ns=self._clock.utc_ns(),
        )
        if is_there(alert, price):
            return _result(Outcome.INVALID, f"{instrument_id} is at {price:,f}: {crossing} {command.price:,f} already")
        same = self._same(alert)
        if same is not None:
            return _result(Outcome.INVALID, f"price alert {same} waits there already")
        self._recorder.record(PriceAlertSet(at_ns=alert.set_ns, alert=alert))
        away = distance_pct(alert.price, price)
        text = f"price alert {alert.alert_id}: {words_of(alert)}, {away:+}% from here"
        data: dict[str, object] = {"alert_id": alert.alert_id, "crossing": crossing.value, "distance_pct": away}
        return _result(Outcome.DONE, text, data)

    def _problem(self, command: SetPriceAlert, instrument_id: InstrumentId) -> str | None:
        known = self._market.instruments
        if instrument_id not in known:
            near = get_close_matches(str(instrument_id), [str(key) for key in known], n=3, cutoff=0.4)
            return f"no venue has {instrument_id}; " + (f"near are {', '.join(near)}" if near else "see `status`")
        price = command.price
        if not (price.is_finite() and price > 0 and abs(price.adjusted()) <= _MAX_EXPONENT):
            return f"price {price} is not allowed: more than 0, within 10^-{_MAX_EXPONENT} and 10^{_MAX_EXPONENT}"
        if command.crossing not in {"", *Crossing}:
            return f"crossing {command.crossing!r} is not one of {', '.join(Crossing)}, or empty for where the price is"
        if command.severity not in SEVERITIES:
            return f"severity {command.severity!r} is not one of {', '.join(SEVERITIES)}"
        if len(self._alerts.runs) >= MOST_ALERTS:
            return f"{MOST_ALERTS} price alerts are set, more are not allowed: remove some first"
        return None

    def _same(self, alert: PriceAlert) -> str | None:
        wanted = (alert.instrument_id, alert.crossing, alert.price, alert.is_repeated)
        for each in self._alerts.runs.values():
            known = each.alert
            if each.fired_ns is None and wanted == (
                known.instrument_id, known.crossing, known.price, known.is_repeated,
            ):  # fmt: skip
                return known.alert_id
        return None

    # shown -----------------------------------------------------------------------------------------

    def alerts(self) -> list[Alert]:
        """Return an alert for each that has gone off and stands."""
        return [
            Alert(
                severity=run.alert.severity,
                name=alarm_name(run.alert.alert_id),
                text=f"{words_of(run.alert)}: it was at {run.fired_price or 0:,f}",
                since_ns=run.fired_ns,
            )
            for run in self._alerts.runs.values()
            if run.fired_ns is not None
        ]

    def views(self) -> list[PriceAlertView]:
        return [self._view(run) for run in self._alerts.runs.values()]

    def _view(self, run: PriceAlertRun) -> PriceAlertView:
        alert = run.alert
        return PriceAlertView(
            alert_id=alert.alert_id,
            venue=alert.venue,
            symbol=alert.symbol,
            crossing=alert.crossing.value,
            price=alert.price,
            is_repeated=alert.is_repeated,
            severity=alert.severity,
            who=alert.who,
            set_ns=alert.set_ns,
            fired_ns=run.fired_ns,
            fired_price=run.fired_price,
            times=run.times,
            distance_pct=distance_pct(alert.price, self._price(alert.instrument_id)),
        )


def words_of(alert: PriceAlert) -> str:
    """Say what an alert waits for, e.g. ``BTC/USDT@sim-a above 65,000, each time``."""
    often = "each time" if alert.is_repeated else "once"
    return f"{alert.instrument_id} {alert.crossing} {alert.price:,f}, {often}"


def _side_of(level: Decimal, price: Decimal) -> Crossing:
    return Crossing.ABOVE if level > price else Crossing.BELOW


def _result(outcome: Outcome, message: str, data: dict[str, object] | None = None) -> CommandResult:
    return CommandResult(outcome=outcome, message=message, data=data or {})
