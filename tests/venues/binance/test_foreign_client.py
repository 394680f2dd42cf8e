"""A client that knows nothing of this project trades on the venue: ccxt, its addresses turned to the loopback."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest

from adapters.sim.binance_protocol.accounts import Account
from adapters.sim.binance_protocol.config import RehearsalConfig
from adapters.sim.binance_protocol.key_file import invent_keys, make_accounts
from adapters.sim.binance_protocol.server import RehearsalServer
from core.io.system_clock import SystemClock
from tests.venues.binance.rig import LIMIT_S, NAMES

Client = Any  # ccxt has no types
CLASSES = {"spot": ("binance", "spot", "BTC/USDT"), "usdm": ("binanceusdm", "linear", "BTC/USDT:USDT")}


def turned(node: Any, server: RehearsalServer) -> Any:
    """Put the loopback in place of every host, as anybody would who has only ccxt's addresses to change."""
    if isinstance(node, dict):
        return {name: turned(each, server) for name, each in node.items()}
    if not isinstance(node, str):
        return node
    address = urlsplit(node)
    return (server.stream_url if address.scheme == "wss" else server.url) + address.path


def client(kind: str, server: RehearsalServer, account: Account) -> Client:
    import ccxt.pro

    name, markets, _ = CLASSES[kind]
    made: Client = getattr(ccxt.pro, name)({"apiKey": account.key, "secret": account.secret})
    made.options["fetchMarkets"] = [markets]
    made.urls["api"] = turned(made.urls["api"], server)
    return made


def trade(kind: str, scenario: Callable[[RehearsalServer, list[Client], str], Awaitable[None]]) -> None:
    async def main() -> None:
        config = RehearsalConfig()
        accounts = make_accounts(config, invent_keys(NAMES, config.seed))
        server = RehearsalServer(config, accounts, SystemClock(), drives=False)
        await server.start()
        clients = [client(kind, server, account) for account in accounts]
        try:
            async with asyncio.timeout(LIMIT_S):
                await asyncio.gather(*(each.load_markets() for each in clients))
                await scenario(server, clients, CLASSES[kind][2])
        finally:
            await asyncio.gather(*(each.close() for each in clients))
            await server.stop()

    asyncio.run(main())


@pytest.mark.parametrize("kind", CLASSES)
def test_places_amends_and_cancels(kind: str):
    async def scenario(server: RehearsalServer, clients: list[Client], symbol: str) -> None:
        (ann, _) = clients
        bid = (await ann.fetch_order_book(symbol))["bids"][0][0]
        placed = await ann.create_order(symbol, "limit", "buy", 0.02, bid - 100, {"clientOrderId": "first"})
        assert (placed["status"], placed["clientOrderId"]) == ("open", "first")
        amended = await ann.edit_order(placed["id"], symbol, "limit", "buy", 0.01, bid - 120)
        (listed,) = await ann.fetch_open_orders(symbol)
        assert (listed["id"], listed["amount"], listed["price"]) == (amended["id"], 0.01, bid - 120)
        assert (await ann.cancel_order(amended["id"], symbol))["status"] == "canceled"
        assert await ann.fetch_open_orders(symbol) == []

    trade(kind, scenario)


@pytest.mark.parametrize("kind", CLASSES)
def test_fills_move_its_balances(kind: str):
    async def scenario(server: RehearsalServer, clients: list[Client], symbol: str) -> None:
        (ann, _) = clients
        before = await ann.fetch_balance()
        await ann.create_order(symbol, "market", "buy", 0.05)
        trades = await ann.fetch_my_trades(symbol)
        assert sum(trade["amount"] for trade in trades) == pytest.approx(0.05)
        after = await ann.fetch_balance()
        if kind == "spot":
            assert after["USDT"]["total"] == pytest.approx(
                before["USDT"]["total"] - sum(trade["cost"] for trade in trades)
            )
            assert after["BTC"]["total"] == pytest.approx(1.05 - 0.00005, abs=1e-7)
        else:
            assert after["USDT"]["total"] == pytest.approx(100_000 - sum(t["fee"]["cost"] for t in trades))
            (position,) = await ann.fetch_positions([symbol])
            assert (position["side"], position["contracts"]) == ("long", 0.05)

    trade(kind, scenario)


