"""The order book of one simulated matching engine: a walking price, a few levels, and own orders among them."""

from core.types.order import Side
from strategies.simulation.chance import Dice

LEVELS = 5
LOTS_LOW, LOTS_HIGH = 4_000, 8_000


class MatchingBook:
    """Prices in ticks, sizes in lots. The levels are everybody else's; own orders are kept by their venues."""

    def __init__(self, name: str, mid_ticks: int, dice: Dice) -> None:
        self.name = name
        self.mid_ticks = mid_ticks
        self._dice = dice
        self.sequence = 0
        self.spread_ticks = 2
        self.bids: list[list[int]] = []  # [ticks, lots], best first
        self.asks: list[list[int]] = []
        self.walk()

    def walk(self) -> None:
        """Move the price by a tick at most and draw the levels anew."""
        self.jump(self._dice.whole(-1, 1))

    def jump(self, ticks: int) -> None:
        self.mid_ticks = max(10 * LEVELS, self.mid_ticks + ticks)
        half = self.spread_ticks // 2
        lots = [self._dice.whole(LOTS_LOW, LOTS_HIGH) for _ in range(2)]
        self.bids = [[self.mid_ticks - half - level, lots[0] + 100 * level] for level in range(LEVELS)]
        self.asks = [[self.mid_ticks + half + level, lots[1] + 100 * level] for level in range(LEVELS)]
        self.sequence += 1

    def opposite(self, side: Side) -> list[list[int]]:
        """Return the levels that an order of `side` trades with."""
        return self.asks if side is Side.BUY else self.bids

    def take(self, side: Side, lots: int, limit_ticks: int | None) -> list[tuple[int, int]]:
        """Take liquidity up to a limit; return (ticks, lots) of each level that gave some."""
        taken: list[tuple[int, int]] = []
        for level in self.opposite(side):
            is_beyond = limit_ticks is not None and (level[0] - limit_ticks) * side.sign > 0
            if is_beyond or not lots:
                break
            part = min(lots, level[1])
            if part:
                taken.append((level[0], part))
                level[1] -= part
                lots -= part
        if taken:
            self.sequence += 1
        return taken

    def reaches(self, side: Side, limit_ticks: int) -> bool:
        """Tell whether the market has come to a resting order's price."""
        best = next((level[0] for level in self.opposite(side) if level[1]), None)
        return best is not None and (best - limit_ticks) * side.sign <= 0
