"""Approvals: what was sent passed every control; what a person's override lifted was soft and lifted in time."""

from collections.abc import Iterator
from typing import Any, Final, cast

from data.journal_audit.finding import Body, Finding, Row

APPROVALS: Final = "approvals"


class Approvals:
    """A `Check`."""

    def __init__(self) -> None:
        self._override_until_ns = 0
        self._overrides = 0
        self._under_override = 0

    def take(self, row: Row) -> Iterator[Finding]:
        match row.kind:
            case "OverrideGranted":
                self._override_until_ns = int(row.body["until_ns"])
                self._overrides += 1
            case "OverrideEnded":
                self._override_until_ns = 0
            case "OrderIntended":
                what = f"order {row.body['intent']['client_order_id']}"
                yield from self._judge(row, what, is_marked=None)
            case "JobStarted":
                marked = bool(row.body.get("under_override", False))
                yield from self._judge(row, f"job {row.body['job_id']}", is_marked=marked)
            case _:
                pass

    def _judge(self, row: Row, what: str, *, is_marked: bool | None) -> Iterator[Finding]:
        """`is_marked` tells whether the row says itself that an override was used, None where it cannot."""
        checks = cast("list[Body]", row.body["checks"])
        if not checks:
            yield Finding(row.sequence, APPROVALS, f"{what} was approved without a single control")
        failed = [check for check in checks if check["passed"] is not True]
        self._under_override += bool(failed)
        for check in failed:
            if check["hardness"] != "soft":
                yield Finding(row.sequence, APPROVALS, f"{what} went out against {_words(check)}, which nothing lifts")
            elif row.at_ns >= self._override_until_ns:
                yield Finding(row.sequence, APPROVALS, f"{what} went out against {_words(check)} without an override")
        if failed and is_marked is False:
            yield Finding(row.sequence, APPROVALS, f"{what} is not marked as started under an override")

    def finish(self) -> Iterator[Finding]:
        yield from ()

    def summary(self) -> dict[str, object]:
        return {"overrides": self._overrides, "approved_under_override": self._under_override}


def _words(check: Any) -> str:
    return f"{check['rule']} ({check['observed']} {check['unit']}, allowed {check['limit']})"
