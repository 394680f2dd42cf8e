"""The same life cycles over real sockets: a REST server and websockets on this machine."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest

from adapters.binance.execution import BinanceExecution
from adapters.binance.market import BinanceMarket
from adapters.binance.trading_endpoints import StreamForm, TradingSettings
from adapters.binance.venue import cancel_everything
from adapters.network.transport import NetworkTransport
from core.io.system_clock import SystemClock
from core.ports.venue import SendOutcome
from core.risk.verdict import approve
from core.types.order import OrderStatus
from tests.adapters.network.test_patience import Chance
from tests.venues.binance_trading.fronts import Loopback
from tests.venues.binance_trading.rig import LIMIT_S, PASSED, SPOT, SYMBOL, USDM, D, ExecutionRecords, intent
from tests.venues.binance_trading.small_binance import CREDENTIALS, SmallBinance, lose_the_answer

FORMS = pytest.mark.parametrize(
    ("market", "form"),
    [(USDM, StreamForm.LISTEN_KEY), (SPOT, StreamForm.LISTEN_KEY), (SPOT, StreamForm.SIGNATURE)],
)
Scenario = Callable[[SmallBinance, BinanceExecution, ExecutionRecords, Loopback], Awaitable[None]]


def play(market: BinanceMarket, form: StreamForm, scenario: Scenario) -> None:
    async def run() -> None:
        venue = SmallBinance(market, lambda: time.time_ns() // 1_000_000, form)
        async with asyncio.timeout(LIMIT_S), Loopback(venue).running() as front:
            settings = TradingSettings(
                market=market, symbols=(SYMBOL[market],), endpoints=front.endpoints, first_backoff_s=0.01,
                backoff_cap_s=0.1, check_interval_s=0.01, request_timeout_s=LIMIT_S,
            )  # fmt: skip
            transport, sink = NetworkTransport(), ExecutionRecords()
            execution = BinanceExecution(settings, transport, SystemClock(), Chance(0), CREDENTIALS)
            try:
                await execution.start(sink)
                await scenario(venue, execution, sink, front)
            finally:
                await execution.stop()
                await transport.close()

    asyncio.run(run())


def order(venue: SmallBinance, name: str) -> dict[str, object]:
    return next(each for each in venue.orders.values() if each["clientOrderId"] == name)


@FORMS
def test_an_order_lives_and_ends_over_sockets(market, form) -> None:
    async def scenario(venue: SmallBinance, execution: BinanceExecution, sink: ExecutionRecords, _: Loopback) -> None:
        result = await execution.submit(approve(intent(market), PASSED))
        assert (result.outcome, result.venue_order_id) == (SendOutcome.ACCEPTED, "1001")
        venue.fill(order(venue, "s0001-1"), "0.5", "99.5")
        await sink.until_said("s0001-1", OrderStatus.PARTIALLY_FILLED)
        assert (await execution.cancel("s0001-1", SYMBOL[market])).outcome is SendOutcome.ACCEPTED
        await sink.until_said("s0001-1", OrderStatus.CANCELLED)
        report = await execution.account(time.time_ns() - 60_000_000_000)
        assert {fill.fill_id for fill in report.fills} == set(sink.fills_by_id)
        assert [position.quantity for position in report.positions] == [D("0.5")]

    play(market, form, scenario)


@FORMS
def test_a_server_that_executes_and_hangs_up_leaves_doubt_which_the_account_ends(market, form) -> None:
    async def scenario(venue: SmallBinance, execution: BinanceExecution, _: ExecutionRecords, __: Loopback) -> None:
        venue.faults["POST", "order"].append(lose_the_answer)
        assert (await execution.submit(approve(intent(market), PASSED))).outcome is SendOutcome.IN_DOUBT
        report = await execution.account(time.time_ns())
        assert [each.intent.client_order_id for each in report.open_orders] == ["s0001-1"]
        assert len(venue.asked("POST", "order")) == 1

    play(market, form, scenario)


@FORMS
def test_sockets_that_drop_lose_nothing(market, form) -> None:
    async def scenario(
        venue: SmallBinance, execution: BinanceExecution, sink: ExecutionRecords, front: Loopback
    ) -> None:
        await execution.submit(approve(intent(market), PASSED))
        venue.fill(order(venue, "s0001-1"), "0.5", "99.5")
        await sink.until(lambda: len(sink.fills) == 1)
        await front.drop_sockets()
        venue.fill(order(venue, "s0001-1"), "0.5", "99.5")
        venue.fill(order(venue, "s0001-1"), "1", "99.5")
        await sink.until_said("s0001-1", OrderStatus.FILLED)
        assert sum({fill.fill_id: fill.quantity for fill in sink.fills}.values()) == D(2)

    play(market, form, scenario)


@FORMS
def test_everything_is_cancelled_over_sockets(market, form) -> None:
    async def scenario(
        venue: SmallBinance, execution: BinanceExecution, sink: ExecutionRecords, front: Loopback
    ) -> None:
        await execution.submit(approve(intent(market), PASSED))
        venue.rest_order("ETHUSDT", "BUY", "1", "9", "web_1")
        transport = NetworkTransport()
        report = await cancel_everything(
            market.value, transport=transport, clock=SystemClock(), randomness=Chance(0), credentials=CREDENTIALS,
            endpoints=front.endpoints,
        )  # fmt: skip
        await transport.close()
        assert (report.is_clean, [each.gone for each in report.symbols]) == (True, [("s0001-1",), ("web_1",)])
        await sink.until_said("s0001-1", OrderStatus.CANCELLED)

    play(market, form, scenario)
