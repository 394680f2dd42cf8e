"""Halts: nothing that raises risk left while a journaled blocker forbade it (G6)."""

from collections.abc import Iterator
from typing import Final

from data.journal_audit.amount import plain
from data.journal_audit.finding import Body, Finding, Row
from data.journal_audit.money import Money
from data.journal_audit.orders import Life, Orders
from data.journal_audit.overrides import Overrides

HALTS: Final = "halts"
LEVELS: Final = ("NORMAL", "REDUCE_ONLY", "CANCEL_ONLY", "HALTED", "FLATTEN")
REDUCE_ONLY: Final = 1
CANCEL_ONLY: Final = 2
HALTED: Final = 3
COMPLETING: Final = frozenset({"hedge", "unwind"})  # roles that finish what a job has begun
ENGINE: Final = "engine"
SUSPENDED: Final = frozenset({("global", "order_failures"), ("global", "consecutive_failures")})
"""What an override lets work continue past, where it stands at REDUCE_ONLY."""


class Halts:
    """A `Check`; runs after `Orders` has taken the row. An order withdrawn before it left broke no halt.

    Blockers that are not journaled (a feed that is down, a venue not reconciled) cannot be seen here.
    """

    def __init__(self, orders: Orders, money: Money, overrides: Overrides) -> None:
        self._orders = orders
        self._overrides = overrides
        self._money = money
        self._blockers: dict[tuple[str, str], int] = {}
        self._suspects: list[tuple[Life, str]] = []
        self._amends: list[tuple[int, Life, int, str]] = []  # row, order, number of its amend

    def take(self, row: Row) -> Iterator[Finding]:
        match row.kind:
            case "BlockerRaised":
                self._raised(row.body["blocker"])
            case "BlockerLifted":
                yield from self._lifted(row)
            case "OrderIntended":
                life = self._orders.get(str(row.body["intent"]["client_order_id"]))
                if life is not None and life.sequence == row.sequence:
                    self._judge(life, row.at_ns)
            case "OrderAmendAsked":
                life = self._orders.get(str(row.body["client_order_id"]))
                if life is not None and life.terms.asked is not None:
                    self._judge_amend(row, life)
            case _:
                pass

    def _raised(self, blocker: Body) -> None:
        key = (str(blocker["scope"]), str(blocker["cause"]))
        self._blockers[key] = max(int(blocker["level"]), self._blockers.get(key, 0))

    def _lifted(self, row: Row) -> Iterator[Finding]:
        level = self._blockers.pop((str(row.body["scope"]), str(row.body["cause"])), 0)
        who, reason = str(row.body["who"]), str(row.body["reason"]).strip()
        if level and (who == ENGINE or not reason):
            what = f"{row.body['cause']} ({row.body['scope']}, {LEVELS[level]})"
            yield Finding(row.sequence, HALTS, f"{what} was lifted by {who!r} for {reason!r}: a person gives a reason")

    def _judge(self, life: Life, at_ns: int) -> None:
        level, cause = self._level(life, at_ns)
        if level >= HALTED and not life.is_flattening:
            text = f"order {life.client_order_id} is not the kill switch's, and {cause} stood at {LEVELS[level]}"
            self._suspects.append((life, text))
        elif level == CANCEL_ONLY:
            text = f"order {life.client_order_id} was sent, and {cause} stood at {LEVELS[level]}"
            self._suspects.append((life, text))
        elif level == REDUCE_ONLY and not self._reduces(life):
            text = f"order {life.client_order_id} raises risk, and {cause} stood at {LEVELS[level]}"
            self._suspects.append((life, text))

    def _judge_amend(self, row: Row, life: Life) -> None:
        level, cause = self._level(life, row.at_ns)
        if not level or (level == REDUCE_ONLY and (_lowers(life) or self._reduces(life))):
            return
        text = f"order {life.client_order_id} was amended, and {cause} stood at {LEVELS[level]}"
        self._amends.append((row.sequence, life, int(row.body["number"]), text))

    def _level(self, life: Life, at_ns: int) -> tuple[int, str]:
        scopes = {"global", f"venue:{life.book[0]}"}
        if life.strategy is not None:
            scopes.add(f"strategy:{life.strategy}")
        suspended = SUSPENDED if self._overrides.is_active(at_ns) else frozenset[tuple[str, str]]()
        bearing = [
            (level, f"{key[1]} ({key[0]})")
            for key, level in self._blockers.items()
            if key[0] in scopes and not (key in suspended and level == REDUCE_ONLY)
        ]
        return max(bearing, default=(0, ""))

    def _reduces(self, life: Life) -> bool:
        if life.job is not None and life.job[2] in COMPLETING:
            return True
        held = self._money.quantity(life.book)
        return (held < 0 if life.is_buy else held > 0) and life.quantity - life.filled <= abs(held)

    def finish(self) -> Iterator[Finding]:
        for life, text in self._suspects:
            if not life.was_withdrawn:
                yield Finding(life.sequence, HALTS, f"{text} (quantity {plain(life.quantity)})")

        for sequence, life, number, text in self._amends:
            if number not in life.terms.unsent:
                yield Finding(sequence, HALTS, text)

    def summary(self) -> dict[str, object]:
        return {
            "standing_blockers": {f"{cause} ({scope})": LEVELS[at] for (scope, cause), at in self._blockers.items()}
        }


def _lowers(life: Life) -> bool:
    """Tell whether the open amend asks for no more quantity at no more eager a price."""
    terms = life.terms
    if terms.asked is None or terms.price is None:
        return False
    _, price, quantity = terms.asked
    return quantity <= terms.quantity and (price <= terms.price if life.is_buy else price >= terms.price)
