"""`seraphim replay`: a recording through the code that handles live messages, and what came of it."""

import sys
from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Protocol, cast

import typer

from core.control.verbs import REPLAY
from tui.cli.exits import CommandError, ExitCode
from tui.cli.output import Json, say, say_json
from tui.cli.replay_bars import BarCollector
from tui.cli.tables import Column, print_table

EXAMPLES: Final = "Example: seraphim replay session.gz --venue binanceusdm --check --json"
SYMBOL_COLUMNS: Final = (
    Column("symbol", "symbol"),
    Column("updates", "updates", "number"),
    Column("gaps", "gaps", "number"),
    Column("resyncs", "resyncs", "number"),
    Column("book", "state"),
    Column("reason", "reason"),
)
BAR_COLUMNS: Final = (
    Column("symbol", "symbol"),
    Column("open time UTC", "open_ns", "time"),
    Column("open", "open", "number"),
    Column("high", "high", "number"),
    Column("low", "low", "number"),
    Column("close", "close", "number"),
    Column("volume", "volume", "number"),
)
Report = dict[str, object]
RecordedVenue = Literal[
    "binance", "binanceus", "binanceusdm", "binancecoinm", "kraken", "okx", "coinbase", "hyperliquid"
]
Timeframe = Literal["1s", "5s", "1m", "5m", "15m", "1h", "4h", "1d"]


class Progress(Protocol):
    def __call__(self, done_bytes: int, total_bytes: int, /) -> None: ...


def register(app: typer.Typer) -> None:
    app.command(REPLAY.name, help=f"{REPLAY.help}\n\n{EXAMPLES}")(replay)


def replay(
    file: Annotated[Path, typer.Argument(help="The recording.", show_default=False)],
    venue: Annotated[RecordedVenue, typer.Option("--venue", help="Whose messages it holds.")],
    check: Annotated[bool, typer.Option("--check", help="Exit with 1 on a gap, a mismatch or a bad message.")] = False,
    bars: Annotated[Timeframe | None, typer.Option("--bars", help="Also build bars from its trades.")] = None,
    json: Json = False,
) -> None:
    if not file.is_file():
        raise CommandError(ExitCode.FAILED, f"{file}: {'is no file' if file.exists() else 'no such file'}")
    quiet = json or not sys.stderr.isatty()
    with nullcontext(_no_progress) if quiet else _progress_bar(file.name) as progress:
        report, is_clean = _play(file, venue, bars, progress)
    if json:
        say_json(report)
    else:
        _print(report)
    if check and not is_clean:
        raise typer.Exit(ExitCode.FAILED)


def _play(file: Path, venue: str, timeframe: Timeframe | None, progress: Progress) -> tuple[Report, bool]:
    import msgspec  # noqa: PLC0415 - as heavy as the adapters below, and no other command needs it

    # By name, since the adapters load compiled kernels that no other command may wait for.
    checking: Any = import_module("adapters.replay.check")
    broken: type[Exception] = import_module("data.recordings.message").RecordingError
    collector = BarCollector(timeframe) if timeframe else None
    try:
        found = checking.check_recording(file, venue, progress=progress, on_trade=collector and collector.add)
    except broken as error:
        raise CommandError(ExitCode.FAILED, str(error)) from None
    except OSError as error:
        raise CommandError(ExitCode.FAILED, f"{file} cannot be read: {error.strerror}") from None
    report = cast("Report", msgspec.to_builtins(found, builtin_types=(Decimal,)))
    if collector is not None:
        report["bars"] = collector.rows(cast("Report", report["symbols"]))
    return report, bool(found.is_clean)


def _print(report: Report) -> None:
    say(f"{report['venue']}: {report['messages']} messages, {report['trades']} trades, {report['malformed']} malformed")
    if report["inferred"]:
        say("tick and lot sizes are inferred from the recorded numbers: the recording does not hold the venue's rules")
    symbols = cast("dict[str, Report]", report["symbols"])
    print_table("", SYMBOL_COLUMNS, ({"symbol": name, **facts} for name, facts in symbols.items()), empty="no books")
    top = cast("dict[str, Report]", report["checks"])["top_of_book"]
    say(f"top of book: {top['compared']} compared with the venue's own, {top['mismatched']} mismatched")
    if top["first_mismatch"]:
        say(f"first mismatch: {top['first_mismatch']}")
    checksum = cast("dict[str, Report]", report["checks"])["checksum"]
    if not (top["compared"] or checksum["compared"]):
        say("no book was compared: the recording holds neither best prices nor checksums beside the books themselves")
    if checksum["compared"]:
        say(f"checksums: {checksum['compared']} compared with the venue's own, {checksum['mismatched']} mismatched")
    if checksum["first_mismatch"]:
        say(f"first wrong checksum: {checksum['first_mismatch']}")
    handling = cast("Report", report["handling_us"])
    say(f"handling a message: p50 {handling['p50']} µs, p99 {handling['p99']} µs")
    if "bars" in report:
        print_table("", BAR_COLUMNS, cast("list[Report]", report["bars"]), empty="no trades, no bars")


def _no_progress(_done_bytes: int, _total_bytes: int) -> None: ...


@contextmanager
def _progress_bar(name: str) -> Generator[Progress]:
    from rich.console import Console  # noqa: PLC0415 - only for a person at a terminal
    from rich.progress import Progress as Bar  # noqa: PLC0415 - the same

    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(name, total=None)
        yield lambda done_bytes, total_bytes: bar.update(task, completed=done_bytes, total=total_bytes)
