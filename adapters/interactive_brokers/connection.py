"""Keeps one connection to TWS for the feed, the trading side and history, for as long as one of them needs it."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from adapters.interactive_brokers.library import load_library
from adapters.interactive_brokers.listener import Listener, Listeners
from adapters.interactive_brokers.nightly_reset import during_reset
from adapters.interactive_brokers.session import RequestRefusedError, Session
from adapters.interactive_brokers.settings import InteractiveBrokersSettings
from adapters.network.backoff import Backoff
from adapters.network.request_budget import RequestBudget
from core.ports.clock import Clock
from core.ports.randomness import Randomness


class Connection:
    """Connects, proves that TWS answers, and connects again after a growing delay; never gives up."""

    def __init__(self, settings: InteractiveBrokersSettings, clock: Clock, randomness: Randomness) -> None:
        self.settings = settings
        self.clock = clock
        self.budget = RequestBudget(randomness, allowance=settings.messages_per_s, interval_s=1.0)
        self.latency_ns: int | None = None  # of the last answer to a question
        self._trouble = "not started"
        self._randomness = randomness
        self._listeners = Listeners()
        self._users = 0
        self._task: asyncio.Task[None] | None = None
        self._session: Session | None = None
        self._ready = asyncio.Event()

    async def open(self, listener: Listener) -> None:
        """Begin, or join what another side began."""
        self._listeners.add(listener)
        self._users += 1
        if self._task is None:
            await load_library()
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def close(self, listener: Listener) -> None:
        """Leave; the last one ends the connection. Orders stay where they are."""
        self._listeners.remove(listener)
        self._users -= 1
        if self._users == 0 and self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    @property
    def session(self) -> Session | None:
        """Return the session that can be worked with now: TWS answers, and reaches IB."""
        session = self._session
        return session if session is not None and session.is_ready and session.is_broker_reachable else None

    @property
    def trouble(self) -> str:
        """Return why there is no session."""
        session = self._session
        return self._trouble if session is None or session.is_broker_reachable else session.broker_trouble

    def demand(self) -> Session:
        """Return the session; raise ConnectionError where there is none."""
        session = self.session
        if session is None:
            raise ConnectionError(f"{self.settings.venue}: {self.trouble}")
        return session

    async def ready(self) -> Session:
        """Wait for a session that can be worked with."""
        while True:
            await self._ready.wait()
            session = self.session
            if session is not None:
                return session
            self._ready.clear()

    async def _run(self) -> None:
        backoff = Backoff(self._randomness, first_s=self.settings.first_retry_s)
        address = f"{self.settings.host}:{self.settings.port}"
        try:
            while True:
                self._listeners.connecting(f"TWS at {address}, attempt {backoff.attempts + 1}")
                try:
                    reason = await self._one_session(backoff)
                except (OSError, TimeoutError, RequestRefusedError) as error:
                    reason = f"TWS at {address}: {error or 'no answer'}"
                except Exception as error:  # a fault in here must not end the connection without a word
                    reason = f"fault in the adapter: {type(error).__name__}: {error}"
                self._lost(reason)
                await asyncio.sleep(backoff.next_s())
        finally:
            self._lost("stopped")

    def _lost(self, reason: str) -> None:
        self._ready.clear()
        session, self._session = self._session, None
        if session is not None:
            session.close(reason)
        if during_reset(self.clock.utc_ns()):
            reason += " (IB's nightly reset)"
        self._trouble = reason
        self._listeners.disconnected(reason)

    async def _one_session(self, backoff: Backoff) -> str:
        """Serve one connection until it ends; return why."""
        session = Session(self.settings, self.budget, self._listeners)
        try:
            await session.connect()
        except BaseException:
            session.close("not connected")
            raise
        self._session = session  # not before its account is known: nothing may be sent for another one
        # Taken up again as one task after the other: two of them would ask for the same things at once.
        restored = asyncio.Event()
        session.on_restored(restored.set)
        await self._work(session, self._listeners.connected(session))
        self._ready.set()
        backoff.reset()
        tasks = [
            asyncio.ensure_future(self._prove_alive(session)),
            asyncio.ensure_future(self._take_up_again(session, restored)),
        ]
        try:
            await asyncio.wait((session.ended, *tasks), return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                if task.done():
                    task.result()
            return session.ended.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _work(self, session: Session, work: Coroutine[Any, Any, None]) -> None:
        """Do work that makes no sense without the connection; raise ConnectionError when that ends."""
        task = asyncio.ensure_future(work)
        try:
            await asyncio.wait((task, session.ended), return_when=asyncio.FIRST_COMPLETED)
        finally:
            if not task.done():
                task.cancel()
                await asyncio.wait((task,))
        if session.ended.done():
            await asyncio.gather(task, return_exceptions=True)  # looked at, or it would be told when thrown away
            raise ConnectionError(session.ended.result())
        task.result()

    async def _prove_alive(self, session: Session) -> None:
        """Ask for the time again and again; the session closes itself where no answer comes."""
        while True:
            asked_ns = self.clock.monotonic_ns()
            async with asyncio.timeout(self.settings.heartbeat_s):
                await session.time()
            self.latency_ns = self.clock.monotonic_ns() - asked_ns
            await asyncio.sleep(self.settings.heartbeat_s)

    async def _take_up_again(self, session: Session, restored: asyncio.Event) -> None:
        while True:
            await restored.wait()
            restored.clear()
            self._ready.set()
            await self._listeners.broker_restored(session)
