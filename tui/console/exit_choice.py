"""How a trader left the console, for whoever started it."""

from enum import Enum


class ExitChoice(Enum):
    DETACH = "detach"  # the engine goes on; hosted, it goes on headless
    QUIT_STOP_ENGINE = "quit_stop_engine"  # stop the engine; what the trader wanted cancelled is cancelled already
    QUIT_LEAVE_ENGINE = "quit_leave_engine"  # the console is done for good, the engine goes on headless
