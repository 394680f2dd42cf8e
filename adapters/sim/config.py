"""What can be set of the simulated market; every field has a default that needs no file."""

from decimal import Decimal

import msgspec

from adapters.venue_desk.settings import Faults, Latency


class VenueConfig(msgspec.Struct, frozen=True, kw_only=True):
    starting_cash: dict[str, Decimal]
    latency: Latency = Latency()
    faults: Faults = Faults()


def _venues() -> dict[str, VenueConfig]:
    thousands = Decimal(100_000)
    return {
        "sim-a": VenueConfig(starting_cash={"USDT": thousands}),
        "sim-b": VenueConfig(
            starting_cash={"USDT": thousands}, latency=Latency(feed_ns=5_000_000, entry_ns=14_000_000)
        ),
        "sim-x": VenueConfig(starting_cash={"USD": thousands}, latency=Latency(feed_ns=8_000_000, entry_ns=20_000_000)),
    }


class SimConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The whole simulated market."""

    seed: int = 1
    step_ns: int = 50_000_000
    stock_always_open: bool = False
    funding_interval_s: int = 8 * 3_600
    history_minutes: int = 600
    venues: dict[str, VenueConfig] = msgspec.field(default_factory=_venues)
    symbols: tuple[str, ...] | None = None  # list only these; None lists everything
