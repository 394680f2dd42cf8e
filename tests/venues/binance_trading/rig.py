"""A trading side over the small Binance, and what it reports."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal

import msgspec

from adapters.binance.execution import BinanceExecution
from adapters.binance.market import BinanceMarket
from adapters.binance.trading_endpoints import StreamForm, TradingSettings
from core.io.virtual_loop import VirtualClock, VirtualLoop
from core.ports.venue import OrderReport, SendResult
from core.risk.verdict import Check, Hardness, approve, approve_amend
from core.types.account import FundingPayment
from core.types.order import Fill, OrderIntent, OrderStatus, OrderType, Side
from tests.adapters.network.test_patience import Chance
from tests.venues.binance_trading.fronts import MemoryTransport, memory_endpoints
from tests.venues.binance_trading.small_binance import CREDENTIALS, SmallBinance

LIMIT_S = 20.0
PASSED = (Check(rule="x", hardness=Hardness.HARD, unit="", limit="", observed="", passed=True),)
SYMBOL = {BinanceMarket.SPOT: "BTC/USDT", BinanceMarket.USDM: "BTC/USDT:USDT"}
START_NS = 1_700_000_000_000_000_000
SPOT, USDM = BinanceMarket.SPOT, BinanceMarket.USDM
D = Decimal


class Sink:
    """Keeps what is reported; `until` waits for it."""

    def __init__(self) -> None:
        self.reports: list[OrderReport] = []
        self.fills: list[Fill] = []
        self.events: list[OrderReport | Fill] = []
        self._news = asyncio.Event()

    def order_report(self, report: OrderReport) -> None:
        self.reports.append(report)
        self._note(report)

    def fill(self, fill: Fill) -> None:
        self.fills.append(fill)
        self._note(fill)

    def funding_payment(self, payment: FundingPayment) -> None:
        raise AssertionError("funding comes with the account")

    def _note(self, event: OrderReport | Fill) -> None:
        self.events.append(event)
        self._news.set()

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(LIMIT_S):
            while not is_so():
                self._news.clear()
                await self._news.wait()

    async def told(self, client_order_id: str, status: OrderStatus) -> None:
        await self.until(lambda: status in self.statuses(client_order_id))

    def statuses(self, client_order_id: str) -> list[OrderStatus]:
        return [report.status for report in self.reports if report.client_order_id == client_order_id]

    @property
    def fill_ids(self) -> set[str]:
        return {fill.fill_id for fill in self.fills}


class Rig:
    """One account on virtual time."""

    def __init__(self, market: BinanceMarket, loop: VirtualLoop, form: StreamForm, **settings: object) -> None:
        self.clock = VirtualClock(loop)
        self.elapse = loop.elapse
        self.market = market
        self.venue = SmallBinance(market, lambda: self.clock.utc_ns() // 1_000_000, form)
        self.transport = MemoryTransport(self.venue)
        self.sink = Sink()
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
