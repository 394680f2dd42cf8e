"""How the interpreter of an engine's process is set, so that neither garbage nor threads make an order wait."""

import gc
import sys
from typing import Final

COLLECTION_THRESHOLDS: Final = (20_000, 20, 1_000)
TURN_S: Final = 0.0005


def calm_garbage_collection() -> None:
    """Leave what the start has made out of every later collection: a full one would stall the loop for 100 ms."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTION_THRESHOLDS)


def put_off_garbage_collection() -> None:
    """Collect nothing until `resume_garbage_collection`: a start makes what stays, and looks at it all are in vain."""
    gc.disable()


def resume_garbage_collection() -> None:
    """Collect again what is made from now on; what the start has made is looked at no more."""
    gc.freeze()
    gc.enable()


def take_short_turns() -> None:
    """Let the journal's thread in soon while the loop is busy: it takes several turns a commit, of 5 ms as shipped."""
    sys.setswitchinterval(TURN_S)
