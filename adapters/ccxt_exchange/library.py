"""The one place that imports ccxt, and what is used of it."""

import asyncio
import logging
from collections.abc import Mapping
from importlib import import_module
from types import ModuleType
from typing import Any, Final, Protocol

from adapters.ccxt_exchange.exchange_choice import ExchangeRefusedError

DECIMAL_PLACES: Final = 2
SIGNIFICANT_DIGITS: Final = 3
TICK_SIZE: Final = 4


class Client(Protocol):
    """What is used of an exchange of ccxt.pro. What comes back is data of the exchange and trusted nowhere."""

    id: str
    has: dict[str, Any]
    markets: Any
    features: Any
    options: dict[str, Any]
    urls: dict[str, Any]
    precisionMode: int  # noqa: N815 - the name is the library's
    last_response_headers: Any

    async def load_markets(self, reload: bool = False) -> Any: ...
    async def close(self) -> None: ...
    async def close_ws_clients(self) -> None: ...
    def amount_to_precision(self, symbol: str, amount: object) -> Any: ...
    def price_to_precision(self, symbol: str, price: object) -> Any: ...
    def market(self, symbol: str) -> Any: ...
    async def watch_order_book(self, symbol: str) -> Any: ...
    async def watch_trades(self, symbol: str) -> Any: ...
    async def watch_ticker(self, symbol: str) -> Any: ...
    async def watch_mark_price(self, symbol: str) -> Any: ...
    async def watch_funding_rate(self, symbol: str) -> Any: ...
    async def watch_orders(self) -> Any: ...
    async def watch_my_trades(self) -> Any: ...
    async def fetch_time(self) -> Any: ...
    async def fetch_order_book(self, symbol: str) -> Any: ...
    async def fetch_trades(self, symbol: str) -> Any: ...
    async def fetch_ticker(self, symbol: str) -> Any: ...
    async def fetch_funding_rate(self, symbol: str) -> Any: ...
    async def create_order(
        self, symbol: str, kind: str, side: str, amount: float, price: float | None, params: Mapping[str, object], /
    ) -> Any: ...
    async def edit_order(
        self,
        number: str,
        symbol: str,
        kind: str,
        side: str,
        amount: float,
        price: float,
        params: Mapping[str, object],
        /,
    ) -> Any: ...
    async def cancel_order(self, number: str | None, symbol: str, params: Mapping[str, object]) -> Any: ...
    async def cancel_all_orders(self, symbol: str | None, params: Mapping[str, object]) -> Any: ...
    async def fetch_order(self, number: str, symbol: str) -> Any: ...
    async def fetch_open_orders(
        self, symbol: str | None, since: None, limit: int | None, params: Mapping[str, object], /
    ) -> Any: ...
    async def fetch_my_trades(
        self, symbol: str | None, since: int, limit: int | None, params: Mapping[str, object], /
    ) -> Any: ...
    async def fetch_funding_history(
        self, symbol: str | None, since: int, limit: int | None, params: Mapping[str, object], /
    ) -> Any: ...
    async def fetch_balance(self) -> Any: ...
    async def fetch_positions(self, symbols: list[str] | None, params: Mapping[str, object]) -> Any: ...


async def load_library() -> ModuleType:
    """Import ccxt.pro in a thread: it takes one to three seconds."""
    library = await asyncio.to_thread(import_module, "ccxt.pro")
    # at DEBUG it writes every request with its key and signature
    logging.getLogger("ccxt").setLevel(logging.CRITICAL + 1)
    return library


def class_of(library: ModuleType, exchange: str) -> Any:
    """Return an exchange's class; raise ExchangeRefusedError where ccxt has none of the name."""
    if exchange not in library.exchanges:
        raise ExchangeRefusedError(
            f"{exchange!r} is no exchange of ccxt {library.__version__} that has streams; "
            f"there are {len(library.exchanges)} of them"
        )
    found = getattr(library, exchange)
    if issubclass(found, library.hyperliquid):
        raise ExchangeRefusedError(f"{exchange} is hyperliquid under another name, which never comes through ccxt")
    return found
