"""How much later than it could a picture arrives: a line that holds pictures back shows an old market as a new one."""

from typing import Final, NamedTuple

_RISES_PPM: Final = 500  # no clock that is kept by NTP drifts faster from another
_GRAIN_NS: Final = 100_000_000  # less is jitter


class _Least(NamedTuple):
    """The shortest way seen so far, as the distance of the two clocks at an arrival."""

    distance_ns: int
    at_ns: int

    def risen(self, now_ns: int) -> int:
        return self.distance_ns + (now_ns - self.at_ns) * _RISES_PPM // 1_000_000


class LineLateness:
    """Compare when pictures were made, by the engine's clock, with when they arrive, by the console's steady one.

    The clocks agree on nothing but how fast time goes, so what is found is by how much a picture's way was longer than
    the shortest. That one is forgotten slowly: clocks drift over days and while machines sleep. A clock of the engine
    that was put back begins anew; one that was put forward is a shorter way.
    """

    def __init__(self) -> None:
        self._engine_id = ""
        self._made_ns = 0
        self._least = _Least(0, 0)

    def of(self, engine_id: str, made_ns: int, arrived_ns: int) -> int:
        """Return by how much a picture that arrives is late, in whole tenths of a second."""
        distance_ns = arrived_ns - made_ns
        goes_on = engine_id == self._engine_id and made_ns > self._made_ns
        self._engine_id, self._made_ns = engine_id, made_ns
        least_ns = self._least.risen(arrived_ns) if goes_on else distance_ns
        if distance_ns <= least_ns:
            self._least = _Least(distance_ns, arrived_ns)
        return max(0, distance_ns - least_ns) // _GRAIN_NS * _GRAIN_NS
