"""Days: each UTC day begins once, later than the one before; begun again its loss would be forgotten (F21)."""

from collections.abc import Iterator
from typing import Final

from data.journal_audit.finding import Finding, Row

DAYS: Final = "days"


class Days:
    """A `Check`."""

    def __init__(self) -> None:
        self._day = ""
        self._count = 0

    def take(self, row: Row) -> Iterator[Finding]:
        if row.kind != "DayBegan":
            return
        day = str(row.body["day"])
        if day <= self._day:
            yield Finding(row.sequence, DAYS, f"{day} began after {self._day}: what was lost since is forgotten")
        self._day, self._count = max(day, self._day), self._count + 1

    def finish(self) -> Iterator[Finding]:
        yield from ()

    def summary(self) -> dict[str, object]:
        return {"days": self._count}
