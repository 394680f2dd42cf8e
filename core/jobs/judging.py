"""The compiled judge of the scheduler: one pass over arrays that judges and scores all pending jobs.

The twin of `core.jobs.evaluation` on the arrays of `core.jobs.columns` and `core.jobs.packing`; a test holds both to
the same answers. Only what concerns a job as a whole is judged here: the controls on account, strategies and legs
come as bits.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.compiled import kernel
from core.jobs import scores as plain
from core.jobs.columns import (
    EDGE,
    EXPIRED,
    EXPIRES,
    FINAL,
    HELD_UNTIL,
    IS_ARB,
    IS_REBALANCE,
    LEGS,
    LOSS,
    NOTIONAL,
    READY,
    REFUSED,
    SAFETY,
    SHARE,
    STRATEGY,
    VOLUME,
    WAITING,
)
from core.jobs.controls.table import BIT, DROP_BITS
from core.jobs.market import BEGIN, COST, DEPTH_LEVELS, RATE
from core.jobs.packing import (
    ACCOUNT_BITS,
    BOOK,
    CONTRACT,
    DRAWDOWN,
    FAILURES,
    FEE,
    FUNDING,
    HEDGE_BITS,
    HEDGE_CLEAR,
    HEDGE_ROOM,
    IN_FLIGHT_ROOM,
    LATENCY,
    LEAST_EDGE,
    LEVERAGE,
    LIFTED_BITS,
    MAX_FUNDING,
    MAX_LEG,
    NOTIONAL_ROOM,
    NOW,
    SAFETY_WEIGHT,
    SINGLE_LIMIT,
    STRATEGY_BITS,
    TARGET_GAP,
    TOLERANCE,
    UNDERLYING,
    UNIT,
    VOLATILITY,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Indices = NDArray[np.uint32]

BLOCK: Final = 5  # levels looked at together; divides DEPTH_LEVELS

_room_score = kernel(plain.room_score)
_safety_score = kernel(plain.safety_score)
_volume_score = kernel(plain.volume_score)
_final_score = kernel(plain.final_score)
_leg_micro_usd = kernel(plain.leg_micro_usd)
_slippage_bps = kernel(plain.slippage_bps)

# Plain integers: compiled code takes module constants in, but no dictionary.
_KNOWN, _DROP = BIT["known_instrument"], DROP_BITS
_SELF_MATCH, _DIRECTION, _LEG_NOTIONAL = BIT["self_match"], BIT["direction"], BIT["leg_notional"]
_POOL_ROOM, _SINGLE_RESERVE, _IN_FLIGHT = BIT["pool_room"], BIT["single_reserve"], BIT["in_flight"]
_VENUE_NOTIONAL, _EDGE_AFTER_COSTS = BIT["venue_notional"], BIT["edge_after_costs"]
_MIN_EDGE, _FUNDING_COST = BIT["min_edge"], BIT["funding_cost"]


@kernel
def judge_all(
    count: int,
    job_floats: Floats,
    job_ints: Ints,
    leg_instruments: Indices,
    leg_sides: Indices,
    leg_venues: Indices,
    leg_quantities: Floats,
    leg_micro: Floats,
    masks: Ints,
    scores: Floats,
    status: Ints,
    instrument_floats: Floats,
    instrument_ints: Ints,
    curves: Floats,
    venues: Floats,
    strategies: Ints,
    account_ints: Ints,
    account_floats: Floats,
    ready: Ints,
) -> int:
    """Write failed controls, scores and status of the first `count` jobs; list the ready ones and return how many."""
    found = 0
    for row in range(count):
        legs = job_ints[row, LEGS]
        is_arb = job_ints[row, IS_ARB]
        mask = account_ints[ACCOUNT_BITS] | strategies[job_ints[row, STRATEGY], STRATEGY_BITS]
        net = 0.0
        primary = 0.0
        costs = 0.0
        funding = 0.0
        volatility = 1.0
        latency = 1.0
        leverage = 1.0
        is_doubtful = False  # capital: worth a close look
        for at in range(legs):
            instrument = leg_instruments[row, at]
            venue = leg_venues[row, at]
            signed = leg_quantities[row, at]
            quantity = abs(signed)
            mask |= instrument_ints[instrument, HEDGE_BITS + is_arb]
            micro = _leg_micro_usd(quantity, instrument_floats[instrument, UNIT], job_floats[row, NOTIONAL])
            leg_micro[row, at] = micro
            is_doubtful |= not micro <= venues[venue, HEDGE_CLEAR + is_arb]
            base = quantity * instrument_floats[instrument, CONTRACT]
            if at == 0:
                primary = base
            weight = 1.0
            if at > 0:
                weight = base / primary
            slippage = _slippage(quantity, curves, leg_sides[row, at])
            paid = weight * instrument_floats[instrument, FUNDING]
            costs += weight * (instrument_floats[instrument, FEE] + slippage)
            net += base if signed > 0.0 else -base
            funding += paid if signed > 0.0 else -paid
            volatility = min(volatility, instrument_floats[instrument, VOLATILITY])
            latency = min(latency, instrument_floats[instrument, LATENCY])
            leverage = min(leverage, instrument_floats[instrument, LEVERAGE])
            for before in range(at):
                mask |= _pair_bits(instrument_ints, instrument, leg_instruments[row, before])
                is_doubtful |= venue == leg_venues[row, before]
        if not abs(net) * 100.0 <= account_floats[TOLERANCE] * primary:
            mask |= _DIRECTION
        if is_doubtful:
            mask |= _capital_bits(row, legs, is_arb, leg_venues, leg_micro, venues, account_floats)
        mask |= _edge_bits(row, job_floats, job_ints, costs, funding, account_floats)
        masks[row] = mask
        safety = _safety_score(
            _room_score(funding, account_floats[MAX_FUNDING]),
            volatility,
            latency,
            leverage,
            account_floats[DRAWDOWN],
            account_floats[FAILURES],
        )
        volume = _volume_score(job_floats[row, SHARE], account_floats[TARGET_GAP])
        scores[row, SAFETY] = safety
        scores[row, VOLUME] = volume
        scores[row, FINAL] = _final_score(safety, volume, account_floats[SAFETY_WEIGHT])
        state = _status(mask & ~account_ints[LIFTED_BITS], job_ints, row, account_ints[NOW])
        status[row] = state
        ready[found] = row
        found += state == READY
    return found


@kernel
def _slippage(quantity: float, curves: Floats, side: int) -> float:
    """Find the level by counting, first blocks, then within one: no branch that the processor would have to guess."""
    level = 0
    for block in range(BLOCK, DEPTH_LEVELS, BLOCK):
        level += curves[side, BEGIN, block] < quantity
    level *= BLOCK
    block = level
    for at in range(1, BLOCK + 1):
        level += curves[side, BEGIN, block + at] < quantity
    return _slippage_bps(quantity, curves[side, BEGIN, level], curves[side, COST, level], curves[side, RATE, level])


@kernel
def _pair_bits(instrument_ints: Ints, one: int, other: int) -> int:
    """Compare two legs: not on one book, and of one underlying."""
    bits = 0
    book, underlying = instrument_ints[one, BOOK], instrument_ints[one, UNDERLYING]
    if book >= 0 and book == instrument_ints[other, BOOK]:
        bits |= _SELF_MATCH
    if underlying >= 0 and instrument_ints[other, UNDERLYING] >= 0 and underlying != instrument_ints[other, UNDERLYING]:
        bits |= _DIRECTION
    return bits


@kernel
def _capital_bits(
    row: int, legs: int, is_arb: int, leg_venues: Indices, leg_micro: Floats, venues: Floats, account_floats: Floats
) -> int:
    bits = 0
    for at in range(legs):
        venue = leg_venues[row, at]
        total = 0.0
        for other in range(legs):
            if leg_venues[row, other] == venue:
                total += leg_micro[row, other]
        if not leg_micro[row, at] <= account_floats[MAX_LEG]:
            bits |= _LEG_NOTIONAL
        if not leg_micro[row, at] <= venues[venue, SINGLE_LIMIT]:
            bits |= _SINGLE_RESERVE
        if not total <= venues[venue, HEDGE_ROOM + is_arb]:
            bits |= _POOL_ROOM
        if not total <= venues[venue, IN_FLIGHT_ROOM]:
            bits |= _IN_FLIGHT
        if not total <= venues[venue, NOTIONAL_ROOM]:
            bits |= _VENUE_NOTIONAL
    return bits


@kernel
def _edge_bits(
    row: int, job_floats: Floats, job_ints: Ints, costs: float, funding: float, account_floats: Floats
) -> int:
    bits = 0
    paid = funding if funding > 0.0 else 0.0
    if not job_floats[row, EDGE] + job_floats[row, LOSS] >= costs + paid:
        bits |= _EDGE_AFTER_COSTS
    if not (job_ints[row, IS_REBALANCE] or job_floats[row, EDGE] >= account_floats[LEAST_EDGE]):
        bits |= _MIN_EDGE
    if not funding <= account_floats[MAX_FUNDING]:
        bits |= _FUNDING_COST
    return bits


@kernel
def _status(standing: int, job_ints: Ints, row: int, now_ns: int) -> int:
    if job_ints[row, EXPIRES] <= now_ns:
        return EXPIRED
    if standing & _DROP and not standing & _KNOWN:
        return REFUSED
    if standing or job_ints[row, HELD_UNTIL] > now_ns:
        return WAITING
    return READY
