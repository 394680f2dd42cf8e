"""Clock, limits, the dead man's switch, cancelling everything, position mode, leverage and the rights of a key."""

import asyncio

import pytest

from adapters.binance.futures_settings import HedgeModeError
from adapters.binance.signed_rest import VenueReadError
from adapters.binance.venue import build_execution, cancel_everything
from core.ports.keys import KeyRight
from core.ports.venue import AmendSupport, SendOutcome
from core.types.order import OrderStatus
from tests.adapters.network.test_patience import Chance
from tests.venues.binance_trading.rig import SPOT, USDM, D, Rig, play
from tests.venues.binance_trading.small_binance import (
    CREDENTIALS,
    Answer,
    error,
    instead,
    lose_the_answer,
    lose_the_request,
)

MARKETS = pytest.mark.parametrize("market", [SPOT, USDM])


@MARKETS
@pytest.mark.parametrize("ahead_ms", [-30_000, 30_000])
def test_the_venues_clock_is_measured_and_signed_with(market, ahead_ms) -> None:
    def before(rig: Rig) -> None:
        rig.venue.ahead_ms = ahead_ms

    async def scenario(rig: Rig) -> None:
        assert abs(rig.execution.clock_offset_ns - ahead_ms * 1_000_000) < 5_000_000
        assert (await rig.submit()).outcome is SendOutcome.ACCEPTED
        rig.venue.fill(rig.order("s0001-1"), "2", "99")
        # "since" is of our clock, what the venue says is of its own
        assert len((await rig.execution.account(rig.clock.utc_ns() - 1_000_000_000)).fills) == 1

    play(market, scenario, before=before)


@MARKETS
def test_a_clock_that_jumps_costs_one_refused_order_and_no_cancel_or_read(market) -> None:
    async def scenario(rig: Rig) -> None:
        await rig.submit("s0001-1")
        await rig.submit("s0001-2")
        rig.venue.ahead_ms = 20_000
        refused = await rig.submit("s0001-3")
        assert (refused.outcome, "-1021" in refused.reason) == (SendOutcome.REJECTED, True)
        await rig.elapse(1)
        assert (await rig.submit("s0001-4")).outcome is SendOutcome.ACCEPTED
        rig.venue.ahead_ms = -20_000
        assert (await rig.cancel("s0001-1")).outcome is SendOutcome.ACCEPTED
        rig.venue.ahead_ms = 0
        assert len((await rig.execution.account(rig.clock.utc_ns())).open_orders) == 2

    play(market, scenario)


@MARKETS
@pytest.mark.parametrize("status", [429, 418])
def test_a_rate_limit_stops_everything_until_the_venue_allows_it(market, status) -> None:
    async def scenario(rig: Rig) -> None:
        await rig.submit("s0001-1")
        rig.venue.faults["DELETE", "order"].append(
            instead(error(-1003, "Too many requests.", status, {"Retry-After": "7"}))
        )
        assert (await rig.cancel("s0001-1")).outcome is SendOutcome.REJECTED
        began_ns, before = rig.clock.utc_ns(), len(rig.venue.requests)
        assert "rate limit" in (await rig.submit("s0001-2")).reason
        reading = asyncio.ensure_future(rig.execution.account(began_ns))
        await rig.elapse(6.9)
        assert len(rig.venue.requests) == before
        assert (await rig.cancel("s0001-1")).outcome is SendOutcome.ACCEPTED
        assert rig.clock.utc_ns() - began_ns >= 7_000_000_000
        await reading

    play(market, scenario, dead_man_s=0)


@MARKETS
def test_too_many_orders_stop_orders_and_keep_no_cancel_back(market) -> None:
    async def scenario(rig: Rig) -> None:
        await rig.submit("s0001-1")
        text, waits = "Too many new orders; current limit is 200000 orders per DAY.", {"Retry-After": "50000"}
        rig.venue.faults["POST", "order"].append(instead(error(-1015, text, 429, waits)))
        assert "rate limit" in (await rig.submit("s0001-2")).reason
        assert "used up" in (await rig.submit("s0001-3")).reason
        began_ns = rig.clock.utc_ns()
        assert (await rig.cancel("s0001-1")).outcome is SendOutcome.ACCEPTED
        await rig.execution.account(began_ns)
        assert rig.clock.utc_ns() - began_ns < 1_000_000_000
        assert len(rig.venue.asked("POST", "order")) == 2

    play(market, scenario, dead_man_s=0)


