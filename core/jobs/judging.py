"""The compiled judge of the scheduler: judges and scores all pending jobs.

The twin of `core.jobs.evaluation` on the arrays of `core.jobs.columns` and `core.jobs.packing`; a test holds both to
the same answers. Only what concerns a job as a whole is judged here: the controls on account, strategies and legs
come as bits. Ordinary jobs are judged by `core.jobs.pairs`, the others closely, one by one.
"""

from typing import Any

from core.compiled import kernel
from core.jobs.columns import (
    ARB,
    EDGE,
    EDGE_AND_LOSS,
    EXPIRES,
    HELD_UNTIL,
    KIND,
    KIND_MASK,
    LEG,
    LEGS,
    MICRO,
    NOTIONAL,
    OPENING,
    QUANTITY,
    READY,
    REBALANCE,
    SAFETY,
    SHARE,
    SIDE_MASK,
    STRATEGY_SHIFT,
    VENUE_SHIFT,
    VOLUME,
)
from core.jobs.controls.table import BIT
from core.jobs.packing import (
    ACCOUNT_BITS,
    AT_FIRST,
    BOOK_BITS,
    CLOSABLE_COLUMNS,
    CONTRACT,
    CURVE_SIZE,
    DRAWDOWN,
    FAILURES,
    FEE,
    FUNDING,
    HEDGE_BITS,
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
from core.jobs.pairs import CLOSELY, judge_pairs
from core.jobs.weighing import (
    edge_bits,
    final_score,
    leg_micro_usd,
    opening_micro_usd,
    room_score,
    safety_score,
    slippage,
    status_of,
    volume_score,
)

Floats = Any  # an array of float64; compiled, its elements are plain numbers
Ints = Any  # of int64

# Plain integers: compiled code takes module constants in, but no dictionary.
_SELF_MATCH, _DIRECTION, _LEG_NOTIONAL = BIT["self_match"], BIT["direction"], BIT["leg_notional"]
_POOL_ROOM, _SINGLE_RESERVE, _IN_FLIGHT = BIT["pool_room"], BIT["single_reserve"], BIT["in_flight"]
_VENUE_NOTIONAL = BIT["venue_notional"]
_INDEX = (1 << 32) - 1  # shows the compiler that an index is not negative: nothing is looked up from the end
_BOOK_MASK = (1 << BOOK_BITS) - 1


@kernel
def judge_all(
    count: int,
    rows: int,
    job_floats: Floats,
    job_ints: Ints,
    results: Floats,
    finals: Floats,
    masks: Ints,
    status: Ints,
    instrument_floats: Floats,
    instrument_ints: Ints,
    curves: Floats,
    closable: Floats,
    venues: Floats,
    strategies: Ints,
    account_ints: Ints,
    account_floats: Floats,
    ready: Ints,
) -> int:
    """Write failed controls, scores and status of the first `count` jobs, and list the ready ones.

    The arrays of jobs have room for `rows` of them. Returns how many are ready.
    """
    pairs = count if len(instrument_ints) else 0  # without any instrument there are only jobs without legs
    judge_pairs(
        pairs, rows, job_floats, job_ints, results, finals, masks, status, instrument_floats, instrument_ints, curves,
        closable, venues, strategies, account_ints, account_floats,
    )  # fmt: skip
    for row in range(pairs, count):
        status[row] = CLOSELY
    for number in range(count):
        row = number & _INDEX
        if status[row] == CLOSELY:
            mask = masks[row]
            if job_ints[LEGS * rows + row] != 2:
                strategy = job_ints[KIND * rows + row] >> STRATEGY_SHIFT & KIND_MASK
                mask = account_ints[ACCOUNT_BITS] | strategies[strategy * STRATEGY_COLUMNS + STRATEGY_BITS]
                mask |= _weigh(
                    row, rows, job_floats, job_ints, results, finals, instrument_floats, instrument_ints, curves,
                    closable, account_floats,
                )  # fmt: skip
            mask |= _pair_bits(row, rows, job_ints, instrument_ints)
            mask |= _capital_bits(row, rows, job_ints, results, venues, account_floats)
            masks[row] = mask
            status[row] = status_of(
                mask & ~account_ints[LIFTED_BITS],
                job_ints[HELD_UNTIL * rows + row],
                job_ints[EXPIRES * rows + row],
                account_ints[NOW],
            )
    found = 0
    for row in range(count):
        ready[found] = row
        found += status[row] == READY
    return found


@kernel
def _weigh(
    row: int,
    rows: int,
    job_floats: Floats,
    job_ints: Ints,
    results: Floats,
    finals: Floats,
    instrument_floats: Floats,
    instrument_ints: Ints,
    curves: Floats,
    closable: Floats,
    account_floats: Floats,
) -> int:
    """Write scores and what the legs are worth and bind; return the failed controls of legs, direction and costs."""
    legs = job_ints[LEGS * rows + row]
    is_arb = job_ints[KIND * rows + row] & ARB
    mask = 0
    net = primary = costs = funding = 0.0
    volatility = latency = leverage = 1.0
    for at in range(legs):
        side = job_ints[(LEG + at) * rows + row] & SIDE_MASK
        instrument = (side >> 1) * INSTRUMENT_FLOATS
        signed = job_floats[(QUANTITY + at) * rows + row]
        quantity = abs(signed)
        mask |= instrument_ints[(side >> 1) * INSTRUMENT_INTS + HEDGE_BITS + is_arb]
        micro = leg_micro_usd(quantity, instrument_floats[instrument + UNIT], job_floats[NOTIONAL * rows + row])
        results[(MICRO + at) * rows + row] = micro
        results[(OPENING + at) * rows + row] = opening_micro_usd(
            micro, quantity, closable[side * CLOSABLE_COLUMNS + AT_FIRST]
        )
        base = quantity * instrument_floats[instrument + CONTRACT]
        weight = 1.0
        if at == 0:
            primary = base
        else:
            weight = base / primary
        paid = weight * instrument_floats[instrument + FUNDING]
        costs += weight * (instrument_floats[instrument + FEE] + slippage(quantity, curves, side * CURVE_SIZE))
        net += base if signed > 0.0 else -base
        funding += paid if signed > 0.0 else -paid
        volatility = min(volatility, instrument_floats[instrument + VOLATILITY])
        latency = min(latency, instrument_floats[instrument + LATENCY])
        leverage = min(leverage, instrument_floats[instrument + LEVERAGE])
    mask |= _DIRECTION * (not abs(net) * 100.0 <= account_floats[TOLERANCE] * primary)
    mask |= edge_bits(
        job_floats[EDGE * rows + row],
        job_floats[EDGE_AND_LOSS * rows + row],
        job_ints[KIND * rows + row] & REBALANCE,
        costs,
        funding,
        account_floats[LEAST_EDGE],
        account_floats[MAX_FUNDING],
    )
    safety = safety_score(
        room_score(funding, account_floats[MAX_FUNDING]),
        volatility,
        latency,
        leverage,
        account_floats[DRAWDOWN],
        account_floats[FAILURES],
    )
    volume = volume_score(job_floats[SHARE * rows + row], account_floats[TARGET_GAP])
    results[SAFETY * rows + row] = safety
    results[VOLUME * rows + row] = volume
    finals[row] = final_score(safety, volume, account_floats[SAFETY_WEIGHT])
    return mask


@kernel
def _pair_bits(row: int, rows: int, job_ints: Ints, instrument_ints: Ints) -> int:
    """Compare each known leg with all known ones before it: not on one book, and of one underlying."""
    bits = 0
    for at in range(job_ints[LEGS * rows + row]):
        key = instrument_ints[((job_ints[(LEG + at) * rows + row] & SIDE_MASK) >> 1) * INSTRUMENT_INTS + KEY]
        for before in range(at):
            other = instrument_ints[((job_ints[(LEG + before) * rows + row] & SIDE_MASK) >> 1) * INSTRUMENT_INTS + KEY]
            if key >= 0 and other >= 0:
                bits |= _SELF_MATCH * ((key & _BOOK_MASK) == (other & _BOOK_MASK))
                bits |= _DIRECTION * (key >> BOOK_BITS != other >> BOOK_BITS)
    return bits


@kernel
def _capital_bits(row: int, rows: int, job_ints: Ints, results: Floats, venues: Floats, account_floats: Floats) -> int:
    legs = job_ints[LEGS * rows + row]
    is_arb = job_ints[KIND * rows + row] & ARB
    bits = 0
    for at in range(legs):
        venue = job_ints[(LEG + at) * rows + row] >> VENUE_SHIFT
        micro = results[(MICRO + at) * rows + row]
        total = opening = 0.0
        for other in range(legs):
            if job_ints[(LEG + other) * rows + row] >> VENUE_SHIFT == venue:
                total += results[(MICRO + other) * rows + row]
                opening += results[(OPENING + other) * rows + row]
        venue *= VENUE_COLUMNS
        bits |= _LEG_NOTIONAL * (not micro <= account_floats[MAX_LEG])
        bits |= _SINGLE_RESERVE * (not opening <= venues[venue + SINGLE_LIMIT])
        bits |= _POOL_ROOM * (not opening <= venues[venue + HEDGE_ROOM + is_arb])
        bits |= _IN_FLIGHT * (not opening <= venues[venue + IN_FLIGHT_ROOM])
        bits |= _VENUE_NOTIONAL * (not total <= venues[venue + NOTIONAL_ROOM])
    return bits
