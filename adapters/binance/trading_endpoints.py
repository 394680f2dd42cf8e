"""Where Binance is traded at: addresses, routes with their weights, and the limits of each market."""

from enum import StrEnum
from typing import Final, NamedTuple

import msgspec

from adapters.binance.market import BinanceMarket


class StreamForm(StrEnum):
    """How a private stream is opened."""

    LISTEN_KEY = "listen_key"  # a key that is part of the stream's address and has to be kept alive
    SIGNATURE = "signature"  # a signed request on the websocket API


class TradingEndpoints(msgspec.Struct, frozen=True, kw_only=True):
    """Addresses of one market; tests point them at a loopback server."""

    rest_url: str
    private_url: str  # of the private stream: before `/ws`, where a listen key is used, or the websocket API itself
    stream_form: StreamForm
    wallet_url: str | None = None  # serves `/sapi`, where a key's rights are told; test networks have none


TRADING_ENDPOINTS: Final = {
    # listen keys of spot were given up by the venue in favour of the websocket API
    BinanceMarket.SPOT: TradingEndpoints(
        rest_url="https://api.binance.com",
        private_url="wss://ws-api.binance.com:443/ws-api/v3",
        stream_form=StreamForm.SIGNATURE,
        wallet_url="https://api.binance.com",
    ),
    BinanceMarket.USDM: TradingEndpoints(
        rest_url="https://fapi.binance.com",
        private_url="wss://fstream.binance.com/private",
        stream_form=StreamForm.LISTEN_KEY,
        wallet_url="https://api.binance.com",
    ),
}


class Route(NamedTuple):
    """A request by its address, what it weighs in the minute's allowance, and whether it counts as an order."""

    method: str
    path: str
    weight: int
    orders: int = 0


class Routes(NamedTuple):
    """What both markets have."""

    time: Route
    exchange_information: Route
    price: Route
    place: Route
    cancel: Route
    order: Route
    open_orders: Route
    cancel_symbol: Route
    balances: Route
    trades: Route
    make_listen_key: Route
    keep_listen_key: Route


ROUTES: Final = {
    BinanceMarket.SPOT: Routes(
        time=Route("GET", "/api/v3/time", 1),
        exchange_information=Route("GET", "/api/v3/exchangeInfo", 20),
        price=Route("GET", "/api/v3/ticker/price", 2),
        place=Route("POST", "/api/v3/order", 1, orders=1),
        cancel=Route("DELETE", "/api/v3/order", 1),
        order=Route("GET", "/api/v3/order", 4),
        open_orders=Route("GET", "/api/v3/openOrders", 80),
        cancel_symbol=Route("DELETE", "/api/v3/openOrders", 1),
        balances=Route("GET", "/api/v3/account", 20),
        trades=Route("GET", "/api/v3/myTrades", 20),
        make_listen_key=Route("POST", "/api/v3/userDataStream", 2),
        keep_listen_key=Route("PUT", "/api/v3/userDataStream", 2),
    ),
    BinanceMarket.USDM: Routes(
        time=Route("GET", "/fapi/v1/time", 1),
        exchange_information=Route("GET", "/fapi/v1/exchangeInfo", 1),
        price=Route("GET", "/fapi/v1/ticker/price", 1),
        place=Route("POST", "/fapi/v1/order", 0, orders=1),
        cancel=Route("DELETE", "/fapi/v1/order", 1),
        order=Route("GET", "/fapi/v1/order", 1),
        open_orders=Route("GET", "/fapi/v1/openOrders", 40),
        cancel_symbol=Route("DELETE", "/fapi/v1/allOpenOrders", 1),
        balances=Route("GET", "/fapi/v3/balance", 5),
        trades=Route("GET", "/fapi/v1/userTrades", 5),
        make_listen_key=Route("POST", "/fapi/v1/listenKey", 1),
        keep_listen_key=Route("PUT", "/fapi/v1/listenKey", 1),
    ),
}

# USD-M alone
AMEND: Final = Route("PUT", "/fapi/v1/order", 1, orders=1)
POSITIONS: Final = Route("GET", "/fapi/v3/positionRisk", 5)
INCOME: Final = Route("GET", "/fapi/v1/income", 30)
FUNDING_RATES: Final = Route("GET", "/fapi/v1/fundingRate", 1)
COUNTDOWN: Final = Route("POST", "/fapi/v1/countdownCancelAll", 10)
POSITION_MODE: Final = Route("GET", "/fapi/v1/positionSide/dual", 30)
SYMBOL_SETTINGS: Final = Route("GET", "/fapi/v1/symbolConfig", 5)
SET_LEVERAGE: Final = Route("POST", "/fapi/v1/leverage", 1)
CONDITIONAL_ORDERS: Final = Route("GET", "/fapi/v1/openAlgoOrders", 40)
CANCEL_CONDITIONAL: Final = Route("DELETE", "/fapi/v1/algoOpenOrders", 1)

# of the wallet, for both
KEY_RESTRICTIONS: Final = Route("GET", "/sapi/v1/account/apiRestrictions", 1)


class OrderLimit(NamedTuple):
    """Orders an account may send within a time, and the header that tells how many it has sent."""

    orders: int
    interval_s: int
    header: str


class Limits(NamedTuple):
    """What the venue allows an address by weight a minute, and an account by orders."""

    weight_a_minute: int
    orders: tuple[OrderLimit, OrderLimit]


LIMITS: Final = {
    BinanceMarket.SPOT: Limits(
        6000, (OrderLimit(100, 10, "x-mbx-order-count-10s"), OrderLimit(200_000, 86_400, "x-mbx-order-count-1d"))
    ),
    BinanceMarket.USDM: Limits(
        2400, (OrderLimit(300, 10, "x-mbx-order-count-10s"), OrderLimit(1200, 60, "x-mbx-order-count-1m"))
    ),
}


class TradingSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What a trading side follows and how patient it is."""

    market: BinanceMarket
    symbols: tuple[str, ...]  # unified (`BTC/USDT`) or the venue's own (`BTCUSDT`)
    rate_limit_share: float = 1.0  # of the venue's limits, for what is neither cancel nor reconciliation
    endpoints: TradingEndpoints
    request_timeout_s: float = 10.0
    receive_window_ms: int = 5000  # a request that takes longer to arrive is refused by the venue
    clock_interval_s: float = 300.0  # between measurements of the venue's clock
    keep_alive_s: float = 1800.0  # a listen key lives for an hour
    deaf_after_s: float = 10.0  # an order that was answered must have been on the stream by then
    check_interval_s: float = 0.5
    malformed_limit: int = 20  # unreadable messages on one connection before it is replaced
    first_backoff_s: float = 0.5
    backoff_cap_s: float = 20.0
    dead_man_s: float = 60.0  # USD-M cancels a symbol's orders after so long without a word; 0 switches it off
    rate_lasts_s: float = 60.0  # how old a price that a fee is converted with may be
