"""A trading side of OKX against the small venue, with a sink that lets a test wait for what it is told."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec

from adapters.network.transport import NetworkTransport
from adapters.okx.execution import OkxExecution
from adapters.okx.settings import TradingSettings
from adapters.okx.venue import build_execution
from core.io.system_clock import SystemClock
from core.matching.events import MatchKind
from core.ports.randomness import NoRandomness
from core.types.credentials import Credentials
from core.types.order import Side
from tests.adapters.sim_rig import Trader
from tests.venues.execution_records import ExecutionRecords
from tests.venues.news import LIMIT_S
from tests.venues.okx.server import CREDENTIALS, LoopbackOkx

SPOT, SWAP, INVERSE = "BTC/USDT", "BTC/USDT:USDT", "UNI/USD:UNI"
SPOT_ID, SWAP_ID = "BTC-USDT", "BTC-USDT-SWAP"
OURS = "s0001-"


@dataclass
class Rig:
    server: LoopbackOkx
    sink: ExecutionRecords
    execution: OkxExecution
    trader: Trader

    @property
    def exchange(self):
        return self.server.exchange

    async def crowd(self, symbol: str, side: Side, price: str, size: str, kind: MatchKind = MatchKind.LIMIT) -> None:
        self.exchange.crowd(SPOT_ID if symbol == SPOT else SWAP_ID, side, price, size, kind)
        await self.server.flush()

    def filled(self, client_order_id: str) -> Decimal:
        """Return what is filled, each execution counted once."""
        fills = {fill.fill_id: fill.quantity for fill in self.sink.fills if fill.client_order_id == client_order_id}
        return sum(fills.values(), Decimal(0))

    async def until_listening(self, connections: int) -> None:
        """Wait until the private websocket was connected so often and has caught up."""
        await self.until(lambda: self.server.sockets.connections >= connections and self.execution.is_listening)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for a state of the adapter that nobody tells of."""
        async with asyncio.timeout(LIMIT_S):
            while not condition():  # noqa: ASYNC110 - there is no event of it; this gives way and waits for no time
                await asyncio.sleep(0)


def run(
    scenario: Callable[[Rig], Awaitable[None]],
    *,
    symbols: tuple[str, ...] = (SPOT, SWAP),
    prepare: Callable[[LoopbackOkx], None] = lambda _: None,
    credentials: Credentials = CREDENTIALS,
    **changes: Any,
) -> Rig:
    async def play() -> Rig:
        server, sink, transport = LoopbackOkx(), ExecutionRecords(), NetworkTransport()
        prepare(server)
        async with server.running(), asyncio.timeout(2 * LIMIT_S):
            usual = TradingSettings(
                symbols=symbols, endpoints=server.endpoints, first_backoff_s=0.001, backoff_cap_s=0.01,
                check_interval_s=0.01, amend_look_interval_s=0.001, dead_man_s=0,
            )  # fmt: skip
            execution = build_execution(
                symbols, transport=transport, clock=SystemClock(), randomness=NoRandomness(), credentials=credentials,
                settings=msgspec.structs.replace(usual, **changes),
            )  # fmt: skip
            rig = Rig(server, sink, execution, Trader(execution, OURS))
            try:
                await execution.start(sink)
                await scenario(rig)
            finally:
                await execution.stop()
                await transport.close()
        return rig

    return asyncio.run(play())
