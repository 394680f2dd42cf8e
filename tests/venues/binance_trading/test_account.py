"""The account as the venue has it: complete over every page, in one moment, and in the quote currency."""

import pytest

from adapters.binance import trade_history
from adapters.binance.signed_rest import VenueReadError
from adapters.binance.traded_symbols import SharedBaseError
from core.engine.malformed import malformed_report
from core.types.order import OrderStatus, OrderType, TimeInForce
from tests.venues.binance_trading.rig import SPOT, USDM, D, Rig, play
from tests.venues.binance_trading.small_binance import error, instead, lose_the_request

MARKETS = pytest.mark.parametrize("market", [SPOT, USDM])
HOUR_NS = 3_600_000_000_000


@MARKETS
@pytest.mark.parametrize("is_newest_first", [False, True])
@pytest.mark.parametrize("count", [1, 6, 7, 8, 21, 30])
def test_executions_are_complete_over_pages_and_within_one_millisecond(
    market, is_newest_first, count, monkeypatch
) -> None:
    monkeypatch.setattr(trade_history, "PAGE", 7)

    async def scenario(rig: Rig) -> None:
        rig.venue.page_limit, rig.venue.newest_first_pages = 7, is_newest_first
        order = rig.venue.rest_order("BTCUSDT", "BUY", "100", "99", "s0001-1")
        for n in range(count):
            rig.venue.fill(order, "1", "99")
            if n % 5 == 4:
                await rig.elapse(60)
        since_ns = rig.clock.utc_ns() - HOUR_NS
        report = await rig.execution.account(since_ns)
        assert [fill.fill_id for fill in report.fills] == [f"BTCUSDT-{n + 2}-1001" for n in range(count)]

    play(market, scenario)


@MARKETS
@pytest.mark.parametrize("days", [0.5, 3, 20, 100])
def test_executions_are_found_however_long_nobody_asked(market, days) -> None:
    async def scenario(rig: Rig) -> None:
        order = rig.venue.rest_order("BTCUSDT", "BUY", "100", "99", "s0001-1")
        rig.venue.fill(order, "1", "99")
        began_ns = rig.clock.utc_ns()
        await rig.elapse(days * 43_200)
        rig.venue.fill(order, "2", "99")
        await rig.elapse(days * 43_200)
        assert len((await rig.execution.account(began_ns)).fills) == 2
        assert len((await rig.execution.account(began_ns + 1_000_000_000)).fills) == 1

    play(market, scenario, dead_man_s=0, clock_interval_s=1e9, keep_alive_s=1e9, check_interval_s=1e9)


def test_an_engine_that_was_away_for_longer_than_the_venue_tells_comes_back_and_says_so(caplog) -> None:
    async def scenario(rig: Rig) -> None:
        rig.venue.fill(rig.venue.rest_order("BTCUSDT", "BUY", "1", "99", "s0001-1"), "1", "99")
        report = await rig.execution.account(rig.clock.utc_ns() - 200 * 24 * HOUR_NS)
        assert len(report.fills) == 1
        assert "not told" in caplog.text

    play(USDM, scenario)


@MARKETS
def test_an_execution_that_comes_while_the_account_is_read_is_in_all_of_it(market) -> None:
    async def scenario(rig: Rig) -> None:
        await rig.submit()
        await rig.elapse(5)

        def fill_first(act):
            rig.venue.fill(rig.order("s0001-1"), "2", "99.5")
            return act()

        name = "myTrades" if market is SPOT else "userTrades"
        rig.venue.faults["GET", name].append(fill_first)
        await rig.elapse(5)
        report = await rig.execution.account(rig.clock.utc_ns() - HOUR_NS)
        assert [position.quantity for position in report.positions] == [D(2)]
        assert [fill.quantity for fill in report.fills] == [D(2)]
        assert report.open_orders == ()

    play(market, scenario)


def test_a_restless_account_is_read_a_few_times_and_no_more() -> None:
    async def scenario(rig: Rig) -> None:
        order = rig.venue.rest_order("BTCUSDT", "BUY", "100", "99", "s0001-1")

        def fill_first(act):
            rig.venue.fill(order, "1", "99.5")
            return act()

        rig.venue.faults["GET", "userTrades"] += [fill_first] * 9
        report = await rig.execution.account(rig.clock.utc_ns() - HOUR_NS)
        assert len(report.fills) == 3

    play(USDM, scenario)


