"""What a job's controls and scores alone do not say: what went in, whom it stands against, and what happened."""

from collections.abc import Iterator
from typing import Final

from core.engine.explaining.rows import fact, number, section, usd
from core.engine.parts import EngineParts
from core.jobs.explanation import Explanation
from core.state.explanation import ExplainedRow, ExplainedSection
from core.types.job import HedgeJob
from core.types.job_event import JobEvent, JobEventKind

CANDIDATES: Final = 6
EVENTS: Final = 30
_TROUBLE: Final = frozenset(
    {JobEventKind.DOUBTED, JobEventKind.REFUSED, JobEventKind.DISTURBED, JobEventKind.REOPENED}
)  # fmt: skip


def job_sections(found: Explanation, parts: EngineParts) -> list[ExplainedSection]:
    """Return the inputs of a job, its rivals while it waits, and its events once it has started."""
    sections = [section("inputs", _inputs(found.job))]
    if found.status == "pending":
        sections.append(section("candidates, the best first", _candidates(found.job.job_id, parts)))
    events = list(_events(found.job, parts))
    return [*sections, section("what happened", events)] if events else sections


def _inputs(job: HedgeJob) -> Iterator[ExplainedRow]:
    source = "the books must show it when it starts" if job.is_edge_shown else "its strategy's word"
    yield fact("notional", f"{usd(job.notional_usd)} a leg")
    yield fact("edge", f"{job.expected_edge_bps:.2f} bps before fees and slippage: {source}")
    yield fact("volume", usd(job.est_volume_usd))
    if job.max_acceptable_loss_bps:
        yield fact("may lose", number(job.max_acceptable_loss_bps, "bps"))
    yield fact("proposed", f"by {job.strategy}", at_ns=job.created_ns)
    yield fact("expires", "", at_ns=job.expires_ns)
    for name, value in job.metadata.items():
        yield fact(name, value)


def _candidates(job_id: str, parts: EngineParts) -> Iterator[ExplainedRow]:
    """Yield the best that wait, and the asked one wherever it stands; what waits for a rule is marked."""
    state = parts.fold.scheduler.get_scheduler_state(len(parts.fold.scheduler.book.pending))
    for rank, each in enumerate(state.pending, 1):
        if rank > CANDIDATES and each.job.job_id != job_id:
            continue
        scores = (
            "not judged yet"
            if each.final is None or each.safety is None or each.volume is None
            else f"final {each.final:.3f} = safety {each.safety:.3f}, volume {each.volume:.3f}"
        )
        own = "this job, " if each.job.job_id == job_id else ""
        mark = "" if each.waits_for.startswith("its turn") or each.final is None else "warning"
        yield fact(f"{rank}. {each.job.job_id}", f"{own}{scores}; waits for {each.waits_for}", mark=mark)


def _events(job: HedgeJob, parts: EngineParts) -> Iterator[ExplainedRow]:
    runs = parts.fold.runs
    run = runs.get(job.job_id) or runs.ended(job.job_id)
    if run is None:
        return
    events = run.history.to_state()
    if events.left_out or len(events.kept) > EVENTS:
        yield fact("earlier", f"{events.left_out + max(0, len(events.kept) - EVENTS)} events are not shown")
    for event in events.kept[-EVENTS:]:
        yield fact(event.kind.value, _words(event, job), mark=_mark(event), at_ns=event.at_ns)
    for refusal in run.refusals[-EVENTS:]:
        text = f"{job.legs[refusal.leg].instrument_id}, {refusal.role}: {refusal.reason}"
        yield fact("refused", text, mark="failed", at_ns=refusal.at_ns)


def _words(event: JobEvent, job: HedgeJob) -> str:
    naked = f"; naked {number(abs(event.naked_quantity))}" if event.naked_quantity else ""
    if event.leg is None:
        return f"{event.state}: {event.text}{naked}"
    leg = job.legs[event.leg]
    quantity = f"{number(event.quantity)} " if event.quantity else ""
    return f"{quantity}{leg.instrument_id}, {event.text}{naked}"


def _mark(event: JobEvent) -> str:
    is_rejected = event.kind is JobEventKind.ENDED and " rejected" in event.text
    return "failed" if is_rejected or event.kind in _TROUBLE else ""
