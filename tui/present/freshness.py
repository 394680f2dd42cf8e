"""How old what is shown is: fresh is plain, late is dim, stale is struck through."""

from enum import IntEnum

from tui.present.ink import Decor, Ink

LATE_AFTER_S = 1.0
STALE_AFTER_S = 5.0


class Freshness(IntEnum):
    FRESH = 0
    LATE = 1
    STALE = 2

    @property
    def decor(self) -> Decor:
        return _DECOR[self]

    @property
    def ink(self) -> Ink:
        return _INK[self]


_DECOR = {Freshness.FRESH: Decor.NONE, Freshness.LATE: Decor.DIM, Freshness.STALE: Decor.DIM | Decor.STRUCK}
_INK = {Freshness.FRESH: Ink.QUIET, Freshness.LATE: Ink.WARNING, Freshness.STALE: Ink.ALARM}


def freshness(age_s: float | None) -> Freshness:
    """Judge an age; without one there is no data, which is stale."""
    if age_s is None or age_s > STALE_AFTER_S:
        return Freshness.STALE
    return Freshness.LATE if age_s > LATE_AFTER_S else Freshness.FRESH


def book_freshness(validity: str, age_s: float | None, snapshot_age_s: float) -> Freshness:
    """Judge a book: what the engine does not call valid (or closed) is stale whatever its age."""
    if validity == "closed":
        return freshness(snapshot_age_s)
    if validity != "valid":
        return Freshness.STALE
    return freshness(None if age_s is None else age_s + snapshot_age_s)
