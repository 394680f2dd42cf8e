"""Where Kraken's spot market is reached, and how its trading side behaves."""

from enum import StrEnum
from typing import Final, NamedTuple

import msgspec


class Endpoints(msgspec.Struct, frozen=True, kw_only=True):
    """Addresses; tests point them at a loopback server. Kraken has no public testnet for its spot market."""

    rest_url: str = "https://api.kraken.com"
    stream_url: str = "wss://ws.kraken.com/v2"
    private_stream_url: str = "wss://ws-auth.kraken.com/v2"


LIVE: Final = Endpoints()


class Tier(StrEnum):
    """Verification of an account; it decides how much may be asked."""

    STARTER = "starter"
    INTERMEDIATE = "intermediate"
    PRO = "pro"


class Allowance(NamedTuple):
    """A counter that rises with each request and falls by itself."""

    most: float
    decay_per_s: float

    @property
    def interval_s(self) -> float:
        """Return how long a full counter takes to empty."""
        return self.most / self.decay_per_s


# https://docs.kraken.com/api/docs/guides/spot-rest-ratelimits
CALLS: Final = {
    Tier.STARTER: Allowance(15, 0.33),
    Tier.INTERMEDIATE: Allowance(20, 0.5),
    Tier.PRO: Allowance(20, 1.0),
}
# of each pair: https://docs.kraken.com/api/docs/guides/spot-ratelimits
PAIR_TRANSACTIONS: Final = {
    Tier.STARTER: Allowance(60, 1.0),
    Tier.INTERMEDIATE: Allowance(125, 2.34),
    Tier.PRO: Allowance(180, 3.75),
}


class TradingSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How patient the trading side is, and what it may use."""

    symbols: tuple[str, ...]  # unified (`BTC/USD`) or the websocket's
    rate_limit_share: float = 1.0  # of the venue's limits, for what is neither cancel nor reconciliation
    tier: Tier = Tier.STARTER
    orders_per_s: float = 0.33  # of all pairs together, in the long run
    orders_burst: float = 20.0
    dead_man_s: int = 60  # the venue cancels everything when it has not heard from us for so long; 0 leaves it off
    request_timeout_s: float = 4.0  # less than the engine waits before an order is in doubt
    silence_limit_s: float = 10.0  # heartbeats come every second
    ping_every_s: float = 5.0
    check_interval_s: float = 0.5
    first_backoff_s: float = 0.5
    backoff_cap_s: float = 20.0
    backfill_overlap_s: float = 60.0  # trades are asked for from this long before the stream was lost
