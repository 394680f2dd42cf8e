"""Make the console that runs on a real terminal."""

from core.io.system_clock import SystemClock
from core.paths import Paths
from core.ports.control import EngineLink
from tui.console.app import ConsoleApp
from tui.console.files import ConsoleFiles
from tui.console.settings import ConsoleSettings
from tui.console.stall_proof_driver import StallProofDriver


def make_console(link: EngineLink, settings: ConsoleSettings, paths: Paths, who: str) -> ConsoleApp:
    """Return a console for a terminal; a test makes a `ConsoleApp` itself."""
    console = ConsoleApp(link, clock=SystemClock(), settings=settings, who=who, files=ConsoleFiles.of(paths))
    console.driver_class = StallProofDriver
    return console
