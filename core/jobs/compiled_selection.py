"""Judge all pending jobs and pick those to start, in one compiled pass over arrays."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from core.jobs.columns import SEQUENCE, PendingColumns
from core.jobs.judging import judge_all
from core.jobs.kept import CURSOR_COLUMNS, TOP
from core.jobs.market import JobMarket
from core.jobs.packing import FREE_SLOTS, pack
from core.jobs.picking import pick
from core.jobs.rulebook import Rulebook

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class CompiledSelector:
    """The fast form of `core.jobs.selection.ObjectSelector`; importing it brings the compiler in."""

    def __init__(self, rules: Rulebook) -> None:
        self._rules = rules
        self._kept: Ints = np.zeros((0, TOP), np.int64)
        self._cursors: Ints = np.zeros((0, CURSOR_COLUMNS), np.int64)
        self._ready: Ints = np.zeros(0, np.int64)
        self._floors: Floats = np.zeros(0)
        self._picks: Ints = np.zeros(0, np.int64)

    def select(self, columns: PendingColumns, market: JobMarket, running: Mapping[str, int]) -> list[int]:
        """Judge and pick; without pending jobs there is nothing to do."""
        count = len(columns)
        if not count:
            return []
        packed = pack(market, columns.slots, running, self._rules)
        self._make_room(count, len(packed.strategies), int(packed.account_ints[FREE_SLOTS]))
        waiting = judge_all(
            count,
            len(columns.status),
            columns.floats.reshape(-1),
            columns.ints.reshape(-1),
            columns.results.reshape(-1),
            columns.finals,
            columns.masks,
            columns.status,
            packed.instrument_floats.reshape(-1),
            packed.instrument_ints.reshape(-1),
            packed.curves.reshape(-1),
            packed.closable.reshape(-1),
            packed.venues.reshape(-1),
            packed.strategies.reshape(-1),
            packed.account_ints,
            packed.account_floats,
            self._ready,
        )
        found = pick(
            waiting,
            len(columns.status),
            columns.floats.reshape(-1),
            columns.ints.reshape(-1),
            columns.ints[SEQUENCE],
            columns.results.reshape(-1),
            columns.finals,
            columns.status,
            packed.closable.reshape(-1),
            packed.venues.reshape(-1),
            packed.strategies.reshape(-1),
            packed.account_ints,
            self._kept,
            self._cursors,
            self._floors,
            self._ready,
            self._picks,
        )
        return self._picks[:found].tolist()

    def _make_room(self, jobs: int, strategies: int, slots: int) -> None:
        if jobs > len(self._ready):
            self._ready = np.zeros(2 * jobs, np.int64)
        if strategies != len(self._kept):
            self._kept = np.zeros((strategies, TOP), np.int64)
            self._cursors = np.zeros((strategies, CURSOR_COLUMNS), np.int64)
            self._floors = np.zeros(strategies)
        if slots > len(self._picks):
            self._picks = np.zeros(slots, np.int64)
