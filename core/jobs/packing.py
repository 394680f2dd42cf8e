"""The market of a tick as arrays, in the slots that pending jobs name their instruments and strategies by."""

from collections.abc import Mapping
from typing import Final

import msgspec
import numpy as np
from msgspec.structs import astuple
from numpy.typing import NDArray

from core.jobs.columns import Slots
from core.jobs.controls.case import (
    NO_ROOM,
    closable_quantity,
    drawdown_score,
    failures_score,
    parts_of,
    room_micro,
    target_gap,
)
from core.jobs.controls.job import venue_notional_room
from core.jobs.controls.leg import LegSight, sight_of
from core.jobs.controls.table import BIT
from core.jobs.evaluation import account_mask, leg_masks, lifted_bits, strategy_mask, venue_mask
from core.jobs.market import DEPTH_LEVELS, NO_DEPTH, JobMarket, VenueLook
from core.jobs.rulebook import Rulebook
from core.types.order import Side

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

UNIT, CONTRACT, FEE, FUNDING, VOLATILITY, LATENCY, LEVERAGE = 0, 1, 2, 3, 4, 5, 6  # of an instrument, floats
HEDGE_BITS, ARB_BITS, KEY = 0, 1, 2  # and integers: failed controls of a job of either pool, and what it is
HEDGE_ROOM, ARB_ROOM, IN_FLIGHT_ROOM, NOTIONAL_ROOM, SINGLE_LIMIT, JOBS_ROOM = 0, 1, 2, 3, 4, 5  # of a venue
HEDGE_TIGHT, ARB_TIGHT = 6, 7  # the least room for what a job of that pool opens, none without a job slot
HEDGE_CLEAR, ARB_CLEAR = 8, 9  # a lone leg of that pool up to here passes every control on capital
AT_FIRST, LEFT = 0, 1  # of a side: what may be closed there, and what of it no job picked so far counts on
STRATEGY_BITS, ACTIVE = 0, 1  # of a strategy: failed controls, jobs running
NOW, ACCOUNT_BITS, LIFTED_BITS, FREE_SLOTS = 0, 1, 2, 3  # of the account, integers
LEAST_EDGE, SAFETY_WEIGHT, DRAWDOWN, FAILURES, TARGET_GAP, MAX_FUNDING, MAX_LEG, TOLERANCE = 0, 1, 2, 3, 4, 5, 6, 7

INSTRUMENT_FLOATS: Final = 7
INSTRUMENT_INTS: Final = 3
VENUE_COLUMNS: Final = 10
CLOSABLE_COLUMNS: Final = 2
STRATEGY_COLUMNS: Final = 2
CURVE_ROW: Final = DEPTH_LEVELS + 1
CURVE_SIZE: Final = 3 * CURVE_ROW

# A key is `underlying << BOOK_BITS | book`, numbers of this tick. Two legs are a hedge on two books where only the
# lower parts of their keys differ.
BOOK_BITS: Final = 32
UNKNOWN: Final = -1  # key of an instrument that is not known


class PackedMarket(msgspec.Struct, frozen=True):
    """Rows are slots. `curves` and `closable` have one a side of each instrument: at even numbers that of buys."""

    instrument_floats: Floats
    instrument_ints: Ints
    curves: Floats
    closable: Floats
    venues: Floats
    strategies: Ints
    account_ints: Ints
    account_floats: Floats


def pack(market: JobMarket, slots: Slots, running: Mapping[str, int], rules: Rulebook) -> PackedMarket:
    """Lay out what jobs in these slots look at; `running` counts the running jobs of each strategy."""
    sights = [sight_of(instrument_id, market, rules) for instrument_id in slots.instruments]
    venues = {name: market.venues.get(name) for name in slots.venues}
    return PackedMarket(
        _instrument_floats(sights),
        _instrument_ints(slots, sights, venues, rules),
        _curves(sights),
        _closable(sights),
        _venues(venues, rules),
        _strategies(market, slots, running),
        *_account(market, rules),
    )


def _instrument_floats(sights: list[LegSight | None]) -> Floats:
    numbers: list[float] = []
    for sight in sights:
        numbers += astuple(parts_of(sight))
    return np.array(numbers, np.float64).reshape(-1, INSTRUMENT_FLOATS)


def _instrument_ints(
    slots: Slots, sights: list[LegSight | None], venues: dict[str, VenueLook | None], rules: Rulebook
) -> Ints:
    hedge_bits = {name: venue_mask(venue, rules) for name, venue in venues.items()}
    arb_bits = {name: _safe_mode_bit(venue) for name, venue in venues.items()}
    numbers: list[int] = []
    for instrument_id, leg_bits, key in zip(slots.instruments, leg_masks(sights), _keys(sights), strict=True):
        bits = leg_bits | hedge_bits[instrument_id.venue]
        numbers += (bits, bits | arb_bits[instrument_id.venue], key)
    return np.array(numbers, np.int64).reshape(-1, INSTRUMENT_INTS)


def _keys(sights: list[LegSight | None]) -> list[int]:
    books: dict[str, int] = {}
    underlyings: dict[str, int] = {}
    return [
        UNKNOWN
        if sight is None
        else underlyings.setdefault(sight.look.underlying, len(underlyings)) << BOOK_BITS
        | books.setdefault(sight.look.book_id, len(books))
        for sight in sights
    ]


def _curves(sights: list[LegSight | None]) -> Floats:
    curves: list[Floats] = []
    for sight in sights:
        curves += (NO_DEPTH.curve,) * 2 if sight is None else (sight.look.asks.curve, sight.look.bids.curve)
    shape = NO_DEPTH.curve.shape
    return np.concatenate(curves).reshape(-1, *shape) if curves else np.zeros((0, *shape))


def _closable(sights: list[LegSight | None]) -> Floats:
    numbers = [closable_quantity(sight, side) for sight in sights for side in (Side.BUY, Side.SELL)]
    return np.repeat(np.array(numbers, np.float64), CLOSABLE_COLUMNS).reshape(-1, CLOSABLE_COLUMNS)


def _venues(venues: dict[str, VenueLook | None], rules: Rulebook) -> Floats:
    numbers: list[float] = []
    for venue in venues.values():
        numbers += _rooms(venue, rules)
    return np.array(numbers, np.float64).reshape(-1, VENUE_COLUMNS)


def _strategies(market: JobMarket, slots: Slots, running: Mapping[str, int]) -> Ints:
    numbers: list[int] = []
    for name in slots.strategies:
        numbers += (strategy_mask(market.account, name), running.get(name, 0))
    return np.array(numbers, np.int64).reshape(-1, STRATEGY_COLUMNS)


def _safe_mode_bit(venue: VenueLook | None) -> int:
    """Return what an arbitrage at this venue fails for its mode, and nothing else does."""
    return BIT["safe_mode"] if venue is None or venue.is_safe_mode else 0


def _rooms(venue: VenueLook | None, rules: Rulebook) -> tuple[float, ...]:
    if venue is None:
        return (NO_ROOM,) * VENUE_COLUMNS
    hedge, arb = room_micro(venue.hedge_room_usd), room_micro(venue.arb_room_usd)
    in_flight, notional = room_micro(venue.in_flight_room_usd), venue_notional_room(venue, rules)
    jobs = rules.jobs.max_running_per_venue - venue.running_jobs
    bound = in_flight if jobs >= 1 else NO_ROOM
    single = room_micro(venue.single_limit_usd)
    tight = min(hedge, bound), min(arb, bound)
    lone = min(single, notional, rules.max_leg_micro_usd)
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
