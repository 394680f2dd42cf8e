"""Stops in a whole engine over scripted venues: what triggers them, what is in their way, and how they end."""

from decimal import Decimal

import pytest

from core.control.commands import CancelOrder, CancelOrders, Halt, Kill, Outcome, Pause, Resume
from core.io.inline_journal import InlineJournal
from core.io.virtual_loop import VirtualLoop
from core.journal.facts import HeldOrderTriggered
from core.types.held_order import TriggerBy
from tests.engine.held_rig import HeldRig, held, play, refused
from tests.engine.rig import PERP, in_virtual_time
from tests.engine.venues import Answer, Speech

D = Decimal


# stops ---------------------------------------------------------------------------------------------------------


def test_a_sell_stop_waits_for_its_price_and_then_sends_a_market_order(journal: InlineJournal):
    async def work(rig: HeldRig) -> None:
        await rig.place("buy", "2")
        held_id = held(await rig.stop("sell", "98", "2", reduce_only=True))
        await rig.market_at("98.5")
        assert len(rig.venue.submitted) == 1
        await rig.market_at("97.9")
        assert rig.sent()[1:] == [("sell", "market", "2", "stop")]
        assert rig.position() == 0
        assert rig.ends() == [("done", "filled 2")]
        trigger = rig.run_of(held_id).trigger
        assert trigger is not None
        assert (trigger.price, trigger.by) == (D("97.9"), TriggerBy.MARK)

    play(journal, work)


def test_a_buy_stop_limit_rests_at_its_limit_once_triggered(journal: InlineJournal):
    async def work(rig: HeldRig) -> None:
        held(await rig.stop("buy", "102", limit_price="101.5"))
        await rig.market_at("102")
        assert [(i.limit_price, i.side) for i in rig.of_role("stop")] == [(D("101.5"), "buy")]
        assert len(rig.venue.open_orders) == 1
        assert "held" not in rig.alerts()
        rig.venue.execute(rig.of_role("stop")[0].client_order_id)
        await rig.settle()
        assert rig.position() == 1
        assert rig.ends() == [("done", "filled 1")]

    play(journal, work)


def test_a_stop_limit_whose_order_somebody_cancels_is_over(journal: InlineJournal):
    async def work(rig: HeldRig) -> None:
        held(await rig.stop("buy", "102", limit_price="101.5"))
        await rig.market_at("102")
        await rig.execute(CancelOrder(client_order_id=rig.of_role("stop")[0].client_order_id))
        await rig.elapse(5)
        assert [outcome for outcome, _ in rig.ends()] == ["cancelled"]
        assert len(rig.venue.submitted) == 1

    play(journal, work)


def test_each_trade_is_held_against_a_stop_even_where_the_next_one_is_back(journal: InlineJournal):
    async def work(rig: HeldRig) -> None:
        await rig.place("buy", "1")
        held(await rig.stop("sell", "98", reduce_only=True))
        for price in ("99.9", "97.5", "99.9"):
            rig.feed.trade(PERP, price, rig.next_trade_id())
        await rig.settle()
        assert [(fact.price, fact.by) for fact in rig.facts(HeldOrderTriggered)] == [(D("97.5"), TriggerBy.LAST)]

    play(journal, work)


def test_a_stop_by_mark_does_not_hear_trades(journal: InlineJournal):
    async def work(rig: HeldRig) -> None:
        await rig.place("buy", "1")
        held(await rig.stop("sell", "98", reduce_only=True, trigger="mark"))
        rig.feed.trade(PERP, "97.5", rig.next_trade_id())
        await rig.elapse(2)
        assert rig.facts(HeldOrderTriggered) == []

    play(journal, work)


def test_the_mark_counts_where_the_last_trade_is_old(journal: InlineJournal):
    async def work(rig: HeldRig) -> None:
        await rig.place("buy", "1")
        held(await rig.stop("sell", "98", reduce_only=True))
        rig.feed.trade(PERP, "100", rig.next_trade_id())
        await rig.market_at("97.5", 30)
        assert rig.facts(HeldOrderTriggered) == []
        await rig.elapse(31)
        assert [fact.by for fact in rig.facts(HeldOrderTriggered)] == [TriggerBy.MARK]

    play(journal, work)


