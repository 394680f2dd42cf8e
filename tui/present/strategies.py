"""Strategies and hedge jobs as tables."""

from core.state.monitoring import JobsState, StrategyState
from tui.present.cells import wrap
from tui.present.ink import Decor, Ink, Line, Span
from tui.present.table import Align, Column, Row, Table

_COLUMNS = (
    Column("strategy", shrinks_to=10),
    Column("status"),
    Column("signals", Align.NUMBER, rank=2),
    Column("orders", Align.NUMBER, rank=1),
    Column("last signal", rank=3, shrinks_to=10),
    Column("on", rank=4, shrinks_to=10),
    Column("parameters", rank=5, shrinks_to=10),
    Column("detail", rank=6, shrinks_to=10),
)
_STATUS = {"running": ("▶", Ink.GOOD), "stopped": ("■", Ink.QUIET), "failed": ("✗", Ink.ALARM)}


def strategies_table(strategies: list[StrategyState]) -> Table:
    return Table(
        _COLUMNS,
        [_row(strategy) for strategy in strategies],
        ("No strategies are known.", "Shipped ones are listed here; + starts and - stops the selected one."),
    )


def _row(strategy: StrategyState) -> Row:
    shape, ink = _STATUS.get(strategy.status, ("?", Ink.WARNING))
    parameters = " ".join(f"{name}={value}" for name, value in strategy.parameters.items())
    cells = (
        Span(strategy.name, Ink.STRONG),
        Span(f"{shape} {strategy.status}", ink, Decor.BOLD if strategy.status == "failed" else Decor.NONE),
        Span(f"{strategy.signals:,}"),
        Span(f"{strategy.orders:,}"),
        Span(strategy.last_signal or "", Ink.TEXT),
        Span(" ".join(strategy.instruments), Ink.QUIET),
        Span(parameters, Ink.QUIET),
        Span(strategy.detail, Ink.QUIET),
    )
    return Row(strategy.name, cells)


def jobs_title(jobs: JobsState) -> Line:
    counts = (
        f"running {len(jobs.running_jobs)} · waiting {jobs.pending_jobs_count} · "
        f"done {jobs.completed_today} · failed {jobs.failed_today}"
    )
    return (Span("Jobs", Ink.STRONG, Decor.BOLD), Span(f"  {counts}", Ink.ALARM if jobs.failed_today else Ink.QUIET))


def jobs_lines(jobs: JobsState, width: int) -> list[Line]:
    """List running jobs and the newest finished ones; without any, say what a job is."""
    lines: list[Line] = [(Span("▶ ", Ink.GOOD), Span(job, Ink.STRONG)) for job in jobs.running_jobs]
    lines += [(Span("✓ ", Ink.QUIET), Span(job, Ink.QUIET)) for job in jobs.recent_completed]
    if lines:
        return lines
    return [
        *wrap("No hedge jobs.", width),
        *wrap(
            "A job trades two or more venues against each other (hedge, arbitrage, rebalance). "
            "Each will be listed with its legs, its progress and its naked exposure; a waiting one says why it waits.",
            width,
            Ink.QUIET,
        ),
        *wrap("Jobs need the scheduler, which this engine does not run yet.", width, Ink.QUIET),
    ]
