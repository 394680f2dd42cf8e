"""The market of a tick as arrays, in the slots that pending jobs name their instruments and strategies by."""

from collections.abc import Mapping
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.jobs.columns import Slots
from core.jobs.controls.case import (
    NO_ROOM,
    LegParts,
    drawdown_score,
    failures_score,
    parts_of,
    room_micro,
    target_gap,
)
from core.jobs.controls.job import venue_notional_room
from core.jobs.controls.leg import sight_of
from core.jobs.controls.table import BIT
from core.jobs.evaluation import account_mask, leg_mask, lifted_bits, strategy_mask, venue_mask
from core.jobs.market import DEPTH_LEVELS, NO_DEPTH, JobMarket, VenueLook
from core.jobs.rulebook import Rulebook

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

UNIT, CONTRACT, FEE, FUNDING, VOLATILITY, LATENCY, LEVERAGE = 0, 1, 2, 3, 4, 5, 6  # of an instrument, floats
HEDGE_BITS, ARB_BITS, KEY = 0, 1, 2  # and integers: failed controls of a job of either pool, and what it is
HEDGE_ROOM, ARB_ROOM, IN_FLIGHT_ROOM, NOTIONAL_ROOM, SINGLE_LIMIT, JOBS_ROOM = 0, 1, 2, 3, 4, 5  # of a venue
HEDGE_TIGHT, ARB_TIGHT = 6, 7  # the least of the rooms that bear on a job of that pool, none without a job slot
HEDGE_CLEAR, ARB_CLEAR = 8, 9  # a lone leg of that pool up to here passes every control on capital
STRATEGY_BITS, ACTIVE = 0, 1  # of a strategy: failed controls, jobs running
NOW, ACCOUNT_BITS, LIFTED_BITS, FREE_SLOTS = 0, 1, 2, 3  # of the account, integers
LEAST_EDGE, SAFETY_WEIGHT, DRAWDOWN, FAILURES, TARGET_GAP, MAX_FUNDING, MAX_LEG, TOLERANCE = 0, 1, 2, 3, 4, 5, 6, 7

INSTRUMENT_FLOATS: Final = 7
INSTRUMENT_INTS: Final = 3
VENUE_COLUMNS: Final = 10
STRATEGY_COLUMNS: Final = 2
CURVE_ROW: Final = DEPTH_LEVELS + 1
CURVE_SIZE: Final = 3 * CURVE_ROW

# A key is `underlying << BOOK_BITS | book`, numbers of this tick. Two legs are a hedge on two books where only the
# lower parts of their keys differ.
BOOK_BITS: Final = 32
UNKNOWN: Final = -1  # key of an instrument that is not known


class PackedMarket(msgspec.Struct, frozen=True):
    """Rows are slots. `curves` holds a depth a side of each instrument: asks at even numbers, bids at odd ones."""

    instrument_floats: Floats
    instrument_ints: Ints
    curves: Floats
    venues: Floats
    strategies: Ints
    account_ints: Ints
    account_floats: Floats


def pack(market: JobMarket, slots: Slots, running: Mapping[str, int], rules: Rulebook) -> PackedMarket:
    """Lay out what jobs in these slots look at; `running` counts the running jobs of each strategy."""
    venue_bits = {name: venue_mask(market.venues.get(name), rules) for name in slots.venues}
    arb_bits = {name: _safe_mode_bit(market.venues.get(name)) for name in slots.venues}
    books: dict[str, int] = {}
    underlyings: dict[str, int] = {}
    floats: list[LegParts] = []
    ints: list[tuple[int, ...]] = []
    curves: list[Floats] = []
    for instrument_id in slots.instruments:
        sight = sight_of(instrument_id, market, rules)
        look = None if sight is None else sight.look
        floats.append(parts_of(sight))
        curves += (NO_DEPTH.curve, NO_DEPTH.curve) if look is None else (look.asks.curve, look.bids.curve)
        ints.append(
            (
                bits := leg_mask(sight) | venue_bits[instrument_id.venue],
                bits | arb_bits[instrument_id.venue],
                UNKNOWN
                if look is None
                else underlyings.setdefault(look.underlying, len(underlyings)) << BOOK_BITS
                | books.setdefault(look.book_id, len(books)),
            )
        )
    return PackedMarket(
        np.array(floats, np.float64).reshape(-1, INSTRUMENT_FLOATS),
        np.array(ints, np.int64).reshape(-1, INSTRUMENT_INTS),
        np.concatenate(curves).reshape(-1, *NO_DEPTH.curve.shape) if curves else np.zeros((0, *NO_DEPTH.curve.shape)),
        np.array([_rooms(market.venues.get(name), rules) for name in slots.venues], np.float64).reshape(
            -1, VENUE_COLUMNS
        ),
        np.array(
            [(strategy_mask(market.account, name), running.get(name, 0)) for name in slots.strategies], np.int64
        ).reshape(-1, STRATEGY_COLUMNS),
        *_account(market, rules),
    )


def _safe_mode_bit(venue: VenueLook | None) -> int:
    """Return what an arbitrage at this venue fails for its mode, and nothing else does."""
    return BIT["safe_mode"] if venue is None or venue.is_safe_mode else 0


def _rooms(venue: VenueLook | None, rules: Rulebook) -> tuple[float, ...]:
    if venue is None:
        return (NO_ROOM,) * VENUE_COLUMNS
    hedge, arb = room_micro(venue.hedge_room_usd), room_micro(venue.arb_room_usd)
    in_flight, notional = room_micro(venue.in_flight_room_usd), venue_notional_room(venue, rules)
    jobs = rules.jobs.max_running_per_venue - venue.running_jobs
    both = min(in_flight, notional) if jobs >= 1 else NO_ROOM
    single = room_micro(venue.single_limit_usd)
    tight = min(hedge, both), min(arb, both)
    lone = min(single, rules.max_leg_micro_usd)
    return hedge, arb, in_flight, notional, single, float(jobs), *tight, min(tight[0], lone), min(tight[1], lone)


def _account(market: JobMarket, rules: Rulebook) -> tuple[Ints, Floats]:
    account, jobs = market.account, rules.jobs
    free = max(0, jobs.max_running - max(0, account.running_jobs))
    ints = (account.now_ns, account_mask(account, rules), lifted_bits(account), free)
    floats = (
        float(jobs.min_edge_bps[account.mode]),
        jobs.safety_weight[account.mode],
        drawdown_score(account, rules),
        failures_score(account, rules),
        target_gap(account, rules),
        rules.max_funding_cost_bps,
        rules.max_leg_micro_usd,
        rules.hedge_tolerance_pct,
    )
    return np.array(ints, np.int64), np.array(floats, np.float64)
