"""The venue's truth against the journal: adopted, counted, taken over, and trading only once it is clean."""

import asyncio
from decimal import Decimal

import msgspec
import pytest

from core.control.commands import CancelOrder, CancelOrders, Kill, Outcome
from core.io.virtual_loop import VirtualLoop
from core.journal.facts import OrderAdopted, PositionAdopted, ReconciliationFinished
from core.ports.venue import ExecutionSink
from core.types.account import AccountReport
from core.types.control import HaltLevel
from core.types.order import OrderStatus, Side
from tests.engine.rig import PERP, EngineRig, in_virtual_time
from tests.engine.venues import Answer, Speech


def test_nothing_is_sent_to_a_venue_before_its_account_was_compared():
    async def work(loop: VirtualLoop) -> None:
        rig = EngineRig(loop)
        rig.venue.account_fails = True
        await rig.start()
        refused = await rig.place()
        assert refused.outcome is Outcome.REFUSED
        assert "CANCEL_ONLY by reconciliation (venue:v1)" in refused.message
        assert not rig.engine.monitoring().venues["v1"].reconciled
        rig.venue.account_fails = False
        await rig.elapse(4)
        assert (await rig.place()).outcome is Outcome.DONE
        assert rig.engine.monitoring().venues["v1"].reconciled

    in_virtual_time(work)


def test_a_venue_that_stays_out_of_reach_is_said_once_and_again_after_it_was_back():
    async def work(loop: VirtualLoop) -> None:
        rig = EngineRig(loop)
        rig.venue.account_fails = True
        await rig.start(warm_up_s=120)
        assert rig.log().count("v1 could not be reconciled") == 1
        rig.venue.account_fails = False
        await rig.elapse(35)
        rig.venue.account_fails = True
        await rig.elapse(120)
        assert rig.log().count("v1 could not be reconciled") == 2

    in_virtual_time(work)


def test_venue_reached_late_is_opened_only_with_its_positions_taken_over():
    async def work(loop: VirtualLoop) -> None:
        rig = EngineRig(loop)
        rig.venue.positions[PERP] = Decimal(-3)
        rig.venue.account_fails = True
        await rig.start()
        rig.venue.account_fails = False
        while not rig.engine.monitoring().venues["v1"].reconciled:
            await rig.elapse(0.05)
        assert rig.position() == -3

    in_virtual_time(work)


def test_one_venue_that_never_answers_keeps_no_other_from_trading():
    async def work(loop: VirtualLoop) -> None:
        rig = EngineRig(loop, ["v1", "v2", "v3"])
        rig.venues["v2"].starts_never = True
        rig.feeds["v3"].never_starts = True
        await rig.start()
        assert rig.engine.monitoring().global_.system_status == "running"
        assert (await rig.place()).outcome is Outcome.DONE
        assert (await rig.place(venue="v2")).outcome is Outcome.REFUSED
        await rig.engine.stop("test", cancel_orders=True)

    in_virtual_time(work)


def test_foreign_order_is_counted_and_left_alone_by_cancel_all_orders():
    async def work(loop: VirtualLoop) -> None:
        rig = EngineRig(loop)
        rig.venue.place_foreign("theirs", PERP, Side.BUY, "1", "95")
        await rig.start()
        assert rig.order("theirs").is_external
        assert rig.engine.monitoring().venues["v1"].open_orders_count == 1
        ours = str((await rig.place(price="96")).data["client_order_id"])
        result = await rig.execute(CancelOrders())
        await rig.settle()
        assert result.data == {"cancelled": 1, "failed": 0}
        assert rig.venue.cancelled == [ours]
        assert rig.status("theirs") is OrderStatus.OPEN
        assert [fact.intent.client_order_id for fact in rig.facts(OrderAdopted)] == ["theirs"]

    in_virtual_time(work)


def test_foreign_order_that_comes_up_while_trading_is_adopted_and_its_fill_booked():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        rig.venue.place_foreign("theirs", PERP, Side.BUY, "1", "95")
        await rig.elapse(31)
        assert rig.order("theirs").is_external
        rig.venue.execute("theirs")
        await rig.settle()
        assert (rig.position(), rig.status("theirs")) == (Decimal(1), OrderStatus.FILLED)
        assert rig.agrees_with_venues()

    in_virtual_time(work)


def test_no_own_order_may_cross_a_foreign_one_on_the_same_book():
    async def work(loop: VirtualLoop) -> None:
        rig = EngineRig(loop)
        rig.venue.place_foreign("theirs", PERP, Side.BUY, "1", "99")
        await rig.start()
        refused = await rig.place("sell", "1", "98.5")
        assert refused.outcome is Outcome.REFUSED
        assert "self_cross" in refused.message

    in_virtual_time(work)


