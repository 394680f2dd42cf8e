"""A venue's tables, read with patience and recorded."""

import asyncio
from collections.abc import Callable, Mapping
from typing import TypeVar

from adapters.network.backoff import Backoff
from adapters.network.rest import PatientRest
from adapters.streams.market_data import UNREADABLE
from core.ports.clock import Clock
from data.recordings.recorder import Recorder

T = TypeVar("T")


class TableReader:
    """Its `read` is a `ReadTable`.

    Parameters
    ----------
    weight
        What a table takes of the allowance.
    on_trouble
        Called with a text whenever a table could not be decoded.
    recorder
        Writes the tables that could.
    """

    def __init__(
        self,
        rest: PatientRest,
        make_backoff: Callable[[], Backoff],
        clock: Clock,
        *,
        weight: float = 1.0,
        on_trouble: Callable[[str], None],
        recorder: Recorder | None,
    ) -> None:
        self._rest = rest
        self._make_backoff = make_backoff
        self._clock = clock
        self._weight = weight
        self._on_trouble = on_trouble
        self._recorder = recorder

    async def read(self, url: str, params: Mapping[str, str], decode: Callable[[bytes], T], /) -> T:
        """Return a table, asking until it can be decoded; raise RequestRefusedError where the venue refuses."""
        backoff = self._make_backoff()
        while True:
            body = await self._rest.get(url, params, self._weight)
            try:
                decoded = decode(body)
            except UNREADABLE as error:
                self._on_trouble(f"{url}: {error}")
                await asyncio.sleep(backoff.next_s())
                continue
            if self._recorder is not None:
                query = "&".join(f"{name}={value}" for name, value in params.items())
                self._recorder.rest_answer(self._clock.utc_ns(), f"{url}?{query}" if query else url, body)
            return decoded
