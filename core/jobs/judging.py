"""The compiled judge of the scheduler: one pass over arrays that judges and scores all pending jobs.

Written without branches where an outcome is a matter of chance: a processor that guesses wrong loses as much time there
as half a job takes.

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
    FLOAT_COLUMNS,
    HELD_UNTIL,
    INT_COLUMNS,
    IS_ARB,
    IS_REBALANCE,
    LEGS,
    LOSS,
    MAX_LEGS,
    NOTIONAL,
    READY,
    REFUSED,
    SAFETY,
    SCORE_COLUMNS,
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
    CURVE_ROW,
    CURVE_SIZE,
    DRAWDOWN,
    FAILURES,
    FEE,
    FUNDING,
    HEDGE_BITS,
    HEDGE_CLEAR,
    HEDGE_ROOM,
    IN_FLIGHT_ROOM,
    INSTRUMENT_FLOATS,
    INSTRUMENT_INTS,
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
    STRATEGY_COLUMNS,
    TARGET_GAP,
    TOLERANCE,
    UNDERLYING,
    UNIT,
    UNKNOWN,
    VENUE_COLUMNS,
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
    for number in range(count):
        row = np.uint32(number)  # unsigned: no look whether the index counts from the end
        legs = job_ints[row * INT_COLUMNS + LEGS]
        is_arb = job_ints[row * INT_COLUMNS + IS_ARB]
        mask = (
            account_ints[ACCOUNT_BITS]
            | strategies[job_ints[row * INT_COLUMNS + STRATEGY] * STRATEGY_COLUMNS + STRATEGY_BITS]
        )
        net = 0.0
        primary = 0.0
        costs = 0.0
        funding = 0.0
        volatility = 1.0
        latency = 1.0
        leverage = 1.0
        book = UNKNOWN  # of the leg before
        venue_before = leg_venues[row * MAX_LEGS + 0]
        underlying = UNKNOWN  # of the last leg where it is known
        is_doubtful = False  # capital: worth a close look
        for at in range(legs):
            instrument = leg_instruments[row * MAX_LEGS + at]
            venue = leg_venues[row * MAX_LEGS + at]
            signed = leg_quantities[row * MAX_LEGS + at]
            quantity = abs(signed)
            mask |= instrument_ints[instrument * INSTRUMENT_INTS + HEDGE_BITS + is_arb]
            micro = _leg_micro_usd(
                quantity,
                instrument_floats[instrument * INSTRUMENT_FLOATS + UNIT],
                job_floats[row * FLOAT_COLUMNS + NOTIONAL],
            )
            leg_micro[row * MAX_LEGS + at] = micro
            is_doubtful |= not micro <= venues[venue * VENUE_COLUMNS + HEDGE_CLEAR + is_arb]
            base = quantity * instrument_floats[instrument * INSTRUMENT_FLOATS + CONTRACT]
            if at == 0:
                primary = base
            weight = 1.0
            if at > 0:
                weight = base / primary
            slippage = _slippage(quantity, curves, leg_sides[row * MAX_LEGS + at])
            paid = weight * instrument_floats[instrument * INSTRUMENT_FLOATS + FUNDING]
            costs += weight * (instrument_floats[instrument * INSTRUMENT_FLOATS + FEE] + slippage)
            net += base if signed > 0.0 else -base
            funding += paid if signed > 0.0 else -paid
            volatility = min(volatility, instrument_floats[instrument * INSTRUMENT_FLOATS + VOLATILITY])
            latency = min(latency, instrument_floats[instrument * INSTRUMENT_FLOATS + LATENCY])
            leverage = min(leverage, instrument_floats[instrument * INSTRUMENT_FLOATS + LEVERAGE])
            mask |= _SELF_MATCH * ((instrument_ints[instrument * INSTRUMENT_INTS + BOOK] == book) & (book >= 0))
            is_doubtful |= (at > 0) & (venue == venue_before)
            book = instrument_ints[instrument * INSTRUMENT_INTS + BOOK]
            venue_before = venue
            own = instrument_ints[instrument * INSTRUMENT_INTS + UNDERLYING]
            mask |= _DIRECTION * ((own != underlying) & (own >= 0) & (underlying >= 0))
            underlying = own if own >= 0 else underlying
        if legs > 2:
            is_doubtful = True
            mask |= _self_match_bit(row, legs, leg_instruments, instrument_ints)
        mask |= _DIRECTION * (not abs(net) * 100.0 <= account_floats[TOLERANCE] * primary)
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
        volume = _volume_score(job_floats[row * FLOAT_COLUMNS + SHARE], account_floats[TARGET_GAP])
        scores[row * SCORE_COLUMNS + SAFETY] = safety
        scores[row * SCORE_COLUMNS + VOLUME] = volume
        scores[row * SCORE_COLUMNS + FINAL] = _final_score(safety, volume, account_floats[SAFETY_WEIGHT])
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
        level += curves[side * CURVE_SIZE + BEGIN * CURVE_ROW + block] < quantity
    level *= BLOCK
    block = level
    for at in range(1, BLOCK + 1):
        level += curves[side * CURVE_SIZE + BEGIN * CURVE_ROW + block + at] < quantity
    return _slippage_bps(
        quantity,
        curves[side * CURVE_SIZE + BEGIN * CURVE_ROW + level],
        curves[side * CURVE_SIZE + COST * CURVE_ROW + level],
        curves[side * CURVE_SIZE + RATE * CURVE_ROW + level],
    )


@kernel
def _self_match_bit(row: int, legs: int, leg_instruments: Indices, instrument_ints: Ints) -> int:
    """Compare each leg's book with all before it; with two legs the pass has done so by itself."""
    for at in range(legs):
        book = instrument_ints[leg_instruments[row * MAX_LEGS + at] * INSTRUMENT_INTS + BOOK]
        for before in range(at):
            if book >= 0 and book == instrument_ints[leg_instruments[row * MAX_LEGS + before] * INSTRUMENT_INTS + BOOK]:
                return _SELF_MATCH
    return 0


