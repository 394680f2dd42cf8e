"""Timelines of the scripted engine's jobs, and some of every way that a job can go."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from core.state.desk import DeskSnapshot, JobView, TimelineView
from core.types.job_event import JobEvent, JobEventKind
from tests.console.fake_jobs import START_NS, S, job, leg
from tests.console.fake_link import FakeLink

_D = Decimal
_MS = 1_000_000
Kind = JobEventKind


def event(at_ms: int, kind: JobEventKind, leg: int | None, state: str, **more: Any) -> JobEvent:
    """Return an event so many milliseconds after the scripted engine's start (before it: negative)."""
    return JobEvent(
        START_NS + at_ms * _MS,
        kind,
        leg,
        state,
        _D(more.get("quantity", "0")),
        _D(more.get("filled", "0")),
        _D(more.get("naked", "0")),
        more.get("text", ""),
    )


def timeline(view: JobView, *events: JobEvent, **more: Any) -> TimelineView:
    return TimelineView(
        job=view, events=list(events), naked_quantity=_D(0), asset="BTC", unit_coins=_D(1), **more
    )  # fmt: skip


def some_timelines(jobs: Sequence[JobView]) -> dict[str, TimelineView]:
    """Return a timeline for each job: hedging ones are naked, those that have ended ran for a moment."""
    found = {view.job_id: timeline(view) for view in jobs}
    for view in found.values():
        if view.job.phase == "hedging":
            view.naked_since_ns, view.naked_quantity = START_NS - 1_200 * _MS, _D("0.02")
            view.events = [
                event(-1_900, Kind.SENT, 0, "sent", quantity="0.05"),
                event(-1_200, Kind.FILLED, 0, "filled", quantity="0.05", filled="0.05", naked="0.05"),
                event(-1_200, Kind.MOVED, None, "hedging", naked="0.05", text="filled"),
                event(-1_100, Kind.SENT, 1, "sent", quantity="0.05", naked="0.05"),
                event(-500, Kind.FILLED, 1, "sent", quantity="0.03", filled="0.03", naked="0.02"),
            ]
    return found


def unwound() -> TimelineView:
    """Return a job whose hedge was rejected and whose primary leg was given back."""
    legs = [
        leg("sim-a", "buy", "0.05", "0.05", "given back", average_price=_D(63990)),
        leg("sim-b", "sell", "0.05"),
    ]
    view = job(
        21, "finished", outcome="unwound", reason="no margin", pnl_usd=_D("-2.11"), fees_usd=_D("3.20"), legs=legs,
        started_ns=START_NS - 10 * S, ended_ns=START_NS - 6 * S,
    )  # fmt: skip
    return timeline(
        view,
        event(-10_000, Kind.SENT, 0, "sent", quantity="0.05"),
        event(-9_000, Kind.FILLED, 0, "filled", quantity="0.05", filled="0.05", naked="0.05"),
        event(-9_000, Kind.MOVED, None, "hedging", naked="0.05"),
        event(-8_900, Kind.SENT, 1, "sent", quantity="0.05", naked="0.05"),
        event(-8_500, Kind.ENDED, 1, "planned", naked="0.05", text="hedge s12-2 rejected: no margin"),
        event(-8_400, Kind.MOVED, None, "unwinding", naked="0.05", text="the hedge was rejected"),
        event(-8_300, Kind.SENT, 0, "unwinding", quantity="0.05", filled="0.05", naked="0.05"),
        event(-6_500, Kind.FILLED, 0, "given back", quantity="0.05", filled="0.05"),
        event(-6_000, Kind.FINISHED, None, "unwound", text="no margin"),
    )


@dataclass
class TimelineLink(FakeLink):
    """The scripted engine, which shows its jobs over time to whoever asks."""

    more: list[TimelineView] = field(default_factory=list)

    def snapshot(self) -> DeskSnapshot:
        found = super().snapshot()
        if self.request.timelines:
            found.timelines = some_timelines(self.jobs) | {view.job.job_id: view for view in self.more}
        return found
