"""Watches the day's loss by prices that are true, and demands that trading stops at its limit."""

from decimal import Decimal
from typing import Final

from strategies.simulation.evidence import Evidence

ZERO = Decimal(0)
LIMIT_USD: Final = Decimal(500)
BEYOND: Final = Decimal("1.2")  # true prices and those an engine has seen differ by a little
PATIENCE_S: Final = 5.0
"""How long a loss may stand beyond its limit before the halt must stand as well, with every book shown."""


class LossWatch:
    """Counts profit since the run began, on the journal's positions at true prices."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._beyond_since_s: float | None = None

    def look(self) -> None:
        """Call every second while an engine runs (F30)."""
        evidence = self._evidence
        if not self._is_beyond() or not self._is_all_shown() or self._is_journal_lost():
            self._beyond_since_s = None
            return
        now_s = evidence.world.elapsed_s
        if self._beyond_since_s is None:
            self._beyond_since_s = now_s
        if now_s - self._beyond_since_s > PATIENCE_S and not any("loss" in cause for _, cause in evidence.shadow.halts):
            evidence.blame("F30", f"the day has lost {-self._profit():.2f} USD and nothing halts trading")

    def forget(self) -> None:
        """Begin anew with another engine, which has to see prices first."""
        self._beyond_since_s = None

    def _is_beyond(self) -> bool:
        # Another day has begun within such a run: the loss counts from there, and only the engine's journal says since.
        return not self._evidence.world.crosses_midnight and self._profit() < -LIMIT_USD * BEYOND

    def _is_journal_lost(self) -> bool:
        """Tell whether halts are in the engine's memory only, where storage has closed trading anyway."""
        engine = self._evidence.engine
        return engine is None or engine.parts.recorder.failed_reason is not None

    def _profit(self) -> Decimal:
        world, profit = self._evidence.world, ZERO
        for name, account in self._evidence.shadow.accounts.items():
            rules = world.exchanges[name].instruments
            for symbol, held in account.holdings.items():
                price = rules[symbol].ticks_to_price(world.exchanges[name].books[symbol].mid_ticks)
                profit += price * held.quantity * rules[symbol].contract_size - held.cost
            profit += account.realised - sum((fill.fee for fill in account.fills), ZERO)
        return profit

    def _is_all_shown(self) -> bool:
        now_ns = self._evidence.world.timeline.now_ns
        return all(
            now_ns - feed.shown_ns.get(symbol, 0) < 2_000_000_000
            for name, feed in self._evidence.feeds.items()
            for symbol in self._evidence.world.exchanges[name].instruments
        )
