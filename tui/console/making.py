"""Make the console that runs on a real terminal."""

from core.io.system_clock import SystemClock
from core.paths import Paths
from core.ports.control import EngineLink
from tui.console.app import ConsoleApp
from tui.console.files import ConsoleFiles
from tui.console.settings import ConsoleSettings
from tui.console.stall_proof_driver import StallProofDriver
from tui.flight.recorded_console import RecordedConsole
from tui.flight.session_folder import sessions_dir
from tui.program_version import program_version


def make_console(link: EngineLink, settings: ConsoleSettings, paths: Paths, who: str) -> ConsoleApp:
    """Return a console for a terminal, recorded unless that is switched off; a test makes a `ConsoleApp` itself."""
    clock, files = SystemClock(), ConsoleFiles.of(paths)
    if settings.is_recorded:
        console: ConsoleApp = RecordedConsole(
            link,
            clock=clock,
            settings=settings,
            who=who,
            files=files,
            folder=sessions_dir(paths),
            version=program_version(),
        )
    else:
        console = ConsoleApp(link, clock=clock, settings=settings, who=who, files=files)
    console.driver_class = StallProofDriver
    return console
