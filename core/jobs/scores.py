"""Arithmetic of jobs on plain floats, compiled and not: what the object form calls, the kernel has compiled in.

Each function stands alone (it calls no other) so that it compiles by itself. A missing number is NaN and comes out
as the worst.
"""

from typing import Final

import numpy as np

FUNDING_WEIGHT: Final = 0.20
VOLATILITY_WEIGHT: Final = 0.25
LATENCY_WEIGHT: Final = 0.15
LEVERAGE_WEIGHT: Final = 0.20
DRAWDOWN_WEIGHT: Final = 0.10
FAILURES_WEIGHT: Final = 0.10

SAFE_LIQUIDATION_MULTIPLE: Final = 4.0  # times the least allowed distance counts as fully safe


def room_score(observed: float, limit: float) -> float:
    """Return ``1 - observed / limit`` within [0, 1]: 1 with nothing used, 0 at the limit, beyond it or unknown."""
    if not limit > 0.0:
        return 0.0
    room = 1.0 - observed / limit
    room = room if room > 0.0 else 0.0  # NaN too
    return room if room < 1.0 else 1.0


def distance_score(distance_pct: float, least_pct: float) -> float:
    """Return 0 at the least liquidation distance or below, rising evenly to 1 at four times that.

    0 where it is unknown.
    """
    span = (SAFE_LIQUIDATION_MULTIPLE - 1.0) * least_pct
    if not span > 0.0:
        return 0.0
    share = (distance_pct - least_pct) / span
    if share >= 1.0:
        return 1.0
    if share > 0.0:
        return share
    return 0.0


def safety_score(
    funding: float, volatility: float, latency: float, leverage: float, drawdown: float, failures: float
) -> float:
    """Return the weighted mean of six scores in [0, 1], each 1 where nothing is to be feared.

    ``0.20 funding + 0.25 volatility + 0.15 latency + 0.20 leverage + 0.10 drawdown + 0.10 failures``. The first four
    are those of the worst leg or of the account; so the result falls with every risk and stays in [0, 1].
    """
    total = (
        FUNDING_WEIGHT * funding
        + VOLATILITY_WEIGHT * volatility
        + LATENCY_WEIGHT * latency
        + LEVERAGE_WEIGHT * leverage
        + DRAWDOWN_WEIGHT * drawdown
        + FAILURES_WEIGHT * failures
    )
    if total < 1.0:
        return total
    return 1.0


def volume_score(notional_share: float, target_gap: float) -> float:
    """Return ``0.5 notional / largest notional + 0.5 (1 - volume today / daily target)``, parts cut to [0, 1]."""
    return 0.5 * notional_share + 0.5 * target_gap


def final_score(safety: float, volume: float, safety_weight: float) -> float:
    """Return ``w safety + (1 - w) volume``."""
    return safety_weight * safety + (1.0 - safety_weight) * volume


def leg_micro_usd(quantity: float, unit_micro_usd: float, notional_micro_usd: float) -> float:
    """Return what a leg binds in whole millionths of a dollar: its value now, at least the job's own notional.

    Whole millionths are exact in a float up to 9 billion dollars, so that limits compare as decimals do.
    """
    value = float(np.floor(quantity * unit_micro_usd + 0.5))
    return value if value > notional_micro_usd else notional_micro_usd


def opening_micro_usd(leg_micro_usd: float, quantity: float, closable: float) -> float:
    """Return what of a leg's value is left to open in whole millionths, rounded up, where a part closes a position.

    All of it where nothing is closable, to the last bit.
    """
    opens = quantity - closable
    part = float(np.ceil(leg_micro_usd * (opens / quantity))) if 0.0 < opens < quantity else 0.0
    return part if opens < quantity else leg_micro_usd


def slippage_bps(quantity: float, begin: float, cost: float, rate: float) -> float:
    """Return what taking `quantity` costs beyond the best price, in bps of its value; infinite beyond the depth.

    Of the level it ends in: the quantity before it, the sum of rate x quantity up to there, and its own rate, which is
    the distance from the best price in bps.
    """
    return (cost + (quantity - begin) * rate) / quantity