@MARKETS
def test_what_the_venue_says_was_used_counts_and_leaves_the_reserve_to_cancels(market) -> None:
    async def scenario(rig: Rig) -> None:
        await rig.submit("s0001-1")
        limit = rig.execution.budget_use.allowance
        used = Answer(400, b'{"code":-2011,"msg":"Unknown order sent."}', {"x-mbx-used-weight-1m": str(int(limit - 5))})
        rig.venue.faults["DELETE", "order"].append(instead(used))
        await rig.cancel("s0001-1")
        assert "rate limit" in (await rig.submit("s0001-2")).reason
        assert (await rig.cancel("s0001-1")).outcome is SendOutcome.ACCEPTED

    play(market, scenario, dead_man_s=0)


def test_orders_are_counted_as_the_venue_counts_them() -> None:
    async def scenario(rig: Rig) -> None:
        sent = [await rig.submit(f"s0001-{n}") for n in range(110)]
        outcomes = [result.outcome for result in sent]
        assert outcomes[:100] == [SendOutcome.ACCEPTED] * 100
        assert SendOutcome.REJECTED in outcomes
        await rig.elapse(10)
        assert (await rig.submit("s0001-200")).outcome is SendOutcome.ACCEPTED

    play(SPOT, scenario)


def test_the_dead_mans_switch_is_armed_with_the_first_order_told_again_and_left_off() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.elapse(120)
        assert rig.venue.asked("POST", "countdownCancelAll") == []
        await rig.submit("s0001-1")
        await rig.elapse(1)
        assert rig.venue.countdowns == {"BTCUSDT": 60_000}
        await rig.elapse(120)
        told = rig.venue.asked("POST", "countdownCancelAll")
        assert 6 <= len(told) <= 8
        await rig.cancel("s0001-1")
        await rig.elapse(30)
        assert rig.venue.countdowns == {"BTCUSDT": 0}
        told = len(rig.venue.asked("POST", "countdownCancelAll"))
        await rig.elapse(600)
        assert len(rig.venue.asked("POST", "countdownCancelAll")) == told

    play(USDM, scenario)


def test_orders_that_stay_after_a_clean_stop_are_not_cancelled_by_the_switch() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.submit("s0001-1")
        await rig.elapse(1)
        await rig.execution.stop()
        assert rig.venue.countdowns == {"BTCUSDT": 0}
        assert len(rig.venue.open_orders()) == 1

    play(USDM, scenario)


def test_a_switch_that_cannot_be_left_off_is_said(caplog) -> None:
    async def scenario(rig: Rig) -> None:
        await rig.submit("s0001-1")
        await rig.elapse(1)
        rig.venue.faults["POST", "countdownCancelAll"].append(lose_the_request)
        await rig.execution.stop()
        assert "could not be switched off" in caplog.text

    play(USDM, scenario)


def test_the_switch_takes_over_own_orders_of_an_earlier_run_and_leaves_others_alone() -> None:
    def before(rig: Rig) -> None:
        rig.venue.rest_order("BTCUSDT", "BUY", "1", "99", "s0007-12")
        rig.venue.rest_order("ETHUSDT", "BUY", "1", "9", "web_1")

    async def scenario(rig: Rig) -> None:
        await rig.elapse(1)
        assert rig.venue.countdowns == {"BTCUSDT": 60_000}

    play(USDM, scenario, before=before)


def test_the_switch_can_be_configured_off_and_spot_has_none() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.submit("s0001-1")
        await rig.elapse(300)
        assert rig.venue.countdowns == {}

    play(USDM, scenario, dead_man_s=0)
    play(SPOT, scenario)


