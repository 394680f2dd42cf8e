"""The steady clock never goes back, and time that the machine sleeps makes prices old."""

import time

import pytest

from core.io.system_clock import SystemClock

HOUR_NS = 3_600_000_000_000


def test_an_hour_of_sleep_is_an_hour_on_the_steady_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    awake_ns = {time.CLOCK_MONOTONIC: 5, time.CLOCK_BOOTTIME: 5}
    monkeypatch.setattr(time, "clock_gettime_ns", awake_ns.__getitem__)
    monkeypatch.setattr(time, "monotonic_ns", lambda: awake_ns[time.CLOCK_MONOTONIC])
    before_ns = SystemClock().monotonic_ns()
    awake_ns[time.CLOCK_BOOTTIME] += HOUR_NS
    assert SystemClock().monotonic_ns() - before_ns == HOUR_NS


def test_the_steady_clock_never_goes_back() -> None:
    clock = SystemClock()
    moments = [clock.monotonic_ns() for _ in range(1_000)]
    assert moments == sorted(moments)
