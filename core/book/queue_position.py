"""Where an own resting order stands in the queue of its price, estimated from public data.

A level-2 feed says how many lots rest at a price, not in which order. The rules are those of hftbacktest's
`ProbQueueModel` with `PowerProbQueueFunc(1)` (https://hftbacktest.readthedocs.io, "Order Fill"; after Rigtorp,
"Estimating order queue position", 2013), which assume price-time priority:

- an order that is acknowledged joins at the end: what rests at its price is ahead of it;
- a trade at the price takes from the front;
- a decrease that trades do not explain was cancelled; ahead and behind have their share of it in proportion,
  once what own orders took from the level is off it: of this order, and of those that joined behind it;
- an increase joins behind: what is ahead never grows;
- a trade or an opposite quote beyond the price, or an execution of the order itself, leaves nothing ahead.

Everything doubtful is left ahead: shares are rounded down, and the order's own lots are taken off a level only once it
grew by them. A trade whose decrease the book showed before is counted twice, as in the model.
"""

from dataclasses import dataclass


@dataclass(slots=True)
class QueuePosition:
    """`level_lots` as last seen; `own_lots` is the order's part of it, 0 until the level shows the order."""

    ahead_lots: int
    level_lots: int
    own_lots: int
    unseen_lots: int  # of the order, not in the level yet
    traded_lots: int = 0  # taken from the front, and by no decrease of the level yet
    own_leaving_lots: int = 0  # of the order itself, asked to go, and by no decrease of the level yet
    behind_leaving_lots: int = 0  # the same of own orders behind it

    @classmethod
    def joined(cls, level_lots: int, order_lots: int, lots_before: int | None) -> "QueuePosition":
        """Join at the end; `lots_before` were at the price before the order was sent, None where nobody looked."""
        grew = level_lots == order_lots if lots_before is None else level_lots - lots_before >= order_lots
        own = min(order_lots, level_lots) if grew else 0
        return cls(level_lots - own, level_lots, own, 0 if grew else order_lots)

    @property
    def behind_lots(self) -> int:
        return max(0, self.level_lots - self.own_lots - self.ahead_lots)

    def traded(self, lots: int) -> None:
        """Take a trade at the price off the front."""
        self.ahead_lots = max(0, self.ahead_lots - lots)
        self.traded_lots += lots

    def seen(self, level_lots: int) -> None:
        """Compare the level with what it was; what was cancelled is shared between ahead and behind."""
        change = level_lots - self.level_lots
        if change < 0:
            self._cancelled(self._without_own(-change - self.traded_lots))
        elif self.unseen_lots and change >= self.unseen_lots:
            self.own_lots, self.unseen_lots = self.unseen_lots, 0
        if change:
            self.traded_lots = 0
        self._settle(level_lots)

    def seen_again(self, level_lots: int) -> None:
        """Take the level as it is after a time in which nobody saw it: only a smaller level says anything."""
        self.traded_lots = 0
        self.own_lots = max(0, self.own_lots - self.own_leaving_lots)
        self._settle(level_lots)

    def shrinks(self, lots: int) -> None:
        """Have so much of the order itself leave the level, sooner or later: it keeps its place."""
        self.own_leaving_lots += lots

    def loses_behind(self, lots: int) -> None:
        """Have so much of own orders behind this one leave the level, sooner or later."""
        self.behind_leaving_lots += lots

    def passed(self) -> None:
        """Leave nothing ahead."""
        self.ahead_lots = 0

    def filled(self, lots: int) -> None:
        """Take an execution of the order itself: what was ahead is gone, and the order is smaller."""
        self.passed()
        self.unseen_lots = max(0, self.unseen_lots - lots)

    def _without_own(self, lots: int) -> int:
        """Take off a decrease what own orders explain of it; return what others cancelled."""
        own = min(max(0, lots), self.own_leaving_lots)
        behind = min(max(0, lots - own), self.behind_leaving_lots)
        self.own_leaving_lots -= own
        self.behind_leaving_lots -= behind
        self.own_lots = max(0, self.own_lots - own)
        self.level_lots -= own + behind
        return lots - own - behind

    def _cancelled(self, lots: int) -> None:
        others = self.ahead_lots + self.behind_lots
        if lots > 0 and others:
            self.ahead_lots -= min(self.ahead_lots, lots * self.ahead_lots // others)

    def _settle(self, level_lots: int) -> None:
        self.level_lots = level_lots
        self.own_lots = min(self.own_lots, level_lots)
        self.ahead_lots = min(self.ahead_lots, level_lots - self.own_lots)
