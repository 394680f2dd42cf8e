"""Orders from submit to end, told by the stream and confirmed by the account, on virtual time."""

import asyncio

import pytest

from core.ports.venue import SendOutcome
from core.types.order import Liquidity, OrderStatus, OrderType, Side, TimeInForce
from tests.venues.binance_trading.rig import SPOT, USDM, D, Rig, play
from tests.venues.binance_trading.small_binance import error, instead, lose_the_answer, lose_the_request

MARKETS = pytest.mark.parametrize("market", [SPOT, USDM])


@MARKETS
def test_a_limit_order_is_acknowledged_filled_by_the_stream_and_shown_by_the_account(market) -> None:
    async def scenario(rig: Rig) -> None:
        result = await rig.submit()
        assert (result.outcome, result.venue_order_id) == (SendOutcome.ACCEPTED, "1001")
        await rig.sink.until_said("s0001-1", OrderStatus.OPEN)
        rig.venue.fill(rig.order("s0001-1"), "0.5", "99.5")
        rig.venue.fill(rig.order("s0001-1"), "1.5", "99.4", is_maker=False)
        await rig.sink.until_said("s0001-1", OrderStatus.FILLED)
        assert rig.sink.statuses("s0001-1") == [OrderStatus.OPEN, OrderStatus.PARTIALLY_FILLED, OrderStatus.FILLED]
        assert [(f.quantity, f.price, f.fee, f.liquidity) for f in rig.sink.fills] == [
            (D("0.5"), D("99.5"), D("0.01"), Liquidity.MAKER),
            (D("1.5"), D("99.4"), D("0.01"), Liquidity.TAKER),
        ]
        # an execution comes before the state it leads to, as on the wire
        assert [type(event).__name__ for event in rig.sink.told] == [
            "OrderReport", "Fill", "OrderReport", "Fill", "OrderReport",
        ]  # fmt: skip
        report = await rig.execution.account(rig.clock.utc_ns() - 60_000_000_000)
        assert {fill.fill_id for fill in report.fills} == set(rig.sink.fills_by_id)
        assert [fill.client_order_id for fill in report.fills] == ["s0001-1"] * 2
        assert [(p.instrument_id.symbol, p.quantity) for p in report.positions] == [(rig.settings.symbols[0], D("2.0"))]
        assert report.open_orders == ()

    play(market, scenario)


@MARKETS
def test_a_lost_answer_leaves_doubt_and_the_account_shows_the_order(market) -> None:
    async def scenario(rig: Rig) -> None:
        rig.venue.faults["POST", "order"].append(lose_the_answer)
        result = await rig.submit()
        assert result.outcome is SendOutcome.IN_DOUBT
        report = await rig.execution.account(rig.clock.utc_ns())
        assert [(o.intent.client_order_id, o.status, o.venue_order_id) for o in report.open_orders] == [
            ("s0001-1", OrderStatus.OPEN, "1001")
        ]
        assert len(rig.venue.asked("POST", "order")) == 1

    play(market, scenario)


@MARKETS
def test_a_lost_request_leaves_doubt_and_the_account_shows_nothing(market) -> None:
    async def scenario(rig: Rig) -> None:
        rig.venue.faults["POST", "order"].append(lose_the_request)
        assert (await rig.submit()).outcome is SendOutcome.IN_DOUBT
        assert (await rig.execution.account(rig.clock.utc_ns())).open_orders == ()
        assert len(rig.venue.asked("POST", "order")) == 1

    play(market, scenario)


@MARKETS
def test_an_order_that_the_venue_has_already_is_looked_up_and_not_given_up(market) -> None:
    async def scenario(rig: Rig) -> None:
        await rig.submit()
        again = await rig.submit()
        assert (again.outcome, again.venue_order_id) == (SendOutcome.ACCEPTED, "1001")
        assert len(rig.venue.open_orders()) == 1

    play(market, scenario)


@MARKETS
def test_an_order_of_the_same_name_and_other_terms_leaves_doubt(market) -> None:
    async def scenario(rig: Rig) -> None:
        await rig.submit()
        other = await rig.submit(quantity=D(3))
        assert other.outcome is SendOutcome.IN_DOUBT
        assert "another order of this id" in other.reason

    play(market, scenario)


@MARKETS
def test_a_duplicate_that_cannot_be_looked_up_leaves_doubt(market) -> None:
    async def scenario(rig: Rig) -> None:
        await rig.submit()
        rig.venue.faults["GET", "order"].append(lose_the_request)
        assert (await rig.submit()).outcome is SendOutcome.IN_DOUBT

    play(market, scenario)


@MARKETS
def test_a_market_order_and_an_unfilled_immediate_one_end_by_the_stream(market) -> None:
    async def scenario(rig: Rig) -> None:
        await rig.submit("s0001-1", order_type=OrderType.MARKET, limit_price=None)
        await rig.submit("s0001-2", time_in_force=TimeInForce.IOC)
        await rig.sink.until_said("s0001-2", OrderStatus.EXPIRED)
        assert rig.sink.statuses("s0001-1")[-1] is OrderStatus.FILLED
        assert [fill.liquidity for fill in rig.sink.fills] == [Liquidity.TAKER]

    play(market, scenario)


@MARKETS
def test_a_cancel_names_the_order_and_ends_it(market) -> None:
    async def scenario(rig: Rig) -> None:
        await rig.submit()
        assert (await rig.cancel("s0001-1")).outcome is SendOutcome.ACCEPTED
        await rig.sink.until_said("s0001-1", OrderStatus.CANCELLED)
        assert "of-the-cancel" not in {report.client_order_id for report in rig.sink.reports}

    play(market, scenario)


