"""[venues.<name>]: where the engine is connected to. `kind` says which adapter serves it."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, StringConstraints

from core.config.section import Amount, Milliseconds, Number, PositiveShare, Section, Switch, Text, Usd
from core.types.credentials import MAIN_ACCOUNT

SIM_VENUE_NAMES: Final = ("sim-a", "sim-b", "sim-x")


_DEAD_MAN_LEAST_S: Final = 30


class VenueMode(StrEnum):
    OFF = "off"  # not connected
    DATA = "data"  # market data, no orders
    PAPER = "paper"  # own orders are matched here, against the venue's book
    LIVE = "live"  # own orders go to the venue, with money


def _url_of(*schemes: str) -> AfterValidator:
    def check(value: str) -> str:
        if not any(value.startswith(f"{scheme}://") and len(value) > len(scheme) + 3 for scheme in schemes):
            raise ValueError("must be an address beginning with " + " or ".join(f"{s}://" for s in schemes))
        return value.rstrip("/")

    return AfterValidator(check)


def _off_or_long(seconds: int) -> int:
    if 0 < seconds < _DEAD_MAN_LEAST_S:
        raise ValueError(f"must be 0, which leaves it off, or {_DEAD_MAN_LEAST_S} and above")
    return seconds


# Upper case whatever the source: environment variables lose the case of a key.
Asset = Annotated[str, StringConstraints(to_upper=True, min_length=1)]
RestUrl = Annotated[str, _url_of("https", "http")]
StreamUrl = Annotated[str, _url_of("wss", "ws")]
Port = Annotated[int, Field(strict=True, ge=1, le=65_535)]
ClientId = Annotated[int, Field(strict=True, ge=1, le=10_000)]
DeadManSeconds = Annotated[int, Field(strict=True, ge=0, le=86_400), AfterValidator(_off_or_long)]
AccountName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]
Speed = Annotated[Number, Field(gt=0, le=100_000)]


class SimVenueConfig(Section):
    """A venue of the embedded market ([sim]): no network, no keys, no money."""

    kind: Literal["sim"] = Field(description="sim; the venue's name is one of sim-a, sim-b, sim-x")
    starting_balances: dict[Asset, Amount] | None = Field(
        default=None,
        description="cash of the account at the very first start; left out: 100,000 in the venue's currency",
    )
    feed_latency_ms: Milliseconds | None = Field(default=None, description="way of market data; left out: its own")
    entry_latency_ms: Milliseconds | None = Field(default=None, description="way of an order; left out: its own")
    response_latency_ms: Milliseconds | None = Field(default=None, description="way of an answer; left out: its own")


class RealVenueConfig(Section):
    """What every venue on the network has."""

    mode: VenueMode = Field(
        default=VenueMode.PAPER,
        description="off, data (no orders), paper (matched here against the live book) or live (sent, with money)",
    )
    symbols: tuple[Text, ...] = Field(min_length=1, description="unified symbols to follow")
    account: AccountName = Field(default=MAIN_ACCOUNT, description="whose key of the key store trades")
    starting_balance_usdt: Usd = Field(default=Decimal(100_000), description="cash of the paper account")


class CryptoVenueConfig(RealVenueConfig):
    """A venue reached by REST and websocket."""

    testnet: Switch = Field(default=False, description="use the venue's test network unless an address is given below")
    rest_url: RestUrl | None = Field(default=None, description="address of the REST interface; left out: the venue's")
    ws_url: StreamUrl | None = Field(default=None, description="address of the streams; left out: the venue's")
    rate_limit_share: PositiveShare = Field(
        default=Decimal("0.5"), description="part of the venue's rate limit used here; the rest is for other programs"
    )


class BinanceSpotConfig(CryptoVenueConfig):
    kind: Literal["binance"] = Field(description="binance: Binance spot")
    symbols: tuple[Text, ...] = Field(
        default=("BTC/USDT", "ETH/USDT", "SOL/USDT", "DOGE/USDT", "ZEC/USDT"),
        min_length=1,
        description="unified symbols to follow",
    )


class BinanceFuturesConfig(CryptoVenueConfig):
    kind: Literal["binanceusdm"] = Field(description="binanceusdm: Binance USD-M perpetuals")
    symbols: tuple[Text, ...] = Field(
        default=("BTC/USDT:USDT", "ETH/USDT:USDT", "SOL/USDT:USDT", "DOGE/USDT:USDT", "ZEC/USDT:USDT"),
        min_length=1,
        description="unified symbols to follow",
    )


class KrakenConfig(CryptoVenueConfig):
    kind: Literal["kraken"] = Field(description="kraken: Kraken spot")
    symbols: tuple[Text, ...] = Field(
        default=("BTC/USD", "ETH/USD", "SOL/USD"), min_length=1, description="unified symbols to follow"
    )


class OkxConfig(CryptoVenueConfig):
    kind: Literal["okx"] = Field(description="okx: OKX spot and swaps")
    symbols: tuple[Text, ...] = Field(
        default=("BTC/USDT", "ETH/USDT", "BTC/USDT:USDT", "ETH/USDT:USDT"),
        min_length=1,
        description="unified symbols to follow",
    )


class CoinbaseConfig(CryptoVenueConfig):
    kind: Literal["coinbase"] = Field(description="coinbase: Coinbase Advanced Trade spot")
    symbols: tuple[Text, ...] = Field(
        default=("BTC/USD", "ETH/USD", "SOL/USD"), min_length=1, description="unified symbols to follow"
    )


class HyperliquidConfig(CryptoVenueConfig):
    kind: Literal["hyperliquid"] = Field(description="hyperliquid: Hyperliquid perpetuals, builder dexs included")
    symbols: tuple[Text, ...] = Field(
        default=("BTC/USDC:USDC", "ETH/USDC:USDC", "xyz:NVDA"), min_length=1, description="unified symbols to follow"
    )
    dead_man_s: DeadManSeconds = Field(
        default=0,
        description="after so many seconds without a word from here the venue cancels all orders of the account; "
        "0: off, else 30 and above; the venue grants it after 1,000,000 USD of traded volume",
    )


def _through_ccxt(exchange: str) -> str:
    if exchange == "hyperliquid":
        raise ValueError("must not be hyperliquid: ccxt would sign an approval of a fee for others with its orders")
    return exchange


ExchangeId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]{2,32}$"), AfterValidator(_through_ccxt)]


class CcxtVenueConfig(CryptoVenueConfig):
    kind: Literal["ccxt"] = Field(description="ccxt: an exchange that has no adapter of its own, through ccxt")
    exchange: ExchangeId = Field(description="ccxt's name of it, e.g. bybit, krakenfutures, paradex")
    use_ccxt_anyway: Switch = Field(
        default=False, description="also where the exchange has an adapter of its own, which is better"
    )
    client_order_id_param: Text | None = Field(
        default=None, description="parameter that takes client order ids; only for exchanges that are not known here"
    )


class InteractiveBrokersConfig(RealVenueConfig):
    """TWS or IB Gateway, which has its own login: no key is kept here."""

    kind: Literal["interactive_brokers"] = Field(description="interactive_brokers: stocks through TWS or IB Gateway")
    symbols: tuple[Text, ...] = Field(
        default=("AAPL", "MSFT", "NVDA", "SPY"), min_length=1, description="unified symbols to follow"
    )
    host: Text = Field(default="127.0.0.1", description="where TWS or IB Gateway listens")
    port: Port = Field(default=7497, description="7496 TWS live, 7497 TWS paper, 4001 Gateway live, 4002 Gateway paper")
    client_id: ClientId = Field(
        default=17,
        description="each program at one TWS needs its own; keep it, or own orders cannot be cancelled singly",
    )
    account_code: str = Field(default="", description="which account of the login; empty where it has one only")


class ReplayVenueConfig(Section):
    """A recording played through the feed code of the venue it was made at."""

    kind: Literal["replay"] = Field(description="replay")
    path: Text = Field(description="the recording")
    venue: Literal[
        "binance", "binanceus", "binanceusdm", "binancecoinm", "kraken", "okx", "coinbase", "hyperliquid"
    ] = Field(description="whose messages the recording holds")
    speed: Speed | Literal["max"] = Field(
        default=Decimal(1), description="1 is the recorded pace, max as fast as possible"
    )
    starting_balance_usdt: Usd = Field(default=Decimal(100_000), description="cash of the paper account")


RealVenue = (
    BinanceSpotConfig
    | BinanceFuturesConfig
    | KrakenConfig
    | OkxConfig
    | CoinbaseConfig
    | HyperliquidConfig
    | CcxtVenueConfig
)
VenueConfig = Annotated[
    SimVenueConfig
    | BinanceSpotConfig
    | BinanceFuturesConfig
    | KrakenConfig
    | OkxConfig
    | CoinbaseConfig
    | HyperliquidConfig
    | CcxtVenueConfig
    | InteractiveBrokersConfig
    | ReplayVenueConfig,
    Field(discriminator="kind"),
]
