"""A client that is not ours trades at the loopback venue too, and meets our orders: so the venue is no mirror of us."""

from decimal import Decimal
from typing import Any

import pytest

from core.ports.venue import SendOutcome
from core.types.order import Liquidity, Side
from tests.adapters.coinbase.rig import THEIRS, key_of, pem
from tests.adapters.coinbase.trading_rig import Rig, run
from tests.venues.coinbase.server import LoopbackCoinbase

pytestmark = pytest.mark.xdist_group("ccxt")  # its import takes seconds: once is enough


def local(urls: Any, address: str) -> Any:
    """Point every address at the loopback."""
    if isinstance(urls, dict):
        return {name: local(value, address) for name, value in urls.items()}
    return address if isinstance(urls, str) else urls


def ccxt_client(venue: LoopbackCoinbase) -> Any:
    import ccxt.async_support as ccxt

    client = ccxt.coinbase({"apiKey": THEIRS, "secret": pem(key_of(THEIRS)), "enableRateLimit": False})
    client.urls["api"] = local(client.urls["api"], venue.url)
    client.has["fetchCurrencies"] = False
    return client


def test_ccxt_trades_against_our_order_and_both_see_the_same() -> None:
    async def scenario(rig: Rig) -> None:
        client = ccxt_client(rig.venue)
        try:
            await foreign_trades(rig, client)
        finally:
            await client.close()

    run(scenario)


async def foreign_trades(rig: Rig, client: Any) -> None:
    markets = await client.load_markets()
    assert (markets["BTC/USD"]["precision"]["price"], markets["BTC/USD"]["precision"]["amount"]) == (0.01, 0.00001)

    ours = await rig.trader.send("BTC/USD", Side.SELL, "0.30", "100.00")
    assert ours.outcome is SendOutcome.ACCEPTED
    await rig.records.until_said("o1", "open")

    native = {"client_order_id": "theirs-1"}
    order = await client.create_order("BTC/USD", "limit", "buy", 0.2, 100.0, native)
    await rig.records.until_said("o1", "fill")
    (fill,) = rig.records.fills
    assert (fill.price, fill.quantity, fill.liquidity) == (Decimal(100), Decimal("0.2"), Liquidity.MAKER)

    seen = await client.fetch_order(order["id"])
    assert (seen["status"], seen["filled"], seen["clientOrderId"]) == ("closed", 0.2, "theirs-1")
    (trade,) = await client.fetch_my_trades("BTC/USD")
    assert (trade["amount"], trade["price"], trade["takerOrMaker"], trade["order"]) == (
        0.2,
        100.0,
        "taker",
        order["id"],
    )

    resting = await client.create_order("BTC/USD", "limit", "buy", 0.1, 99.0, {"client_order_id": "theirs-2"})
    assert [o["id"] for o in await client.fetch_open_orders("BTC/USD")] == [resting["id"]]
    assert [o.intent.client_order_id for o in (await rig.execution.account(0)).open_orders] == ["o1"]
    await client.cancel_order(resting["id"])
    assert await client.fetch_open_orders("BTC/USD") == []

    balance = await client.fetch_balance({"v3": True})
    assert balance["BTC"]["total"] == 5.2
    truth = rig.venue.exchange.balances[THEIRS]["BTC"][0]
    assert truth == Decimal("5.2")


def test_a_key_that_ccxt_makes_no_token_with_is_refused_like_any_other() -> None:
    import ccxt

    async def scenario(rig: Rig) -> None:
        client = ccxt_client(rig.venue)
        client.secret = pem(key_of("a stranger"))
        try:
            with pytest.raises(ccxt.AuthenticationError, match="wrong signature"):
                await client.load_markets()
        finally:
            await client.close()

    run(scenario)
