"""Show a recorded session on this terminal."""

import asyncio
import signal

from core.paths import Paths
from tui.flight.no_effects import refuse_effects
from tui.flight.session_folder import session_named, sessions_dir
from tui.flight.session_form import read_session
from tui.flight.viewer import Viewer


def show_session(named: str, paths: Paths) -> None:
    """Replay a file, or the session whose name begins so, until the viewer leaves.

    Raises SessionFileError where there is none or it cannot be read.
    """
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # whoever shows the past has nothing to outlive its terminal for
    viewer = Viewer(read_session(session_named(sessions_dir(paths), named)))
    refuse_effects()
    asyncio.run(viewer.run_async(mouse=False))
