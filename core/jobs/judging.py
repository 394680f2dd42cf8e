"""The compiled judge of the scheduler: one pass over arrays that judges and scores all pending jobs.

Written without branches where an outcome is a matter of chance: a processor that guesses wrong loses as much time there
as half a job takes.

The twin of `core.jobs.evaluation` on the arrays of `core.jobs.columns` and `core.jobs.packing`; a test holds both to
the same answers. Only what concerns a job as a whole is judged here: the controls on account, strategies and legs
come as bits.
"""

from typing import Any, Final

from core.compiled import kernel
from core.jobs import scores as plain
from core.jobs.columns import (
    COLUMNS,
    EDGE,
    EDGE_AND_LOSS,
    EXPIRED,
    EXPIRES,
    HELD_UNTIL,
    IS_ARB,
    IS_REBALANCE,
    LEG,
    LEGS,
    MICRO,
    NOTIONAL,
    QUANTITY,
    READY,
    REFUSED,
    SAFETY,
    SHARE,
    SIDE_MASK,
    STRATEGY,
    VENUE_SHIFT,
    VOLUME,
    WAITING,
)
from core.jobs.controls.table import BIT, DROP_BITS
from core.jobs.kept import OFFERED, begin, offer
from core.jobs.market import BEGIN, COST, DEPTH_LEVELS, RATE
from core.jobs.packing import (
    ACCOUNT_BITS,
    BOOK_BITS,
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
    KEY,
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
    UNIT,
    VENUE_COLUMNS,
    VOLATILITY,
)

Floats = Any  # an array of float64; compiled, its elements are plain numbers
Ints = Any  # of int64

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
_INDEX = (1 << 32) - 1  # shows the compiler that an index is not negative: nothing is looked up from the end
_BOOK_MASK = (1 << BOOK_BITS) - 1
_MIN_EDGE, _FUNDING_COST = BIT["min_edge"], BIT["funding_cost"]


@kernel
def judge_all(
    count: int,
    job_floats: Floats,
    job_ints: Ints,
    results: Floats,
    finals: Floats,
    masks: Ints,
    status: Ints,
    instrument_floats: Floats,
    instrument_ints: Ints,
    curves: Floats,
    venues: Floats,
    strategies: Ints,
    account_ints: Ints,
    account_floats: Floats,
    kept: Ints,
    cursors: Ints,
    floors: Floats,
    ready: Ints,
) -> int:
    """Write failed controls, scores and status of the first `count` jobs; list the ready ones and keep the best.

    Returns how many are ready.
    """
    found = 0
    begin(kept, cursors, floors)
    for number in range(count):
        row = (number & _INDEX) * COLUMNS
        strategy = job_ints[row + STRATEGY] & _INDEX
        mask = account_ints[ACCOUNT_BITS] | strategies[strategy * STRATEGY_COLUMNS + STRATEGY_BITS]
        mask |= _weigh(
            number, row, job_floats, job_ints, results, finals, instrument_floats, instrument_ints, curves, venues,
            account_floats,
        )  # fmt: skip
        masks[number] = mask
        state = _status(mask & ~account_ints[LIFTED_BITS], job_ints, row, account_ints[NOW])
        status[number] = state
        cursors[strategy, OFFERED] += state == READY
        if (state == READY) & (finals[number] >= floors[strategy]):
            offer(number, strategy, finals, job_ints, kept, cursors, floors)
        ready[found] = number
        found += state == READY
    return found


@kernel
def _weigh(
    number: int,
    row: int,
    job_floats: Floats,
    job_ints: Ints,
    results: Floats,
    finals: Floats,
    instrument_floats: Floats,
    instrument_ints: Ints,
    curves: Floats,
    venues: Floats,
    account_floats: Floats,
) -> int:
    """Write a job's scores and what its legs bind; return the failed controls of legs and job."""
    legs = job_ints[row + LEGS]
    is_arb = job_ints[row + IS_ARB]
    mask = 0
    net = primary = costs = funding = 0.0
    volatility = latency = leverage = 1.0
    key_before = venue_before = 0
    is_plain = legs == 2  # two legs at two venues with room for each: nothing to look at closely
    for at in range(legs):
        leg = job_ints[row + LEG + at]
        venue = leg >> VENUE_SHIFT & _INDEX
        side = leg & SIDE_MASK
        instrument = (side >> 1) * INSTRUMENT_FLOATS
        signed = job_floats[row + QUANTITY + at]
        quantity = abs(signed)
        mask |= instrument_ints[(side >> 1) * INSTRUMENT_INTS + HEDGE_BITS + is_arb]
        micro = _leg_micro_usd(quantity, instrument_floats[instrument + UNIT], job_floats[row + NOTIONAL])
        results[row + MICRO + at] = micro
        base = quantity * instrument_floats[instrument + CONTRACT]
        key = instrument_ints[(side >> 1) * INSTRUMENT_INTS + KEY]
        weight = 1.0
        if at == 0:
            primary = base
        else:
            weight = base / primary
            is_plain &= (venue != venue_before) & (0 < (key ^ key_before) < 1 << BOOK_BITS)
        key_before = key
        venue_before = venue
        is_plain &= micro <= venues[venue * VENUE_COLUMNS + HEDGE_CLEAR + is_arb]
        paid = weight * instrument_floats[instrument + FUNDING]
        costs += weight * (instrument_floats[instrument + FEE] + _slippage(quantity, curves, side * CURVE_SIZE))
        net += base if signed > 0.0 else -base
        funding += paid if signed > 0.0 else -paid
        volatility = min(volatility, instrument_floats[instrument + VOLATILITY])
        latency = min(latency, instrument_floats[instrument + LATENCY])
        leverage = min(leverage, instrument_floats[instrument + LEVERAGE])
    mask |= _DIRECTION * (not abs(net) * 100.0 <= account_floats[TOLERANCE] * primary)
    if not is_plain:
        mask |= _pair_bits(row, legs, job_ints, instrument_ints)
        mask |= _capital_bits(row, legs, is_arb, job_ints, results, venues, account_floats)
    mask |= _edge_bits(row, job_floats, job_ints, costs, funding, account_floats)
    safety = _safety_score(
        _room_score(funding, account_floats[MAX_FUNDING]),
        volatility,
        latency,
        leverage,
        account_floats[DRAWDOWN],
        account_floats[FAILURES],
    )
    finals[number] = _write_scores(row, safety, job_floats, results, account_floats)
    return mask


