"""What the auditor hands back: a row that breaks a rule, and the counts of what it looked at."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, Protocol

Body = Mapping[str, Any]


class Finding(NamedTuple):
    """One broken rule; `row` is the sequence in the journal, 0 where no single row is to blame."""

    row: int
    check: str
    text: str


class Row(NamedTuple):
    """A row of the journal with its body decoded; amounts are still texts."""

    sequence: int
    at_ns: int
    kind: str
    body: Body


class Check(Protocol):
    """Takes every row in order, and has a last word. Over a body that it cannot read it raises."""

    def take(self, row: Row) -> Iterator[Finding]: ...

    def finish(self) -> Iterator[Finding]: ...

    def summary(self) -> dict[str, object]: ...