@MARKETS
def test_a_cancel_that_comes_too_late_is_refused_and_the_fill_counts(market) -> None:
    async def scenario(rig: Rig) -> None:
        await rig.submit()
        rig.venue.fill(rig.order("s0001-1"), "2", "99.5")
        result = await rig.cancel("s0001-1")
        assert result.outcome is SendOutcome.REJECTED
        assert "-2011" in result.reason
        await rig.sink.until_said("s0001-1", OrderStatus.FILLED)

    play(market, scenario)


@MARKETS
def test_a_cancel_without_answer_leaves_doubt(market) -> None:
    async def scenario(rig: Rig) -> None:
        await rig.submit()
        rig.venue.faults["DELETE", "order"].append(lose_the_answer)
        assert (await rig.cancel("s0001-1")).outcome is SendOutcome.IN_DOUBT
        await rig.sink.until_said("s0001-1", OrderStatus.CANCELLED)

    play(market, scenario)


def test_an_amend_keeps_the_order_and_changes_its_terms() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.submit()
        result = await rig.amend("s0001-1", limit_price=D("98.1"), quantity=D("1.5"))
        assert (result.outcome, result.venue_order_id) == (SendOutcome.ACCEPTED, "1001")
        order = (await rig.execution.account(rig.clock.utc_ns())).open_orders[0]
        assert (order.intent.limit_price, order.intent.quantity) == (D("98.1"), D("1.5"))
        again = await rig.amend("s0001-1", limit_price=D("98.1"), quantity=D("1.5"))
        assert again.outcome is SendOutcome.ACCEPTED  # as where a connection was closed and the request repeated
        await rig.cancel("s0001-1")
        gone = await rig.amend("s0001-1", limit_price=D("98"), quantity=D("1.5"))
        assert gone.outcome is SendOutcome.IN_DOUBT

    play(USDM, scenario)


def test_an_amend_that_is_refused_or_unanswered_is_told_so() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.submit()
        rig.venue.faults["PUT", "order"] += [
            instead(error(-5026, "Exceed maximum modify order limit.")),
            lose_the_answer,
        ]
        assert (await rig.amend("s0001-1", limit_price=D("98"))).outcome is SendOutcome.REJECTED
        assert (await rig.amend("s0001-1", limit_price=D("97"))).outcome is SendOutcome.IN_DOUBT

    play(USDM, scenario)


def test_spot_amends_nothing_and_has_no_reduce_only_orders() -> None:
    async def scenario(rig: Rig) -> None:
        before = len(rig.venue.requests)
        assert (await rig.amend("s0001-1")).outcome is SendOutcome.REJECTED
        assert (await rig.submit(reduce_only=True)).outcome is SendOutcome.REJECTED
        assert len(rig.venue.requests) == before

    play(SPOT, scenario)


@MARKETS
def test_orders_of_others_are_told_as_they_are(market) -> None:
    async def scenario(rig: Rig) -> None:
        order = rig.venue.rest_order("ETHUSDT", "SELL", "3", "11", "web_abc")
        rig.venue.fill(order, "1", "11")
        await rig.sink.until_said("web_abc", OrderStatus.PARTIALLY_FILLED)
        fill = rig.sink.fills[0]
        assert (fill.symbol.partition(":")[0], fill.side, fill.client_order_id) == ("ETH/USDT", Side.SELL, "web_abc")
        report = await rig.execution.account(rig.clock.utc_ns())
        assert report.open_orders[0].intent.symbol.startswith("ETH/USDT")

    play(market, scenario)


@MARKETS
def test_a_status_nobody_knows_is_doubt_and_not_a_guess(market) -> None:
    async def scenario(rig: Rig) -> None:
        await rig.submit()
        order = rig.order("s0001-1")
        rig.venue._end(order, "HIBERNATING")
        await rig.sink.until_said("s0001-1", OrderStatus.IN_DOUBT)
        assert "HIBERNATING" in (rig.sink.reports[-1].reason or "")

    play(market, scenario)


@MARKETS
def test_what_is_not_traded_or_no_number_does_not_leave(market) -> None:
    async def scenario(rig: Rig) -> None:
        before = len(rig.venue.requests)
        for changes in ({"symbol": "DOGE/USDT"}, {"quantity": D(0)}, {"limit_price": D("NaN")}, {"limit_price": None}):
            assert (await rig.submit(**changes)).outcome is SendOutcome.REJECTED
        assert len(rig.venue.requests) == before

    play(market, scenario)


@MARKETS
def test_an_answer_that_is_cut_off_or_about_another_order_leaves_doubt(market) -> None:
    async def scenario(rig: Rig) -> None:
        other = b'{"symbol":"BTCUSDT","orderId":7,"clientOrderId":"x","transactTime":1}'
        for n, body in enumerate((b"", b"{", b"[]", b"null", other)):
            answer = error(0, "")._replace(status=200, body=body)
            rig.venue.faults["POST", "order"].append(instead(answer))
            assert (await rig.submit(f"s0001-{n + 1}")).outcome is SendOutcome.IN_DOUBT

    play(market, scenario)


def test_a_caller_who_goes_away_changes_nothing_about_the_order() -> None:
    async def scenario(rig: Rig) -> None:
        sending = asyncio.ensure_future(rig.submit())
        await rig.elapse(rig.transport.latency_s * 0.6)  # virtual: it has arrived and not been answered
        sending.cancel()
        await rig.sink.until_said("s0001-1", OrderStatus.OPEN)
        rig.venue.fill(rig.order("s0001-1"), "2", "99.5")
        await rig.sink.until_said("s0001-1", OrderStatus.FILLED)

    play(USDM, scenario)
