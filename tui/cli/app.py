"""The `seraphim` command line: its commands, and the one place where their errors become text and exit codes."""

import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress

import typer

from core.paths import Paths, StateFolderError
from tui.cli import (
    alerts,
    away,
    config,
    control,
    jobs,
    journal,
    keys,
    kill,
    logs,
    orders,
    program,
    record,
    replay,
    risk,
    sessions,
    sim,
    simulate,
    status,
    strategies,
    venues,
    views,
)
from tui.cli.exits import CommandError, ExitCode
from tui.cli.output import flush, report_error

HELP = """Steer a running seraphim engine.

Every command takes --json. Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 no engine is running,
4 refused by risk.

Examples: seraphim status · seraphim order buy 0.01 BTC/USDT@sim-a · seraphim kill --reason 'wrong prices'
"""

app = typer.Typer(
    name="seraphim",
    help=HELP,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for part in (
    status,
    control,
    kill,
    risk,
    views,
    orders,
    jobs,
    strategies,
    alerts,
    away,
    logs,
    journal,
    sessions,
    replay,
    record,
    venues,
    program,
    simulate,
    keys,
    sim,
    config,
):
    part.register(app)


def main() -> None:
    """Run the command line of this process and exit."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Carry out one command line and return its exit code; no error leaves as a traceback."""
    as_json = "--json" in arguments
    try:
        try:
            # An exit code comes back where a command raised typer.Exit, None where it returned.
            code = app(list(arguments) or ["--help"], prog_name="seraphim", standalone_mode=False)
            flush()
        except Exception as error:
            found = _as_command_error(error)
            report_error(found, as_json=as_json)
            return int(found.exit_code)
        return int(code) if isinstance(code, int) else int(ExitCode.DONE)
    except KeyboardInterrupt:
        return int(ExitCode.INTERRUPTED)


def _as_command_error(error: Exception) -> CommandError:
    match error:
        case CommandError():
            return error
        case typer.TyperException():
            return _usage_error(error)
        case StateFolderError():
            return CommandError(ExitCode.FAILED, str(error))
        case typer.Abort():
            return CommandError(ExitCode.FAILED, "not confirmed; nothing was done")
        case _ if _is_config_error(error):
            return CommandError(ExitCode.USAGE, str(error))
        case _:
            return CommandError(ExitCode.FAILED, _unexpected(error))


def _usage_error(error: typer.TyperException) -> CommandError:
    path = getattr(getattr(error, "ctx", None), "command_path", "seraphim")
    text = " ".join(error.format_message().replace("Value error, ", "").split()).rstrip(".")
    text = text or "a command is missing"  # what only prints its help, e.g. `seraphim config`, says nothing
    return CommandError(ExitCode(error.exit_code), f"{text}. Try `{path} --help`.")


def _is_config_error(error: Exception) -> bool:
    """Recognise a ConfigError without importing the configuration, which most commands never load."""
    module = sys.modules.get("core.config.problem")
    return module is not None and isinstance(error, module.ConfigError)


def _unexpected(error: Exception) -> str:
    """Keep the traceback in the log folder and say in one line where; neither shows a secret."""
    from core.io.redaction import redact  # noqa: PLC0415 - only for what nobody expected

    what = redact(f"unexpected {type(error).__name__}: {error}").replace("\n", " ")
    with suppress(Exception):
        folder = Paths.from_environment().log_dir
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = folder / "command-line-errors.log"
        with file.open("a", encoding="utf-8") as log:
            log.write(redact("".join(traceback.format_exception(error))) + "\n")
        return f"{what}; details are in {file}"
    return what
