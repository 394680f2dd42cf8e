"""Approvals: what was sent passed every control; what a person's override lifted was soft and lifted in time."""

from collections.abc import Iterator
from typing import Any, Final, cast

from data.journal_audit.finding import Body, Finding, Row
from data.journal_audit.overrides import Overrides

APPROVALS: Final = "approvals"


class Approvals:
    """A `Check`."""

    def __init__(self, overrides: Overrides) -> None:
        self._overrides = overrides
        self._under_override = 0

    def take(self, row: Row) -> Iterator[Finding]:
        match row.kind:
            case "OrderIntended":
                yield from self._judge(row, f"order {row.body['intent']['client_order_id']}")
            case "OrderAmendAsked":
                yield from self._judge(row, f"amend {row.body['number']} of order {row.body['client_order_id']}")
            case "JobStarted":
                yield from self._judge(row, f"job {row.body['job_id']}")
            case _:
                pass

    def _judge(self, row: Row, what: str) -> Iterator[Finding]:
        checks = cast("list[Body]", row.body["checks"])
        if not checks:
            yield Finding(row.sequence, APPROVALS, f"{what} was approved without a single control")
        failed = [check for check in checks if check["passed"] is not True]
        self._under_override += bool(failed)
        for check in failed:
            if check["hardness"] != "soft":
                yield Finding(row.sequence, APPROVALS, f"{what} went out against {_words(check)}, which nothing lifts")
            elif check.get("lifted") is not True:
                yield Finding(row.sequence, APPROVALS, f"{what} went out against {_words(check)}, which nobody lifted")
            elif not self._overrides.is_active(row.at_ns):
                yield Finding(row.sequence, APPROVALS, f"{what} went out against {_words(check)} without an override")
        if row.kind == "JobStarted" and bool(row.body.get("under_override", False)) != bool(failed):
            yield Finding(row.sequence, APPROVALS, f"{what} is not marked by whether an override was needed")

    def finish(self) -> Iterator[Finding]:
        yield from ()

    def summary(self) -> dict[str, object]:
        return {"approved_under_override": self._under_override}


def _words(check: Any) -> str:
    return f"{check['rule']} ({check['observed']} {check['unit']}, allowed {check['limit']})"
