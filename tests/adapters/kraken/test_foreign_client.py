"""The loopback Kraken is honest: a client that is not ours trades on it too, and meets our orders."""

import warnings
from pathlib import Path
from typing import Any

import pytest

from core.types.order import OrderStatus
from tests.adapters.kraken.rig import D, TradeRig, play
from tests.venues.kraken.venue import LoopbackKraken


@pytest.fixture(autouse=True, scope="module")
def imported() -> None:
    """Import ccxt before a loop runs: it takes seconds, and no connection lives through that."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import ccxt.async_support  # noqa: F401 - for its effect


def foreign_client(venue: LoopbackKraken) -> Any:
    from ccxt.async_support import kraken

    client = kraken({"apiKey": venue.other.key, "secret": venue.other.secret, "enableRateLimit": False})
    client.urls["api"] = _redirected(client.urls["api"], venue.url)
    return client


def _redirected(urls: Any, url: str) -> Any:
    return {name: _redirected(each, url) for name, each in urls.items()} if isinstance(urls, dict) else url


def test_ccxt_trades_there_and_meets_our_order(tmp_path: Path) -> None:
    async def scenario(rig: TradeRig) -> None:
        client = foreign_client(rig.venue)
        try:
            ours = rig.intent(price="30000.5", quantity="1")
            await rig.submit(ours)
            book = await client.fetch_order_book("BTC/USD")
            assert book["bids"][0][:2] == [30000.5, 1.0]
            sold = await client.create_order("BTC/USD", "limit", "sell", 0.4, 30000.5)
            await rig.told.until(lambda: rig.told.filled(ours.client_order_id) == D("0.4"))
            (trade,) = await client.fetch_my_trades("BTC/USD")
            assert (trade["order"], trade["amount"], trade["takerOrMaker"]) == (sold["id"], 0.4, "taker")
            assert trade["fee"]["cost"] == pytest.approx(30000.5 * 0.4 * 0.004)
            balance = await client.fetch_balance()
            assert balance["BTC"]["total"] == pytest.approx(49.6)
            resting = await client.create_order("BTC/USD", "limit", "sell", 0.5, 30000.7)
            assert [order["id"] for order in await client.fetch_open_orders("BTC/USD")] == [resting["id"]]
            taker = rig.intent(price="30000.7", quantity="0.2", ioc=True)
            await rig.submit(taker)
            await rig.told.until_said(taker.client_order_id, OrderStatus.FILLED)
            await client.cancel_order(resting["id"], "BTC/USD")
            assert await client.fetch_open_orders("BTC/USD") == []
        finally:
            await client.close()

    play(scenario, tmp_path)


def test_ccxt_is_refused_with_a_wrong_secret_and_for_too_much_money(tmp_path: Path) -> None:
    async def scenario(rig: TradeRig) -> None:
        import ccxt

        client = foreign_client(rig.venue)
        try:
            with pytest.raises(ccxt.InsufficientFunds):
                await client.create_order("BTC/USD", "limit", "sell", 99, 31000)
            client.secret = rig.venue.ours.secret
            with pytest.raises(ccxt.ExchangeError, match="Invalid signature"):
                await client.fetch_balance()
        finally:
            await client.close()

    play(scenario, tmp_path)