@kernel
def _capital_bits(
    row: int, legs: int, is_arb: int, leg_venues: Indices, leg_micro: Floats, venues: Floats, account_floats: Floats
) -> int:
    bits = 0
    for at in range(legs):
        venue = leg_venues[row * MAX_LEGS + at]
        total = 0.0
        for other in range(legs):
            if leg_venues[row * MAX_LEGS + other] == venue:
                total += leg_micro[row * MAX_LEGS + other]
        if not leg_micro[row * MAX_LEGS + at] <= account_floats[MAX_LEG]:
            bits |= _LEG_NOTIONAL
        if not leg_micro[row * MAX_LEGS + at] <= venues[venue * VENUE_COLUMNS + SINGLE_LIMIT]:
            bits |= _SINGLE_RESERVE
        if not total <= venues[venue * VENUE_COLUMNS + HEDGE_ROOM + is_arb]:
            bits |= _POOL_ROOM
        if not total <= venues[venue * VENUE_COLUMNS + IN_FLIGHT_ROOM]:
            bits |= _IN_FLIGHT
        if not total <= venues[venue * VENUE_COLUMNS + NOTIONAL_ROOM]:
            bits |= _VENUE_NOTIONAL
    return bits


@kernel
def _edge_bits(
    row: int, job_floats: Floats, job_ints: Ints, costs: float, funding: float, account_floats: Floats
) -> int:
    paid = funding if funding > 0.0 else 0.0
    least = account_floats[LEAST_EDGE]
    return (
        _EDGE_AFTER_COSTS
        * (not job_floats[row * FLOAT_COLUMNS + EDGE] + job_floats[row * FLOAT_COLUMNS + LOSS] >= costs + paid)
        | _MIN_EDGE
        * ((job_ints[row * INT_COLUMNS + IS_REBALANCE] == 0) & (not job_floats[row * FLOAT_COLUMNS + EDGE] >= least))
        | _FUNDING_COST * (not funding <= account_floats[MAX_FUNDING])
    )


@kernel
def _status(standing: int, job_ints: Ints, row: int, now_ns: int) -> int:
    status = READY
    status = WAITING if (standing != 0) | (job_ints[row * INT_COLUMNS + HELD_UNTIL] > now_ns) else status
    status = REFUSED if (standing & _DROP != 0) & (standing & _KNOWN == 0) else status
    return EXPIRED if job_ints[row * INT_COLUMNS + EXPIRES] <= now_ns else status