def test_f15_an_invalid_book_triggers_nothing_and_an_alert_stands_until_it_is_watched_again(journal: InlineJournal):
    async def work(rig: HeldRig) -> None:
        await rig.place("buy", "1")
        held(await rig.stop("sell", "98", reduce_only=True))
        rig.feed.invalidate(PERP)
        rig.feed.trade(PERP, "95", rig.next_trade_id())
        await rig.elapse(10)
        assert rig.facts(HeldOrderTriggered) == []
        assert "is not watched: the book is invalid" in rig.alerts()
        rig.feed.is_silent = False
        rig.feed.set_quote(PERP, "99.9", "100.1")
        await rig.elapse(70)  # the trade is old by now
        assert rig.facts(HeldOrderTriggered) == []
        assert "is not watched" not in rig.alerts()

    play(journal, work)


def test_a_stale_book_triggers_nothing(journal: InlineJournal):
    async def work(rig: HeldRig) -> None:
        await rig.place("buy", "1")
        held(await rig.stop("sell", "98", reduce_only=True))
        rig.feed.is_silent = True
        await rig.elapse(4)
        rig.feed.trade(PERP, "95", rig.next_trade_id())
        await rig.elapse(4)
        assert rig.facts(HeldOrderTriggered) == []
        assert "is not watched: the book is stale" in rig.alerts()

    play(journal, work)


# placing -------------------------------------------------------------------------------------------------------


def test_what_makes_no_sense_is_refused_before_it_is_held(journal: InlineJournal):
    async def work(rig: HeldRig) -> None:
        refused(await rig.stop("sell", "101"), "it would trigger at once")
        refused(await rig.stop("buy", "99"), "it would trigger at once")
        refused(await rig.stop("sell", "98.05"), "not on the tick")
        refused(await rig.stop("sell", "9.8"), "is a digit wrong?")
        refused(await rig.stop("sell", "98", limit_price="80"), "from the stop price")
        refused(await rig.stop("sell", "98", reduce_only=True), "more than the 0 there is to reduce")
        refused(await rig.stop("sell", "98", "0.005"), "quantity_grid")
        refused(await rig.stop("sell", "98", "500"), "order_value")
        refused(await rig.oco("sell", "99", "98"), "it would fill at once")
        refused(await rig.bracket(loss="101"), "must be below the entry")
        refused(await rig.bracket(profit="99"), "must be above the entry")
        assert (await rig.bracket(reduce_only=True)).outcome is Outcome.INVALID
        assert (await rig.stop("sell", "98", post_only=True)).outcome is Outcome.INVALID
        assert (await rig.held("sell", "1", order_type="stop")).outcome is Outcome.INVALID
        assert (await rig.held("sell", "1", stop_price=D(98))).outcome is Outcome.INVALID
        assert (await rig.stop("sell", "98", trigger="moon")).outcome is Outcome.INVALID
        assert len(rig.fold.held) == 0
        assert rig.venue.submitted == []

    play(journal, work)


def test_a_bracket_against_a_position_the_other_way_is_refused(journal: InlineJournal):
    async def work(rig: HeldRig) -> None:
        await rig.place("sell", "1")
        refused(await rig.bracket("buy", "1"), "close it first")

    play(journal, work)


def test_nothing_is_held_while_trading_is_closed(journal: InlineJournal):
    async def work(rig: HeldRig) -> None:
        await rig.execute(Halt(scope="venue:v1", level="cancel_only", reason="a doubt"))
        refused(await rig.stop("sell", "98"), "CANCEL_ONLY")

    play(journal, work)


# refusals and what is in the way ---------------------------------------------------------------------------------


def test_a_stop_that_opens_and_is_refused_at_its_trigger_stands_refused_and_is_not_tried_again(journal: InlineJournal):
    async def work(rig: HeldRig) -> None:
        held_id = held(await rig.stop("buy", "102"))
        await rig.execute(Pause(reason="a rest"))
        await rig.market_at("102.5", 2)
        assert rig.rows()[held_id][0] == "refused"
        assert "halt_level" in rig.rows()[held_id][1]
        assert f"severe held {held_id}" in rig.alerts()
        await rig.execute(Resume())
        await rig.elapse(60)
        assert rig.venue.submitted == []
        assert (await rig.execute(CancelOrder(client_order_id=held_id))).outcome is Outcome.DONE
        assert held_id not in rig.alerts()

    play(journal, work)


