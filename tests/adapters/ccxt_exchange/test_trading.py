"""Orders through ccxt at the rehearsal venue: the whole life of them, and everything that gets lost on the way."""

from decimal import Decimal

import pytest

from core.io.system_clock import SystemClock
from core.ports.venue import AmendSupport, SendOutcome
from core.types.order import Liquidity, Side, TimeInForce
from tests.adapters.ccxt_exchange.rig import D, Rig, run

BOTH = pytest.mark.parametrize("kind", ["spot", "usdm"])
ORDER_PATHS = {"spot": "/api/v3/order", "usdm": "/fapi/v1/order"}
OPEN_PATHS = {"spot": "/api/v3/openOrders", "usdm": "/fapi/v1/openOrders"}
FAR = Decimal(500)


@BOTH
def test_an_order_rests_under_our_id_and_goes_when_it_is_cancelled(kind: str):
    async def scenario(rig: Rig) -> None:
        await rig.start()
        placed = await rig.submit("s0001-1", Side.BUY, rig.best()[0] - FAR, "0.010")
        assert placed.outcome is SendOutcome.ACCEPTED, placed
        assert placed.venue_order_id
        assert await rig.open_names() == ["s0001-1"]
        assert (await rig.execution.cancel("s0001-1", rig.symbol)).outcome is SendOutcome.ACCEPTED
        assert await rig.open_names() == []
        await rig.records.until(lambda: "cancelled" in rig.records.statuses("s0001-1"))

    run(kind, scenario)


@BOTH
def test_fills_are_booked_once_under_our_name_whoever_tells_of_them(kind: str):
    async def scenario(rig: Rig) -> None:
        await rig.start()
        began_ns = SystemClock().utc_ns() - 1_000_000_000
        await rig.submit("s0001-1", Side.BUY, None, "0.020")
        await rig.records.until(lambda: rig.records.filled("s0001-1") == D("0.020"))
        report = await rig.execution.account(began_ns)
        ids = [fill.fill_id for fill in report.fills]
        assert sum(fill.quantity for fill in report.fills) == D("0.020")
        assert {fill.client_order_id for fill in report.fills} == {"s0001-1"}
        assert {fill.fill_id for fill in rig.records.fills} == set(ids)
        assert len(rig.records.fills) == len(ids)
        assert {fill.liquidity for fill in report.fills} == {Liquidity.TAKER}
        assert all(fill.fee > 0 for fill in report.fills)
        (position,) = report.positions
        held = position.quantity if kind == "usdm" else position.quantity - 1
        assert held == D("0.020") or (kind == "spot" and D("0.0199") < held < D("0.020"))

    run(kind, scenario)


@BOTH
def test_part_of_an_ioc_fills_and_the_rest_is_reported_gone(kind: str):
    async def scenario(rig: Rig) -> None:
        await rig.start()
        ask = rig.best()[1]
        answer = await rig.submit("s0001-1", Side.BUY, ask, "1", time_in_force=TimeInForce.IOC)
        assert answer.outcome is SendOutcome.ACCEPTED, answer
        await rig.records.until(lambda: bool(rig.records.statuses("s0001-1")))
        ended = {"cancelled", "expired"}
        await rig.records.until(lambda: bool(ended & set(rig.records.statuses("s0001-1"))))
        await rig.records.until(lambda: rig.records.filled("s0001-1") > 0)
        assert 0 < rig.records.filled("s0001-1") < 1
        assert await rig.open_names() == []

    run(kind, scenario)


@BOTH
def test_a_post_only_order_that_would_trade_is_refused(kind: str):
    async def scenario(rig: Rig) -> None:
        await rig.start()
        answer = await rig.submit("s0001-1", Side.BUY, rig.best()[1] + 5, "0.010", post_only=True)
        if answer.outcome is SendOutcome.ACCEPTED:  # USD-M takes it and lets it expire
            await rig.records.until(lambda: "expired" in rig.records.statuses("s0001-1"))
        else:
            assert answer.outcome is SendOutcome.REJECTED
        assert rig.records.fills == []
        assert await rig.open_names() == []

    run(kind, scenario)


def test_a_reduce_only_order_does_not_open_a_position():
    async def scenario(rig: Rig) -> None:
        await rig.start()
        answer = await rig.submit("s0001-1", Side.SELL, None, "0.010", reduce_only=True)
        assert answer.outcome is SendOutcome.REJECTED
        assert "-2022" in answer.reason

    run("usdm", scenario)


def test_an_amend_keeps_the_order_where_the_exchange_does():
    async def scenario(rig: Rig) -> None:
        await rig.start()
        price = rig.best()[0] - FAR
        placed = await rig.submit("s0001-1", Side.BUY, price, "0.020")
        assert rig.execution.amend_support is AmendSupport.NATIVE
        answer = await rig.amend("s0001-1", Side.BUY, price - 10, "0.010")
        assert (answer.outcome, answer.venue_order_id) == (SendOutcome.ACCEPTED, placed.venue_order_id)
        (order,) = (await rig.execution.account(SystemClock().utc_ns())).open_orders
        terms = (order.intent.client_order_id, order.intent.limit_price, order.intent.quantity)
        assert terms == ("s0001-1", price - 10, D("0.010"))

    run("usdm", scenario)


