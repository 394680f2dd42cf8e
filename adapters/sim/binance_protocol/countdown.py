"""The dead man's timer: all open orders of a symbol go when its countdown was not renewed in time."""

from adapters.sim.binance_protocol.accounts import Account
from adapters.sim.binance_protocol.desk import MarketDesk


class Countdowns:
    def __init__(self, desk: MarketDesk) -> None:
        self._desk = desk
        self._due_ms: dict[tuple[int, str], tuple[Account, int]] = {}

    def set(self, account: Account, symbol: str, countdown_ms: int, at_ms: int) -> None:
        """Start the countdown anew; 0 stops it."""
        if countdown_ms:
            self._due_ms[account.number, symbol] = (account, at_ms + countdown_ms)
        else:
            self._due_ms.pop((account.number, symbol), None)

    def is_running(self, account: Account, symbol: str) -> bool:
        return (account.number, symbol) in self._due_ms

    def step(self, at_ms: int) -> None:
        """Cancel the orders of every countdown that has run out."""
        for (number, symbol), (account, due_ms) in list(self._due_ms.items()):
            if due_ms <= at_ms:
                del self._due_ms[number, symbol]
                self._desk.cancel_all(account, symbol)
