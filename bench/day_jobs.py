"""Hedge jobs of a generated day: one after the other comes, runs its legs and ends, each with its timeline."""

from collections import deque
from decimal import Decimal
from typing import Any, Final, NamedTuple

import msgspec

from core.state.desk import JobView, LegView, TimelineView
from core.types.job_event import JobEvent, JobEventKind

ONE_EVERY_NS: Final = 5_000_000_000
KEPT_ENDED: Final = 100  # as many as a console asks for
_UNWOUND_ONE_IN: Final = 7
_QUANTITY: Final = Decimal("0.05")
_MS: Final = 1_000_000
_LIFE_MS: Final = 30_000


class _Stage(NamedTuple):
    """What is true of a job from so many milliseconds after it was made."""

    after_ms: int
    status: str
    phase: str
    legs: tuple[str, str]
    naked: Decimal
    event: tuple[JobEventKind, int | None, str] | None = None
    text: str = ""


_NONE: Final = Decimal(0)
_HEDGED: Final = (
    _Stage(1_200, "running", "primary", ("sent", "planned"), _NONE, (JobEventKind.SENT, 0, "sent")),
    _Stage(2_600, "running", "primary", ("filled", "planned"), _QUANTITY, (JobEventKind.FILLED, 0, "filled")),
    _Stage(2_700, "running", "hedging", ("filled", "planned"), _QUANTITY, (JobEventKind.MOVED, None, "hedging")),
    _Stage(2_800, "running", "hedging", ("filled", "sent"), _QUANTITY, (JobEventKind.SENT, 1, "sent")),
    _Stage(7_900, "running", "hedging", ("filled", "filled"), _NONE, (JobEventKind.FILLED, 1, "filled")),
    _Stage(8_000, "finished", "", ("filled", "filled"), _NONE, (JobEventKind.FINISHED, None, "completed"), "filled"),
)
_UNWOUND: Final = (
    *_HEDGED[:4],
    _Stage(4_000, "running", "hedging", ("filled", "planned"), _QUANTITY, (JobEventKind.ENDED, 1, "planned"),
           "hedge rejected: no margin"),
    _Stage(4_100, "running", "unwinding", ("unwinding", "planned"), _QUANTITY, (JobEventKind.MOVED, None, "unwinding"),
           "the hedge was rejected"),
    _Stage(9_000, "running", "unwinding", ("given back", "planned"), _NONE, (JobEventKind.FILLED, 0, "given back")),
    _Stage(9_100, "finished", "", ("given back", "planned"), _NONE, (JobEventKind.FINISHED, None, "unwound"),
           "no margin"),
)  # fmt: skip


