"""What a REST endpoint is: its address, its weight, who may call it and what it does."""

from collections.abc import Callable
from enum import Enum, auto

import msgspec

from adapters.sim.binance_protocol.accounts import Account
from adapters.sim.binance_protocol.exchange import Exchange
from adapters.sim.binance_protocol.market import Market
from adapters.sim.binance_protocol.params import Params
from adapters.sim.binance_protocol.symbol_book import SymbolBook


class Security(Enum):
    NONE = auto()
    KEY = auto()  # the key alone
    SIGNED = auto()


class Call:
    """One request as an endpoint sees it."""

    def __init__(self, exchange: Exchange, market: Market, params: Params, account: Account | None) -> None:
        self.exchange = exchange
        self.market = market
        self.params = params
        self._account = account

    @property
    def account(self) -> Account:
        assert self._account is not None, "the endpoint is not of a kind that needs a key"
        return self._account

    def book(self) -> SymbolBook:
        return self.market.desk.book(self.params.required("symbol"))

    def books(self) -> list[SymbolBook]:
        """Return the books of the named symbol or symbols, all where none is named."""
        if self.params.text("symbol"):
            return [self.book()]
        names = self.params.names("symbols")
        return list(self.market.books.values()) if names is None else [self.market.desk.book(name) for name in names]


class Endpoint(msgspec.Struct, frozen=True):
    method: str
    path: str
    answer: Callable[[Call], object]
    weight: int | Callable[[Params], int] = 1
    security: Security = Security.NONE
    counts_as_order: bool = False

    def weight_of(self, params: Params) -> int:
        return self.weight if isinstance(self.weight, int) else self.weight(params)