@kernel
def _write_scores(row: int, safety: float, job_floats: Floats, results: Floats, account_floats: Floats) -> float:
    volume = _volume_score(job_floats[row + SHARE], account_floats[TARGET_GAP])
    results[row + SAFETY] = safety
    results[row + VOLUME] = volume
    return _final_score(safety, volume, account_floats[SAFETY_WEIGHT])


@kernel
def _slippage(quantity: float, curves: Floats, start: int) -> float:
    """Find the level by counting, first blocks, then within one: no branch that the processor would have to guess."""
    level = 0
    for block in range(BLOCK, DEPTH_LEVELS, BLOCK):
        level += curves[start + BEGIN * CURVE_ROW + block] < quantity
    level *= BLOCK
    block = level
    for at in range(1, BLOCK + 1):
        level += curves[start + BEGIN * CURVE_ROW + block + at] < quantity
    at = start + level
    return _slippage_bps(
        quantity, curves[at + BEGIN * CURVE_ROW], curves[at + COST * CURVE_ROW], curves[at + RATE * CURVE_ROW]
    )


@kernel
def _pair_bits(row: int, legs: int, job_ints: Ints, instrument_ints: Ints) -> int:
    """Compare each known leg with all known ones before it: not on one book, and of one underlying."""
    bits = 0
    for at in range(legs):
        key = instrument_ints[((job_ints[row + LEG + at] & SIDE_MASK) >> 1) * INSTRUMENT_INTS + KEY]
        for before in range(at):
            other = instrument_ints[((job_ints[row + LEG + before] & SIDE_MASK) >> 1) * INSTRUMENT_INTS + KEY]
            if key >= 0 and other >= 0:
                bits |= _SELF_MATCH * ((key & _BOOK_MASK) == (other & _BOOK_MASK))
                bits |= _DIRECTION * (key >> BOOK_BITS != other >> BOOK_BITS)
    return bits


@kernel
def _capital_bits(
    row: int, legs: int, is_arb: int, job_ints: Ints, results: Floats, venues: Floats, account_floats: Floats
) -> int:
    bits = 0
    for at in range(legs):
        venue = job_ints[row + LEG + at] >> VENUE_SHIFT
        micro = results[row + MICRO + at]
        total = 0.0
        for other in range(legs):
            if job_ints[row + LEG + other] >> VENUE_SHIFT == venue:
                total += results[row + MICRO + other]
        venue *= VENUE_COLUMNS
        bits |= _LEG_NOTIONAL * (not micro <= account_floats[MAX_LEG])
        bits |= _SINGLE_RESERVE * (not total <= venues[venue + SINGLE_LIMIT])
        bits |= _POOL_ROOM * (not total <= venues[venue + HEDGE_ROOM + is_arb])
        bits |= _IN_FLIGHT * (not total <= venues[venue + IN_FLIGHT_ROOM])
        bits |= _VENUE_NOTIONAL * (not total <= venues[venue + NOTIONAL_ROOM])
    return bits


@kernel
def _edge_bits(
    row: int, job_floats: Floats, job_ints: Ints, costs: float, funding: float, account_floats: Floats
) -> int:
    is_thin = (job_ints[row + IS_REBALANCE] == 0) & (not job_floats[row + EDGE] >= account_floats[LEAST_EDGE])
    paid = funding if funding > 0.0 else 0.0
    return (
        _EDGE_AFTER_COSTS * (not job_floats[row + EDGE_AND_LOSS] >= costs + paid)
        | _MIN_EDGE * is_thin
        | _FUNDING_COST * (not funding <= account_floats[MAX_FUNDING])
    )


@kernel
def _status(standing: int, job_ints: Ints, row: int, now_ns: int) -> int:
    status = READY
    status = WAITING if (standing != 0) | (job_ints[row + HELD_UNTIL] > now_ns) else status
    status = REFUSED if (standing & _DROP != 0) & (standing & _KNOWN == 0) else status
    return EXPIRED if job_ints[row + EXPIRES] <= now_ns else status