class _Job:
    """One job and how far it has come; what was shown of it stays as it was shown."""

    def __init__(self, number: int, symbols: tuple[str, str], venue: str, now_ns: int) -> None:
        self.stages = _UNWOUND if number % _UNWOUND_ONE_IN == 0 else _HEDGED
        self.made_ns, self.place = now_ns, 0
        self.view = JobView(
            job_id=f"job-s12ab-0001-{number}", status="pending", phase="", outcome="", strategy_type="hedge",
            strategy="hedged_volume", symbol=symbols[0], notional_usd=Decimal(3200) + number % 1000,
            expected_edge_bps=Decimal(number % 97) / 7, safety=0.9, volume=0.5, final=0.8,
            waits_for=f"venue {venue} has 10 of 10 running jobs", reason="",
            legs=[_leg(venue, symbols[0], "buy", "planned"), _leg(venue, symbols[1], "sell", "planned")],
            naked_usd=None, naked_age_s=None, pnl_usd=None, fees_usd=None, under_override=False, created_ns=now_ns,
            expires_ns=now_ns + _LIFE_MS * _MS, started_ns=None, ended_ns=None,
        )  # fmt: skip
        self.timeline = TimelineView(job=self.view, asset=symbols[0][:3], unit_coins=Decimal(1), naked_quantity=_NONE)

    def go_on(self, now_ns: int, mark: Decimal) -> None:
        """Take the stages whose time has come; a naked one is worth something else at every look."""
        while self.place < len(self.stages) and now_ns - self.made_ns >= self.stages[self.place].after_ms * _MS:
            self._enter(self.stages[self.place], now_ns)
            self.place += 1
        if self.view.status == "running":
            since_ns = self.timeline.naked_since_ns
            naked: dict[str, Any] = {"naked_usd": _NONE, "naked_age_s": None}
            if since_ns is not None:
                naked = {"naked_usd": _QUANTITY * mark, "naked_age_s": (now_ns - since_ns) / 1e9}
            self.view = msgspec.structs.replace(self.view, **naked)
            self.timeline = msgspec.structs.replace(self.timeline, job=self.view)

    def _enter(self, stage: _Stage, now_ns: int) -> None:
        view, is_done = self.view, stage.status == "finished"
        self.view = msgspec.structs.replace(
            view,
            status=stage.status,
            phase=stage.phase,
            legs=[
                msgspec.structs.replace(leg, state=state, filled_quantity=_QUANTITY if state == "filled" else _NONE)
                for leg, state in zip(view.legs, stage.legs, strict=True)
            ],
            waits_for="",
            reason=stage.text,
            started_ns=view.started_ns or now_ns,
            ended_ns=now_ns if is_done else None,
            outcome=stage.event[2] if is_done and stage.event is not None else "",
            pnl_usd=Decimal(now_ns // _MS % 700 - 300) / 100 if is_done else None,
            fees_usd=Decimal("3.20") if is_done else None,
        )
        since_ns = self.timeline.naked_since_ns
        events = self.timeline.events
        if stage.event is not None:
            kind, leg, state = stage.event
            size = _NONE if leg is None else _QUANTITY
            events = [*events, JobEvent(now_ns, kind, leg, state, size, size, stage.naked, stage.text)]
        self.timeline = msgspec.structs.replace(
            self.timeline,
            job=self.view,
            events=events,
            naked_quantity=stage.naked,
            naked_since_ns=(since_ns or now_ns) if stage.naked else None,
        )


class DayJobs:
    """Every job of the day that a console can still be shown."""

    def __init__(self, venue: str, symbols: list[str]) -> None:
        self._venue, self._symbols = venue, symbols
        self._made, self._next_ns = 0, 0
        self._open: list[_Job] = []
        self._ended: deque[_Job] = deque(maxlen=KEPT_ENDED)
        self.ended_count = 0

    def go_on(self, now_ns: int, mark: Decimal) -> list[JobView]:
        """Let time pass; return the jobs that ended in it."""
        if now_ns >= self._next_ns:
            self._next_ns = now_ns + ONE_EVERY_NS
            self._made += 1
            first = self._made % len(self._symbols)
            pair = (self._symbols[first], self._symbols[first - 1])
            self._open.append(_Job(self._made, pair, self._venue, now_ns))
        for job in self._open:
            job.go_on(now_ns, mark)
        ended = [job for job in self._open if job.view.status == "finished"]
        self._open = [job for job in self._open if job.view.status != "finished"]
        self._ended.extendleft(ended)
        self.ended_count += len(ended)
        return [job.view for job in ended]

    def views(self) -> list[JobView]:
        """Return those that run, then those that wait, then the newest that have ended."""
        return [job.view for job in (*sorted(self._open, key=lambda job: job.view.status != "running"), *self._ended)]

    def timelines(self, most_ended: int) -> dict[str, TimelineView]:
        shown = [*self._open, *list(self._ended)[:most_ended]]
        return {job.view.job_id: job.timeline for job in shown if job.view.status != "pending"}

    def counts(self) -> dict[str, int]:
        running = self.running()
        return {"running": len(running), "pending": len(self._open) - len(running), "finished": len(self._ended),
                "dropped": 0}  # fmt: skip

    def running(self) -> list[str]:
        return [job.view.job_id for job in self._open if job.view.status == "running"]


def _leg(venue: str, symbol: str, side: str, state: str) -> LegView:
    return LegView(
        venue=venue, symbol=symbol, side=side, quantity=_QUANTITY, filled_quantity=_NONE, average_price=None,
        state=state,
    )  # fmt: skip
