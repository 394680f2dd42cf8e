"""Our trading side against the loopback venue."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import msgspec

from adapters.coinbase.endpoints import TradingEndpoints, TradingSettings
from adapters.coinbase.execution import CoinbaseExecution
from adapters.coinbase.signing import Signer
from adapters.network.transport import NetworkTransport
from core.ports.randomness import NoRandomness
from core.types.credentials import Credentials
from tests.adapters.coinbase.rig import WallClock, credentials, fill_books, loopback
from tests.adapters.sim_rig import Trader
from tests.venues.coinbase.exchange import VenueOrder
from tests.venues.coinbase.server import LIMIT_S, Fault, LoopbackCoinbase
from tests.venues.execution_records import ExecutionRecords

SUBMIT = "POST /api/v3/brokerage/orders"
CANCEL = "POST /api/v3/brokerage/orders/batch_cancel"
LIST = "GET /api/v3/brokerage/orders/historical/batch"
FILLS = "GET /api/v3/brokerage/orders/historical/fills"
ACCOUNTS = "GET /api/v3/brokerage/accounts"


@dataclass
class Rig:
    venue: LoopbackCoinbase
    transport: NetworkTransport
    records: ExecutionRecords
    execution: CoinbaseExecution
    trader: Trader
    clock: WallClock
    more: list[CoinbaseExecution] = field(default_factory=list)

    def order(self, client_order_id: str) -> VenueOrder:
        (found,) = (o for o in self.venue.exchange.orders.values() if o.client_order_id == client_order_id)
        return found

    def fault(self, what: str, **how: object) -> None:
        self.venue.faults.append(Fault(what, **how))

    async def up(self) -> None:
        """Wait until the private channel has caught up."""
        await self.venue.heard(lambda: not self.execution.stream_trouble)

    async def hang_up(self, refuse: int) -> None:
        """Close every websocket and refuse the next ones; wait until ours has noticed."""
        self.venue.sockets.refuse = refuse
        await self.venue.sockets.close()
        await self.venue.heard(lambda: self.venue.sockets.refuse < refuse)


def make_execution(venue: LoopbackCoinbase, transport: NetworkTransport, **changes: object) -> CoinbaseExecution:
    clock = changes.pop("clock", None) or WallClock()
    key = changes.pop("key", None) or credentials()
    assert isinstance(clock, WallClock)
    assert isinstance(key, Credentials)
    settings = TradingSettings(
        symbols=("BTC/USD", "ETH/USD"),
        endpoints=TradingEndpoints(rest_url=venue.url, user_stream_url=venue.stream_url),
        check_interval_s=0.02, first_backoff_s=0.001, backoff_cap_s=0.01, fills_retry_s=0.01,
    )  # fmt: skip
    settings = msgspec.structs.replace(settings, **changes)
    return CoinbaseExecution(settings, transport, Signer(key), clock, NoRandomness())


def run(
    scenario: Callable[[Rig], Awaitable[None]],
    *,
    venue: LoopbackCoinbase | None = None,
    skew_s: float = 0.0,
    **changes: object,
) -> Rig:
    async def play() -> Rig:
        server, transport = venue or loopback(skew_s=skew_s), NetworkTransport()
        fill_books(server)
        async with server.running(), asyncio.timeout(3 * LIMIT_S):
            clock, records = WallClock(), ExecutionRecords()
            execution = make_execution(server, transport, clock=clock, **changes)
            rig = Rig(server, transport, records, execution, Trader(execution), clock)
            try:
                await execution.start(records)
                await rig.up()
                await scenario(rig)
            finally:
                for each in (execution, *rig.more):
                    await each.stop()
                await transport.close()
        return rig

    return asyncio.run(play())
