"""What can be set of paper trading at one venue."""

from decimal import Decimal

import msgspec

from adapters.venue_desk.settings import Faults, Latency


class PaperConfig(msgspec.Struct, frozen=True, kw_only=True):
    starting_cash: dict[str, Decimal]
    seed: int = 1
    latency: Latency = Latency()
    faults: Faults = Faults()
    stale_after_ns: int = 2_000_000_000  # an older book takes no orders
