"""Request weights and order counts of one market, and what happens to who exceeds them."""

import math
from typing import Final

from adapters.sim.binance_protocol.accounts import Account
from adapters.sim.binance_protocol.api_error import ApiError
from adapters.sim.binance_protocol.config import Limits
from adapters.sim.binance_protocol.market_kind import MarketKind

MINUTE_MS: Final = 60_000
TEN_SECONDS_MS: Final = 10_000
DAY_MS: Final = 86_400_000
BAN_S: Final = 120
STRIKES: Final = 10  # refused requests of one address in one minute before it is banned


class _Window:
    """A count that begins anew with every interval."""

    def __init__(self, span_ms: int) -> None:
        self.span_ms = span_ms
        self._interval = -1
        self._used: dict[object, int] = {}

    def used(self, who: object, at_ms: int) -> int:
        if at_ms // self.span_ms != self._interval:
            self._interval = at_ms // self.span_ms
            self._used.clear()
        return self._used.get(who, 0)

    def add(self, who: object, amount: int, at_ms: int) -> int:
        self._used[who] = self.used(who, at_ms) + amount
        return self._used[who]

    def seconds_left(self, at_ms: int) -> int:
        return max(1, math.ceil((self.span_ms - at_ms % self.span_ms) / 1_000))


class Allowance:
    def __init__(self, kind: MarketKind, limits: Limits) -> None:
        self._limits = limits
        self._weight = _Window(MINUTE_MS)
        self._strikes = _Window(MINUTE_MS)
        self._orders_10s = _Window(TEN_SECONDS_MS)
        is_spot = kind is MarketKind.SPOT
        self._orders_long = _Window(DAY_MS if is_spot else MINUTE_MS)
        self._long_name = "1D" if is_spot else "1M"
        self._banned_until_ms: dict[str, int] = {}

    def take_weight(self, address: str, weight: int, at_ms: int) -> None:
        """Count a request; raise ApiError where the address has used up its weight."""
        self._check_ban(address, at_ms)
        used = self._weight.add(address, weight, at_ms)
        if used <= self._limits.weight_1m:
            return
        if self._strikes.add(address, 1, at_ms) > STRIKES:
            self._banned_until_ms[address] = at_ms + BAN_S * 1_000
            self._check_ban(address, at_ms)
        text = f"Too many requests; current limit of IP({address}) is {self._limits.weight_1m} request weight"
        hint = "per 1 MINUTE. Please use WebSocket Streams for live updates to avoid polling the API."
        raise ApiError(-1003, f"{text} {hint}", 429, self._weight.seconds_left(at_ms))

    def _check_ban(self, address: str, at_ms: int) -> None:
        until_ms = self._banned_until_ms.get(address, 0)
        if until_ms > at_ms:
            text = f"Way too many requests; IP({address}) banned until {until_ms}."
            raise ApiError(-1003, f"{text} Please use the websocket for live updates to avoid bans.", 418,
                           math.ceil((until_ms - at_ms) / 1_000))  # fmt: skip

    def take_order(self, account: Account, at_ms: int) -> None:
        """Count a new order; raise ApiError where the account has placed too many."""
        for window, limit, name in (
            (self._orders_10s, self._limits.orders_10s, "TEN_SECONDS"),
            (self._orders_long, self._limits.orders_long, "DAY" if self._long_name == "1D" else "MINUTE"),
        ):
            if window.used(account.number, at_ms) >= limit:
                text = f"Too many new orders; current limit is {limit} orders per {name}."
                raise ApiError(-1015, text, 429, window.seconds_left(at_ms))
        self._orders_10s.add(account.number, 1, at_ms)
        self._orders_long.add(account.number, 1, at_ms)

    def weight_used(self, address: str, at_ms: int) -> int:
        return self._weight.used(address, at_ms)

    def headers(self, address: str, account: Account | None, at_ms: int) -> dict[str, str]:
        used = str(self.weight_used(address, at_ms))
        found = {"X-MBX-USED-WEIGHT": used, "X-MBX-USED-WEIGHT-1M": used}
        if account is not None:
            found["X-MBX-ORDER-COUNT-10S"] = str(self._orders_10s.used(account.number, at_ms))
            found[f"X-MBX-ORDER-COUNT-{self._long_name}"] = str(self._orders_long.used(account.number, at_ms))
        return found
