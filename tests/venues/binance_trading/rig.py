"""A trading side over the small Binance, and what it reports."""

from collections.abc import Awaitable, Callable
from decimal import Decimal

import msgspec

from adapters.binance.execution import BinanceExecution
from adapters.binance.market import BinanceMarket
from adapters.binance.trading_endpoints import StreamForm, TradingSettings
from core.io.virtual_loop import VirtualClock, VirtualLoop
from core.ports.venue import SendResult
from core.risk.verdict import Check, Hardness, approve, approve_amend
from core.types.order import OrderIntent, OrderType, Side
from tests.adapters.network.test_patience import Chance
from tests.venues.binance_trading.fronts import MemoryTransport, memory_endpoints
from tests.venues.binance_trading.small_binance import CREDENTIALS, SmallBinance
from tests.venues.execution_records import ExecutionRecords

LIMIT_S = 20.0
PASSED = (Check(rule="x", hardness=Hardness.HARD, unit="", limit="", observed="", passed=True),)
SYMBOL = {BinanceMarket.SPOT: "BTC/USDT", BinanceMarket.USDM: "BTC/USDT:USDT"}
START_NS = 1_700_000_000_000_000_000
SPOT, USDM = BinanceMarket.SPOT, BinanceMarket.USDM
D = Decimal


class Rig:
    """One account on virtual time."""

    def __init__(self, market: BinanceMarket, loop: VirtualLoop, form: StreamForm, **settings: object) -> None:
        self.clock = VirtualClock(loop)
        self.elapse = loop.elapse
        self.market = market
        self.venue = SmallBinance(market, lambda: self.clock.utc_ns() // 1_000_000, form)
        self.transport = MemoryTransport(self.venue)
        self.sink = ExecutionRecords()
        self.settings = msgspec.structs.replace(
            TradingSettings(market=market, symbols=(SYMBOL[market],), endpoints=memory_endpoints(form)), **settings
        )
        self.execution = BinanceExecution(self.settings, self.transport, self.clock, Chance(0.5), CREDENTIALS)

    async def submit(self, name: str = "s0001-1", **changes: object) -> SendResult:
        return await self.execution.submit(approve(intent(self.market, name, **changes), PASSED))

    async def amend(self, name: str, **changes: object) -> SendResult:
        return await self.execution.amend(approve_amend(intent(self.market, name, **changes), PASSED))

    async def cancel(self, name: str) -> SendResult:
        return await self.execution.cancel(name, SYMBOL[self.market])

    def order(self, name: str) -> dict[str, object]:
        """Return the venue's own order."""
        return next(order for order in self.venue.orders.values() if order["clientOrderId"] == name)


def intent(market: BinanceMarket, name: str = "s0001-1", **changes: object) -> OrderIntent:
    limit = OrderIntent(
        client_order_id=name, venue=market.value, symbol=SYMBOL[market], side=Side.BUY, order_type=OrderType.LIMIT,
        quantity=D("2"), limit_price=D("99.5"), created_ns=0,
    )  # fmt: skip
    return msgspec.structs.replace(limit, **changes)


def play(
    market: BinanceMarket,
    scenario: Callable[[Rig], Awaitable[None]],
    *,
    form: StreamForm | None = None,
    before: Callable[[Rig], None] = lambda _: None,
    is_started: bool = True,
    **settings: object,
) -> None:
    """Run a scenario on virtual time, after the start; it is stopped whatever happens."""
    usual = StreamForm.SIGNATURE if market is SPOT else StreamForm.LISTEN_KEY
    loop = VirtualLoop(START_NS)

    async def run() -> None:
        rig = Rig(market, loop, form or usual, **settings)
        before(rig)
        try:
            if is_started:
                await rig.execution.start(rig.sink)
            await scenario(rig)
        finally:
            await rig.execution.stop()

    try:
        loop.run_until_complete(run())
    finally:
        loop.close()
