"""[venues.<name>]: where the engine is connected to. `kind` says which adapter serves it."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, StringConstraints

from core.config.section import Amount, Milliseconds, Number, Section, Switch, Text, Usd

SIM_VENUE_NAMES: Final = ("sim-a", "sim-b", "sim-x")


class Execution(StrEnum):
    PAPER = "paper"  # own orders are matched here, against the venue's book
    VENUE = "venue"  # own orders go to the venue


def _url_of(*schemes: str) -> AfterValidator:
    def check(value: str) -> str:
        if not any(value.startswith(f"{scheme}://") and len(value) > len(scheme) + 3 for scheme in schemes):
            raise ValueError("must be an address beginning with " + " or ".join(f"{s}://" for s in schemes))
        return value.rstrip("/")

    return AfterValidator(check)


# Upper case whatever the source: environment variables lose the case of a key.
Asset = Annotated[str, StringConstraints(to_upper=True, min_length=1)]
RestUrl = Annotated[str, _url_of("https", "http")]
StreamUrl = Annotated[str, _url_of("wss", "ws")]
Speed = Annotated[Number, Field(gt=0, le=100_000)]


class SimVenueConfig(Section):
    """A venue of the embedded market ([sim]): no network, no keys, no money."""

    kind: Literal["sim"] = Field(description="sim; the venue's name is one of sim-a, sim-b, sim-x")
    execution: Literal[Execution.VENUE] = Field(
        default=Execution.VENUE, description="the simulated venue matches own orders itself, in its queues"
    )
    starting_balances: dict[Asset, Amount] | None = Field(
        default=None,
        description="cash of the account at the very first start; left out: 100,000 in the venue's currency",
    )
    feed_latency_ms: Milliseconds | None = Field(default=None, description="way of market data; left out: its own")
    entry_latency_ms: Milliseconds | None = Field(default=None, description="way of an order; left out: its own")
    response_latency_ms: Milliseconds | None = Field(default=None, description="way of an answer; left out: its own")


class _BinanceConfig(Section):
    execution: Execution = Field(
        default=Execution.PAPER, description="paper matches own orders here against the live book; venue sends them"
    )
    testnet: Switch = Field(default=False, description="use the venue's test network unless an address is given below")
    starting_balance_usdt: Usd = Field(default=Decimal(100_000), description="cash of the paper account")
    rest_url: RestUrl | None = Field(default=None, description="address of the REST interface; left out: the venue's")
    stream_url: StreamUrl | None = Field(default=None, description="address of the streams; left out: the venue's")


class BinanceSpotConfig(_BinanceConfig):
    kind: Literal["binance"] = Field(description="binance: Binance spot")
    symbols: tuple[Text, ...] = Field(
        default=("BTC/USDT", "ETH/USDT", "SOL/USDT", "DOGE/USDT", "ZEC/USDT"),
        min_length=1,
        description="unified symbols to follow",
    )


class BinanceFuturesConfig(_BinanceConfig):
    kind: Literal["binanceusdm"] = Field(description="binanceusdm: Binance USD-M perpetuals")
    symbols: tuple[Text, ...] = Field(
        default=("BTC/USDT:USDT", "ETH/USDT:USDT", "SOL/USDT:USDT", "DOGE/USDT:USDT", "ZEC/USDT:USDT"),
        min_length=1,
        description="unified symbols to follow",
    )


class ReplayVenueConfig(Section):
    """A recording played through the feed code of the venue it was made at."""

    kind: Literal["replay"] = Field(description="replay")
    path: Text = Field(description="the recording")
    venue: Literal["binance", "binanceusdm", "kraken", "coinbase"] = Field(
        description="whose messages the recording holds"
    )
    execution: Literal[Execution.PAPER] = Field(default=Execution.PAPER, description="orders are matched on paper")
    speed: Speed | Literal["max"] = Field(
        default=Decimal(1), description="1 is the recorded pace, max as fast as possible"
    )
    starting_balance_usdt: Usd = Field(default=Decimal(100_000), description="cash of the paper account")


VenueConfig = Annotated[
    SimVenueConfig | BinanceSpotConfig | BinanceFuturesConfig | ReplayVenueConfig, Field(discriminator="kind")
]
