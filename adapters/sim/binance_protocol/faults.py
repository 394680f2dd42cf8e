"""What shall go wrong next, for those who test a client."""

from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Annotated

import msgspec


class FaultKind(StrEnum):
    DROP_ACK = "drop_ack"  # carry the request out, then close the connection without an answer
    DROP_REQUEST = "drop_request"  # close the connection and do nothing
    DELAY = "delay"  # carry the request out and answer late
    REJECT = "reject"  # answer with `code`, `msg` and `status`, do nothing
    UNKNOWN = "unknown"  # answer 503 and -1007; the request is carried out where `executed`
    TOO_MANY = "too_many"  # answer 429, or 418 as `status` says, with Retry-After
    OMIT_EVENT = "omit_event"  # the next events of the user stream named `event` are not sent
    REPEAT_EVENT = "repeat_event"  # they are sent twice
    DEPTH_GAP = "depth_gap"  # the next diffs of `symbol` are not sent
    SILENCE = "silence"  # streams whose name matches `stream` carry nothing until this is cleared
    CLOCK_SKEW = "clock_skew"  # the server's clock is `skew_ms` ahead until this is cleared


_REQUEST_KINDS = frozenset(
    {
        FaultKind.DROP_ACK,
        FaultKind.DROP_REQUEST,
        FaultKind.DELAY,
        FaultKind.REJECT,
        FaultKind.UNKNOWN,
        FaultKind.TOO_MANY,
    }
)


class Fault(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One fault; it counts for `times` requests, events or diffs that fit."""

    kind: FaultKind
    times: Annotated[int, msgspec.Meta(ge=1)] = 1
    method: str = "*"  # of a request: POST, or * for any
    path: str = "*"  # of a request, with * as a wildcard: /fapi/v1/order
    delay_ms: Annotated[int, msgspec.Meta(ge=0, le=600_000)] = 1_000
    code: int = -1000
    msg: str = "An unknown error occurred while processing the request."
    status: Annotated[int, msgspec.Meta(ge=400, le=599)] = 400
    retry_after_s: int = 1
    executed: bool = False
    event: str = "*"
    symbol: str = "*"
    stream: str = "*"
    skew_ms: int = 0


class FaultBox:
    """Hold faults in the order they were asked for."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self._faults.append(fault)

    def clear(self) -> None:
        self._faults.clear()

    def waiting(self) -> list[Fault]:
        return list(self._faults)

    @property
    def skew_ms(self) -> int:
        return sum(fault.skew_ms for fault in self._faults if fault.kind is FaultKind.CLOCK_SKEW)

    def of_request(self, method: str, path: str) -> Fault | None:
        """Return the first fault that fits a request and count it."""
        for fault in self._faults:
            if fault.kind in _REQUEST_KINDS and fnmatchcase(method, fault.method) and fnmatchcase(path, fault.path):
                return self._count(fault)
        return None

    def copies_of(self, event: str) -> int:
        """Return how many times an event of the user stream is sent."""
        for fault in self._faults:
            if fault.kind in {FaultKind.OMIT_EVENT, FaultKind.REPEAT_EVENT} and fnmatchcase(event, fault.event):
                return 0 if self._count(fault).kind is FaultKind.OMIT_EVENT else 2
        return 1

    def loses_diff(self, symbol: str) -> bool:
        for fault in self._faults:
            if fault.kind is FaultKind.DEPTH_GAP and fnmatchcase(symbol, fault.symbol):
                self._count(fault)
                return True
        return False

    def silences(self, stream: str) -> bool:
        return any(fault.kind is FaultKind.SILENCE and fnmatchcase(stream, fault.stream) for fault in self._faults)

    def _count(self, fault: Fault) -> Fault:
        fault.times -= 1
        if fault.times == 0:
            self._faults.remove(fault)
        return fault
