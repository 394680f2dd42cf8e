"""How a trader left the console, for whoever started it."""

from enum import Enum


class ExitChoice(Enum):
    DETACH = "detach"  # the engine goes on; hosted, it goes on headless
    QUIT_STOP_ENGINE = "quit_stop_engine"  # stop the engine, leave orders where they are
    QUIT_CANCEL_AND_STOP = "quit_cancel_and_stop"  # stop the engine and cancel what was sent since all was cancelled
    QUIT_LEAVE_ENGINE = "quit_leave_engine"  # the console is done for good, the engine goes on headless