@pytest.mark.parametrize(
    ("market", "asset", "fee", "in_quote"),
    [
        (SPOT, "USDT", "0.2", "0.2"),
        (SPOT, "BTC", "0.002", "0.2"),
        (SPOT, "BNB", "0.001", "0.6"),
        (USDM, "BNB", "0.001", "0.6"),
        (USDM, "USDT", "-0.05", "-0.05"),
    ],
)
def test_commissions_of_every_asset_are_told_in_the_quote_currency(market, asset, fee, in_quote) -> None:
    async def scenario(rig: Rig) -> None:
        await rig.submit()
        rig.venue.fill(rig.order("s0001-1"), "2", "100", fee=fee, asset=asset)
        await rig.sink.until_said("s0001-1", OrderStatus.FILLED)
        report = await rig.execution.account(rig.clock.utc_ns() - HOUR_NS)
        assert rig.sink.fills[0].fee == report.fills[0].fee == D(in_quote)

    play(market, scenario)


def test_a_price_that_was_read_serves_while_the_venue_is_silent_and_an_unknown_asset_is_no_zero() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.submit()
        rig.venue.fill(rig.order("s0001-1"), "1", "100", fee="0.001", asset="BNB")
        await rig.sink.until(lambda: len(rig.sink.fills) == 1)
        await rig.elapse(3600)
        rig.venue.faults["GET", "ticker/price"].append(lose_the_request)
        rig.venue.prices["BNBUSDT"] = D(1)
        rig.venue.fill(rig.order("s0001-1"), "1", "100", fee="0.001", asset="BNB")
        await rig.sink.until(lambda: len(rig.sink.fills) == 2)
        assert [fill.fee for fill in rig.sink.fills] == [D("0.6"), D("0.6")]
        other = rig.venue.rest_order("BTCUSDT", "BUY", "1", "99", "web_1")
        rig.venue.fill(other, "1", "99", fee="5", asset="PEPE")
        with pytest.raises(VenueReadError, match="PEPE"):
            await rig.execution.account(rig.clock.utc_ns() - HOUR_NS)

    play(USDM, scenario)


def test_spot_tells_what_is_traded_as_balance_and_position_and_what_is_gone_as_zero() -> None:
    async def scenario(rig: Rig) -> None:
        rig.venue.balances |= {"BTC": D("0.5"), "SHIB": D(10**6)}
        report = await rig.execution.account(rig.clock.utc_ns())
        assert {b.asset: b.total for b in report.balances} == {"USDT": D(10_000), "BTC": D("0.5")}
        assert [(p.instrument_id.symbol, p.quantity, p.average_price) for p in report.positions] == [
            ("BTC/USDT", D("0.5"), D("100.0"))
        ]
        rig.venue.balances["BTC"] = D(0)
        report = await rig.execution.account(rig.clock.utc_ns())
        assert {b.asset: b.total for b in report.balances} == {"USDT": D(10_000), "BTC": D(0)}
        assert report.positions == ()

    play(SPOT, scenario)


def test_two_spot_instruments_of_one_base_are_refused() -> None:
    async def scenario(rig: Rig) -> None:
        with pytest.raises(SharedBaseError, match="BTC"):
            await rig.execution.start(rig.sink)

    play(SPOT, scenario, is_started=False, symbols=("BTC/USDT", "BTC/FDUSD"), before=_list_another_quote)


def _list_another_quote(rig: Rig) -> None:
    def with_fdusd(act):
        answer = act()
        listed = answer.body.replace(b'"symbol": "ETHUSDT"', b'"symbol": "BTCFDUSD"', 1)
        head, _, tail = listed.partition(b'"BTCFDUSD"')
        tail = tail.replace(
            b'"baseAsset": "ETH", "quoteAsset": "USDT"', b'"baseAsset": "BTC", "quoteAsset": "FDUSD"', 1
        )
        return answer._replace(body=head + b'"BTCFDUSD"' + tail)

    rig.venue.faults["GET", "exchangeInfo"].append(with_fdusd)


