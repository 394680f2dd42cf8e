"""Fetch depth snapshots for the books that need one, one request a symbol at a time."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

from adapters.binance.endpoints import SNAPSHOT_LEVELS
from adapters.binance.market_data import BinanceMarketData
from adapters.binance.synchroniser import SyncState
from adapters.network.backoff import Backoff
from adapters.network.rest import PatientRest, RequestRefusedError
from core.ports.clock import Clock

Received = Callable[[int, str, bytes], None]  # receive time, address, body


class SnapshotFetcher:
    """Brings books up to date; asking again while a fetch is under way changes nothing, it ends only when live."""

    def __init__(
        self,
        rest: PatientRest,
        url: str,
        clock: Clock,
        make_backoff: Callable[[], Backoff],
        *,
        weight: float,
        on_received: Received,
        on_trouble: Callable[[str], None],
    ) -> None:
        self._rest = rest
        self._url: Final = url
        self._clock = clock
        self._make_backoff = make_backoff
        self._weight = weight
        self._on_received = on_received
        self._on_trouble = on_trouble
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def fetch(self, venue_symbol: str) -> tuple[int, bytes]:
        """Return receive time and body of one snapshot."""
        params = snapshot_params(venue_symbol)
        body = await self._rest.get(self._url, params, self._weight)
        received_ns = self._clock.utc_ns()
        self._on_received(received_ns, f"{self._url}?symbol={venue_symbol}&limit={SNAPSHOT_LEVELS}", body)
        return received_ns, body

    def bring_up_to_date(self, market_data: BinanceMarketData, venue_symbol: str) -> None:
        """Begin fetching until the symbol's book is live."""
        running = self._tasks.get(venue_symbol)
        if running is None or running.done():
            self._tasks[venue_symbol] = asyncio.get_running_loop().create_task(
                self._until_live(market_data, venue_symbol)
            )

    async def cancel_all(self) -> None:
        """Stop every fetch: a snapshot asked for on the last connection may miss what happened since."""
        tasks = list(self._tasks.values())
        self._tasks.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _until_live(self, market_data: BinanceMarketData, venue_symbol: str) -> None:
        backoff = self._make_backoff()
        symbol = market_data.symbols[venue_symbol]
        while symbol.synchroniser.state is SyncState.BUFFERING:
            try:
                received_ns, body = await self.fetch(venue_symbol)
            except RequestRefusedError as error:
                self._on_trouble(str(error))
                await asyncio.sleep(backoff.next_s())
                continue
            verdict = market_data.handle_snapshot(venue_symbol, body, received_ns)
            if symbol.synchroniser.state is SyncState.BUFFERING:
                self._on_trouble(f"{venue_symbol}: {verdict.reason or symbol.book.reason}")
                await asyncio.sleep(backoff.next_s())


def snapshot_params(venue_symbol: str) -> Mapping[str, str]:
    return {"symbol": venue_symbol, "limit": str(SNAPSHOT_LEVELS)}
