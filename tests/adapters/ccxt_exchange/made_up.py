"""What the made-up exchange says, with the moments of now."""

from typing import Any

from adapters.ccxt_exchange.settings import ExchangeSettings
from core.io.system_clock import SystemClock
from tests.adapters.ccxt_exchange.fake_exchange import SYMBOL

EXCHANGE = ExchangeSettings(exchange="bybit", symbols=(SYMBOL,), name="here", request_timeout_s=2.0)


def now_ms() -> int:
    return SystemClock().utc_ns() // 1_000_000


def book(bid: float = 100.0, ask: float = 100.1, **changes: Any) -> dict[str, Any]:
    return {"bids": [[bid, 0.3]], "asks": [[ask, 0.2]], "timestamp": now_ms(), "nonce": 1, **changes}


def trade(number: str, **changes: Any) -> dict[str, Any]:
    return {
        "id": number, "symbol": SYMBOL, "side": "buy", "price": 100.1, "amount": 0.1, "timestamp": now_ms(),
        "order": "o-1", "takerOrMaker": "taker", "fee": {"cost": 0.01, "currency": "USDT"}, **changes,
    }  # fmt: skip
