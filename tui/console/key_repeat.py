"""Tell a held-down key from a pressed one."""

from core.ports.clock import Clock

REPEAT_WITHIN_NS = 150_000_000


class KeyRepeat:
    """Remembers when each key came last; the console feeds it every key before anything else sees it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last_key = ""
        self._last_ns = 0
        self._is_repeat = False

    def heard(self, key: str) -> None:
        now_ns = self._clock.monotonic_ns()
        self._is_repeat = key == self._last_key and now_ns - self._last_ns < REPEAT_WITHIN_NS
        self._last_key, self._last_ns = key, now_ns

    @property
    def is_repeating(self) -> bool:
        """Tell whether the newest key came again faster than a person presses it."""
        return self._is_repeat

    def is_repeat(self, key: str) -> bool:
        """Tell whether the newest key is this one, repeated faster than a person presses it."""
        return key != self._last_key or self._is_repeat
