"""An exchange of ccxt made up for tests: what its calls return or raise is queued by name."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable
from typing import Any

TRADING = (
    "createOrder",
    "cancelOrder",
    "fetchOpenOrders",
    "fetchBalance",
    "fetchMyTrades",
    "fetchPositions",
    "fetchOrder",
)
SYMBOL = "BTC/USDT:USDT"


def market(**changes: Any) -> dict[str, Any]:
    return {
        "symbol": SYMBOL, "id": "BTCUSDT", "base": "BTC", "quote": "USDT", "settle": "USDT", "active": True,
        "spot": False, "swap": True, "linear": True, "inverse": False, "type": "swap", "contractSize": 1.0,
        "precision": {"price": 0.1, "amount": 0.001}, "maker": 0.0002, "taker": 0.00055,
        "limits": {"amount": {"min": 0.001}, "cost": {"min": 5.0}, "leverage": {"max": 100.0}}, **changes,
    }  # fmt: skip


class FakeExchange:
    """Answers what was queued; what was not queued is empty, and a watch without anything waits."""

    id = "bybit"
    precisionMode = 4  # noqa: N815 - the name is ccxt's
    last_response_headers: Any = None

    def __init__(self, *offered: str, markets: list[dict[str, Any]] | None = None) -> None:
        self.has: dict[str, Any] = dict.fromkeys(offered, True)
        self.markets: dict[str, Any] = {each["symbol"]: each for each in markets or [market()]}
        self.features: Any = {
            "swap": {
                "linear": {
                    "fetchMyTrades": {"symbolRequired": False, "limit": 100, "untilDays": 7},
                    "fetchOpenOrders": {"symbolRequired": False, "limit": 50},
                }
            }
        }
        self.options: dict[str, Any] = {}
        self.urls: dict[str, Any] = {}
        self.clients: dict[str, Any] = {}
        self.rateLimit = 1
        self.calls: list[tuple[str, tuple[Any, ...]]] = []
        self.closed_streams = 0
        self.is_closed = False
        self._queued: dict[str, deque[Any]] = defaultdict(deque)
        self._news = asyncio.Event()

    def queue(self, name: str, *answers: Any) -> None:
        """Queue what a call returns; an exception is raised, a function is called with the arguments."""
        self._queued[name].extend(answers)
        self._news.set()

    def asked(self, name: str) -> list[tuple[Any, ...]]:
        return [arguments for called, arguments in self.calls if called == name]

    def waiting(self, name: str) -> int:
        return len(self._queued[name])

    async def load_markets(self, reload: bool = False) -> Any:
        await self._answer("load_markets", (), {})
        return self.markets

    async def close(self) -> None:
        self.is_closed = True

    async def close_ws_clients(self) -> None:
        self.closed_streams += 1

    def market(self, symbol: str) -> Any:
        return self.markets[symbol]

    def amount_to_precision(self, symbol: str, amount: float) -> str:
        return repr(amount)

    price_to_precision = amount_to_precision

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if not name.startswith(("watch_", "fetch_", "create_", "cancel_", "edit_")):
            raise AttributeError(name)

        async def call(*arguments: Any) -> Any:
            self.calls.append((name, arguments))
            default: Any = [] if name.endswith(("_trades", "_orders", "_positions", "_history")) else {}
            return await self._answer(name, arguments, default)

        return call

    async def _answer(self, name: str, arguments: tuple[Any, ...], default: Any) -> Any:
        while name.startswith("watch_") and not self._queued[name]:
            self._news.clear()
            await self._news.wait()
        answer = self._queued[name].popleft() if self._queued[name] else default
        if isinstance(answer, BaseException):
            raise answer
        return answer(*arguments) if callable(answer) else answer