def test_kill_cancels_foreign_orders_as_well():
    async def work(loop: VirtualLoop) -> None:
        rig = EngineRig(loop)
        rig.venue.place_foreign("theirs", PERP, Side.BUY, "1", "95")
        await rig.start()
        await rig.execute(Kill())
        await rig.settle()
        assert rig.venue.open_orders == []
        assert rig.status("theirs") is OrderStatus.CANCELLED

    in_virtual_time(work)


def test_position_that_differs_twice_is_taken_over_and_said():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        rig.venue.positions[PERP] = Decimal(2)  # a liquidation, a transfer: no fill tells of it
        await rig.elapse(32)
        assert rig.position() == 0
        await rig.elapse(30)
        assert rig.position() == 2
        (adopted,) = rig.facts(PositionAdopted)
        assert "is 2 at the venue, 0 in the journal" in adopted.cause
        assert "is 2 at the venue" in rig.log()

    in_virtual_time(work)


def test_a_difference_that_was_gone_at_the_second_look_changes_nothing():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        rig.venue.cash += 5
        await rig.elapse(32)
        rig.venue.cash -= 5
        await rig.elapse(60)
        assert rig.agrees_with_venues()
        assert rig.facts(PositionAdopted) == []

    in_virtual_time(work)


def test_fills_while_the_account_is_being_read_are_no_difference():
    async def work(loop: VirtualLoop) -> None:
        rig = EngineRig(loop)
        order_ids = [f"f{number}" for number in range(4)]
        for order_id in order_ids:
            rig.venue.place_foreign(order_id, PERP, Side.BUY, "1", "95")
        await rig.start()
        rig.venue.report_delay_s = 2.0  # the report is made, then travels, while the stream is quick
        for order_id in order_ids:
            await rig.elapse(30 - rig.loop.time() % 30 + 1)
            rig.venue.execute(order_id)
            await rig.elapse(3)
            assert rig.agrees_with_venues()
        assert rig.facts(PositionAdopted) == []

    in_virtual_time(work)


def test_fill_while_the_first_account_is_being_read_is_no_difference_either():
    async def work(loop: VirtualLoop) -> None:
        rig = EngineRig(loop)
        rig.venue.place_foreign("theirs", PERP, Side.BUY, "1", "95")
        rig.venue.report_delay_s = 2.0
        starting = loop.create_task(rig.start())
        await rig.elapse(1)
        rig.venue.execute("theirs")
        await starting
        assert rig.position() == 1
        assert rig.facts(PositionAdopted) == []
        assert rig.agrees_with_venues()
        assert (await rig.place()).outcome is Outcome.DONE

    in_virtual_time(work)


def test_balance_that_differs_twice_is_taken_over():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        rig.venue.cash += 1_000
        await rig.elapse(64)
        assert rig.engine.monitoring().global_.equity_usd == 101_000
        assert any("USDT is 101000" in text for fact in rig.facts(ReconciliationFinished) for text in fact.findings)

    in_virtual_time(work)


def test_a_currency_that_the_venue_names_no_more_is_gone_after_two_looks():
    async def work(loop: VirtualLoop) -> None:
        rig = EngineRig(loop)
        rig.venue.other_balances["USDC"] = Decimal(20_000)
        await rig.start()
        assert rig.engine.monitoring().global_.equity_usd == 120_000
        del rig.venue.other_balances["USDC"]
        await rig.elapse(30 - rig.loop.time() % 30 + 1)
        assert rig.engine.monitoring().global_.equity_usd == 120_000
        await rig.elapse(30)
        assert rig.engine.monitoring().global_.equity_usd == 100_000
        assert "USDC is not named by the venue any more, 20000 here" in rig.log()

    in_virtual_time(work)


def test_a_venue_that_names_no_balance_at_all_says_nothing_about_them():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        told = rig.venue.account

        async def without_balances(since_ns: int) -> AccountReport:
            return msgspec.structs.replace(await told(since_ns), balances=())

        rig.venue.account = without_balances
        await rig.elapse(95)
        assert rig.engine.monitoring().global_.equity_usd == 100_000

    in_virtual_time(work)


def test_order_that_is_gone_from_the_venue_is_given_up():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        order_id = str((await rig.place(price="95")).data["client_order_id"])
        rig.venue.speech = Speech.NOTHING
        rig.venue.expire(order_id)
        await rig.elapse(61)
        assert rig.status(order_id) is OrderStatus.CANCELLED
        assert rig.agrees_with_venues()

    in_virtual_time(work)


def test_order_in_flight_is_not_given_up_by_a_comparison():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        await rig.elapse(30 - rig.loop.time() % 30 - 1.5)
        rig.venue.latency_s = 3.0
        result = await rig.place(price="95")
        assert result.data["status"] == "open"
        assert rig.agrees_with_venues()

    in_virtual_time(work)