@MARKETS
def test_cancel_all_takes_orders_of_others_and_of_symbols_nobody_follows(market) -> None:
    async def scenario(rig: Rig) -> None:
        await rig.submit("s0001-1")
        rig.venue.rest_order("ETHUSDT", "BUY", "1", "9", "web_1")
        if market is USDM:
            rig.venue.conditional = [{"symbol": "BNBUSDT", "algoId": 5, "clientAlgoId": "stop-1"}]
        assert (await rig.execution.cancel_all()).outcome is SendOutcome.ACCEPTED
        assert (rig.venue.open_orders(), rig.venue.conditional) == ([], [])
        await rig.sink.until_said("s0001-1", OrderStatus.CANCELLED)
        await rig.sink.until_said("web_1", OrderStatus.CANCELLED)

    play(market, scenario)


@MARKETS
def test_cancel_all_that_is_not_proven_is_doubt(market) -> None:
    async def scenario(rig: Rig) -> None:
        await rig.submit("s0001-1")
        name = "openOrders" if market is SPOT else "allOpenOrders"
        rig.venue.faults["DELETE", name] += [instead(error(-1001, "Internal error.", 500))] * 9
        result = await rig.execution.cancel_all()
        assert result.outcome is SendOutcome.IN_DOUBT
        assert "BTCUSDT: 1 left (HTTP 500" in result.reason
        rig.venue.faults.clear()
        rig.venue.faults["GET", "openOrders"] += [lose_the_request] * 9
        assert (await rig.execution.cancel_all()).outcome is SendOutcome.IN_DOUBT
        assert rig.venue.open_orders() == []  # own symbols are cancelled without a list

    play(market, scenario)


def test_a_list_that_cannot_be_read_keeps_no_order_of_the_other_alive() -> None:
    async def scenario(rig: Rig) -> None:
        rig.venue.rest_order("ETHUSDT", "BUY", "1", "9", "web_1")
        rig.venue.conditional = [{"symbol": "BNBUSDT", "algoId": 5}]
        rig.venue.faults["GET", "openAlgoOrders"] += [instead(error(-1102, "x"))] * 9
        result = await rig.execution.cancel_all()
        assert (result.outcome, "could not be read" in result.reason) == (SendOutcome.IN_DOUBT, True)
        assert rig.venue.open_orders() == []
        rig.venue.faults.clear()
        rig.venue.rest_order("ETHUSDT", "BUY", "1", "9", "web_2")
        rig.venue.faults["GET", "openOrders"] += [lose_the_request] * 9
        assert (await rig.execution.cancel_all()).outcome is SendOutcome.IN_DOUBT
        assert rig.venue.conditional == []

    play(USDM, scenario)


def test_a_venue_without_conditional_orders_has_none_to_cancel() -> None:
    async def scenario(rig: Rig) -> None:
        rig.venue.faults["GET", "openAlgoOrders"] += [instead(Answer(404, b"not found"))] * 9
        assert (await rig.execution.cancel_all()).outcome is SendOutcome.ACCEPTED

    play(USDM, scenario)


@MARKETS
def test_an_order_that_appears_at_the_last_look_is_told_as_left(market) -> None:
    async def scenario(rig: Rig) -> None:
        def one_more(act):
            count = len(rig.venue.orders)
            rig.venue.rest_order(("BTCUSDT", "ETHUSDT")[count % 2], "BUY", "1", "9", f"w{count}")
            return act()

        rig.venue.faults["GET", "openOrders"] += [one_more] * 20
        result = await rig.execution.cancel_all()
        assert (result.outcome, "1 left" in result.reason) == (SendOutcome.IN_DOUBT, True)

    play(market, scenario)


@MARKETS
def test_everything_can_be_cancelled_with_nothing_but_keys_and_addresses(market) -> None:
    async def scenario(rig: Rig) -> None:
        rig.venue.ahead_ms = 60_000
        for symbol, name in (("BTCUSDT", "a"), ("BTCUSDT", "b"), ("ETHUSDT", "c")):
            rig.venue.rest_order(symbol, "BUY", "1", "9", name)
        deletes = rig.venue.faults["DELETE", "openOrders" if market is SPOT else "allOpenOrders"]
        deletes.append(lose_the_answer)

        async def cancel():
            return await cancel_everything(
                market.value, transport=rig.transport, clock=rig.clock, randomness=Chance(0), credentials=CREDENTIALS,
                endpoints=rig.settings.endpoints,
            )  # fmt: skip

        rig.venue.faults["GET", "time"].append(lose_the_request)
        report = await cancel()
        assert report.is_clean
        assert {each.venue_symbol: set(each.gone) for each in report.symbols} == {
            "BTCUSDT": {"a", "b"},
            "ETHUSDT": {"c"},
        }
        rig.venue.rest_order("BNBUSDT", "BUY", "1", "9", "d")
        deletes += [instead(error(-2015, "Invalid API-key, IP, or permissions for action.", 401))] * 9
        report = await cancel()
        left = report.symbols[0]
        assert (report.is_clean, left.venue_symbol, left.left) == (False, "BNBUSDT", ("d",))
        assert "-2015" in left.trouble
        rig.venue.faults["GET", "openOrders"] += [lose_the_request] * 9
        report = await cancel()
        assert (report.is_clean, report.symbols) == (False, ())

    play(market, scenario, is_started=False)