def test_where_an_amend_would_be_another_order_the_engine_replaces_it():
    async def scenario(rig: Rig) -> None:
        await rig.start()
        price = rig.best()[0] - FAR
        await rig.submit("s0001-1", Side.BUY, price, "0.020")
        assert rig.execution.amend_support is AmendSupport.REPLACE
        answer = await rig.amend("s0001-1", Side.BUY, price - 10, "0.010")
        assert answer.outcome is SendOutcome.REJECTED
        assert "not sent" in answer.reason
        (order,) = (await rig.execution.account(SystemClock().utc_ns())).open_orders
        assert order.intent.limit_price == price

    run("spot", scenario)


@BOTH
def test_a_lost_answer_is_doubt_and_the_account_shows_the_order(kind: str):
    async def scenario(rig: Rig) -> None:
        await rig.start()
        rig.fault(kind="drop_ack", method="POST", path=ORDER_PATHS[kind])
        answer = await rig.submit("s0001-1", Side.BUY, rig.best()[0] - FAR, "0.010")
        assert answer.outcome is SendOutcome.IN_DOUBT, answer
        assert await rig.open_names() == ["s0001-1"]
        again = await rig.submit("s0001-1", Side.BUY, rig.best()[0] - FAR, "0.010")
        assert again.outcome is SendOutcome.IN_DOUBT, again  # an id that was used: the first one lives
        assert await rig.open_names() == ["s0001-1"]
        assert (await rig.execution.cancel("s0001-1", rig.symbol)).outcome is SendOutcome.ACCEPTED
        assert await rig.open_names() == []

    run(kind, scenario)


@BOTH
@pytest.mark.parametrize("executed", [True, False])
def test_an_unknown_outcome_is_doubt_whatever_became_of_it(kind: str, executed: bool):
    async def scenario(rig: Rig) -> None:
        await rig.start()
        rig.fault(kind="unknown", method="POST", path=ORDER_PATHS[kind], executed=executed)
        answer = await rig.submit("s0001-1", Side.BUY, rig.best()[0] - FAR, "0.010")
        assert answer.outcome is SendOutcome.IN_DOUBT, answer
        assert await rig.open_names() == (["s0001-1"] if executed else [])

    run(kind, scenario)


@BOTH
@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (-1013, SendOutcome.REJECTED),
        (-1021, SendOutcome.REJECTED),
        (-2010, SendOutcome.REJECTED),
        (-2015, SendOutcome.REJECTED),
        (-2019, SendOutcome.REJECTED),
        (-1000, SendOutcome.IN_DOUBT),
        (-1006, SendOutcome.IN_DOUBT),
        (-9999, SendOutcome.IN_DOUBT),
    ],
)
def test_the_exchanges_code_decides_and_not_ccxts_class(kind: str, code: int, outcome: SendOutcome):
    async def scenario(rig: Rig) -> None:
        await rig.start()
        rig.fault(kind="reject", method="POST", path=ORDER_PATHS[kind], code=code, msg="So it is.")
        answer = await rig.submit("s0001-1", Side.BUY, rig.best()[0] - FAR, "0.010")
        assert answer.outcome is outcome, answer
        assert str(code) in answer.reason

    run(kind, scenario)


@BOTH
def test_a_cancel_that_comes_too_late_is_refused_and_the_fill_counts(kind: str):
    async def scenario(rig: Rig) -> None:
        await rig.start()
        await rig.submit("s0001-1", Side.BUY, None, "0.010")
        answer = await rig.execution.cancel("s0001-1", rig.symbol)
        assert answer.outcome is SendOutcome.REJECTED, answer
        await rig.records.until(lambda: rig.records.filled("s0001-1") == D("0.010"))

    run(kind, scenario)


@BOTH
def test_a_rate_limit_shuts_everything_until_the_exchange_allows_it(kind: str):
    async def scenario(rig: Rig) -> None:
        await rig.start()
        rig.fault(kind="too_many", method="POST", path=ORDER_PATHS[kind], retry_after_s=3)
        price = rig.best()[0] - FAR
        first = await rig.submit("s0001-1", Side.BUY, price, "0.010")
        assert first.outcome is SendOutcome.REJECTED, first
        second = await rig.submit("s0001-2", Side.BUY, price, "0.010")
        assert "rate limit is used up" in second.reason
        use = rig.execution.budget_use
        assert use is not None
        assert 0 < use.shut_s <= 3
        assert await rig.open_names() == []  # asked after the wait

    run(kind, scenario)


