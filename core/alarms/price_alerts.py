"""Price alerts, folded from facts: which wait, which have gone off, and when a repeated one waits again. Pure.

One that goes off once stands as an alert until a person acknowledges or removes it. A repeated one stands while the
market is there and waits again once the price has come back by `BACK_SHARE`: at its level it would go off all the time.
"""

from decimal import Decimal
from typing import Final

import msgspec

from core.journal.facts import AnyFact, PriceAlertFired, PriceAlertRearmed, PriceAlertRemoved, PriceAlertSet
from core.types.price_alert import Crossing, PriceAlert

BACK_SHARE: Final = Decimal("0.001")
HUNDREDTH: Final = Decimal("0.01")


class PriceAlertRun(msgspec.Struct, frozen=True, kw_only=True):
    """An alert and what became of it; `fired_ns` is None while it waits."""

    alert: PriceAlert
    fired_ns: int | None = None
    fired_price: Decimal | None = None
    times: int = 0


class PriceAlertsState(msgspec.Struct, frozen=True):
    """The alerts as a value, for snapshots."""

    count: int = 0
    runs: dict[str, PriceAlertRun] = {}


class PriceAlerts:
    """All that are set, in the order they were set; `revision` rises with every change."""

    def __init__(self) -> None:
        self.count = 0  # ever set
        self.runs: dict[str, PriceAlertRun] = {}
        self.revision = 0

    def apply(self, fact: AnyFact) -> None:
        """Fold one fact; facts of other kinds change nothing."""
        match fact:
            case PriceAlertSet():
                self.count += 1
                self.runs[fact.alert.alert_id] = PriceAlertRun(alert=fact.alert)
            case PriceAlertFired():
                run = self.runs.get(fact.alert_id)
                if run is not None:
                    self.runs[fact.alert_id] = msgspec.structs.replace(
                        run, fired_ns=fact.at_ns, fired_price=fact.price, times=run.times + 1
                    )
            case PriceAlertRearmed():
                run = self.runs.get(fact.alert_id)
                if run is not None:
                    self.runs[fact.alert_id] = msgspec.structs.replace(run, fired_ns=None, fired_price=None)
            case PriceAlertRemoved():
                self.runs.pop(fact.alert_id, None)
            case _:
                return
        self.revision += 1

    def to_state(self) -> PriceAlertsState:
        return PriceAlertsState(self.count, dict(self.runs))

    def restore(self, state: PriceAlertsState) -> None:
        self.count, self.runs = state.count, dict(state.runs)
        self.revision += 1


def is_there(alert: PriceAlert, price: Decimal) -> bool:
    """Tell whether the market is at the alert's price or beyond."""
    return price >= alert.price if alert.crossing is Crossing.ABOVE else price <= alert.price


def is_back(alert: PriceAlert, price: Decimal) -> bool:
    """Tell whether the market has left the alert's price far enough to come there anew."""
    if alert.crossing is Crossing.ABOVE:
        return price <= alert.price * (1 - BACK_SHARE)
    return price >= alert.price * (1 + BACK_SHARE)


def distance_pct(alert_price: Decimal, price: Decimal | None) -> Decimal | None:
    """Return how far the market has to go to a price, signed, in percent of where it is; None where that is unknown."""
    return None if not price else ((alert_price / price - 1) * 100).quantize(HUNDREDTH)
