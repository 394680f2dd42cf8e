"""Overrides: when a person's word lifted soft rules."""

from collections.abc import Iterator

from data.journal_audit.finding import Finding, Row


class Overrides:
    """A `Check` without findings of its own; others ask it."""

    def __init__(self) -> None:
        self._from_ns = self._until_ns = 0
        self._granted = 0

    def is_active(self, at_ns: int) -> bool:
        return self._from_ns <= at_ns < self._until_ns

    def take(self, row: Row) -> Iterator[Finding]:
        if row.kind == "OverrideGranted":
            self._from_ns, self._until_ns = row.at_ns, int(row.body["until_ns"])
            self._granted += 1
        elif row.kind == "OverrideEnded":
            self._from_ns = self._until_ns = 0
        yield from ()

    def finish(self) -> Iterator[Finding]:
        yield from ()

    def summary(self) -> dict[str, object]:
        return {"overrides": self._granted}
