"""Runs: every start of the engine has a number of its own, for it is part of every order id."""

from collections.abc import Iterator
from typing import Final

from data.journal_audit.finding import Finding, Row

RUNS: Final = "runs"


class Runs:
    """A `Check`."""

    def __init__(self) -> None:
        self._run = 0
        self._is_running = False

    def take(self, row: Row) -> Iterator[Finding]:
        if row.kind == "EngineStopped":
            self._is_running = False
        elif row.kind == "EngineStarted":
            run = int(row.body["run"])
            if run <= self._run:
                yield Finding(row.sequence, RUNS, f"run {run} began after run {self._run}: its order ids may be used")
            self._run, self._is_running = run, True

    def finish(self) -> Iterator[Finding]:
        yield from ()

    def summary(self) -> dict[str, object]:
        return {"runs": self._run, "ends_with_a_stop": not self._is_running}
