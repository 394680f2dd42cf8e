"""The market of a tick as arrays, in the slots that pending jobs name their instruments and strategies by."""

from collections.abc import Mapping
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.jobs.columns import Slots
from core.jobs.controls.case import (
    NO_ROOM,
    drawdown_score,
    failures_score,
    parts_of,
    room_micro,
    target_gap,
)
from core.jobs.controls.job import venue_notional_room
from core.jobs.controls.leg import sight_of
from core.jobs.controls.table import BIT
from core.jobs.evaluation import account_mask, leg_mask, lifted_bits, strategy_mask
from core.jobs.market import DEPTH_LEVELS, NO_DEPTH, JobMarket, VenueLook
from core.jobs.rulebook import Rulebook
from core.jobs.scores import CURVE_FIELDS
from core.types.instrument import InstrumentId

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

UNIT, CONTRACT, FEE, FUNDING, VOLATILITY, LATENCY, LEVERAGE = 0, 1, 2, 3, 4, 5, 6  # of an instrument, floats
BITS, ARB_BITS, VENUE, BOOK, UNDERLYING, ASK_LEVELS, BID_LEVELS = 0, 1, 2, 3, 4, 5, 6  # and integers
HEDGE_ROOM, ARB_ROOM, IN_FLIGHT_ROOM, SINGLE_LIMIT, NOTIONAL_ROOM, JOBS_ROOM = 0, 1, 2, 3, 4, 5  # of a venue
STRATEGY_BITS, ACTIVE = 0, 1  # of a strategy: failed controls, jobs running
NOW, ACCOUNT_BITS, LIFTED_BITS, FREE_SLOTS = 0, 1, 2, 3  # of the account, integers
LEAST_EDGE, SAFETY_WEIGHT, DRAWDOWN, FAILURES, TARGET_GAP, MAX_FUNDING, MAX_LEG, TOLERANCE = 0, 1, 2, 3, 4, 5, 6, 7

CURVE_SIZE: Final = DEPTH_LEVELS * CURVE_FIELDS  # floats of one side of one instrument; asks come first
UNKNOWN: Final = -1  # book or underlying of an instrument that is not known


class PackedMarket(msgspec.Struct, frozen=True):
    """Rows are slots; the venue slots are made here and hold for this tick only."""

    instrument_floats: Floats
    instrument_ints: Ints
    curves: Floats
    venues: Floats
    strategies: Ints
    account_ints: Ints
    account_floats: Floats


def pack(market: JobMarket, slots: Slots, running: Mapping[str, int], rules: Rulebook) -> PackedMarket:
    """Lay out what jobs in these slots look at; `running` counts the running jobs of each strategy."""
    venue_slots: dict[str, int] = {}
    books: dict[str, int] = {}
    underlyings: dict[str, int] = {}
    floats: list[tuple[float, ...]] = []
    ints: list[tuple[int, ...]] = []
    curves: Floats = np.zeros((max(1, 2 * len(slots.instruments)), CURVE_SIZE))
    for instrument_id, slot in slots.instruments.items():
        sight = sight_of(instrument_id, market, rules)
        parts = parts_of(sight)
        look = None if sight is None else sight.look
        asks, bids = (NO_DEPTH, NO_DEPTH) if look is None else (look.asks, look.bids)
        curves[2 * slot, : len(asks.curve)] = asks.curve
        curves[2 * slot + 1, : len(bids.curve)] = bids.curve
        floats.append(
            (
                parts.unit_micro_usd,
                parts.contract_size,
                parts.fee_bps,
                parts.funding_bps,
                parts.volatility,
                parts.latency,
                parts.leverage,
            )
        )
        ints.append(
            (
                leg_mask(instrument_id, market, rules),
                _safe_mode_bit(instrument_id, market),
                venue_slots.setdefault(instrument_id.venue, len(venue_slots)),
                UNKNOWN if look is None else books.setdefault(look.book_id, len(books)),
                UNKNOWN if look is None else underlyings.setdefault(look.underlying, len(underlyings)),
                asks.levels,
                bids.levels,
            )
        )
    return PackedMarket(
        np.array(floats, np.float64).reshape(-1, 7),
        np.array(ints, np.int64).reshape(-1, 7),
        curves.reshape(-1),
        np.array([_rooms(market.venues.get(name), rules) for name in venue_slots], np.float64).reshape(-1, 6),
        np.array(
            [(strategy_mask(market.account, name), running.get(name, 0)) for name in slots.strategies], np.int64
        ).reshape(-1, 2),
        *_account(market, rules),
    )


def _safe_mode_bit(instrument_id: InstrumentId, market: JobMarket) -> int:
    """Return what an arbitrage at this venue fails for its mode, and nothing else does."""
    venue = market.venues.get(instrument_id.venue)
    return BIT["safe_mode"] if venue is None or venue.is_safe_mode else 0


def _rooms(venue: VenueLook | None, rules: Rulebook) -> tuple[float, ...]:
    if venue is None:
        return (NO_ROOM,) * 6
    return (
        room_micro(venue.hedge_room_usd),
        room_micro(venue.arb_room_usd),
        room_micro(venue.in_flight_room_usd),
        room_micro(venue.single_limit_usd),
        venue_notional_room(venue, rules),
        float(rules.jobs.max_running_per_venue - venue.running_jobs),
    )


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
