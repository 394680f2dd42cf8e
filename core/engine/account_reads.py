"""When each venue's account was read last, and a way to have it read soon."""

import asyncio
from collections.abc import Callable
from typing import NamedTuple

from core.types.account import Balance


class BalancesRead(NamedTuple):
    """A venue's balances as it named them last, and when by the steady clock."""

    balances: tuple[Balance, ...]
    steady_ns: int


class AccountReads:
    """The question goes to whoever is connected; the answer is noted by who booked the account."""

    def __init__(self) -> None:
        self._ask: Callable[[str], None] | None = None
        self._read: dict[str, int] = {}
        self._took_ns: dict[str, int] = {}
        self._balances: dict[str, BalancesRead] = {}
        self._on_read: Callable[[str], None] | None = None
        self._waiting: dict[str, list[asyncio.Future[None]]] = {}

    def connect(self, ask: Callable[[str], None]) -> None:
        """Have questions answered; one that comes while a venue is being read is dropped by the answering side."""
        self._ask = ask

    def ask(self, venue: str) -> None:
        """Have a venue's account read and booked soon."""
        if self._ask is not None:
            self._ask(venue)

    async def booked_since(self, venue: str, facts: int, patience_s: float) -> bool:
        """Wait until an account is booked that was asked for when there were so many facts; tell whether one came."""
        try:
            async with asyncio.timeout(patience_s):
                while self._read.get(venue, -1) < facts:
                    booked: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                    self._waiting.setdefault(venue, []).append(booked)
                    self.ask(venue)
                    await booked
        except TimeoutError:
            return False
        return True

    def note(self, venue: str, asked_at: int, took_ns: int) -> None:
        """Take note that an account was booked; `asked_at` is how many facts there were when the venue was asked."""
        self._read[venue] = asked_at
        self._took_ns[venue] = max(0, took_ns)
        if self._on_read is not None:
            self._on_read(venue)
        for booked in self._waiting.pop(venue, ()):
            if not booked.done():
                booked.set_result(None)

    def keep_balances(self, venue: str, balances: tuple[Balance, ...], steady_ns: int) -> None:
        """Keep what a venue named, for people to read; trading goes by the ledger."""
        self._balances[venue] = BalancesRead(balances, steady_ns)

    def balances(self, venue: str) -> BalancesRead | None:
        """Return what a venue named last, None before the first time."""
        return self._balances.get(venue)

    def on_read(self, callback: Callable[[str], None]) -> None:
        """Call back with the venue whenever an account was booked; it is still being compared then."""
        self._on_read = callback

    def read(self, venue: str) -> int | None:
        """Return how many facts there were when a venue was asked for the account booked last, None before the first.

        What ended after that is not in it, however the clock was set in between.
        """
        return self._read.get(venue)

    def took_ms(self, venue: str) -> float | None:
        """Return how long the venue took to answer last, None before the first."""
        took_ns = self._took_ns.get(venue)
        return None if took_ns is None else took_ns / 1e6