def test_a_way_out_leaves_in_reduce_only(journal: InlineJournal):
    async def work(rig: HeldRig) -> None:
        await rig.place("buy", "1")
        held(await rig.stop("sell", "98", reduce_only=True))
        await rig.execute(Pause(reason="a rest"))
        await rig.market_at("97")
        assert rig.position() == 0

    play(journal, work)


def test_a_way_out_that_the_venue_rejects_is_tried_again_under_another_id(journal: InlineJournal):
    async def work(rig: HeldRig) -> None:
        await rig.place("buy", "1")
        held_id = held(await rig.stop("sell", "98", reduce_only=True))
        rig.venue.answers.extend([Answer.REJECT, Answer.REJECT])
        await rig.market_at("97", 0.3)
        assert rig.rows()[held_id][0] == "refused"
        assert "not today" in rig.alerts()
        await rig.elapse(5)
        assert len(rig.of_role("stop")) == 3
        assert rig.position() == 0

    play(journal, work)


def test_a_way_out_in_doubt_is_not_sent_again(journal: InlineJournal):
    async def work(rig: HeldRig) -> None:
        await rig.place("buy", "1")
        held(await rig.stop("sell", "98", reduce_only=True))
        rig.venue.answers.append(Answer.LOSE_ANSWER)
        rig.venue.speech = Speech.NOTHING
        await rig.market_at("97", 40)
        assert len(rig.of_role("stop")) == 1
        assert rig.position() == 0
        assert [outcome for outcome, _ in rig.ends()] == ["done"]

    play(journal, work)


def test_a_stop_stays_clear_of_an_own_order_on_the_other_side(journal: InlineJournal):
    async def work(rig: HeldRig) -> None:
        await rig.place("buy", "2")
        await rig.place("buy", "1", "95.5")
        held(await rig.stop("sell", "98", "2", reduce_only=True))
        await rig.market_at("97.9")
        stop = rig.of_role("stop")[0]
        assert (stop.order_type, stop.limit_price, stop.time_in_force) == ("limit", D("95.6"), "ioc")
        assert rig.position() == 0
        assert len(rig.venue.open_orders) == 1

    play(journal, work)


def test_a_way_out_has_an_own_order_cancelled_that_is_the_best_price_there_is(journal: InlineJournal):
    async def work(rig: HeldRig) -> None:
        await rig.place("buy", "2")
        await rig.place("buy", "1", "97.8")
        held(await rig.stop("sell", "98", "2", reduce_only=True))
        await rig.market_at("97.9", 0.6)
        assert rig.position() == 0
        assert rig.venue.open_orders == []

    play(journal, work)


def test_a_way_out_never_closes_more_than_there_is(journal: InlineJournal):
    async def work(rig: HeldRig) -> None:
        await rig.place("buy", "2")
        held(await rig.stop("sell", "98", "2", reduce_only=True))
        await rig.place("sell", "1.5", reduce_only=True)
        await rig.market_at("97")
        assert [i.quantity for i in rig.of_role("stop")] == [D("0.5")]
        assert rig.position() == 0
        await rig.elapse(3)
        assert [outcome for outcome, _ in rig.ends()] == ["done"]

    play(journal, work)


def test_a_way_out_has_own_orders_cancelled_that_would_close_the_same_position(journal: InlineJournal):
    async def work(rig: HeldRig) -> None:
        await rig.place("buy", "2")
        await rig.place("sell", "1", price="104")
        await rig.place("sell", "0.5", price="103")
        held(await rig.stop("sell", "98", "1", reduce_only=True))
        await rig.market_at("97.9", 3)
        assert [i.quantity for i in rig.of_role("stop")] == [D("0.5"), D("0.5")]
        assert rig.position() == 1
        assert rig.ends() == [("done", "filled 1")]
        assert [order.intent.limit_price for order in rig.venue.open_orders] == [
            D("103")
        ]  # not more is cancelled than stands in the way

    play(journal, work)


