"""The order tracker as a value, for snapshots."""

import msgspec

from core.orders.outcome import Quarantined
from core.orders.seen_ids import SeenIdsState
from core.types.order import Fill, Order


class TrackerState(msgspec.Struct, frozen=True, kw_only=True):
    live: list[Order]
    final: list[Order]  # oldest first
    seen_fills: SeenIdsState
    parked: list[Fill]
    quarantine: list[Quarantined]
