"""One thing that is watched or polled at an exchange, again and again, whatever happens."""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec

from adapters.network.backoff import Backoff


class ChannelTerms(msgspec.Struct, frozen=True, kw_only=True):
    silence_s: float | None = None  # a watch that says nothing for so long has failed; None: it may be quiet
    pause_s: float = 0.0  # between two questions, of what is polled
    failures_limit: int | None = 3  # in a row, before the connection is replaced; None: it is no fault of it


class Channel:
    """Calls, hands over, and calls again.

    Parameters
    ----------
    on_failure
        Called at once with the reason whenever a call failed, before anything is waited for.
    replace
        Closes the connection, so that the next call makes a new one.
    is_quiet
        Asked after a silence: True where nothing happened at the exchange either.
    """

    def __init__(
        self,
        name: str,
        call: Callable[[], Awaitable[object]],
        take: Callable[[object], None],
        *,
        terms: ChannelTerms,
        backoff: Backoff,
        on_failure: Callable[[str], None],
        replace: Callable[[str], Awaitable[None]],
        told: Callable[[BaseException], str],
        is_quiet: Callable[[], Awaitable[bool]] | None = None,
    ) -> None:
        self.name = name
        self._call = call
        self._take = take
        self._terms = terms
        self._backoff = backoff
        self._on_failure = on_failure
        self._replace = replace
        self._told = told
        self._is_quiet = is_quiet
        self._failures = 0

    async def run(self) -> None:
        """Go on until cancelled."""
        while True:
            reason, has_to_replace = await self._once()
            if reason is None:
                self._failures = 0
                self._backoff.reset()
                if self._terms.pause_s:
                    await asyncio.sleep(self._terms.pause_s)
                continue
            self._failures += 1
            self._on_failure(f"{self.name}: {reason}")
            limit = self._terms.failures_limit
            if limit is not None and (has_to_replace or self._failures >= limit):
                self._failures = 0
                await self._replace(f"{self.name}: {reason}")
            await asyncio.sleep(self._backoff.next_s())

    async def _once(self) -> tuple[str | None, bool]:
        """Return why a call failed and whether its connection is no good; (None, False) where it did not."""
        silence_s = self._terms.silence_s
        limit = asyncio.timeout(silence_s)
        try:
            async with limit:
                value = await self._call()
            self._take(value)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            return "ccxt closed the connection", False  # it cancels what waits for a connection that it closes
        except TimeoutError as error:
            if not limit.expired():
                return self._told(error), False
            if self._is_quiet is not None and await self._proven_quiet():
                return None, False
            return f"nothing for {silence_s:g} s", True
        except Exception as error:  # whatever ccxt raises, a channel never ends
            return self._told(error), False
        return None, False

    async def _proven_quiet(self) -> bool:
        assert self._is_quiet is not None
        try:
            return await self._is_quiet()
        except Exception:
            return False
