"""Which blockers came after the picture that a person decided on: a resume lifts what was seen and nothing newer."""

from collections.abc import Callable
from typing import Final

from core.journal.facts import AnyFact, BlockerRaised
from core.ports.clock import Clock
from core.types.control import Blocker

CAME_AFTER: Final = "came after what you saw: look at it, then resume again"
CLOCK_WENT_BACK: Final = "cannot be told from what you saw, since the clock was set back: look at it, then resume again"


class Raisings:
    """When each blocker was raised last, by the steady clock: UTC may have been set since.

    What stood before this run counts as raised at its beginning: no picture that it showed is older.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began_ns = clock.monotonic_ns()
        self._raised_ns: dict[tuple[str, str], int] = {}

    def look(self, fact: AnyFact) -> None:
        """Take note of a blocker that is raised; facts of other kinds change nothing."""
        if isinstance(fact, BlockerRaised):
            self.note(fact.blocker.scope, fact.blocker.cause)

    def note(self, scope: str, cause: str) -> None:
        """Take note that somebody wants a blocker now, also where it stands already and nothing is journaled."""
        self._raised_ns[scope, cause] = self._clock.monotonic_ns()

    def unseen(self, as_of_ns: int | None) -> Callable[[Blocker], str | None]:
        """Return what tells why a blocker was not on a picture of this UTC time; None: nobody says what they saw."""
        if as_of_ns is None:
            return lambda _: None
        now_ns = self._clock.utc_ns()
        if as_of_ns > now_ns:
            return lambda _: CLOCK_WENT_BACK
        seen_ns = self._clock.monotonic_ns() - (now_ns - as_of_ns)

        def why_unseen(blocker: Blocker) -> str | None:
            raised_ns = self._raised_ns.get((blocker.scope, blocker.cause), self._began_ns)
            # A `since_ns` ahead of now is of a clock that was set back, and says nothing about the order of the two.
            is_newer = raised_ns > seen_ns or as_of_ns < blocker.since_ns <= now_ns
            return CAME_AFTER if is_newer else None

        return why_unseen
