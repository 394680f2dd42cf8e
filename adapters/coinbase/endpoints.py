"""Where Coinbase Advanced Trade is reached, and how much it lets through.

https://docs.cdp.coinbase.com/coinbase-app/advanced-trade-apis/rest-api,
https://docs.cdp.coinbase.com/coinbase-app/advanced-trade-apis/websocket/websocket-rate-limits
"""

from typing import Final

import msgspec

REST_URL: Final = "https://api.coinbase.com"
STREAM_URL: Final = "wss://advanced-trade-ws.coinbase.com"
USER_STREAM_URL: Final = "wss://advanced-trade-ws-user.coinbase.com"

PUBLIC_PRODUCTS: Final = "/api/v3/brokerage/market/products"
TIME: Final = "/api/v3/brokerage/time"
ACCOUNTS: Final = "/api/v3/brokerage/accounts"
KEY_PERMISSIONS: Final = "/api/v3/brokerage/key_permissions"
ORDERS: Final = "/api/v3/brokerage/orders"
CANCEL: Final = "/api/v3/brokerage/orders/batch_cancel"
LIST_ORDERS: Final = "/api/v3/brokerage/orders/historical/batch"
ONE_ORDER: Final = "/api/v3/brokerage/orders/historical"
FILLS: Final = "/api/v3/brokerage/orders/historical/fills"

PRIVATE_A_SECOND: Final = 30
PUBLIC_A_SECOND: Final = 10


class TradingEndpoints(msgspec.Struct, frozen=True, kw_only=True):
    """Addresses of the trading side; tests point them at a loopback server."""

    rest_url: str = REST_URL
    user_stream_url: str = USER_STREAM_URL


class TradingSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What the trading side follows and how patient it is."""

    symbols: tuple[str, ...]  # unified (`BTC/USD`) or the venue's own, whose balances and positions are reported
    rate_limit_share: float = 1.0  # of the venue's limits, for what is neither cancel nor reconciliation
    endpoints: TradingEndpoints = TradingEndpoints()
    request_timeout_s: float = 10.0
    silence_limit_s: float = 10.0  # heartbeats come every second: a connection without is dead
    check_interval_s: float = 0.5
    first_backoff_s: float = 0.5
    backoff_cap_s: float = 20.0
    catch_up_wait_s: float = 2.0  # how long an order waits for the private stream to have caught up
    fills_tries: int = 5  # reads of an order's fills until they add up to what the stream said
    fills_retry_s: float = 0.5
    page_size: int = 100  # rows asked for at once