def test_positions_of_all_symbols_are_told_and_those_of_hedge_mode_refused() -> None:
    async def scenario(rig: Rig) -> None:
        position = {"symbol": "ETHUSDT", "positionAmt": "-3", "entryPrice": "11.5", "positionSide": "BOTH"}
        rig.venue.positions["ETHUSDT"] = position
        report = await rig.execution.account(rig.clock.utc_ns())
        assert [(str(p.instrument_id), p.quantity, p.average_price) for p in report.positions] == [
            ("ETH/USDT:USDT@binanceusdm", D(-3), D("11.5"))
        ]
        rig.venue.positions["ETHUSDT"] = position | {"positionSide": "SHORT"}
        with pytest.raises(VenueReadError, match="hedge mode"):
            await rig.execution.account(rig.clock.utc_ns())

    play(USDM, scenario)


def test_funding_is_told_once_with_its_rate() -> None:
    async def scenario(rig: Rig) -> None:
        at_ms = rig.venue.venue_ms
        kinds = [("FUNDING_FEE", 7), ("COMMISSION", 8), ("FUNDING_FEE", 9)]
        rig.venue.income = [
            {"symbol": "BTCUSDT", "incomeType": kind, "income": "-0.25", "asset": "USDT", "time": at_ms + n,
             "tranId": number, "info": "", "tradeId": ""}
            for n, (kind, number) in enumerate(kinds)
        ]  # fmt: skip
        since_ns = rig.clock.utc_ns() - 1_000_000
        first, again = (await rig.execution.account(since_ns)), (await rig.execution.account(since_ns))
        assert [(p.payment_id, p.amount, p.rate) for p in first.funding] == [
            ("BTCUSDT-7", D("-0.25"), 0.0001),
            ("BTCUSDT-9", D("-0.25"), 0.0001),
        ]
        assert again.funding == first.funding

    play(USDM, scenario)


@MARKETS
def test_orders_are_told_in_full(market) -> None:
    async def scenario(rig: Rig) -> None:
        await rig.submit("s0001-1", post_only=True, reduce_only=market is USDM)
        rig.venue.fill(rig.order("s0001-1"), "0.5", "99.5")
        report = await rig.execution.account(rig.clock.utc_ns())
        order = report.open_orders[0]
        intent = order.intent
        assert (intent.client_order_id, intent.quantity, intent.limit_price) == ("s0001-1", D(2), D("99.5"))
        assert (intent.order_type, intent.time_in_force) == (OrderType.LIMIT, TimeInForce.GTC)
        assert (intent.post_only, intent.reduce_only) == (True, market is USDM)
        assert (order.status, order.filled_quantity) == (OrderStatus.PARTIALLY_FILLED, D("0.5"))
        assert malformed_report(report) is None

    play(market, scenario)


@MARKETS
def test_executions_of_earlier_runs_and_of_others_are_named_by_their_orders(market) -> None:
    def before(rig: Rig) -> None:
        for name in ("s0000-7", "web_x"):
            rig.venue.fill(rig.venue.rest_order("BTCUSDT", "BUY", "1", "99", name), "1", "99")

    async def scenario(rig: Rig) -> None:
        for _ in range(2):
            report = await rig.execution.account(rig.clock.utc_ns() - HOUR_NS)
            assert [fill.client_order_id for fill in report.fills] == ["s0000-7", "web_x"]
        assert len(rig.venue.asked("GET", "order")) == 2  # each is asked for once

    play(market, scenario, before=before)


@MARKETS
@pytest.mark.parametrize("name", ["openOrders", "trades", "balances"])
def test_an_account_that_cannot_be_read_whole_is_an_error(market, name) -> None:
    async def scenario(rig: Rig) -> None:
        routes = rig.execution._rest.routes
        path = {"openOrders": routes.open_orders, "trades": routes.trades, "balances": routes.balances}[name].path
        broken = [
            lose_the_request,
            instead(error(-1001, "x", 500)),
            instead(error(0, "")._replace(status=200, body=b"{")),
        ]
        for fault in broken:
            rig.venue.faults["GET", path.split("/", 3)[3]].append(fault)
            with pytest.raises(VenueReadError):
                await rig.execution.account(rig.clock.utc_ns())
        await rig.execution.account(rig.clock.utc_ns())

    play(market, scenario)
