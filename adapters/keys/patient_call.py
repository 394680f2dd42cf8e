"""Calls that may never come back, waited for so long and no longer."""

import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import TypeVar

T = TypeVar("T")


class TooLongError(Exception):
    """The call has not come back in time. It may still, and what it does then is done."""


def call_within(timeout_s: float, call: Callable[[], T]) -> T:
    """Call in a thread of its own, which neither this wait nor the end of the process is held up by.

    Raises what the call raises, TooLongError where it takes longer than `timeout_s`.
    """
    outcome: SimpleQueue[tuple[T] | BaseException] = SimpleQueue()

    def work() -> None:
        try:
            outcome.put((call(),))
        except BaseException as error:  # whatever it is, the one who waits must hear of it
            outcome.put(error)

    threading.Thread(target=work, name="keyring", daemon=True).start()
    try:
        came = outcome.get(timeout=timeout_s)
    except Empty:
        came = TooLongError(f"no answer within {timeout_s:.0f} s")
    if isinstance(came, BaseException):
        raise came
    return came[0]
