"""What is followed at an exchange of ccxt, and how patient the adapter is."""

from decimal import Decimal

import msgspec


class ExchangeSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Which exchange, and how it is reached."""

    exchange: str  # ccxt's id: bybit, krakenfutures, paradex
    symbols: tuple[str, ...]  # ccxt's unified symbols, all spot or all perpetual
    name: str | None = None  # what the venue is called here, where that is not the exchange's id
    testnet: bool = False
    rest_url: str | None = None
    ws_url: str | None = None
    rate_limit_share: Decimal = Decimal("0.5")
    may_replace_native: bool = False  # use ccxt where this project has an adapter of its own
    client_order_id_param: str | None = None  # by which an exchange without a profile takes client order ids
    request_timeout_s: float = 10.0

    @property
    def venue(self) -> str:
        return self.name or self.exchange


class FeedSettings(msgspec.Struct, frozen=True, kw_only=True):
    """When a channel counts as dead, and how often is asked what does not come by itself."""

    depth: int = 50  # levels a side that are taken over
    book_silence_s: float = 30.0
    trade_silence_s: float = 120.0  # then the exchange is asked whether there was a trade
    book_poll_s: float = 1.0
    trade_poll_s: float = 2.0
    contract_poll_s: float = 10.0
    clock_look_s: float = 30.0  # so often is looked whether our clock was set
    clock_ask_s: float = 600.0  # and the exchange is asked for its time
    first_backoff_s: float = 0.5
    backoff_cap_s: float = 20.0
    failures_limit: int = 3  # of one channel in a row before the connection is replaced
    malformed_limit: int = 20  # of one symbol in a row before the connection is replaced


class ExecutionSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How an account is followed and read."""

    poll_s: float = 10.0  # executions are asked for so often, whatever the stream says
    overlap_s: float = 60.0  # and from so long before what is known; ids tell what was seen
    first_backoff_s: float = 0.5
    backoff_cap_s: float = 20.0
    pages_limit: int = 20
    cancel_looks: int = 3  # in vain, before a kill is given up as doubt
