"""`seraphim jobs` and `explain`: which hedge jobs wait, run or ended, why, and the end of one."""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Annotated, Final, cast

import typer

from core.control.verbs import EXPLAIN, JOBS
from tui.cli import engine
from tui.cli.exits import CommandError, ExitCode
from tui.cli.output import Json, say, say_json
from tui.cli.tables import Column, cell, print_table

COLUMNS: Final = (
    Column("id", "job_id"),
    Column("state", "state"),
    Column("type", "strategy_type"),
    Column("symbol", "symbol"),
    Column("legs", "legs_text"),
    Column("USD a leg", "notional_usd", "money"),
    Column("edge bps", "expected_edge_bps", "score"),
    Column("safety", "safety", "score"),
    Column("volume", "volume", "score"),
    Column("final", "final", "score"),
    Column("naked USD", "naked_usd", "money"),
    Column("PnL", "pnl_usd", "money"),
    Column("fees", "fees_usd", "money"),
    Column("why", "why"),
)
CHECK_COLUMNS: Final = (
    Column("control", "rule"),
    Column("kind", "kind"),
    Column("verdict", "verdict"),
    Column("observed", "observed"),
    Column("allowed", "limit"),
    Column("unit", "unit"),
)
FACT_COLUMNS: Final = (
    Column("", "verdict"),
    Column("what", "label"),
    Column("when (UTC)", "at_ns", "time"),
    Column("facts", "text"),
)
SUBJECTS: Final = "order:ID, fill:'VENUE ID', venue:NAME, strategy:NAME, limit:NAME, alarm:NAME, global"
_JOB_END: Final = re.compile(r"\d+-\d+")
EXAMPLES: Final = "Examples: seraphim jobs --pending · seraphim jobs cancel 0001-7 --reason 'not now'"
EXPLAIN_EXAMPLES: Final = (
    "Examples: seraphim explain 0001-7 · seraphim explain venue:sim-a · seraphim explain 'limit:day loss'"
)
MOST_JOBS: Final = 1000  # asked for unless told otherwise; what is left out is said
OVER: Final = frozenset({"finished", "dropped"})
JobId = Annotated[str, typer.Argument(help="The job's id, or its end as the console shows it, e.g. 0001-7.")]

group = typer.Typer(help=f"{JOBS.help}\n\n{EXAMPLES}", invoke_without_command=True)


def register(app: typer.Typer) -> None:
    app.add_typer(group, name=JOBS.name)
    app.command(EXPLAIN.name, help=f"{EXPLAIN.help}\n\n{EXPLAIN_EXAMPLES}")(explain)


