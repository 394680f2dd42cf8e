"""The venue's time is read from its answers, and moves with nothing but time."""

import pytest

from adapters.hyperliquid.venue_time import VenueTime
from adapters.network.transport import Reply

NOW_S = 1_795_010_400  # Wed, 18 Nov 2026 14:00:00 GMT


class HandClock:
    def __init__(self) -> None:
        self.utc_s, self.steady_s = NOW_S, 7

    def utc_ns(self) -> int:
        return self.utc_s * 10**9

    def monotonic_ns(self) -> int:
        return self.steady_s * 10**9


def heard(date: str | None) -> tuple[VenueTime, HandClock]:
    clock = HandClock()
    time = VenueTime(clock)
    time.heard(Reply(200, {} if date is None else {"date": date}, b""))
    return time, clock


@pytest.mark.parametrize(
    ("date", "expected_ms"),
    [
        ("Wed, 18 Nov 2026 14:01:40 GMT", NOW_S * 1000 + 100_500),
        ("Wed, 18 Nov 2026 13:58:20 GMT", NOW_S * 1000 - 99_500),
        ("Wed, 18 Nov 2026 14:00:01 GMT", NOW_S * 1000),  # our own clock is the more exact one
        ("tomorrow", NOW_S * 1000),
        (None, NOW_S * 1000),
    ],
)
def test_an_answers_date_counts_where_it_is_not_our_own_time(date: str | None, expected_ms: int) -> None:
    assert heard(date)[0].now_ms == expected_ms


def test_a_clock_that_is_set_moves_nothing_and_time_that_passes_does() -> None:
    time, clock = heard("Wed, 18 Nov 2026 14:00:00 GMT")
    clock.utc_s += 3600
    clock.steady_s += 5
    assert time.now_ms == NOW_S * 1000 + 5_000