@pytest.mark.parametrize("quantity", ["NaN", "-1"])
def test_a_fill_that_cannot_be_money_stops_new_risk_until_the_venue_was_compared(quantity: str):
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        await rig.place()
        await rig.settle()
        broken = msgspec.structs.replace(rig.venue.fills[0], fill_id="broken", quantity=Decimal(quantity))
        rig.venue.tell_fill(broken)
        await rig.settle()
        refused = await rig.place(quantity="2")
        assert refused.outcome is Outcome.REFUSED
        assert [alert for alert in rig.engine.monitoring().alerts if f"has quantity {quantity}" in alert.text]
        await rig.elapse(4)
        assert (await rig.place(quantity="3")).outcome is Outcome.DONE
        await rig.settle()
        assert rig.agrees_with_venues()

    in_virtual_time(work)


def test_account_report_with_nonsense_in_it_is_not_believed():
    async def work(loop: VirtualLoop) -> None:
        rig = EngineRig(loop)
        rig.venue.cash = Decimal("NaN")
        await rig.start()
        assert (await rig.place()).outcome is Outcome.REFUSED
        assert "balance of USDT has total NaN" in rig.log()
        rig.venue.cash = Decimal(100_000)
        await rig.elapse(4)
        assert (await rig.place()).outcome is Outcome.DONE

    in_virtual_time(work)


def test_doubt_at_one_venue_stops_nothing_at_another():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop, ["v1", "v2"]).start()
        rig.venues["v1"].answers.append(Answer.LOSE_REQUEST)
        rig.venues["v1"].account_fails = True
        await rig.place(price="95")
        assert (await rig.place(venue="v2")).outcome is Outcome.DONE

    in_virtual_time(work)


def test_profit_is_told_truly_when_fills_were_booked_in_another_order_than_the_venues():
    async def work(loop: VirtualLoop) -> None:
        rig = EngineRig(loop)
        for order_id, side, price in (("a", Side.BUY, "90"), ("b", Side.BUY, "95"), ("c", Side.SELL, "102")):
            rig.venue.place_foreign(order_id, PERP, side, "1", price)
        await rig.start()
        rig.venue.execute("a")
        rig.venue.speech = Speech.NOTHING
        rig.venue.execute("b")  # the engine hears of it only after the sale
        rig.venue.speech = Speech.ALL
        rig.venue.execute("c")
        await rig.elapse(95)
        assert rig.agrees_with_venues()
        state = rig.engine.monitoring().global_
        assert state.equity_usd == rig.venue.cash + 100 - rig.venue.costs[PERP]
        assert state.today_pnl_usd is not None
        assert state.equity_usd == 100_000 + state.today_pnl_usd

    in_virtual_time(work)


def test_loss_of_a_position_that_the_venue_closed_stays_a_loss():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        await rig.place(quantity="10")
        await rig.settle()
        rig.feed.quote(PERP, "79.9", "80.1")
        rig.venue.positions[PERP] = rig.venue.costs[PERP] = Decimal(0)  # liquidated, and no fill says so
        rig.venue.cash -= 201
        await rig.elapse(65)
        state = rig.engine.monitoring().global_
        assert rig.position() == 0
        assert state.equity_usd == rig.venue.cash
        assert state.today_pnl_usd is not None
        assert abs(state.today_pnl_usd + 201) < 2  # at the mark of the moment, fees included

    in_virtual_time(work)


def test_a_venue_that_does_not_start_stays_closed_with_its_own_cause():
    async def work(loop: VirtualLoop) -> None:
        async def broken(_: ExecutionSink) -> None:
            raise ConnectionError("a row cannot be read")

        rig = EngineRig(loop)
        rig.venue.start = broken
        rig.venue.account_fails = True
        await rig.start()
        (blocker,) = rig.engine.parts.conditions.blockers()
        assert (blocker.scope, blocker.level) == ("venue:v1", HaltLevel.CANCEL_ONLY)
        assert "v1 did not start: ConnectionError: a row cannot be read" in blocker.reason

    in_virtual_time(work)


def test_an_order_without_an_answer_is_not_given_up_because_its_cancel_was_asked_for_and_its_venue_talked_nonsense():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        await rig.place()
        await rig.settle()
        rig.venue.answers.append(Answer.LOSE_REQUEST)  # on its way for as long as a request can be
        rig.venue.cancel_answers.append(Answer.LOSE_REQUEST)
        placing = asyncio.ensure_future(rig.place(price="95"))
        await rig.settle()
        order_id = rig.venue.submitted[-1].client_order_id
        cancelling = asyncio.ensure_future(rig.execute(CancelOrder(client_order_id=order_id)))
        await rig.settle()
        rig.venue.tell_fill(msgspec.structs.replace(rig.venue.fills[0], fill_id="broken", price=Decimal("NaN")))
        await rig.elapse(3)
        assert rig.causes() == []  # the venue was compared
        assert rig.status(order_id).may_live
        await rig.elapse(30)
        assert rig.status(order_id) is OrderStatus.REJECTED
        await asyncio.gather(placing, cancelling)

    in_virtual_time(work)
