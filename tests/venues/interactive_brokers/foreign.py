"""Another program at the same TWS: plain ib_async, as its documentation shows it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ib_async import IB, Contract, Stock, Trade

from tests.venues.interactive_brokers.fake_tws import FakeTws


@asynccontextmanager
async def foreign_client(tws: FakeTws, client_id: int = 5) -> AsyncIterator[IB]:
    ib = IB()
    await ib.connectAsync("127.0.0.1", tws.port, clientId=client_id, timeout=10)
    try:
        yield ib
    finally:
        ib.disconnect()


async def stock(ib: IB) -> Contract:
    (contract,) = await ib.qualifyContractsAsync(Stock("NVDA", "SMART", "USD"))
    assert contract is not None
    return contract


async def finished(trade: Trade) -> None:
    """Wait until an order has ended and its executions are told."""
    done = asyncio.Event()

    def look(*_: object) -> None:
        if trade.isDone() and sum(fill.execution.shares for fill in trade.fills) == trade.orderStatus.filled:
            done.set()

    trade.statusEvent += look
    trade.fillEvent += look
    look()
    await done.wait()
