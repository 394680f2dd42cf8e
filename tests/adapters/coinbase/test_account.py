"""What the account report holds, page by page, and how everything is cancelled without an engine."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from decimal import Decimal

import pytest
from aiohttp import web

from adapters.coinbase.answers import decode_order
from adapters.coinbase.cancel_everything import CancelReport
from adapters.coinbase.endpoints import TradingEndpoints
from adapters.coinbase.order_terms import order_of
from adapters.coinbase.signed_rest import VenueReadError
from adapters.coinbase.venue import build_execution, cancel_everything, key_rights
from adapters.network.transport import NetworkTransport
from core.ports.keys import KeyRight, KeyRights
from core.ports.randomness import NoRandomness
from core.ports.venue import SendOutcome
from core.types.order import OrderStatus, OrderType, Side
from tests.adapters.coinbase.rig import OURS, WallClock, credentials, fill_books, loopback
from tests.adapters.coinbase.trading_rig import ACCOUNTS, CANCEL, LIST, Rig, run
from tests.venues.coinbase.server import Fault, LoopbackCoinbase

BTC = "BTC/USD"


def test_the_report_holds_all_pages_of_orders_balances_and_fills() -> None:
    async def scenario(rig: Rig) -> None:
        for n in range(5):
            await rig.trader.send(BTC, Side.BUY, "0.1", str(95 - n))
        await rig.trader.send(BTC, Side.SELL, "0.15")
        await rig.trader.send(BTC, Side.BUY, "0.3", "100")
        rig.venue.exchange.crowd("BTC-USD", Side.SELL, "0.1")
        rig.venue.exchange.submit(OURS, foreign("web-1"))
        rig.venue.exchange.fund("nobody", USD="1")
        report = await rig.execution.account(0)
        orders = {order.intent.client_order_id: order for order in report.open_orders}
        assert sorted(orders) == ["o1", "o2", "o3", "o4", "o5", "o7", "web-1"]
        resting = orders["o7"]
        assert (resting.status, resting.filled_quantity) == (OrderStatus.PARTIALLY_FILLED, Decimal("0.1"))
        assert (resting.intent.limit_price, resting.intent.quantity) == (Decimal(100), Decimal("0.3"))
        truth = rig.venue.exchange.balances[OURS]
        assert {b.asset: (b.total, b.total - b.free) for b in report.balances} == {
            name: tuple(truth[name]) for name in ("BTC", "ETH", "USD")
        }
        assert [(str(p.instrument_id), p.quantity) for p in report.positions] == [("BTC/USD@coinbase", truth["BTC"][0])]
        assert len(report.fills) == len(rig.venue.exchange.fills) >= 3
        assert [f.fill_id for f in report.fills] == [f.trade_id for f in rig.venue.exchange.fills]
        assert {f.client_order_id for f in report.fills} == {"o6", "o7"}

    run(scenario, page_size=2)


@pytest.mark.parametrize("kind", ["limit_limit_gtc", "sor_limit_ioc", "limit_limit_gtd"])
def test_a_number_of_an_order_that_is_not_there_hides_none_that_is(kind: str) -> None:
    terms = {"quote_size": "", "base_size": "0.5", "limit_price": "100.00", "end_time": "", "post_only": False}
    row = {
        "order_id": "1", "product_id": "BTC-USD", "side": "BUY", "status": "OPEN", "order_configuration": {kind: terms},
    }  # fmt: skip
    intent = order_of(decode_order(json.dumps({"order": row}).encode()).order, BTC, "o1").intent
    assert (intent.order_type, intent.quantity, intent.limit_price) == (OrderType.LIMIT, Decimal("0.5"), Decimal(100))


def foreign(client_order_id: str) -> dict:
    terms = {"base_size": "0.1", "limit_price": "90", "post_only": False}
    return {
        "client_order_id": client_order_id, "product_id": "BTC-USD", "side": "BUY",
        "order_configuration": {"limit_limit_gtc": terms},
    }  # fmt: skip


def test_only_fills_since_the_moment_asked_for_are_reported() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.trader.send(BTC, Side.SELL, "0.01")
        await rig.trader.send(BTC, Side.SELL, "0.01")
        first, second = (fill.at_ns for fill in rig.venue.exchange.fills)
        assert first // 1000 < second // 1000
        assert len((await rig.execution.account(first)).fills) == 2
        assert len((await rig.execution.account(second)).fills) == 1
        assert len((await rig.execution.account(second + 10**6)).fills) == 0

    run(scenario)


def test_a_fill_between_the_parts_of_a_report_makes_it_be_read_again() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.trader.send(BTC, Side.BUY, "0.3", "100")

        def trade_meanwhile() -> web.Response:
            before = rig.venue.exchange.balances[OURS]["USD"][0]
            rig.venue.exchange.crowd("BTC-USD", Side.SELL, "0.1")
            stale = {"value": str(before), "currency": "USD"}
            row = {
                "uuid": "1",
                "currency": "USD",
                "available_balance": stale,
                "hold": {"value": "0", "currency": "USD"},
            }
            return web.json_response({"accounts": [row], "has_next": False, "cursor": ""})

        rig.fault(ACCOUNTS, answer=trade_meanwhile)
        report = await rig.execution.account(0)
        assert {b.asset: b.total for b in report.balances}["USD"] == rig.venue.exchange.balances[OURS]["USD"][0]
        assert sum(fill.quantity for fill in report.fills) == Decimal("0.1")

    run(scenario)


def test_an_order_that_changes_its_list_while_the_lists_are_read_is_in_the_report() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.trader.send(BTC, Side.BUY, "0.3", "90")
        order = rig.order("o1")
        order.status = "PENDING"

        def opens_meanwhile() -> web.Response:
            order.status = "OPEN"
            return web.json_response({"orders": [], "has_next": False, "cursor": ""})

        rig.fault(f"{LIST}?order_status=PENDING", answer=opens_meanwhile)
        assert len((await rig.execution.account(0)).open_orders) == 1
        order.status = "CANCEL_QUEUED"
        (leaving,) = (await rig.execution.account(0)).open_orders
        assert leaving.status is OrderStatus.CANCELLING

    run(scenario)


def test_an_account_that_trades_all_the_time_is_not_reported_as_a_moment() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.trader.send(BTC, Side.BUY, "0.3", "100")

        def trade_meanwhile() -> web.Response:
            rig.venue.exchange.crowd("BTC-USD", Side.SELL, "0.01")
            return web.json_response({"accounts": [], "has_next": False, "cursor": ""})

        for _ in range(3):
            rig.fault(ACCOUNTS, answer=trade_meanwhile)
        with pytest.raises(VenueReadError, match="traded during each"):
            await rig.execution.account(0)

    run(scenario)


def test_a_part_that_cannot_be_read_is_no_empty_report() -> None:
    async def scenario(rig: Rig) -> None:
        for what in (ACCOUNTS, LIST):
            rig.fault(what, answer=lambda: web.Response(status=500, text="no"))
            with pytest.raises(VenueReadError, match="HTTP 500: no"):
                await rig.execution.account(0)

    run(scenario)


def test_cancel_all_takes_off_foreign_orders_too() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.trader.send(BTC, Side.BUY, "0.1", "95")
        rig.venue.exchange.submit(OURS, foreign("web-1"))
        assert (await rig.execution.cancel_all()).outcome is SendOutcome.ACCEPTED
        await rig.records.until_said("web-1", "cancelled")

    rig = run(scenario)
    assert {order.status for order in rig.venue.exchange.orders.values()} == {"CANCELLED"}


def without_engine(
    work: Callable[[LoopbackCoinbase, dict], Awaitable[None]], venue: LoopbackCoinbase | None = None
) -> None:
    async def play() -> None:
        server, transport = venue or loopback(), NetworkTransport()
        fill_books(server)
        async with server.running():
            endpoints = TradingEndpoints(rest_url=server.url, user_stream_url=server.stream_url)
            means = {"transport": transport, "clock": WallClock(), "randomness": NoRandomness(), "endpoints": endpoints}
            await work(server, means | {"credentials": credentials()})
            await transport.close()

    asyncio.run(play())


def test_everything_is_cancelled_with_keys_and_addresses_alone_in_hundreds() -> None:
    async def work(server: LoopbackCoinbase, means: dict) -> None:
        for n in range(130):
            server.exchange.submit(OURS, foreign(f"web-{n}"))
        report = await cancel_everything(**means)
        assert (report.is_clean, len(report.gone), report.text) == (True, 130, "")
        assert server.asked(CANCEL) == 2

    without_engine(work)


def test_a_cancellation_that_could_not_look_or_was_refused_is_not_called_clean() -> None:
    async def blind(server: LoopbackCoinbase, means: dict) -> None:
        server.exchange.submit(OURS, foreign("web-1"))
        server.faults += [Fault(LIST, answer=lambda: web.Response(status=503, text="down")) for _ in range(20)]
        report = await cancel_everything(**means)
        assert (report.is_clean, "could not be read" in report.text) == (False, True)

    async def refused(server: LoopbackCoinbase, means: dict) -> None:
        server.exchange.submit(OURS, foreign("web-1"))
        server.faults += [Fault(CANCEL, answer=lambda: web.Response(status=403, text="no")) for _ in range(20)]
        report = await cancel_everything(**means)
        assert isinstance(report, CancelReport)
        assert (report.is_clean, report.left) == (False, ("web-1",))

    without_engine(blind)
    without_engine(refused)


@pytest.mark.parametrize(
    ("told", "rights"),
    [
        ({"can_view": True, "can_trade": True, "can_transfer": False}, {KeyRight.READ, KeyRight.TRADE}),
        ({"can_view": True, "can_trade": False, "can_transfer": True}, {KeyRight.READ, KeyRight.WITHDRAW}),
        ({}, set()),
    ],
)
def test_the_rights_of_a_key_are_told_by_the_venue(told: dict, rights: set) -> None:
    venue = loopback()
    venue.permissions = told | {"portfolio_type": "DEFAULT"}

    async def work(server: LoopbackCoinbase, means: dict) -> None:
        assert await key_rights(**means) == KeyRights(rights=frozenset(rights), detail="portfolio DEFAULT")

    without_engine(work, venue)


def test_the_trading_side_is_built_from_a_configuration() -> None:
    async def work(server: LoopbackCoinbase, means: dict) -> None:
        execution = build_execution((BTC,), **means)
        assert (execution.venue, execution.stream_trouble) == ("coinbase", "not started")
        assert (await execution.account(0)).positions == ()

    without_engine(work)
