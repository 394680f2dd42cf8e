"""A callback that overruns is ended; everything else goes on as if there were no timer."""

import contextlib
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType

import pytest

from core.io.time_budget import TimeBudget
from core.ports.time_budget import BudgetExceeded, NoBudget

SHORT_S = 0.005
AMPLE_S = 60.0


def spin_forever() -> None:
    while True:
        pass


def swallow_exceptions() -> None:
    while True:
        with contextlib.suppress(Exception):
            spin_forever()


def swallow_everything_a_few_times() -> None:
    for _ in range(3):
        with contextlib.suppress(BaseException):
            spin_forever()
    spin_forever()


def swallow_everything() -> None:
    while True:
        try:
            spin_forever()
        except BaseException:
            continue


def refuse_to_leave() -> None:
    try:
        spin_forever()
    finally:
        spin_forever()


@pytest.mark.parametrize(
    "callback",
    [
        spin_forever,
        swallow_exceptions,
        swallow_everything_a_few_times,
        swallow_everything,
        refuse_to_leave,
        lambda: time.sleep(60),
    ],
)
def test_a_callback_that_never_returns_is_ended(callback: Callable[[], None]) -> None:
    with pytest.raises(BudgetExceeded) as ended, TimeBudget(SHORT_S):
        callback()
    assert ended.value.budget_s == SHORT_S


def test_a_callback_in_time_is_left_alone_and_the_timer_is_off_afterwards() -> None:
    before = signal.getitimer(signal.ITIMER_REAL)[0]
    with TimeBudget(AMPLE_S):
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 0
    assert signal.getitimer(signal.ITIMER_REAL)[0] <= before


def test_a_callbacks_own_exception_passes() -> None:
    with pytest.raises(ZeroDivisionError), TimeBudget(AMPLE_S):
        raise ZeroDivisionError


def test_the_handler_and_timer_of_somebody_else_go_on() -> None:
    calls: list[int] = []

    def foreign(number: int, _: FrameType | None) -> None:
        calls.append(number)

    previous_handler = signal.signal(signal.SIGALRM, foreign)
    previous_timer = signal.setitimer(signal.ITIMER_REAL, AMPLE_S, 1.5)
    try:
        with pytest.raises(BudgetExceeded), TimeBudget(SHORT_S):
            spin_forever()
        assert signal.getsignal(signal.SIGALRM) is foreign
        left_s, repeat_s = signal.getitimer(signal.ITIMER_REAL)
        assert 0 < left_s < AMPLE_S
        assert repeat_s == 1.5
        signal.raise_signal(signal.SIGALRM)
        assert calls == [signal.SIGALRM]
    finally:
        signal.signal(signal.SIGALRM, previous_handler)
        signal.setitimer(signal.ITIMER_REAL, *previous_timer)


def test_a_late_signal_after_the_block_does_nothing() -> None:
    previous = signal.signal(signal.SIGALRM, signal.SIG_DFL)
    try:
        with TimeBudget(AMPLE_S):
            pass
        signal.raise_signal(signal.SIGALRM)
    finally:
        signal.signal(signal.SIGALRM, previous)


def test_an_inner_budget_ends_only_its_own_block() -> None:
    reached: list[str] = []
    with TimeBudget(AMPLE_S):
        with pytest.raises(BudgetExceeded) as ended, TimeBudget(SHORT_S):
            spin_forever()
        reached.append("outer goes on")
    assert reached
    assert ended.value.budget_s == SHORT_S


def test_an_outer_budget_is_not_stretched_by_an_inner_one() -> None:
    def overrun_twice() -> None:
        with contextlib.suppress(BudgetExceeded), TimeBudget(AMPLE_S):
            spin_forever()
        spin_forever()

    with pytest.raises(BudgetExceeded) as ended, TimeBudget(SHORT_S):
        overrun_twice()
    assert ended.value.budget_s == SHORT_S


def test_the_same_budget_can_be_entered_within_itself() -> None:
    budget = TimeBudget(AMPLE_S)
    with budget:
        with budget:
            pass
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 0


def test_whenever_the_signal_comes_it_never_escapes_the_block() -> None:
    """Blocks as long as their budget: the signal falls before, into and behind the way out."""
    ended = in_time = 0
    budget = TimeBudget(0.0002)
    for length in range(4_000):
        try:
            with budget:
                for _ in range(length % 2_000 * 8):
                    pass
            in_time += 1
        except BudgetExceeded:
            ended += 1
        for _ in range(50):  # an escaped signal would be raised here
            pass
    assert ended + in_time == 4_000
    assert ended > 0
    assert in_time > 0


def test_outside_the_main_thread_it_refuses() -> None:
    raised: list[BaseException] = []

    def enter() -> None:
        try:
            with TimeBudget(AMPLE_S):
                pass
        except RuntimeError as error:
            raised.append(error)

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert "main thread" in str(raised[0])


@pytest.mark.parametrize("budget_s", [0, -1])
def test_a_budget_must_be_above_zero(budget_s: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        TimeBudget(budget_s)


def test_no_budget_has_no_timer() -> None:
    before = signal.getsignal(signal.SIGALRM)
    with NoBudget():
        assert signal.getsignal(signal.SIGALRM) is before