def test_a_way_out_leaves_the_other_halves_of_held_orders_alone_where_plain_ones_suffice(journal: InlineJournal):
    async def work(rig: HeldRig) -> None:
        await rig.place("buy", "1")
        await rig.elapse(2)
        held(await rig.bracket(profit="103", loss="90"))
        await rig.place("sell", "1", price="104")
        held(await rig.stop("sell", "98", "1", reduce_only=True))
        await rig.market_at("97.9", 3)
        assert sum(i.quantity for i in rig.of_role("stop")) == 1
        assert [order.intent.limit_price for order in rig.venue.open_orders] == [D("103")]

    play(journal, work)


def test_a_way_out_with_nothing_left_to_reduce_ends_and_sends_nothing(journal: InlineJournal):
    async def work(rig: HeldRig) -> None:
        await rig.place("buy", "2")
        held(await rig.stop("sell", "98", "2", reduce_only=True))
        await rig.place("sell", "2", reduce_only=True)
        await rig.market_at("97")
        assert rig.of_role("stop") == []
        assert "nothing is left to reduce" in rig.ends()[0][1]

    play(journal, work)


# halts and the end of an engine ----------------------------------------------------------------------------------


def test_the_kill_switch_cancels_what_is_held_and_fires_none_of_it(journal: InlineJournal):
    async def work(rig: HeldRig) -> None:
        held(await rig.bracket(quantity="1"))
        held(await rig.stop("buy", "102"))
        await rig.settle()
        await rig.execute(Kill(reason="enough"))
        await rig.market_at("96", 2)
        await rig.market_at("103", 2)
        assert [outcome for outcome, _ in rig.ends()] == ["cancelled", "cancelled"]
        assert rig.of_role("stop") == []
        assert rig.venue.open_orders == []
        kill = rig.engine.kill_state()
        assert kill is not None
        assert kill.venues["v1"].orders_left == 0

    play(journal, work)


def test_in_cancel_only_a_stop_is_kept_back_and_watched_again_afterwards(journal: InlineJournal):
    async def work(rig: HeldRig) -> None:
        await rig.place("buy", "1")
        held(await rig.stop("sell", "98", reduce_only=True))
        await rig.execute(Halt(scope="venue:v1", level="cancel_only", reason="a doubt"))
        await rig.market_at("97", 8)
        assert rig.facts(HeldOrderTriggered) == []
        assert "is not watched: trading at v1 is CANCEL_ONLY" in rig.alerts()
        await rig.execute(Resume(reason="looked"))
        await rig.elapse(1)
        assert rig.position() == 0

    play(journal, work)


def test_cancel_all_cancels_what_is_held_as_well(journal: InlineJournal):
    async def work(rig: HeldRig) -> None:
        held(await rig.bracket(quantity="1"))
        held(await rig.stop("buy", "102"))
        await rig.settle()
        result = await rig.execute(CancelOrders())
        assert (result.outcome, result.data["held"]) == (Outcome.DONE, 2)
        await rig.elapse(3)
        assert len(rig.fold.held) == 0
        assert rig.venue.open_orders == []

    play(journal, work)


def test_cancelling_one_side_takes_offers_back_and_leaves_what_protects_a_position(journal: InlineJournal):
    async def work(rig: HeldRig) -> None:
        await rig.place("buy", "1")
        protective = held(await rig.stop("sell", "98", reduce_only=True))
        offer = held(await rig.stop("sell", "97"))
        await rig.settle()
        result = await rig.execute(CancelOrders(side="sell"))
        assert (result.outcome, result.data["held"]) == (Outcome.DONE, 1)
        assert [run.order.held_id for run in rig.fold.held.held()] == [protective]
        assert offer != protective

    play(journal, work)


@pytest.mark.parametrize("is_through", [True, False])
def test_a_restart_goes_on_watching_and_fires_at_once_where_the_market_is_through(tmp_path: object, is_through: bool):
    async def whole(loop: VirtualLoop) -> None:
        first = HeldRig(loop)
        await first.start()
        await first.place("buy", "1")
        held_id = held(await first.stop("sell", "98", reduce_only=True))
        await first.crash()
        again = HeldRig(loop, world=first)
        again.feed.set_quote(PERP, "96.9" if is_through else "98.9", "97.1" if is_through else "99.1")
        await again.start(warm_up_s=3)
        assert len(again.of_role("stop")) == int(is_through)
        assert again.run_of(held_id).trigger is not None or not is_through
        assert again.position() == (0 if is_through else 1)

    in_virtual_time(whole)
