"""Record what a venue sends, without an engine."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from adapters.network.transport import NetworkTransport
from core.book.book import Book
from core.config.venues import RealVenue
from core.io.system_clock import SystemClock
from core.io.system_randomness import SystemRandomness
from core.types.instrument import Instrument, InstrumentId
from core.types.market import FeedStatus, FundingRate, MarkPrice, Trade
from data.recordings.recorder import Recorder
from tui.compose.kinds.registry import venue_kind
from tui.compose.kinds.venue_kind import Wire

PROGRESS_EVERY_S: Final = 0.5


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """What is in the file."""

    venue: str
    symbols: tuple[str, ...]
    out: str
    messages: int
    trades: int
    seconds: float
    state: str  # of the feed at the end


class _Onlooker:
    """A sink that keeps books, because a feed has to know when one broke, and counts."""

    def __init__(self) -> None:
        self.trades = 0
        self.detail = "connecting"

    def add_instrument(self, instrument: Instrument) -> Book:
        return Book(instrument)

    def book_changed(self, instrument_id: InstrumentId) -> None: ...

    def trade(self, trade: Trade) -> None:
        del trade
        self.trades += 1

    def funding_rate(self, funding: FundingRate) -> None: ...

    def mark_price(self, mark: MarkPrice) -> None: ...

    def feed_status(self, status: FeedStatus) -> None:
        self.detail = f"{status.state}: {status.detail}"


async def record(
    name: str,
    venue: RealVenue,
    out: Path,
    *,
    seconds: float | None,
    progress: Callable[[int, float, str], None],
    ending: asyncio.Event,
) -> Recorded:
    """Write everything received to a new file until `ending` is set or the time is over.

    Raises
    ------
    OSError
        The file is there already or cannot be written.
    UnknownSymbolError
        The venue does not trade a symbol.
    """
    kind, onlooker, transport = venue_kind(venue.kind), _Onlooker(), NetworkTransport()
    for warm_up in kind.warm_ups():
        await asyncio.to_thread(warm_up)
    loop = asyncio.get_running_loop()
    recorder = Recorder(out)
    began_s = loop.time()
    try:
        feed = kind.sides(venue, Wire(transport, SystemClock(), SystemRandomness()), recorder=recorder).feed
        starting = loop.create_task(feed.start(onlooker))
        try:
            while not ending.is_set():
                progress(recorder.messages, loop.time() - began_s, onlooker.detail)
                if starting.done():
                    starting.result()
                left_s = PROGRESS_EVERY_S if seconds is None else began_s + seconds - loop.time()
                if left_s <= 0:
                    break
                with suppress(TimeoutError):
                    await asyncio.wait_for(ending.wait(), min(left_s, PROGRESS_EVERY_S))
        finally:
            state = onlooker.detail
            starting.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await starting
            await feed.stop()
    finally:
        recorder.close()
        await transport.close()
    return Recorded(
        venue=name,
        symbols=venue.symbols,
        out=str(out),
        messages=recorder.messages,
        trades=onlooker.trades,
        seconds=round(loop.time() - began_s, 1),
        state=state,
    )
