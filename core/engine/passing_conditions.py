"""What blocks new risk for as long as it lasts, and is nobody's decision: an unreconciled venue, a dead journal."""

from core.ports.clock import Clock
from core.types.control import Blocker, HaltLevel


class PassingConditions:
    """Blockers that come and go with their cause. They are not journaled: a restart finds them out anew."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._held: dict[tuple[str, str], Blocker] = {}

    def hold(self, scope: str, cause: str, level: HaltLevel, reason: str) -> bool:
        """Block until `release`; return whether this is new."""
        known = self._held.get((scope, cause))
        if known is not None and (known.level, known.reason) == (level, reason):
            return False
        since_ns = self._clock.utc_ns() if known is None else known.since_ns
        self._held[(scope, cause)] = Blocker(
            scope=scope, cause=cause, level=level, since_ns=since_ns, who="engine", reason=reason
        )
        return known is None

    def release(self, scope: str, cause: str) -> bool:
        """Stop blocking; return whether it did block."""
        return self._held.pop((scope, cause), None) is not None

    def holds(self, scope: str, cause: str) -> bool:
        return (scope, cause) in self._held

    def blockers(self) -> tuple[Blocker, ...]:
        return tuple(self._held.values())
