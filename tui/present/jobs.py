"""Hedge jobs: pending with their scores and why they wait, running leg by leg, finished with what came of them."""

from collections.abc import Sequence
from decimal import ROUND_FLOOR, Decimal
from math import isfinite
from typing import Final

from core.state.desk import JobView, LegView
from core.state.monitoring import JobsState
from tui.present import numbers
from tui.present.bars import share_bar
from tui.present.cells import left, line_width, width_of, wrap
from tui.present.entries import Entry
from tui.present.ink import Decor, Ink, Line, Span, signed_ink
from tui.present.key_words import AS_WRITTEN, KeyWords
from tui.present.orders import side_span
from tui.present.table import Align, Column, Row, Table, table_lines

MOST_REASON_LINES: Final = 3
_SIDE_CELLS: Final = 7
_INDENT: Final = "   "
_LEG_BAR: Final = 8
_SCORE_BAR: Final = 5
_COLUMNS: Final = (
    Column("state"),
    Column("job", Align.RIGHT),
    Column("type", rank=7),
    Column("symbol", shrinks_to=8),
    Column("venues", rank=6),
    Column("USD", Align.NUMBER, rank=4),
    Column("edge", Align.NUMBER, rank=5),
    Column("score", rank=3),
    Column("safety", Align.NUMBER, rank=8),
    Column("volume", Align.NUMBER, rank=9),
    Column("PnL", Align.RIGHT, rank=1),
    Column("fees", Align.NUMBER, rank=10),
    Column("when", Align.RIGHT, rank=2),
)
_SHAPES: Final = {
    "pending": ("○", Ink.WARNING, Decor.NONE),
    "primary": ("▶", Ink.GOOD, Decor.NONE),
    "hedging": ("▶", Ink.GOOD, Decor.BOLD),
    "unwinding": ("◀", Ink.ALARM, Decor.BOLD),
    "frozen": ("?", Ink.ALARM, Decor.BOLD | Decor.REVERSED),
    "completed": ("✓", Ink.GOOD, Decor.NONE),
    "partial": ("✓", Ink.TEXT, Decor.NONE),
    "unwound": ("↩", Ink.WARNING, Decor.NONE),
    "nothing": ("·", Ink.QUIET, Decor.NONE),
    "naked": ("■", Ink.ALARM, Decor.BOLD | Decor.REVERSED),
    "refused": ("✗", Ink.ALARM, Decor.NONE),
    "expired": ("·", Ink.QUIET, Decor.NONE),
    "cancelled": ("·", Ink.QUIET, Decor.NONE),
}
_LEG_INKS: Final = {
    "filled": Ink.GOOD,
    "sent": Ink.OWN,
    "in doubt": Ink.ALARM,
    "unwinding": Ink.ALARM,
    "given back": Ink.WARNING,
}
OVER: Final = frozenset({"finished", "dropped"})


def short_job_id(job_id: str) -> str:
    """Return the end of a job's id that tells it from others of this engine: job-s12ab-0001-7 → 0001-7."""
    parts = job_id.split("-")
    return "-".join(parts[-2:]) if len(parts) > 2 else job_id


def jobs_title(jobs: JobsState, shown: int = 0, kept: int = 0) -> Line:
    """Return the counts of the day, and how many of the jobs that are kept are shown where not all of them are."""
    counts = (
        f"running {len(jobs.running_jobs)} · waiting {jobs.pending_jobs_count} · "
        f"done {jobs.completed_today} · failed {jobs.failed_today}"
    )
    part = f" · {shown} of {kept} shown" if kept > shown else ""
    ink = Ink.ALARM if jobs.failed_today else Ink.QUIET
    return (Span("Jobs", Ink.STRONG, Decor.BOLD), Span(f"  {counts}{part}", ink))


WHAT_MAKES_JOBS: Final = "Strategies such as spread_arb and hedged_volume make them: {desk-5} shows the strategies."


