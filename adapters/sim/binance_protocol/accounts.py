"""Accounts and their keys; each has a spot wallet and a futures wallet."""

import hashlib
import hmac
import random
from collections import deque
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final, NamedTuple

from adapters.venue_desk.account import FLAT, Position

DEFAULT_LEVERAGE: Final = 20
_INCOMES_KEPT: Final = 20_000


class SpotWallet:
    """Free and held amounts by asset."""

    def __init__(self, balances: Mapping[str, Decimal]) -> None:
        self.free: dict[str, Decimal] = dict(balances)
        self.locked: dict[str, Decimal] = dict.fromkeys(balances, Decimal(0))

    def amount_free(self, asset: str) -> Decimal:
        return self.free.get(asset, Decimal(0))

    def amount_locked(self, asset: str) -> Decimal:
        return self.locked.get(asset, Decimal(0))

    def add(self, asset: str, amount: Decimal) -> None:
        self.free[asset] = self.amount_free(asset) + amount
        self.locked.setdefault(asset, Decimal(0))

    def hold(self, asset: str, amount: Decimal) -> None:
        self.add(asset, -amount)
        self.locked[asset] += amount


class Income(NamedTuple):
    """One line of a futures wallet's history."""

    symbol: str
    kind: str
    amount: Decimal
    at_ms: int
    number: int
    trade_id: str


class UsdmWallet:
    """One-way positions on cross margin in USDT."""

    def __init__(self, balance: Decimal) -> None:
        self.balance = balance
        self.positions: dict[str, Position] = {}
        self.changed_ms: dict[str, int] = {}
        self.leverage: dict[str, int] = {}
        self.realised: dict[str, Decimal] = {}
        self.incomes: deque[Income] = deque(maxlen=_INCOMES_KEPT)
        self._incomes = 0

    def position(self, symbol: str) -> Position:
        return self.positions.get(symbol, FLAT)

    def leverage_of(self, symbol: str) -> int:
        return self.leverage.get(symbol, DEFAULT_LEVERAGE)

    def book_income(self, symbol: str, kind: str, amount: Decimal, at_ms: int, trade_id: str = "") -> None:
        self._incomes += 1
        self.incomes.append(Income(symbol, kind, amount, at_ms, self._incomes, trade_id))


class Account:
    """One trader; `number` tells its orders from those of others in the matching books."""

    def __init__(self, name: str, number: int, key: str, secret: str, spot: SpotWallet, usdm: UsdmWallet) -> None:
        self.name = name
        self.number = number
        self.key = key
        self.secret = secret
        self.spot = spot
        self.usdm = usdm

    def signs(self, payload: str, signature: str) -> bool:
        wanted = hmac.new(self.secret.encode(), payload.encode(), hashlib.sha256).hexdigest()
        return hmac.compare_digest(wanted, signature.lower())


def make_keys(name: str, seed: int) -> tuple[str, str]:
    """Invent an API key and its secret: 64 letters and digits each, the same for the same name and seed."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    chance = random.Random(f"{seed}/{name}")  # noqa: S311 - play money: a repeatable key is wanted
    key, secret = ("".join(chance.choices(letters, k=64)) for _ in range(2))
    return key, secret


class Accounts:
    """All accounts, found by API key."""

    def __init__(self, accounts: Iterable[Account]) -> None:
        self._by_key = {account.key: account for account in accounts}

    def __iter__(self):
        return iter(self._by_key.values())

    def by_key(self, key: str) -> Account | None:
        return self._by_key.get(key)
