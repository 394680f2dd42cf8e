"""`seraphim journal check`: audit a journal with code that shares nothing with the engine that wrote it."""

import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from core.paths import Paths
from tui.cli.exits import CommandError, ExitCode
from tui.cli.output import Json, note, say, say_json

BAR_WIDTH: Final = 30
HELP: Final = "Check a journal's hashes, money, orders, held orders, crossings, capital, jobs and halts."

group = typer.Typer(help=HELP, no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.add_typer(group, name="journal")


@group.callback()
def journal() -> None:
    """Keep `check` a command of the group: with one command alone typer would make it the group itself."""


@group.command(
    "check",
    help=f"{HELP} Reads only, also while an engine runs.\n\n"
    "Exit codes: 0 clean, 1 something was found, 2 there is no such file.\n\n"
    "Examples: seraphim journal check · seraphim journal check backup.sqlite --json",
)
def check(
    path: Annotated[
        Path | None, typer.Argument(help="The journal; left out: this user's own.", show_default=False)
    ] = None,
    json: Json = False,
) -> None:
    file = Paths.from_environment().journal if path is None else path
    if not file.is_file():
        raise CommandError(ExitCode.USAGE, f"there is no journal {file}")
    auditor: Any = import_module("data.journal_audit.audit")
    bar = _ProgressBar() if sys.stderr.isatty() else None
    report = auditor.audit(file, None if bar is None else bar.show)
    if bar is not None:
        bar.clear()
    if json:
        found = [{"row": row, "check": name, "text": text} for row, name, text in report.findings]
        say_json({"rows": report.rows, "findings": found, "summary": report.summary})
    else:
        for row, name, text in report.findings:
            say(f"row {row}: {name}: {text}" if row else f"{name}: {text}")
        note(_verdict(file, report))
    raise typer.Exit(int(ExitCode.DONE if report.is_clean else ExitCode.FAILED))


def _verdict(file: Path, report: Any) -> str:
    summary: dict[str, object] = report.summary
    looked_at = ", ".join(f"{summary[name]} {name}" for name in ("runs", "orders", "fills", "jobs") if name in summary)
    if report.is_clean:
        return f"{file}: {report.rows} rows are clean ({looked_at})"
    counts: dict[str, int] = report.counts
    told = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
    return f"{file}: {report.rows} rows, found: {told} ({looked_at})"


class _ProgressBar:
    """One line on stderr, redrawn in place."""

    def show(self, done: int, rows: int) -> None:
        share = done / rows if rows else 1.0
        bar = "#" * int(share * BAR_WIDTH)
        sys.stderr.write(f"\r[{bar:<{BAR_WIDTH}}] {share:4.0%}  {done:,} of {rows:,} rows")
        sys.stderr.flush()

    def clear(self) -> None:
        sys.stderr.write("\r\x1b[2K")
        sys.stderr.flush()