def no_jobs_lines(width: int, keys: KeyWords) -> list[Line]:
    """Say what a job is and what makes one."""
    return [
        *wrap("No hedge jobs.", width),
        *wrap(
            keys(
                "A job trades two or more venues against each other (hedge, arbitrage, rebalance). Each is listed with "
                "its scores, its legs and its naked exposure; a waiting one says why it waits, {explain} explains it, "
                "{cancel} cancels it."
            ),
            width,
            Ink.QUIET,
        ),
        *wrap(keys(WHAT_MAKES_JOBS), width, Ink.QUIET),
    ]


def job_entries(
    jobs: Sequence[JobView], now_ns: int, snapshot_age_s: float, width: int, keys: KeyWords = AS_WRITTEN
) -> tuple[list[Line], list[Entry]]:
    """Return the heading and one entry a job: its row, and below it the legs of a running one or why it waits."""
    if not jobs:
        return [], []
    header, heads = table_lines(Table(_COLUMNS, [_row(job, now_ns) for job in jobs], ()), width)
    entries = [
        Entry(job.job_id, tuple(_with_detail(job, head, snapshot_age_s, width, keys)))
        for job, head in zip(jobs, heads, strict=True)
    ]
    return [header], entries


def state_span(job: JobView) -> Span:
    """Say where a job stands, by shape and word."""
    word = (job.phase if job.status == "running" else job.outcome) or job.status
    shape, ink, decor = _SHAPES.get(word, ("?", Ink.WARNING, Decor.NONE))
    mark = " ! override" if job.under_override else ""
    return Span(f"{shape} {word}{mark}", ink, decor)


def score_text(score: float | None) -> str:
    """Format a score of 0 to 1, cut rather than rounded up."""
    return (
        numbers.NOTHING
        if score is None or not isfinite(score)
        else f"{Decimal(score).quantize(Decimal('0.01'), rounding=ROUND_FLOOR)}"
    )


def _row(job: JobView, now_ns: int) -> Row:
    is_over = job.status in OVER
    bar = "" if job.final is None or not isfinite(job.final) else share_bar(job.final, _SCORE_BAR) + " "
    pnl = "" if job.pnl_usd is None else f"{numbers.direction(job.pnl_usd)}{numbers.signed_money(job.pnl_usd)}"
    cells = (
        state_span(job),
        Span(short_job_id(job.job_id), Ink.STRONG),
        Span(job.strategy_type, Ink.QUIET),
        Span(job.symbol, Ink.STRONG),
        Span("→".join(dict.fromkeys(leg.venue for leg in job.legs)), Ink.QUIET),
        Span(numbers.money(job.notional_usd, 0)),
        Span(f"{job.expected_edge_bps:.1f}", Ink.QUIET),
        Span(f"{bar}{score_text(job.final)}", Ink.QUIET if is_over else Ink.TEXT),
        Span(score_text(job.safety), Ink.QUIET),
        Span(score_text(job.volume), Ink.QUIET),
        Span(pnl, signed_ink(job.pnl_usd)),
        Span("" if job.fees_usd is None else numbers.money(job.fees_usd), Ink.QUIET),
        Span(_when(job, now_ns), Ink.QUIET),
    )
    return Row(job.job_id, cells, Decor.DIM if is_over and job.outcome != "naked" else Decor.NONE)


def _when(job: JobView, now_ns: int) -> str:
    """Say how long a pending job has left, how long a running one runs, when an ended one ended."""
    if job.ended_ns is not None:
        return numbers.clock(job.ended_ns)
    if job.started_ns is not None:
        return f"for {numbers.duration(max(0, now_ns - job.started_ns) / 1e9)}"
    return f"{numbers.duration(max(0, job.expires_ns - now_ns) / 1e9)} left"


