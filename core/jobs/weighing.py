"""Arithmetic of the compiled judge: what a job of two legs and one that is looked at closely have in common.

Written without branches where an outcome is a matter of chance, so that several jobs are judged in one step.
"""

from typing import Any, Final

from core.compiled import kernel
from core.jobs import scores as plain
from core.jobs.columns import EXPIRED, READY, REFUSED, WAITING
from core.jobs.controls.table import BIT, DROP_BITS
from core.jobs.market import BEGIN, COST, DEPTH_LEVELS, RATE
from core.jobs.packing import CURVE_ROW

Floats = Any  # an array of float64; compiled, its elements are plain numbers

BLOCK: Final = 5  # levels looked at together; odd, and divides DEPTH_LEVELS

room_score = kernel(plain.room_score)
safety_score = kernel(plain.safety_score)
volume_score = kernel(plain.volume_score)
final_score = kernel(plain.final_score)
leg_micro_usd = kernel(plain.leg_micro_usd)
opening_micro_usd = kernel(plain.opening_micro_usd)
_slippage_bps = kernel(plain.slippage_bps)

# Plain integers: compiled code takes module constants in, but no dictionary.
_KNOWN, _DROP = BIT["known_instrument"], DROP_BITS
_EDGE_AFTER_COSTS, _MIN_EDGE, _FUNDING_COST = BIT["edge_after_costs"], BIT["min_edge"], BIT["funding_cost"]


@kernel
def slippage(quantity: float, curves: Floats, start: int) -> float:
    """Find the level by counting blocks, then pairs of levels in one, then the last: no branch has to be guessed."""
    level = 0
    for block in range(BLOCK, DEPTH_LEVELS, BLOCK):
        level += curves[start + BEGIN * CURVE_ROW + block] < quantity
    begin = start + BEGIN * CURVE_ROW + level * BLOCK
    pairs = 0
    for at in range(2, BLOCK, 2):
        pairs += curves[begin + at] < quantity
    begin += 2 * pairs
    begin += curves[begin + 1] < quantity
    at = begin - BEGIN * CURVE_ROW
    return _slippage_bps(
        quantity, curves[at + BEGIN * CURVE_ROW], curves[at + COST * CURVE_ROW], curves[at + RATE * CURVE_ROW]
    )


@kernel
def edge_bits(
    edge: float,
    edge_and_loss: float,
    is_rebalance: int,
    costs: float,
    funding: float,
    least: float,
    most_funding: float,
) -> int:
    paid = funding if funding > 0.0 else 0.0
    return (
        _EDGE_AFTER_COSTS * (not edge_and_loss >= costs + paid)
        | _MIN_EDGE * ((is_rebalance == 0) & (not edge >= least))
        | _FUNDING_COST * (not funding <= most_funding)
    )


@kernel
def status_of(standing: int, held_until_ns: int, expires_ns: int, now_ns: int) -> int:
    status = READY
    status = WAITING if (standing != 0) | (held_until_ns > now_ns) else status
    status = REFUSED if (standing & _DROP != 0) & (standing & _KNOWN == 0) else status
    return EXPIRED if expires_ns <= now_ns else status