@BOTH
def test_everything_goes_also_what_the_engine_does_not_know(kind: str):
    async def scenario(rig: Rig) -> None:
        await rig.start()
        price = rig.best()[0] - FAR
        for number in range(3):
            await rig.submit(f"s0001-{number + 1}", Side.BUY, price - number, "0.010")
        await rig.foreign_order(price - 50)
        assert len(await rig.open_names()) == 4
        assert (await rig.kill()).outcome is SendOutcome.ACCEPTED
        assert await rig.open_names() == []

    run(kind, scenario)


@BOTH
def test_a_kill_whose_orders_cannot_be_read_back_is_doubt(kind: str):
    async def scenario(rig: Rig) -> None:
        await rig.start()
        await rig.submit("s0001-1", Side.BUY, rig.best()[0] - FAR, "0.010")
        rig.fault(kind="reject", method="GET", path=OPEN_PATHS[kind], code=-1000, times=20)
        answer = await rig.execution.cancel_all()
        assert answer.outcome is SendOutcome.IN_DOUBT, answer
        assert "cannot be read" in answer.reason

    run(kind, scenario)


@BOTH
def test_fills_that_no_stream_told_of_are_found_by_asking(kind: str):
    async def scenario(rig: Rig) -> None:
        await rig.start(rig.make_execution(poll_s=0.2))
        rig.fault(kind="omit_event", times=50)
        await rig.submit("s0001-1", Side.BUY, None, "0.010")
        await rig.records.until(lambda: rig.records.filled("s0001-1") == D("0.010"))

    run(kind, scenario)


@BOTH
def test_a_lost_stream_lets_no_new_risk_out_before_its_gap_is_closed(kind: str):
    async def scenario(rig: Rig) -> None:
        await rig.start()
        rig.fault(kind="reject", method="GET", path=f"*/{'myTrades' if kind == 'spot' else 'userTrades'}", times=3)
        await rig.submit("s0001-1", Side.BUY, None, "0.010")
        await rig.server.drop_sockets()
        while rig.execution.ready:
            await rig.turn()
        price = rig.best()[0] - FAR
        refused = await rig.submit("s0001-2", Side.BUY, price, "0.010")
        assert "executions would not be seen" in refused.reason
        await rig.execution.until_ready()
        assert rig.records.filled("s0001-1") == D("0.010")
        assert len({fill.fill_id for fill in rig.records.fills}) == len(rig.records.fills)
        assert (await rig.submit("s0001-3", Side.BUY, price, "0.010")).outcome is SendOutcome.ACCEPTED

    run(kind, scenario)


@BOTH
def test_after_a_restart_fills_and_orders_have_their_names_again(kind: str):
    async def scenario(rig: Rig) -> None:
        began_ns = SystemClock().utc_ns() - 1_000_000_000
        await rig.start()
        await rig.submit("s0001-1", Side.BUY, None, "0.010")
        await rig.submit("s0001-2", Side.BUY, rig.best()[0] - FAR, "0.010")
        again = await rig.start(rig.make_execution())
        report = await again.account(began_ns)
        assert {fill.client_order_id for fill in report.fills} == {"s0001-1"}
        assert [order.intent.client_order_id for order in report.open_orders] == ["s0001-2"]

    run(kind, scenario)


def test_an_order_of_the_wrong_step_is_refused_before_anything_is_sent():
    async def scenario(rig: Rig) -> None:
        await rig.start()
        price = rig.best()[0] - FAR
        off_step = await rig.submit("s0001-1", Side.BUY, price, "0.0105")
        off_tick = await rig.submit("s0001-2", Side.BUY, price + D("0.123"), "0.010")
        too_small = await rig.submit("s0001-3", Side.BUY, price, "0.0001")
        assert "would reach binanceusdm as 0.01" in off_step.reason
        assert "price" in off_tick.reason
        assert "below the least" in too_small.reason
        assert all(each.outcome is SendOutcome.REJECTED for each in (off_step, off_tick, too_small))
        assert await rig.open_names() == []

    run("usdm", scenario)


def test_the_key_shows_itself_in_no_answer_and_no_log(caplog: pytest.LogCaptureFixture):
    async def scenario(rig: Rig) -> None:
        account = rig.accounts[0]
        await rig.start()
        rig.fault(kind="reject", method="POST", path=ORDER_PATHS["usdm"], code=-1000, msg=f"{account.key} is bad")
        answer = await rig.submit("s0001-1", Side.BUY, rig.best()[0] - FAR, "0.010")
        rig.fault(kind="drop_ack", method="GET", path=OPEN_PATHS["usdm"], times=20)
        killed = await rig.execution.cancel_all()
        assert "***" in answer.reason
        for text in (answer.reason, killed.reason, repr(rig.execution), caplog.text):
            assert account.key not in text
            assert account.secret not in text
            assert "signature=" not in text

    with caplog.at_level("DEBUG"):
        run("usdm", scenario)
