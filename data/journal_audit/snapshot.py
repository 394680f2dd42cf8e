"""The newest snapshot against the rows before it: what the engine holds is what the rows add up to."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final, cast

from data.journal_audit.amount import WIDE, ZERO, amount, differs, plain
from data.journal_audit.finding import Body, Finding, Row
from data.journal_audit.journal_file import StoredSnapshot
from data.journal_audit.money import Money
from data.journal_audit.position import Position
from data.journal_audit.symbols import Book, named

SNAPSHOT: Final = "snapshot"
SIZE_DIGITS: Final = 8  # a contract size of more digits is no contract size but another volume

COMPARED: Final = ("quantity", "fees", "funding", "cost", "realised", "volume")


class SnapshotComparison:
    """A `Check` over `Money`; compares when the row of the snapshot has been counted."""

    def __init__(self, snapshots: list[StoredSnapshot], money: Money) -> None:
        self._flaws = [Finding(each.sequence, SNAPSHOT, f"{each.flaw}") for each in snapshots if each.flaw is not None]
        self._snapshot = next((each for each in snapshots if each.flaw is None), None)
        self._money = money
        money.sizes_are_one = not snapshots
        self._compared = "there is none" if self._snapshot is None else "its row was not reached"

    def take(self, row: Row) -> Iterator[Finding]:
        snapshot = self._snapshot
        if snapshot is not None and row.sequence == snapshot.sequence:
            yield from self._compare(snapshot)

    def finish(self) -> Iterator[Finding]:
        yield from self._flaws

    def summary(self) -> dict[str, object]:
        row = None if self._snapshot is None else self._snapshot.sequence
        return {"snapshot": {"row": row, "compared": self._compared}}

    def _compare(self, snapshot: StoredSnapshot) -> Iterator[Finding]:
        try:
            ledger = json.loads(snapshot.state)["ledger"]
            found = list(self._differences(ledger, _held_back(ledger)))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            self._compared = f"it is of another form ({type(error).__name__}: {error})"
            return
        self._compared = "positions and cash"
        yield from (Finding(snapshot.sequence, SNAPSHOT, text) for text in found)

    def _differences(self, ledger: Body, held_back: dict[Book, None]) -> Iterator[str]:
        theirs: dict[Book, Body] = {(each["venue"], each["symbol"]): each for each in ledger["positions"]}
        for book in dict.fromkeys((*theirs, *self._money.positions)):
            if book not in held_back:
                yield from self._position_differences(book, theirs.get(book, {}))
        venues = dict.fromkeys(book[0] for book in held_back)
        cash: dict[tuple[str, str], Decimal] = {
            (each["venue"], each["asset"]): amount(each, "total") for each in ledger["cash"]
        }
        for key in dict.fromkeys((*cash, *self._money.purses)):
            purse = self._money.purses.get(key)
            ours = ZERO if purse is None else purse.total
            if key[0] not in venues and differs(ours, cash.get(key, ZERO)):
                yield f"{key[1]}@{key[0]} is {plain(cash.get(key, ZERO))}; the rows add up to {plain(ours)}"

    def _position_differences(self, book: Book, theirs: Body) -> Iterator[str]:
        ours = self._money.positions.get(book, Position())
        if book not in self._money.sizes and ours.volume and theirs:
            size = self._size_of(ours.volume, theirs)
            if size is not None:
                self._money.learn_size(book, size)
        for name in COMPARED:
            counted, said = cast("Decimal", getattr(ours, name)), amount(theirs, name) if theirs else ZERO
            if differs(said, counted):
                yield f"{named(book)} has {name} {plain(said)}; the rows add up to {plain(counted)}"

    @staticmethod
    def _size_of(volume: Decimal, theirs: Body) -> Decimal | None:
        """Return the contract size that the snapshot's volume speaks of, None where it cannot be one."""
        size = WIDE.divide(amount(theirs, "volume"), volume)
        return size.normalize() if size > 0 and len(size.normalize().as_tuple().digits) <= SIZE_DIGITS else None


def _held_back(ledger: Body) -> dict[Book, None]:
    """Return the instruments whose facts the engine could not book yet: their sums differ rightly."""
    found: dict[Book, None] = {}
    for entry in ledger["held"]:
        fact: Any = entry["fact"]
        match fact["kind"]:
            case "OrderFilled":
                found[(fact["fill"]["venue"], fact["fill"]["symbol"])] = None
            case "FundingBooked":
                found[tuple(fact["payment"]["instrument_id"])] = None
            case _:
                found[(fact["venue"], fact["symbol"])] = None
    return found