def test_hedge_mode_is_refused_in_words() -> None:
    async def scenario(rig: Rig) -> None:
        rig.venue.hedge_mode = True
        with pytest.raises(HedgeModeError, match="one-way mode"):
            await rig.execution.start(rig.sink)

    play(USDM, scenario, is_started=False)


@MARKETS
def test_a_venue_that_is_silent_at_the_start_is_waited_for(market) -> None:
    def before(rig: Rig) -> None:
        for name in ("exchangeInfo", "time", "openOrders", "positionSide/dual", "account"):
            rig.venue.faults["GET", name] += [lose_the_request, instead(error(-1001, "x", 503))]
        rig.venue.faults["POST", "listenKey"].append(lose_the_request)
        rig.transport.refuse_connections = 2

    async def scenario(rig: Rig) -> None:
        assert (await rig.submit()).outcome is SendOutcome.ACCEPTED

    play(market, scenario, before=before)


def test_leverage_is_read_and_set_and_a_lesser_one_is_not_taken_for_it() -> None:
    async def scenario(rig: Rig) -> None:
        assert await rig.execution.leverage("BTC/USDT:USDT") == 5
        assert await rig.execution.set_leverage("BTC/USDT:USDT", 7) == 7
        with pytest.raises(VenueReadError, match="is 20, asked was 50"):
            await rig.execution.set_leverage("BTC/USDT:USDT", 50)

    play(USDM, scenario)


@MARKETS
def test_rights_of_a_key_are_told_and_withdrawal_among_them(market) -> None:
    async def scenario(rig: Rig) -> None:
        assert (await rig.execution.key_rights()).rights == {KeyRight.READ}
        may_trade = "enableFutures" if market is USDM else "enableSpotAndMarginTrading"
        rig.venue.restrictions |= {may_trade: True, "ipRestrict": True}
        rights = await rig.execution.key_rights()
        assert (rights.rights, rights.detail) == ({KeyRight.READ, KeyRight.TRADE}, "bound to addresses")
        for way_out in ("enableWithdrawals", "enableInternalTransfer"):
            rig.venue.restrictions[way_out] = True
            assert KeyRight.WITHDRAW in ((await rig.execution.key_rights()).rights or ())
            rig.venue.restrictions[way_out] = False

    play(market, scenario)


def test_a_trading_side_is_built_by_name() -> None:
    async def scenario(rig: Rig) -> None:
        for name, support in (("binance", AmendSupport.REPLACE), ("binanceusdm", AmendSupport.NATIVE)):
            built = build_execution(
                name, ("BTCUSDT",), transport=rig.transport, clock=rig.clock, randomness=Chance(0),
                credentials=CREDENTIALS,
            )  # fmt: skip
            assert (built.venue, built.amend_support) == (name, support)
        with pytest.raises(VenueReadError, match="not started"):
            await built.account(0)
        assert (await built.cancel_all()).outcome is SendOutcome.ACCEPTED

    play(USDM, scenario, is_started=False)


def test_many_orders_at_once_keep_their_answers_apart() -> None:
    async def scenario(rig: Rig) -> None:
        names = [f"s0001-{n}" for n in range(50)]
        results = await asyncio.gather(*(rig.submit(name, quantity=D(n + 1)) for n, name in enumerate(names)))
        by_name = {str(order["clientOrderId"]): str(order["orderId"]) for order in rig.venue.orders.values()}
        assert [result.venue_order_id for result in results] == [by_name[name] for name in names]

    play(USDM, scenario)
