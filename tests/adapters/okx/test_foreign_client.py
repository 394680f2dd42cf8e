"""Another program's client of OKX trades at the small venue too and meets our orders: the venue is no mirror of us."""

from decimal import Decimal
from typing import Any

import pytest

from core.types.order import OrderStatus, Side
from tests.venues.okx.rig import OURS, SPOT, SWAP, Rig, run
from tests.venues.okx.server import KEYS

pytestmark = pytest.mark.xdist_group("ccxt")  # importing it takes ten seconds: once is enough
FIRST = f"{OURS}1"


@pytest.fixture(scope="module")
def okx() -> Any:
    """Import the client before anything runs: that holds the loop up for many seconds."""
    import ccxt.async_support

    return ccxt.async_support.okx


def client(okx: Any, url: str) -> Any:
    exchange = okx(
        {"apiKey": KEYS["api_key"], "secret": KEYS["secret"], "password": KEYS["passphrase"], "enableRateLimit": False}
    )
    exchange.urls["api"] = dict.fromkeys(exchange.urls["api"], url)
    exchange.options["fetchMarkets"] = {"types": ["spot", "swap"]}
    exchange.has["fetchCurrencies"] = False
    return exchange


def test_a_foreign_client_reads_our_order_and_trades_beside_it(okx: Any) -> None:
    async def scenario(rig: Rig) -> None:
        foreign = client(okx, rig.server.url)
        try:
            await rig.trader.send(SWAP, Side.BUY, "2", "49000")
            (ours,) = await foreign.fetch_open_orders(SWAP)
            assert (ours["clientOrderId"], ours["price"], ours["amount"]) == ("s0001X1", 49000.0, 2.0)
            theirs = await foreign.create_order(SWAP, "limit", "sell", 1.0, 51000.0, {"clOrdId": "ccxt1"})
            report = await rig.execution.account(0)
            assert {order.intent.client_order_id for order in report.open_orders} == {FIRST, "ccxt1"}
            # the same account on the other side: the newcomer goes, ours stays
            await foreign.create_order(SWAP, "limit", "sell", 1.0, 49000.0)
            assert rig.exchange.order_named("s0001X1").filled == 0
            await foreign.cancel_order(theirs["id"], SWAP)
            await foreign.cancel_order(ours["id"], SWAP)
            await rig.sink.until_said(FIRST, OrderStatus.CANCELLED)
        finally:
            await foreign.close()

    run(scenario)


def test_a_foreign_client_sees_the_same_money(okx: Any) -> None:
    async def scenario(rig: Rig) -> None:
        foreign = client(okx, rig.server.url)
        try:
            await rig.crowd(SPOT, Side.SELL, "50000", "1")
            await rig.trader.send(SPOT, Side.BUY, "0.2")
            await rig.sink.until_said(FIRST, OrderStatus.FILLED)
            report = await rig.execution.account(0)
            balances = {balance.asset: balance.total for balance in report.balances}
            told = await foreign.fetch_balance()
            assert {name: Decimal(str(told["total"][name])) for name in balances} == balances
            (trade,) = await foreign.fetch_my_trades(SPOT)
            (fill,) = report.fills
            assert (Decimal(str(trade["price"])), Decimal(str(trade["amount"]))) == (fill.price, fill.quantity)
            # theirs in the base, ours in the quote currency
            assert Decimal(str(trade["fee"]["cost"])) * fill.price == fill.fee
        finally:
            await foreign.close()

    run(scenario)
