"""How far away a simulated or paper venue is, and what goes wrong on the way."""

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
