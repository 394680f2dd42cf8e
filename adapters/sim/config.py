"""What can be set of the simulated market; every field has a default that needs no file."""

from decimal import Decimal

import msgspec


class Latency(msgspec.Struct, frozen=True, kw_only=True):
    """Delays of one venue in ns: a floor and a mean jitter (exponential) on top, each way."""

    feed_ns: int = 2_000_000
    feed_jitter_ns: int = 1_000_000
    entry_ns: int = 8_000_000
    entry_jitter_ns: int = 3_000_000
    response_ns: int = 4_000_000
    response_jitter_ns: int = 1_500_000


class Faults(msgspec.Struct, frozen=True, kw_only=True):
    """What goes wrong, as probabilities per message; nothing by default."""

    feed_gap: float = 0.0  # a book message is lost: the book is invalid until the next snapshot
    resnapshot_after_ns: int = 500_000_000
    response_lost: float = 0.0  # the order arrives, its answer does not: the sender is left in doubt
    in_doubt_after_ns: int = 5_000_000_000
    fill_duplicated: float = 0.0  # the same fill is reported twice


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
    history_minutes: int = 180
    venues: dict[str, VenueConfig] = msgspec.field(default_factory=_venues)
    symbols: tuple[str, ...] | None = None  # list only these; None lists everything
