"""`seraphim record`: what a venue sends, into a file."""

import asyncio
import signal
import sys
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from core.control.verbs import RECORD
from tui.cli.configured import configuration, real_venue
from tui.cli.exits import CommandError, ExitCode
from tui.cli.output import Json, say, say_json
from tui.cli.program import ConfigFile

EXAMPLES: Final = (
    "Examples: seraphim record kraken BTC/USD ETH/USD --out kraken.zst · "
    "seraphim record binance BTC/USDT --out btc.zst --seconds 600. Ctrl-C ends it; the file is whole up to there."
)


class _RefusedError(Exception):
    """Nothing will be recorded; carried from the loop to the command, which takes the empty file away."""


def register(app: typer.Typer) -> None:
    app.command(RECORD.name, help=f"{RECORD.help}\n\n{EXAMPLES}")(record)


def record(
    venue: Annotated[str, typer.Argument(help="A configured venue, or a kind of venue.")],
    symbols: Annotated[list[str], typer.Argument(help="Unified symbols, e.g. BTC/USDT.")],
    out: Annotated[Path, typer.Option("--out", help="A new file; it is compressed with zstd.")],
    seconds: Annotated[float | None, typer.Option("--seconds", min=0.1, help="End after so long.")] = None,
    config: ConfigFile = None,
    json: Json = False,
) -> None:
    chosen = real_venue(configuration(config), venue).model_copy(update={"symbols": tuple(symbols)})
    if out.exists():
        raise CommandError(ExitCode.USAGE, f"{out} is there already; name a new file")
    try:
        found = asyncio.run(_record(venue, chosen, out, seconds, quiet=json or not sys.stderr.isatty()))
    except _RefusedError as error:
        out.unlink(missing_ok=True)
        raise CommandError(ExitCode.USAGE, str(error)) from None
    if not found["messages"]:
        out.unlink(missing_ok=True)
        raise CommandError(ExitCode.FAILED, f"nothing was received: {found['state']}")
    if json:
        say_json(found)
    else:
        say(f"{found['messages']} messages and {found['trades']} trades in {found['seconds']} s: {found['out']}")


async def _record(name: str, venue: Any, out: Path, seconds: float | None, *, quiet: bool) -> dict[str, Any]:
    import msgspec  # noqa: PLC0415 - as heavy as the adapters below

    from adapters.instrument_selection import UnknownSymbolError  # noqa: PLC0415 - only where a venue is asked
    from core.paths import describe  # noqa: PLC0415 - only where it fails
    from tui.compose.kinds.venue_kind import NotRecordableError  # noqa: PLC0415 - only where a venue is asked
    from tui.compose.recording import record as run  # noqa: PLC0415 - only where a venue is asked

    ending = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ending.set)
    progress = _nothing if quiet else _say_progress
    try:
        found = await run(name, venue, out, seconds=seconds, progress=progress, ending=ending)
    except (UnknownSymbolError, NotRecordableError) as error:
        raise _RefusedError(str(error)) from None
    except OSError as error:
        raise CommandError(ExitCode.FAILED, f"{out} cannot be written: {describe(error)}") from None
    finally:
        if not quiet:
            sys.stderr.write("\n")
    return msgspec.to_builtins(found)


def _say_progress(messages: int, seconds: float, detail: str) -> None:
    sys.stderr.write(f"\r\x1b[K{messages} messages, {seconds:.0f} s, {detail}")
    sys.stderr.flush()


def _nothing(_messages: int, _seconds: float, _detail: str) -> None: ...