@pytest.mark.parametrize("kind", CLASSES)
def test_two_clients_trade_with_each_other_and_hear_of_it(kind: str):
    async def scenario(server: RehearsalServer, clients: list[Client], symbol: str) -> None:
        ann, bob = clients
        book = await ann.fetch_order_book(symbol)
        while book["asks"][0][0] - book["bids"][0][0] < 2:  # room for an order between the best prices
            server.step()
            book = await ann.fetch_order_book(symbol)
        price = book["bids"][0][0] + 1
        heard = asyncio.ensure_future(ann.watch_orders(symbol))
        prints = asyncio.ensure_future(bob.watch_trades(symbol))
        await listening(server, kind)
        maker = await ann.create_order(symbol, "limit", "buy", 0.03, price)
        assert [order["id"] for order in await heard] == [maker["id"]]
        filled = asyncio.ensure_future(ann.watch_my_trades(symbol))
        await bob.fetch_time()  # a turn for the watcher
        await bob.create_order(symbol, "limit", "sell", 0.03, price)
        (own,) = await filled
        assert (own["order"], own["price"], own["amount"], own["takerOrMaker"]) == (maker["id"], price, 0.03, "maker")
        (printed,) = await prints
        assert (printed["id"], printed["price"], printed["amount"], printed["side"]) == (own["id"], price, 0.03, "sell")
        (his,) = await bob.fetch_my_trades(symbol)
        assert (his["id"], his["takerOrMaker"]) == (own["id"], "taker")

    trade(kind, scenario)


async def listening(server: RehearsalServer, kind: str) -> None:
    """Wait until somebody listens to the trades and to a private stream; every question gives the clients a turn."""
    async with aiohttp.ClientSession() as session:
        while True:
            async with session.get(f"{server.url}/rehearsal/listeners") as response:
                found = (await response.json())[kind]
            if found["private"] and "btcusdt@trade" in found["streams"]:
                return


@pytest.mark.parametrize("kind", CLASSES)
def test_its_live_book_is_the_venues(kind: str):
    async def scenario(server: RehearsalServer, clients: list[Client], symbol: str) -> None:
        (ann, _) = clients
        stepping = asyncio.ensure_future(keep_stepping(server, ann))
        for _ in range(10):
            await ann.watch_order_book(symbol)
        stepping.cancel()
        market = next(each for each in server.exchange.markets.values() if each.kind.value == kind)
        truth = market.books["BTCUSDT"].depth
        live = await ann.watch_order_book(symbol) if ann.orderbooks[symbol]["nonce"] < truth.update_id else None
        live = live or ann.orderbooks[symbol]
        number, bids, asks = truth.snapshot(20)
        assert live["nonce"] == number
        assert [[price, lots] for price, lots in live["bids"][:20]] == [[float(t), lot / 1000] for t, lot in bids]
        assert [[price, lots] for price, lots in live["asks"][:20]] == [[float(t), lot / 1000] for t, lot in asks]

    trade(kind, scenario)


async def keep_stepping(server: RehearsalServer, client: Client) -> None:
    """Move the market by tenths of a second, so that no change stays unsent."""
    while True:
        server.step(2)
        await client.fetch_time()


def test_errors_reach_it_as_the_classes_it_knows():
    async def scenario(server: RehearsalServer, clients: list[Client], symbol: str) -> None:
        import ccxt

        (ann, _) = clients
        with pytest.raises(ccxt.InsufficientFunds):
            await ann.create_order(symbol, "limit", "buy", 100, 60_000)
        with pytest.raises(ccxt.OrderNotFound):
            await ann.cancel_order("1", symbol)
        ann.secret = "wrong"
        with pytest.raises(ccxt.ExchangeError, match="-1022"):
            await ann.fetch_balance()

    trade("spot", scenario)