def _with_detail(job: JobView, head: Line, snapshot_age_s: float, width: int, keys: KeyWords) -> list[Line]:
    if job.status == "running":
        lines = [head, *leg_lines(job.legs, width)]
        return [*lines, *_naked_lines(job, snapshot_age_s), *_reason_lines(job.reason, width, Ink.WARNING, keys)]
    if any(leg.filled_quantity for leg in job.legs):  # it ran: what became of each leg, and why it ended
        text, ink = _why(job)
        legs = wrap(_INDENT + " · ".join(_leg_words(leg) for leg in job.legs), width, Ink.QUIET)
        return [head, *legs, *_reason_lines(text, width, ink, keys)]
    text, ink = _why(job)
    if not text:
        return [head]
    if line_width(head) + 2 + width_of(text) <= width:
        return [(*head, Span("  "), Span(text, ink))]
    return [head, *_reason_lines(text, width, ink, keys)]


def _why(job: JobView) -> tuple[str, Ink]:
    if job.status == "pending":
        why = f"waits: {job.waits_for.replace('_', ' ')}" if job.waits_for else "waits for the next look at the jobs"
        return why, Ink.WARNING
    if job.outcome in {"completed", "nothing", "cancelled", "expired"}:
        return ("" if job.outcome == "completed" else job.reason), Ink.QUIET
    return job.reason, Ink.ALARM if job.outcome in {"refused", "naked"} else Ink.WARNING


def _reason_lines(text: str, width: int, ink: Ink, keys: KeyWords) -> list[Line]:
    if not text:
        return []
    lines = wrap(text, max(10, width - len(_INDENT)), ink)
    if len(lines) > MOST_REASON_LINES:
        lines = [*lines[: MOST_REASON_LINES - 1], (Span(keys("… ({explain} shows all)"), Ink.QUIET),)]
    return [(Span(_INDENT), *line) for line in lines]


def _leg_words(leg: LegView) -> str:
    price = "" if leg.average_price is None else f" @ {numbers.average(leg.average_price)}"
    quantity = f"{numbers.exact(leg.filled_quantity)}/{numbers.exact(leg.quantity)}"
    return f"{leg.side} {quantity} {leg.venue}{price} {leg.state}"


def leg_lines(legs: Sequence[LegView], width: int) -> list[Line]:
    """Show how far each leg of a running job is, with its average price and its state; their bars below each other."""
    tails = [_leg_tail(leg) for leg in legs]
    room = width - len(_INDENT) - _SIDE_CELLS - max((line_width(tail) for tail in tails), default=0)
    names = [f"{leg.venue} {leg.symbol}" for leg in legs]
    if any(width_of(name) > room for name in names):
        names = [leg.venue for leg in legs]  # the symbol stands in the job's row
    return [
        (Span(_INDENT), _side(leg.side), Span(left(name, max(0, min(26, room))), Ink.TEXT), *tail)
        for leg, name, tail in zip(legs, names, tails, strict=True)
    ]


def _side(side: str) -> Span:
    text, ink, _ = side_span(side)
    return Span(left(text, _SIDE_CELLS), ink)


def _leg_tail(leg: LegView) -> Line:
    done = leg.filled_quantity / leg.quantity if leg.quantity else Decimal(0)
    price = "" if leg.average_price is None else f" @ {numbers.average(leg.average_price)}"
    progress = f"{numbers.exact(leg.filled_quantity)}/{numbers.exact(leg.quantity)}{price}"
    ink = _LEG_INKS.get(leg.state, Ink.QUIET)
    return (
        Span(f" {share_bar(float(done), _LEG_BAR)} ", Ink.OWN),
        Span(progress, Ink.STRONG),
        Span(f"  {leg.state}", ink, Decor.BOLD if ink is Ink.ALARM else Decor.NONE),
    )


def _naked_lines(job: JobView, snapshot_age_s: float) -> list[Line]:
    """Say what is filled without its hedge and for how long; silent only where it is known to be nothing."""
    if job.naked_usd is not None and not job.naked_usd:
        return []
    value = "unknown" if job.naked_usd is None else f"{numbers.money(job.naked_usd)} USD"
    since = "" if job.naked_age_s is None else f" for {job.naked_age_s + snapshot_age_s:.1f} s"
    return [(Span(f"{_INDENT}naked {value}{since}", Ink.ALARM, Decor.BOLD),)]
