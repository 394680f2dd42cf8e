"""Tell a quiet market from a channel that has died while the connection lives."""

import asyncio
from typing import Final

import msgspec

from adapters.binance.market_data import BinanceMarketData
from adapters.binance.snapshots import SnapshotFetcher
from adapters.binance.symbol_market import SymbolMarket
from adapters.binance.synchroniser import SyncState
from adapters.binance.wire import decode_depth_snapshot
from adapters.network.rest import RequestRefusedError

# a diff of changes that a snapshot already holds is at most a tenth of a second behind it
_GRACE_NS: Final = 2_000_000_000


class QuietBooks:
    """Compares a book without diffs with a snapshot; one that stays behind it has lost its channel."""

    def __init__(self, snapshots: SnapshotFetcher, quiet_after_ns: int) -> None:
        self._snapshots = snapshots
        self._quiet_after_ns = quiet_after_ns
        self._grace_ns = min(_GRACE_NS, quiet_after_ns)
        self._asked_ns: dict[str, int] = {}
        self._ahead: dict[str, tuple[int, int]] = {}  # update id at the venue, when it was seen
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def reset(self) -> None:
        """Forget what was seen, as at a new connection."""
        for task in self._tasks.values():
            task.cancel()
        self._tasks.clear()
        self._asked_ns.clear()
        self._ahead.clear()

    def dead_channel(self, market_data: BinanceMarketData, now_ns: int) -> str | None:
        """Return what is wrong where a symbol's diffs have stopped, and begin the comparisons that are due."""
        for name, symbol in market_data.symbols.items():
            if symbol.synchroniser.state is not SyncState.LIVE:
                self._ahead.pop(name, None)
                continue
            update_id, seen_ns = self._ahead.get(name, (-1, now_ns))
            if symbol.synchroniser.last_update_id >= update_id:
                self._ahead.pop(name, None)
            elif now_ns - seen_ns > self._grace_ns:
                return f"{name}: its diffs have stopped while its book went on"
            # a book that never got a diff is as old as its snapshot
            quiet_since_ns = max(symbol.last_diff_ns, self._asked_ns.setdefault(name, now_ns))
            if now_ns - quiet_since_ns > self._quiet_after_ns:
                self._asked_ns[name] = now_ns
                self._tasks[name] = asyncio.get_running_loop().create_task(self._compare(name, symbol))
        return None

    async def _compare(self, name: str, symbol: SymbolMarket) -> None:
        try:
            received_ns, body = await self._snapshots.fetch(name)
            update_id = decode_depth_snapshot(body).last_update_id
        except (RequestRefusedError, msgspec.DecodeError, UnicodeDecodeError):
            return  # asked again when it is due
        if update_id > symbol.synchroniser.last_update_id:
            self._ahead.setdefault(name, (update_id, received_ns))
