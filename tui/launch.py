"""`seraphim-tui`: a console that hosts its engine or attaches to the one that runs, or no console at all."""

import argparse
import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from core.io.instance_lock import find_holder
from core.io.interpreter import put_off_garbage_collection
from core.paths import Paths, StateFolderError
from tui.attach_target import FORMS, attach_target
from tui.going_live import start_terms
from tui.shell_parent import Leave, run_in_child

EXIT_DONE: Final = 0
EXIT_USAGE: Final = 2


def main() -> None:
    """Run the command of this process and exit."""
    parser = _parser()
    options = parser.parse_args()
    if options.attach is not None and (options.daemon or options.leave_orders or options.live):
        parser.error("--attach shows an engine that runs: it goes with none of --daemon, --leave-orders and --live")
    if options.replay_session is not None:
        if options.daemon or options.leave_orders or options.live or options.attach is not None:
            parser.error("--replay-session shows what was: it goes with no option that starts or shows an engine")
        sys.exit(run_replay(options.replay_session))
    sys.exit(
        run_daemon(options.config, cancel_orders=not options.leave_orders, is_live=options.live)
        if options.daemon
        else run_console(
            options.config, is_live=options.live, attach=options.attach, is_slow_link=options.low_bandwidth
        )
    )


def run_daemon(config_file: Path | None, *, cancel_orders: bool = True, is_live: bool = False) -> int:
    """Run the engine headless in the foreground; return the exit code, every failure said in one line."""
    return _guarded(lambda: _daemon(config_file, cancel_orders=cancel_orders, is_live=is_live))


def run_console(
    config_file: Path | None, *, is_live: bool = False, attach: str | None = None, is_slow_link: bool = False
) -> int:
    """Run a console: attached where an engine holds the lock or that is asked for, else hosting one.

    `attach` says where to: empty for this user's engine, a socket, or an address of SSH. Returns the exit code.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        _say("a console needs a terminal; without one run `seraphim-tui --daemon` or `seraphim daemon`")
        return EXIT_USAGE
    try:
        is_attaching = attach is not None or find_holder(Paths.from_environment().lock) is not None
    except Exception as error:
        return _failed(error)
    if is_attaching:
        return _guarded(lambda: _attach(config_file, attach or "", is_slow_link=is_slow_link))
    return run_in_child(
        lambda leave: _guarded(lambda: _host(config_file, leave, is_live=is_live, is_slow_link=is_slow_link))
    )


def run_replay(session: str) -> int:
    """Show a recorded session; return the exit code, 2 for what is none, said in one line."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        _say("a replay needs a terminal; `seraphim sessions show` tells of a session without one")
        return EXIT_USAGE
    from tui.flight.session_form import SessionFileError  # noqa: PLC0415 - for a replay only
    from tui.flight.showing import show_session  # noqa: PLC0415 - heavy

    try:
        show_session(session, Paths.from_environment())
    except (SessionFileError, StateFolderError) as error:
        _say(str(error))
        return EXIT_USAGE
    return EXIT_DONE


def _daemon(config_file: Path | None, *, cancel_orders: bool, is_live: bool) -> None:
    from tui.compose.configuration import load_for_engine  # noqa: PLC0415 - after the arguments are known to be right

    paths = _ready_paths()
    config = load_for_engine(config_file or paths.config_file, paths)
    terms = start_terms(config, paths, config_file or paths.config_file, is_asked_for=is_live)
    from tui.headless import run_headless  # noqa: PLC0415 - heavy

    asyncio.run(run_headless(config, paths, terms, cancel_orders=cancel_orders))


def _attach(config_file: Path | None, where: str, *, is_slow_link: bool) -> None:
    put_off_garbage_collection()
    target = attach_target(where)
    paths = _ready_paths(is_looking=True)
    from tui.attached import run_attached  # noqa: PLC0415 - heavy
    from tui.console_reading import first_settings  # noqa: PLC0415 - heavy

    first = first_settings(config_file or paths.config_file, is_slow_link=is_slow_link)
    asyncio.run(run_attached(target or paths.socket, paths, first))


def _host(config_file: Path | None, leave: Leave, *, is_live: bool, is_slow_link: bool) -> None:
    from tui.compose.configuration import load_for_engine  # noqa: PLC0415 - not for an attaching console

    paths = _ready_paths()
    config = load_for_engine(config_file or paths.config_file, paths)
    terms = start_terms(config, paths, config_file or paths.config_file, is_asked_for=is_live)
    from core.config.load import places_of  # noqa: PLC0415 - not for an attaching console
    from tui.console.settings import console_settings  # noqa: PLC0415 - heavy
    from tui.hosting import run_hosted  # noqa: PLC0415 - heavy

    settings = console_settings(
        config.console,
        is_slow_link=is_slow_link,
        places=places_of(config_file or paths.config_file),
        config_file=str(config_file or paths.config_file),
    )
    asyncio.run(run_hosted(config, paths, terms, settings, leave))


def _ready_paths(*, is_looking: bool = False) -> Paths:
    """Return the folders, made and proven; who only looks at an engine that runs is told later that a disk is full."""
    paths = Paths.from_environment()
    paths.make_folders()
    if not is_looking:
        paths.prove_writable()
    paths.export_cache_dir()
    if paths.notice:
        _say(paths.notice)
    return paths


def _guarded(work: Callable[[], None]) -> int:
    try:
        work()
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        return _failed(error)
    return EXIT_DONE


def _failed(error: Exception) -> int:
    """Say what keeps a start from going on and return its exit code; raise what is a fault of the program."""
    from tui.start_failures import exit_code_of  # noqa: PLC0415 - what did not fail needs no names of failures

    code = exit_code_of(error)
    if code is None:
        raise error
    _say(str(error))
    return code


class _Version(argparse.Action):
    """Say the version; it is looked up for this option only."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from tui.program_version import program_version  # noqa: PLC0415 - see above

        parser.exit(message=f"seraphim {program_version()}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="seraphim-tui",
        description="A trading console for the terminal. It attaches to the engine that runs, or starts one.",
        epilog="Without a configuration it trades on paper in an embedded market: no keys, no network, no money."
        " SIGUSR1 to the engine's process halts everything, like `seraphim kill`.",
    )
    parser.add_argument("--daemon", action="store_true", help="run the engine without a console, in the foreground")
    parser.add_argument(
        "--attach", nargs="?", const="", metavar="WHERE", help=f"show an engine that runs, and start none: {FORMS}"
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="configuration file instead of the usual one")
    parser.add_argument(
        "--leave-orders", action="store_true", help="with --daemon: leave open orders at the venues when stopping"
    )
    parser.add_argument(
        "--live", action="store_true", help="confirm that orders go out with real money, where the configuration allows"
    )
    parser.add_argument(
        "--low-bandwidth",
        action="store_true",
        help="for a slow link: one frame a second in the terminal's sixteen colours; keys answer at once",
    )
    parser.add_argument(
        "--replay-session",
        metavar="FILE",
        help="show a recorded session again, step by step or at any speed; `seraphim sessions` lists them",
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show program's version number and exit")
    return parser


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - before there is a screen, or after it
