"""The compiled judge of ordinary jobs: two legs at two venues with room for each, several jobs in one step.

A loop without calls, branches or stores that depend on each other, which the compiler turns into vector instructions.
It says of any job whether it is ordinary; what it writes of one that is not is written again by `core.jobs.judging`.
"""

from typing import Any, Final

from core.compiled import disjoint_kernel, kernel
from core.jobs.columns import (
    ARB,
    EDGE,
    EDGE_AND_LOSS,
    EXPIRES,
    FIRST_SHIFT,
    HELD_UNTIL,
    KIND,
    KIND_MASK,
    LEG,
    MICRO,
    NOTIONAL,
    OPENING,
    PAIR,
    QUANTITY,
    REBALANCE,
    SAFETY,
    SECOND_SHIFT,
    SHARE,
    SIDE_MASK,
    STRATEGY_SHIFT,
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
    HEDGE_CLEAR,
    INSTRUMENT_FLOATS,
    INSTRUMENT_INTS,
    KEY,
    LATENCY,
    LEAST_EDGE,
    LEVERAGE,
    LIFTED_BITS,
    MAX_FUNDING,
    NOW,
    SAFETY_WEIGHT,
    STRATEGY_BITS,
    STRATEGY_COLUMNS,
    TARGET_GAP,
    TOLERANCE,
    UNIT,
    VENUE_COLUMNS,
    VOLATILITY,
)
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

CLOSELY: Final = -1  # status of a job that is none of these: it has yet to be judged

_DIRECTION: Final = BIT["direction"]
_INDEX: Final = (1 << 32) - 1  # shows the compiler that an index is not negative: nothing is looked up from the end


@disjoint_kernel
def judge_pairs(
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
) -> None:
    """Write failed controls, scores and status of the first `count` jobs, CLOSELY for those to be judged again."""
    rows &= _INDEX
    for row in range(count & _INDEX):
        kind = job_ints[KIND * rows + row]
        is_arb = kind & ARB
        notional = job_floats[NOTIONAL * rows + row]
        one, other = job_ints[LEG * rows + row], job_ints[(LEG + 1) * rows + row]
        one_venue = (kind >> FIRST_SHIFT & KIND_MASK) * VENUE_COLUMNS
        other_venue = (kind >> SECOND_SHIFT & KIND_MASK) * VENUE_COLUMNS
        one_side, other_side = one & SIDE_MASK, other & SIDE_MASK
        one_look, other_look = (one_side >> 1) * INSTRUMENT_FLOATS, (other_side >> 1) * INSTRUMENT_FLOATS
        one_bits, other_bits = (one_side >> 1) * INSTRUMENT_INTS, (other_side >> 1) * INSTRUMENT_INTS
        one_signed, other_signed = job_floats[QUANTITY * rows + row], job_floats[(QUANTITY + 1) * rows + row]
        one_quantity, other_quantity = abs(one_signed), abs(other_signed)

        one_micro = leg_micro_usd(one_quantity, instrument_floats[one_look + UNIT], notional)
        other_micro = leg_micro_usd(other_quantity, instrument_floats[other_look + UNIT], notional)
        one_base = one_quantity * instrument_floats[one_look + CONTRACT]
        other_base = other_quantity * instrument_floats[other_look + CONTRACT]
        weight = other_base / one_base
        costs = instrument_floats[one_look + FEE] + slippage(one_quantity, curves, one_side * CURVE_SIZE)
        costs += weight * (
            instrument_floats[other_look + FEE] + slippage(other_quantity, curves, other_side * CURVE_SIZE)
        )
        one_paid, other_paid = instrument_floats[one_look + FUNDING], weight * instrument_floats[other_look + FUNDING]
        funding = _signed(one_paid, one_signed) + _signed(other_paid, other_signed)
        net = _signed(one_base, one_signed) + _signed(other_base, other_signed)

        mask = account_ints[ACCOUNT_BITS]
        mask |= strategies[(kind >> STRATEGY_SHIFT & KIND_MASK) * STRATEGY_COLUMNS + STRATEGY_BITS]
        mask |= instrument_ints[one_bits + HEDGE_BITS + is_arb] | instrument_ints[other_bits + HEDGE_BITS + is_arb]
        mask |= _DIRECTION * (not abs(net) * 100.0 <= account_floats[TOLERANCE] * one_base)
        edge, least = job_floats[EDGE * rows + row], account_floats[LEAST_EDGE]
        edge_and_loss, most_funding = job_floats[EDGE_AND_LOSS * rows + row], account_floats[MAX_FUNDING]
        mask |= edge_bits(edge, edge_and_loss, kind & REBALANCE, costs, funding, least, most_funding)
        masks[row] = mask
        standing, now_ns = mask & ~account_ints[LIFTED_BITS], account_ints[NOW]
        state = status_of(standing, job_ints[HELD_UNTIL * rows + row], job_ints[EXPIRES * rows + row], now_ns)
        safety = _safety(one_look, other_look, funding, instrument_floats, account_floats)
        volume = volume_score(job_floats[SHARE * rows + row], account_floats[TARGET_GAP])
        results[SAFETY * rows + row] = safety
        results[VOLUME * rows + row] = volume
        results[MICRO * rows + row] = one_micro
        results[(MICRO + 1) * rows + row] = other_micro
        results[OPENING * rows + row] = _opens(one_micro, one_quantity, closable, one_side)
        results[(OPENING + 1) * rows + row] = _opens(other_micro, other_quantity, closable, other_side)
        finals[row] = final_score(safety, volume, account_floats[SAFETY_WEIGHT])
        keys = instrument_ints[one_bits + KEY] ^ instrument_ints[other_bits + KEY]
        is_ordinary = (kind & PAIR != 0) & (keys > 0) & (keys < 1 << BOOK_BITS)  # one underlying, two books
        is_ordinary &= one_micro <= venues[one_venue + HEDGE_CLEAR + is_arb]
        is_ordinary &= other_micro <= venues[other_venue + HEDGE_CLEAR + is_arb]
        status[row] = state if is_ordinary else CLOSELY


@kernel
def _opens(micro: float, quantity: float, closable: Floats, side: int) -> float:
    return opening_micro_usd(micro, quantity, closable[side * CLOSABLE_COLUMNS + AT_FIRST])


@kernel
def _signed(value: float, like: float) -> float:
    return value if like > 0.0 else -value


@kernel
def _safety(one: int, other: int, funding: float, instrument_floats: Floats, account_floats: Floats) -> float:
    return safety_score(
        room_score(funding, account_floats[MAX_FUNDING]),
        min(1.0, instrument_floats[one + VOLATILITY], instrument_floats[other + VOLATILITY]),
        min(1.0, instrument_floats[one + LATENCY], instrument_floats[other + LATENCY]),
        min(1.0, instrument_floats[one + LEVERAGE], instrument_floats[other + LEVERAGE]),
        account_floats[DRAWDOWN],
        account_floats[FAILURES],
    )
