"""Ids that were already counted, in bounded memory, without ever counting one twice."""

from enum import StrEnum

import msgspec


class Novelty(StrEnum):
    NEW = "new"
    SEEN = "seen"
    TOO_OLD = "too_old"  # from before the memory reaches: new or seen, nobody can tell


class SeenIdsState(msgspec.Struct, frozen=True):
    """Per venue the remembered (id, venue ns) in order of arrival, and how far back memory reaches."""

    ids: list[tuple[str, list[tuple[str, int]]]]
    horizons: list[tuple[str, int]]


class SeenIds:
    """Remember the newest ids of each venue; what is older than the memory is told apart from new."""

    def __init__(self, capacity_per_venue: int = 10_000) -> None:
        self._capacity = capacity_per_venue
        self._ids: dict[str, dict[str, int]] = {}
        self._horizon_ns: dict[str, int] = {}

    def look(self, venue: str, identity: str, venue_ns: int) -> Novelty:
        """Tell whether an id was counted before; nothing is remembered by looking."""
        if identity in self._ids.get(venue, ()):
            return Novelty.SEEN
        if venue_ns <= self._horizon_ns.get(venue, -1):
            return Novelty.TOO_OLD
        return Novelty.NEW

    def add(self, venue: str, identity: str, venue_ns: int) -> None:
        """Remember an id; the oldest arrival of the venue is forgotten where the memory is full."""
        ids = self._ids.setdefault(venue, {})
        ids[identity] = venue_ns
        if len(ids) > self._capacity:
            oldest = next(iter(ids))
            forgotten_ns = ids.pop(oldest)
            self._horizon_ns[venue] = max(forgotten_ns, self._horizon_ns.get(venue, -1))

    def to_state(self) -> SeenIdsState:
        return SeenIdsState(
            [(venue, list(ids.items())) for venue, ids in self._ids.items()], list(self._horizon_ns.items())
        )

    def restore(self, state: SeenIdsState) -> None:
        self._ids = {venue: dict(ids) for venue, ids in state.ids}
        self._horizon_ns = dict(state.horizons)