@group.callback()
def default(
    context: typer.Context,
    pending: Annotated[bool, typer.Option("--pending", help="Only those that wait, best score first.")] = False,
    running: Annotated[bool, typer.Option("--running", help="Only those that run, with their legs.")] = False,
    finished: Annotated[bool, typer.Option("--finished", help="Only those that ended, newest first.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="Most to show; running ones always are.")] = (
        MOST_JOBS
    ),
    json: Json = False,
) -> None:
    if context.invoked_subcommand is not None:
        return
    wanted = _statuses(pending=pending, running=running, finished=finished)
    answer = engine.read("/api/jobs?" + "&".join([f"limit={limit}", *(f"status={each}" for each in sorted(wanted))]))
    jobs = [job for job in engine.rows(answer, "jobs") if not wanted or job.get("status") in wanted]
    if json:
        say_json({**answer, "jobs": jobs})
        return
    print_table("", COLUMNS, (_row(job) for job in jobs), empty="no such jobs" if wanted else "no jobs")
    left_out = answer.get("left_out")
    if left_out:
        say(f"{left_out} more are not shown: --limit shows more of them")


def _statuses(*, pending: bool, running: bool, finished: bool) -> frozenset[str]:
    """Return the states to show; none chosen shows all."""
    chosen: list[str] = []
    chosen += ["pending"] if pending else []
    chosen += ["running"] if running else []
    chosen += sorted(OVER) if finished else []
    return frozenset(chosen)


@group.command("cancel", help="End a job. Example: seraphim jobs cancel 0001-7 --reason 'not now'")
def cancel(
    job_id: JobId,
    reason: Annotated[str, typer.Option("--reason", help="Why; kept in the journal.")] = "",
    json: Json = False,
) -> None:
    _say(engine.delete(f"/api/jobs/{engine.segment(_whole_id(job_id))}", {"reason": reason}), as_json=json)


def explain(
    subject: Annotated[str, typer.Argument(help=f"A job's id or its end, or one of {SUBJECTS}.")], json: Json = False
) -> None:
    if not subject.strip() or subject.startswith("job-") or _JOB_END.fullmatch(subject):
        _explain_job(subject, as_json=json)
        return
    answer = engine.command("/api/explain", {"subject": subject})
    if json:
        say_json(answer)
        return
    found = engine.table(answer, "data")
    say(f"{found.get('headline')}\n{found.get('standing')}")
    _say_sections(found)


def _explain_job(job_id: str, *, as_json: bool) -> None:
    answer = engine.command(f"/api/jobs/{engine.segment(_whole_id(job_id))}/explain")
    if as_json:
        say_json(answer)
        return
    say(str(answer.get("message")))
    found = engine.table(answer, "data")
    if found.get("final") is not None:
        say(_score_text(found))
    checks = found.get("checks")
    rows = [_check_row(check) for check in cast("list[engine.Body]", checks)] if isinstance(checks, list) else []
    print_table("", CHECK_COLUMNS, rows, empty="no controls are on record for it")
    _say_sections(found)


def _say_sections(found: engine.Body) -> None:
    """Print the facts of an explanation under their titles."""
    sections = found.get("sections")
    for section in cast("list[engine.Body]", sections) if isinstance(sections, list) else []:
        rows = [_fact_row(row) for row in engine.rows(section, "rows")]
        say(f"\n{section.get('title')}")
        print_table("", FACT_COLUMNS, rows, empty="nothing")


def _fact_row(row: engine.Body) -> engine.Body:
    mark = str(row.get("mark") or "")
    return {**row, "verdict": mark.upper() if mark in {"failed", "lifted", "warning"} else mark}


def _whole_id(job_id: str) -> str:
    """Complete the end of an id where it names one job; an id that no job has goes to the engine, which says so."""
    if not job_id.strip():
        raise CommandError(ExitCode.USAGE, "the job's id is empty; seraphim jobs lists them")
    if job_id.startswith("job-"):
        return job_id
    known = [str(job.get("job_id")) for job in engine.rows(engine.read(f"/api/jobs?limit={MOST_JOBS}"), "jobs")]
    found = [each for each in known if each.endswith(f"-{job_id}")]
    if len(found) > 1:
        raise CommandError(ExitCode.USAGE, f"{job_id!r} is the end of {len(found)} jobs: {', '.join(found)}")
    return found[0] if found else job_id


def _row(job: engine.Body) -> engine.Body:
    legs = job.get("legs")
    rows = cast("list[engine.Body]", legs) if isinstance(legs, list) else []
    status = str(job.get("status"))
    word = job.get("phase") if status == "running" else job.get("outcome")
    mark = " OVERRIDE" if job.get("under_override") else ""
    return {
        **job,
        "state": f"{status}{f': {word}' if word else ''}{mark}",
        "legs_text": _legs_text(rows, has_run=status in {"running", "finished"}),
        "why": job.get("waits_for") if status == "pending" else job.get("reason"),
    }


def _legs_text(legs: Iterable[Mapping[str, object]], *, has_run: bool) -> str:
    """Write legs in one line, with how far each came where the job runs or has run."""
    return " · ".join(_leg_text(leg, has_run=has_run) for leg in legs)


def _leg_text(leg: Mapping[str, object], *, has_run: bool) -> str:
    quantity = cell(leg.get("quantity"), "number")
    if has_run:
        quantity = f"{cell(leg.get('filled_quantity'), 'number')}/{quantity}"
    text = f"{leg.get('side')} {quantity} {leg.get('venue')}"
    if not has_run:
        return text
    price = "" if leg.get("average_price") is None else f" @ {cell(leg.get('average_price'), 'average')}"
    return f"{text}{price} {leg.get('state')}"


def _score_text(found: engine.Body) -> str:
    safety, volume, final = (cell(found.get(name), "score") for name in ("safety", "volume", "final"))
    weight, rank = found.get("safety_weight"), found.get("rank")
    text = f"safety {safety}   volume {volume}   final {final}"
    if weight is not None:
        share = Decimal(str(weight))
        text += f" = {share} x safety + {1 - share} x volume"
    return text if rank is None else f"{text}   rank {rank} of {found.get('pending_count')} waiting"


def _check_row(check: engine.Body) -> engine.Body:
    verdict = "passed" if check.get("passed") else "LIFTED" if check.get("lifted") else "FAILED"
    return {**check, "kind": "hard" if check.get("is_hard") else "soft", "verdict": verdict}


def _say(answer: engine.Body, *, as_json: bool) -> None:
    if as_json:
        say_json(answer)
    else:
        say(str(answer.get("message") or "done"))
