"""What the profit of this moment stands on, and how old that is."""

from decimal import Decimal
from typing import NamedTuple

from core.state.desk import DeskSnapshot


class Inputs(NamedTuple):
    equity_usd: Decimal | None
    oldest_age_s: float | None  # of the marks of open positions; None without one whose market is open
    has_unknown: bool  # an open position has no mark at all


def inputs_of(snapshot: DeskSnapshot | None, snapshot_age_s: float) -> Inputs:
    """Return equity and the age of the oldest mark; a closed market's last price is as fresh as it gets."""
    if snapshot is None:
        return Inputs(None, None, has_unknown=False)
    ages_s, has_unknown = list[float](), False
    for position in snapshot.positions:
        market = snapshot.monitoring.market.get(position.venue, {}).get(position.symbol)
        if not position.quantity or (market is not None and market.validity == "closed"):
            continue
        has_unknown = has_unknown or position.mark_age_s is None
        ages_s.append(position.mark_age_s or 0.0)
    oldest_s = max(ages_s) + snapshot_age_s if ages_s else None
    return Inputs(snapshot.monitoring.global_.equity_usd, oldest_s, has_unknown)
