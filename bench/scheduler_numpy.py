"""The scheduler's tick as good vectorised numpy: masked arithmetic on columns, one sort of what is ready.

The same rules as `core.jobs`, for jobs of two legs. Controls on legs, strategies and account come as bits from the same
packing that ours uses.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.jobs import packing as at
from core.jobs.columns import SAFETY, VOLUME, Slots
from core.jobs.controls.case import notional_micro, notional_share, pool_of, signed_quantity
from core.jobs.controls.table import BIT
from core.jobs.market import BEGIN, COST, RATE, JobMarket
from core.jobs.rulebook import Rulebook
from core.jobs.scores import (
    DRAWDOWN_WEIGHT,
    FAILURES_WEIGHT,
    FUNDING_WEIGHT,
    LATENCY_WEIGHT,
    LEVERAGE_WEIGHT,
    VOLATILITY_WEIGHT,
)
from core.types.capital import Pool
from core.types.job import HedgeJob, JobType

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

PRUNE_AFTER: Final = 32  # jobs passed over before all that do not fit any more are taken out at once


class Needs(NamedTuple):
    """Two rows a number, one a leg."""

    worth: Floats  # in millionths of a dollar
    opens: Floats  # of that, what binds capital
    closes: Floats  # quantity of a position that the leg counts on to close


class NumpyForm:
    """Jobs as tuples of numbers, in the order of submission; arrays are made of them by `gather`."""

    def __init__(self, jobs: list[HedgeJob], rules: Rulebook) -> None:
        self._rules = rules
        self._slots = Slots()
        self._numbers = [self._numbers_of(job) for job in jobs]
        self._names = [self._names_of(job) for job in jobs]
        self.gather()

    def _numbers_of(self, job: HedgeJob) -> tuple[float, ...]:
        edge, loss = float(job.expected_edge_bps), float(job.max_acceptable_loss_bps)
        scores = notional_micro(job), notional_share(job, self._rules)
        return *(signed_quantity(leg) for leg in job.legs), *scores, edge, edge + loss

    def _names_of(self, job: HedgeJob) -> tuple[int, ...]:
        instruments = (self._slots.instrument(leg.instrument_id) for leg in job.legs)
        venues = (self._slots.venue(leg.venue) for leg in job.legs)
        is_arb, is_rebalance = pool_of(job) is Pool.ARB, job.strategy_type is JobType.REBALANCE
        return *instruments, *venues, self._slots.strategy(job.strategy), is_arb, is_rebalance, job.expires_ns

    def gather(self) -> None:
        """Make the columns of all pending jobs: one array a number, contiguous."""
        numbers: Floats = np.array(self._numbers).T.copy()
        names: Ints = np.array(self._names).T.copy()
        signed: Floats = numbers[:2]
        self._quantities: Floats = np.abs(signed)
        self._signs: Floats = np.sign(signed)
        self._notional, self._share, self._edge, self._edge_and_loss = numbers[2:]
        self._legs, self._venues = names[:2], names[2:4]
        self._strategies, is_arb, is_rebalance, self._expires = names[4:]
        self._is_arb: Bools = is_arb.astype(bool)
        self._arb_only: Ints = -is_arb  # all bits or none
        self._is_rebalance: Bools = is_rebalance.astype(bool)
        self._sides: Ints = 2 * self._legs + (signed < 0)
        self._pool_column: Ints = np.where(self._is_arb, at.ARB_ROOM, at.HEDGE_ROOM)

    def select(self, market: JobMarket) -> tuple[list[int], Ints, Floats]:
        """Return the rows to start, the masks and the scores (safety, volume, final) of all rows."""
        packed = at.pack(market, self._slots, {}, self._rules)
        table, keys = packed.instrument_floats.T.copy(), packed.instrument_ints.T.copy()
        closes: Floats = np.minimum(self._quantities, packed.closable[self._sides, at.AT_FIRST])
        worth = self._leg_micro(table)
        opens: Floats = np.ceil(worth * ((self._quantities - closes) / self._quantities))
        needs = Needs(worth, opens, np.where(opens < worth, closes, 0.0))
        masks, funding = self._job_masks(packed, table, needs)
        masks |= packed.strategies[self._strategies, at.STRATEGY_BITS] | packed.account_ints[at.ACCOUNT_BITS]
        hedge_bits: Ints = keys[at.HEDGE_BITS][self._legs]
        bits = hedge_bits | (keys[at.ARB_BITS][self._legs] & self._arb_only)
        masks |= bits[0] | bits[1]
        masks |= self._pair_masks(keys)
        scores = self._scores(packed, table, funding)
        standing = masks & ~packed.account_ints[at.LIFTED_BITS]
        ready = np.flatnonzero((standing == 0) & (self._expires > packed.account_ints[at.NOW]))
        return self._pick(ready, scores[2], needs, packed), masks, scores

    def _leg_micro(self, table: Floats) -> Floats:
        value = self._quantities * table[at.UNIT][self._legs] + 0.5
        return np.maximum(np.floor(value), self._notional)

    def _slippage(self, curves: Floats, leg: int) -> Floats:
        """Return the depth-implied slippage of one leg: the level is found by counting the ends it goes beyond."""
        side, quantity = self._sides[leg], self._quantities[leg]
        level = (curves[:, BEGIN, 1:][side] < quantity[:, None]).sum(axis=1)
        begin, cost, rate = curves[side, BEGIN, level], curves[side, COST, level], curves[side, RATE, level]
        return (cost + (quantity - begin) * rate) / quantity

    def _job_masks(self, packed: at.PackedMarket, table: Floats, needs: Needs) -> tuple[Ints, Floats]:
        account, venue = packed.account_floats, self._venues
        base = self._quantities * table[at.CONTRACT][self._legs]
        weight = base[1] / base[0]
        fee, rate = table[at.FEE][self._legs], table[at.FUNDING][self._legs] * self._signs
        costs = (fee[0] + self._slippage(packed.curves, 0)) + weight * (fee[1] + self._slippage(packed.curves, 1))
        funding = rate[0] + weight * rate[1]
        net = base[0] * self._signs[0] + base[1] * self._signs[1]
        masks = np.where(np.abs(net) * 100.0 <= account[at.TOLERANCE] * base[0], 0, BIT["direction"])
        paid = np.maximum(funding, 0.0)
        masks |= np.where(self._edge_and_loss >= costs + paid, 0, BIT["edge_after_costs"])
        masks |= np.where(self._is_rebalance | (self._edge >= account[at.LEAST_EDGE]), 0, BIT["min_edge"])
        masks |= np.where(funding <= account[at.MAX_FUNDING], 0, BIT["funding_cost"])
        masks |= np.where((needs.worth <= account[at.MAX_LEG]).all(axis=0), 0, BIT["leg_notional"])
        worth, opens = self._totals(needs.worth, venue), self._totals(needs.opens, venue)
        rooms = packed.venues
        for name, fits in (
            ("single_reserve", opens <= rooms[venue, at.SINGLE_LIMIT]),
            ("pool_room", opens <= rooms[venue, self._pool_column]),
            ("in_flight", opens <= rooms[venue, at.IN_FLIGHT_ROOM]),
            ("venue_notional", worth <= rooms[venue, at.NOTIONAL_ROOM]),
        ):
            masks |= np.where(fits[0] & fits[1], 0, BIT[name])
        return masks, funding

    @staticmethod
    def _totals(amounts: Floats, venue: Ints) -> Floats:
        return np.where(venue[0] == venue[1], amounts[0] + amounts[1], amounts)

    def _pair_masks(self, keys: Ints) -> Ints:
        key = keys[at.KEY][self._legs]
        is_known = (key[0] >= 0) & (key[1] >= 0)
        differing = key[0] ^ key[1]
        masks = np.where(is_known & (differing & ((1 << at.BOOK_BITS) - 1) == 0), BIT["self_match"], 0)
        masks |= np.where(is_known & (differing >> at.BOOK_BITS != 0), BIT["direction"], 0)
        return masks

    def _scores(self, packed: at.PackedMarket, table: Floats, funding: Floats) -> Floats:
        account = packed.account_floats
        worst = table[[at.VOLATILITY, at.LATENCY, at.LEVERAGE]][:, self._legs].min(axis=1)
        scores = np.empty((3, len(funding)))
        scores[SAFETY] = np.minimum(
            FUNDING_WEIGHT * (1.0 - np.clip(funding / account[at.MAX_FUNDING], 0.0, 1.0))
            + VOLATILITY_WEIGHT * worst[0]
            + LATENCY_WEIGHT * worst[1]
            + LEVERAGE_WEIGHT * worst[2]
            + DRAWDOWN_WEIGHT * account[at.DRAWDOWN]
            + FAILURES_WEIGHT * account[at.FAILURES],
            1.0,
        )
        scores[VOLUME] = 0.5 * self._share + 0.5 * account[at.TARGET_GAP]
        weight = account[at.SAFETY_WEIGHT]
        scores[2] = weight * scores[SAFETY] + (1.0 - weight) * scores[VOLUME]
        return scores

    def _pick(self, ready: Ints, final: Floats, needs: Needs, packed: at.PackedMarket) -> list[int]:
        """Greedy over the sorted: the next of the strategy with the fewest jobs, prunes in bulk what fits no more."""
        order = ready[np.argsort(-final[ready], kind="stable")]
        rooms, active = packed.venues.tolist(), packed.strategies[:, at.ACTIVE].tolist()
        closable = packed.closable[:, at.LEFT].tolist()
        slots = int(packed.account_ints[at.FREE_SLOTS])
        picked: list[int] = []
        while len(order) and len(picked) < slots:
            queues = [order[self._strategies[order] == strategy].tolist() for strategy in range(len(active))]
            heads = [0] * len(queues)
            passed_over = 0
            while passed_over < PRUNE_AFTER and len(picked) < slots:
                heads_left = [s for s, queue in enumerate(queues) if heads[s] < len(queue)]
                if not heads_left:
                    return picked
                strategy = min(heads_left, key=lambda s: (active[s], -final[queues[s][heads[s]]], queues[s][heads[s]]))
                row = queues[strategy][heads[strategy]]
                heads[strategy] += 1
                if self._take(row, needs, rooms, closable):
                    picked.append(row)
                    active[strategy] += 1
                else:
                    passed_over += 1
            order = self._still_fitting(order, picked, needs, np.array(rooms), np.array(closable))
        return picked

    def _take(self, row: int, needs: Needs, rooms: list[list[float]], closable: list[float]) -> bool:
        """Take a job's room where there is enough; the legs of a job are at two venues or share one."""
        pool = int(self._pool_column[row])
        binds: dict[int, tuple[float, float]] = {}
        sides: list[int] = self._sides[:, row].tolist()
        closes: list[float] = needs.closes[:, row].tolist()
        for leg in range(2):
            place = int(self._venues[leg, row])
            worth, opens = binds.get(place, (0.0, 0.0))
            binds[place] = (worth + float(needs.worth[leg, row]), opens + float(needs.opens[leg, row]))
        for place, (worth, opens) in binds.items():
            room = rooms[place]
            if (
                room[at.JOBS_ROOM] < 1
                or worth > room[at.NOTIONAL_ROOM]
                or opens > min(room[pool], room[at.IN_FLIGHT_ROOM])
            ):
                return False
        if any(closed > closable[side] for side, closed in zip(sides, closes, strict=True)):
            return False
        for place, (worth, opens) in binds.items():
            room = rooms[place]
            room[at.JOBS_ROOM] -= 1
            room[at.NOTIONAL_ROOM] -= worth
            room[pool] -= opens
            room[at.IN_FLIGHT_ROOM] -= opens
        for side, closed in zip(sides, closes, strict=True):
            closable[side] -= closed
        return True

    def _still_fitting(self, order: Ints, picked: list[int], needs: Needs, rooms: Floats, closable: Floats) -> Ints:
        order = order[~np.isin(order, picked)]
        place = self._venues[:, order]
        worth, opens = self._totals(needs.worth[:, order], place), self._totals(needs.opens[:, order], place)
        fits = (rooms[place, at.JOBS_ROOM] >= 1) & (opens <= rooms[place, self._pool_column[order]])
        fits &= (opens <= rooms[place, at.IN_FLIGHT_ROOM]) & (worth <= rooms[place, at.NOTIONAL_ROOM])
        fits &= needs.closes[:, order] <= closable[self._sides[:, order]]
        return order[fits[0] & fits[1]]
