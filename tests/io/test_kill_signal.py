"""SIGUSR1 is a wish, there at once, and ends no process."""

import asyncio
import os
import signal
from collections.abc import Iterator

import pytest

from core.io.kill_signal import KillSignal


@pytest.fixture(autouse=True)
def handler() -> Iterator[None]:
    before = signal.getsignal(signal.SIGUSR1)
    yield
    signal.signal(signal.SIGUSR1, before)


def test_the_wish_is_there_before_the_loop_turns_and_the_loop_is_told():
    async def work() -> None:
        told = asyncio.Event()
        kill_signal = KillSignal()
        kill_signal.listen(told.set)
        assert kill_signal.wish is None
        signal.raise_signal(signal.SIGUSR1)
        assert kill_signal.wish is not None
        assert (kill_signal.wish.who, kill_signal.wish.flatten) == ("signal", False)
        async with asyncio.timeout(30):
            await told.wait()

    asyncio.run(work())


def test_a_wish_that_comes_while_one_is_obeyed_is_not_forgotten_with_it():
    async def work() -> None:
        kill_signal = KillSignal()
        kill_signal.listen(lambda: None)
        signal.raise_signal(signal.SIGUSR1)
        first = kill_signal.wish
        assert first is not None
        signal.raise_signal(signal.SIGUSR1)
        kill_signal.obeyed(first)
        assert kill_signal.wish is not None
        kill_signal.obeyed(kill_signal.wish)
        assert kill_signal.wish is None

    asyncio.run(work())


def test_a_signal_after_the_engine_ended_does_nothing():
    async def work() -> None:
        kill_signal = KillSignal()
        kill_signal.listen(lambda: None)
        kill_signal.ignore()
        os.kill(os.getpid(), signal.SIGUSR1)
        assert kill_signal.wish is None

    asyncio.run(work())
