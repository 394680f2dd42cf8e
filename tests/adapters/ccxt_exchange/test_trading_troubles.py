"""What an exchange and ccxt do wrong with orders, made up: half-told answers, pages, lost streams, foreign ids."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import ccxt
import msgspec
import pytest

from adapters.ccxt_exchange.account_reader import AccountReadError
from adapters.ccxt_exchange.exchange_choice import ExchangeRefusedError
from adapters.ccxt_exchange.execution import CcxtExecution
from adapters.ccxt_exchange.settings import ExchangeSettings
from core.io.system_clock import SystemClock
from core.ports.randomness import NoRandomness
from core.ports.venue import SendOutcome, SendResult
from core.risk.verdict import approve
from core.types.credentials import Credentials, Secret
from core.types.order import FLATTEN, OrderIntent, OrderStatus, OrderType, Side
from tests.adapters.ccxt_exchange.fake_exchange import SYMBOL, TRADING, FakeExchange, market
from tests.adapters.ccxt_exchange.made_up import EXCHANGE, now_ms, trade
from tests.adapters.ccxt_exchange.rig import PASSED, QUICK
from tests.venues.execution_records import ExecutionRecords
from tests.venues.news import LIMIT_S

D = Decimal
KEYS = Credentials(venue="bybit", fields={"api_key": Secret("the-key-of-ann"), "secret": Secret("the-secret-of-ann")})


def trade_at(
    fake: FakeExchange,
    scenario: Callable[[CcxtExecution, ExecutionRecords], Awaitable[None]],
    exchange: ExchangeSettings = EXCHANGE,
    **changes: object,
) -> None:
    async def made() -> Any:
        return fake

    async def main() -> None:
        settings = msgspec.structs.replace(QUICK, **changes)
        execution = CcxtExecution(exchange, settings, KEYS, SystemClock(), NoRandomness(), make_client=made)
        records = ExecutionRecords(takes_payments=True)
        async with asyncio.timeout(LIMIT_S):
            await execution.start(records)
            try:
                await scenario(execution, records)
            finally:
                await execution.stop()

    asyncio.run(main())


async def submit(execution: CcxtExecution, name: str = "s0001-1", **changes: object) -> SendResult:
    intent = OrderIntent(
        client_order_id=name, venue="here", symbol=SYMBOL, side=Side.BUY, order_type=OrderType.LIMIT,
        quantity=D("0.1"), limit_price=D(100), created_ns=0,
    )  # fmt: skip
    return await execution.submit(approve(msgspec.structs.replace(intent, **changes), (PASSED,)))


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ({"id": "o-1", "clientOrderId": "s0001-1"}, SendOutcome.ACCEPTED),
        ({"id": "o-1", "status": "rejected"}, SendOutcome.REJECTED),
        ({"id": "o-1", "status": "open", "amount": "many"}, SendOutcome.IN_DOUBT),
        ({"id": None}, SendOutcome.IN_DOUBT),
        ({}, SendOutcome.IN_DOUBT),
        (None, SendOutcome.IN_DOUBT),
        ([], SendOutcome.IN_DOUBT),
        (KeyError("result"), SendOutcome.IN_DOUBT),
        (TypeError("'NoneType' object is not subscriptable"), SendOutcome.IN_DOUBT),
        (ccxt.RequestTimeout("bybit POST"), SendOutcome.IN_DOUBT),
        (ccxt.InsufficientFunds('bybit {"retCode":110007,"retMsg":"no"}'), SendOutcome.REJECTED),
    ],
    ids=str,
)
def test_an_answer_that_leaves_anything_open_is_doubt(answer: Any, outcome: SendOutcome):
    fake = FakeExchange(*TRADING)
    fake.queue("create_order", answer)

    async def scenario(execution: CcxtExecution, records: ExecutionRecords) -> None:
        assert (await submit(execution)).outcome is outcome

    trade_at(fake, scenario)
    assert len(fake.asked("create_order")) == 1


def test_an_exchange_that_does_not_keep_our_ids_gets_no_second_order():
    fake = FakeExchange(*TRADING)
    fake.queue("create_order", {"id": "o-1", "clientOrderId": "its-own"})

    async def scenario(execution: CcxtExecution, records: ExecutionRecords) -> None:
        assert (await submit(execution)).outcome is SendOutcome.ACCEPTED
        again = await submit(execution, "s0001-2")
        assert again.outcome is SendOutcome.REJECTED
        assert "does not keep our ids" in again.reason

    trade_at(fake, scenario)


@pytest.mark.parametrize(
    ("status", "filled", "expected"),
    [
        ("open", 0, OrderStatus.OPEN),
        ("open", 0.04, OrderStatus.PARTIALLY_FILLED),
        ("closed", 0.1, OrderStatus.FILLED),
        ("closed", 0.04, OrderStatus.CANCELLED),
        ("canceled", 0.04, OrderStatus.CANCELLED),
        ("expired", 0, OrderStatus.EXPIRED),
        ("rejected", 0, OrderStatus.REJECTED),
        ("Deactivated?", 0, OrderStatus.IN_DOUBT),
    ],
)
def test_a_streamed_status_is_read_and_one_that_nobody_knows_is_doubt(
    status: str, filled: float, expected: OrderStatus
):
    fake = FakeExchange(*TRADING, "watchOrders", "watchMyTrades")
    row = {"id": "o-1", "clientOrderId": "s0001-1", "symbol": SYMBOL, "status": status, "amount": 0.1, "filled": filled}
    fake.queue("watch_orders", [row])

    async def scenario(execution: CcxtExecution, records: ExecutionRecords) -> None:
        await records.until(lambda: bool(records.reports))
        assert records.reports[0].status is expected
        assert records.reports[0].venue == "here"

    trade_at(fake, scenario)


def test_without_streams_orders_and_executions_are_followed_by_asking():
    fake = FakeExchange(*TRADING)
    fake.queue("create_order", {"id": "o-1"})
    ended = {"id": "o-1", "symbol": SYMBOL, "status": "canceled", "amount": 0.1, "filled": 0.04}

    async def scenario(execution: CcxtExecution, records: ExecutionRecords) -> None:
        fake.queue("fetch_my_trades", [trade("t-1", amount=0.04)])
        fake.queue("fetch_order", ended)
        await submit(execution)
        await records.until(lambda: bool(records.reports and records.fills))
        assert records.statuses("s0001-1") == ["cancelled"]
        assert (records.filled("s0001-1"), records.fills[0].fee) == (D("0.04"), D("0.01"))

    trade_at(fake, scenario, poll_s=0.01)


def test_a_fill_of_stream_and_poll_is_told_once():
    fake = FakeExchange(*TRADING, "watchOrders", "watchMyTrades")
    same = trade("t-1", info={"orderLinkId": "s0001-1"})
    fake.queue("fetch_my_trades", [], [same], [same])
    fake.queue("watch_my_trades", [same], [same, trade("t-2", info={"orderLinkId": "s0001-1"})])

    async def scenario(execution: CcxtExecution, records: ExecutionRecords) -> None:
        await records.until(lambda: len(records.fills) == 2)
        for _ in range(3):
            fake.queue("fetch_my_trades", [same])
        await execution.account(0)
        while fake.waiting("fetch_my_trades"):
            await execution.account(0)
        assert [fill.fill_id for fill in records.fills] == ["BTCUSDT-t-1", "BTCUSDT-t-2"]

    trade_at(fake, scenario, poll_s=0.01)


@pytest.mark.parametrize("newest_first", [True, False])
def test_every_page_of_executions_is_read_whichever_way_they_are_sorted(newest_first: bool):
    fake = FakeExchange(*TRADING)
    began = now_ms() - 10_000
    everything = [trade(f"t-{number}", timestamp=began + number // 3) for number in range(250)]

    def answer(symbol: Any, since: int, limit: int, params: dict[str, Any]) -> list[Any]:
        until = params.get("until", now_ms())
        found = [row for row in everything if since <= row["timestamp"] <= until]
        return found[-limit:] if newest_first else found[:limit]

    async def scenario(execution: CcxtExecution, records: ExecutionRecords) -> None:
        fake.queue("fetch_my_trades", *([answer] * 30))
        fake.queue("fetch_order", {"id": "o-1", "clientOrderId": "s0001-1"})
        report = await execution.account(began * 1_000_000)
        assert len(report.fills) == 250
        assert {fill.client_order_id for fill in report.fills} == {"s0001-1"}

    trade_at(fake, scenario)


def test_a_list_of_orders_that_may_go_on_is_no_list():
    fake = FakeExchange(*TRADING)
    row = {"symbol": SYMBOL, "side": "buy", "amount": 0.1, "filled": 0.0, "price": 99.0, "status": "open"}

    async def scenario(execution: CcxtExecution, records: ExecutionRecords) -> None:
        page = [{**row, "id": f"o-{number}"} for number in range(50)]
        fake.queue("fetch_open_orders", page, page)
        with pytest.raises(AccountReadError, match="there may be more"):
            await execution.account(0)

    trade_at(fake, scenario)


def test_one_by_one_everything_goes_also_what_is_on_later_pages():
    fake = FakeExchange(*TRADING)
    resting = {f"o-{number}": {"id": f"o-{number}", "symbol": SYMBOL} for number in range(120)}
    resting["?"] = {"id": "?", "symbol": "ETH/USDT:USDT"}

    def cancel(number: str, symbol: str, params: object) -> dict[str, Any]:
        del resting[number]
        return {}

    async def scenario(execution: CcxtExecution, records: ExecutionRecords) -> None:
        fake.queue("fetch_open_orders", *([lambda *_: list(resting.values())[:50]] * 20))
        fake.queue("cancel_order", ccxt.OrderNotFound("it ended meanwhile"), *([cancel] * 200))
        assert (await execution.cancel_all()).outcome is SendOutcome.ACCEPTED
        assert resting == {}

    trade_at(fake, scenario)


def test_an_order_that_does_not_go_makes_the_kill_doubt():
    fake = FakeExchange(*TRADING)

    async def scenario(execution: CcxtExecution, records: ExecutionRecords) -> None:
        fake.queue("fetch_open_orders", *([[{"id": "o-1", "symbol": SYMBOL}]] * 20))
        answer = await execution.cancel_all()
        assert answer.outcome is SendOutcome.IN_DOUBT
        assert "still shown" in answer.reason

    trade_at(fake, scenario)


@pytest.mark.parametrize(
    "error", [ccxt.NetworkError("GET https://host/x?signature=beef the-secret-of-ann"), KeyError()]
)
def test_an_account_that_cannot_be_read_says_so_without_what_was_signed(error: Exception):
    fake = FakeExchange(*TRADING)

    async def scenario(execution: CcxtExecution, records: ExecutionRecords) -> None:
        fake.queue("fetch_balance", error)
        with pytest.raises(AccountReadError) as caught:
            await execution.account(SystemClock().utc_ns())
        assert type(error).__name__ in str(caught.value)
        assert "beef" not in str(caught.value)
        assert "the-secret-of-ann" not in str(caught.value)

    trade_at(fake, scenario)


def test_the_account_is_read_into_the_engines_types():
    fake = FakeExchange(*TRADING)

    async def scenario(execution: CcxtExecution, records: ExecutionRecords) -> None:
        fake.queue("fetch_balance", {"USDT": {"free": 90.5, "used": 9.5, "total": 100.0}, "free": {"USDT": 90.5}})
        fake.queue("fetch_positions", [{"symbol": SYMBOL, "side": "short", "contracts": 0.3, "entryPrice": 101.5}])
        order = {"symbol": SYMBOL, "id": "o-9", "side": "sell", "amount": 0.3, "filled": 0.1, "price": 105.0}
        fake.queue("fetch_open_orders", [order])
        report = await execution.account(SystemClock().utc_ns())
        assert [(each.asset, each.total, each.free) for each in report.balances] == [("USDT", D("100.0"), D("90.5"))]
        assert [(each.quantity, each.average_price) for each in report.positions] == [(D("-0.3"), D("101.5"))]
        (found,) = report.open_orders
        assert (found.intent.client_order_id, found.status) == ("oid-o-9", OrderStatus.PARTIALLY_FILLED)
        fake.queue("fetch_open_orders", [order])
        fake.queue(
            "fetch_positions", [{"symbol": SYMBOL, "side": side, "contracts": 0.3} for side in ("long", "short")]
        )
        with pytest.raises(AccountReadError, match="hedge mode"):
            await execution.account(SystemClock().utc_ns())

    trade_at(fake, scenario)


def test_what_trading_needs_and_ccxt_does_not_offer_is_named():
    fake = FakeExchange("createOrder", "cancelOrder")

    async def scenario(execution: CcxtExecution, records: ExecutionRecords) -> None:
        raise AssertionError("it must not start")

    with pytest.raises(ExchangeRefusedError, match="fetchOpenOrders, fetchBalance, fetchMyTrades, fetchPositions"):
        trade_at(fake, scenario)
    assert fake.is_closed


def test_executions_that_cannot_be_read_keep_new_risk_in_and_let_reducing_out():
    fake = FakeExchange(*TRADING)
    fake.queue("fetch_my_trades", *[ccxt.NetworkError(f"down, key the-key-of-ann, {n}") for n in range(2_000)])
    fake.queue("create_order", {"id": "o-1"})

    async def scenario(execution: CcxtExecution, records: ExecutionRecords) -> None:
        refused = await submit(execution)
        assert "executions would not be seen" in refused.reason
        assert "the-key-of-ann" not in refused.reason
        assert fake.asked("create_order") == []
        assert (await submit(execution, "s0001-2", source=FLATTEN)).outcome is SendOutcome.ACCEPTED

    trade_at(fake, scenario)


def test_a_fee_in_the_base_is_worth_its_price_whatever_a_contract_is_of():
    fake = FakeExchange(*TRADING, markets=[market(contractSize=0.01)])

    async def scenario(execution: CcxtExecution, records: ExecutionRecords) -> None:
        fake.queue("fetch_my_trades", [trade("t-1", price=100.0, fee={"cost": 0.02, "currency": "BTC"})])
        (fill,) = (await execution.account(SystemClock().utc_ns() - 1_000_000_000)).fills
        assert fill.fee == D("2.0")

    trade_at(fake, scenario)


def spot_exchange(*quotes: str) -> FakeExchange:
    changes = {"spot": True, "swap": False, "linear": None, "type": "spot", "settle": None, "contractSize": None}
    rows = [market(symbol=f"BTC/{each}", id=f"BTC{each}", quote=each, **changes) for each in quotes]
    return FakeExchange(*TRADING, "fetchTicker", markets=rows)


def spot_settings(fake: FakeExchange) -> ExchangeSettings:
    return msgspec.structs.replace(EXCHANGE, symbols=tuple(fake.markets))


def test_a_holding_stands_at_the_last_price_and_not_at_none():
    fake = spot_exchange("USDT")

    async def scenario(execution: CcxtExecution, records: ExecutionRecords) -> None:
        balance = {"BTC": {"free": 0.5, "total": 0.5}, "USDT": {"free": 1.0, "total": 1.0}}
        fake.queue("fetch_balance", balance, balance)
        fake.queue("fetch_ticker", {"symbol": "BTC/USDT", "last": 101.5}, {"symbol": "BTC/USDT", "last": None})
        (held,) = (await execution.account(SystemClock().utc_ns())).positions
        assert (held.quantity, held.average_price) == (D("0.5"), D("101.5"))
        with pytest.raises(AccountReadError, match="last price of BTC/USDT"):
            await execution.account(SystemClock().utc_ns())

    trade_at(fake, scenario, exchange=spot_settings(fake))


def test_two_spot_markets_of_one_base_are_refused():
    fake = spot_exchange("USDT", "USDC")

    async def scenario(execution: CcxtExecution, records: ExecutionRecords) -> None:
        raise AssertionError("it must not start")

    with pytest.raises(ExchangeRefusedError, match="would share the balance of BTC"):
        trade_at(fake, scenario, exchange=spot_settings(fake))
