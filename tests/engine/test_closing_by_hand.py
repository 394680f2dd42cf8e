"""A person closes a position that own exits hold: they make way, and the stop stands until the position is gone."""

import asyncio
from decimal import Decimal

import pytest

from core.control.commands import CancelOrders, CommandResult, Outcome, PlaceOrder, RehearseOrder
from core.io.inline_journal import InlineJournal
from core.ports.venue import AmendSupport
from core.types.instrument import InstrumentId
from core.types.order import OrderStatus, Side
from tests.engine.held_rig import HeldRig, held, play, refused
from tests.engine.rig import PERP, ScriptedStrategy, buy
from tests.engine.test_amends import amend
from tests.engine.venues import Answer, Speech

D = Decimal
KEY = InstrumentId("v1", PERP)


async def close(rig: HeldRig, quantity: str = "1", side: str = "sell") -> CommandResult:
    return await rig.place(side, quantity, reduce_only=True)


async def bracketed(rig: HeldRig) -> str:
    held_id = held(await rig.bracket("buy", "1"))
    await rig.elapse(2)
    assert [order.intent.limit_price for order in rig.venue.open_orders] == [D(103)]
    return held_id


def test_a_bracketed_position_is_closed_whole_and_nothing_of_the_bracket_is_left(journal: InlineJournal):
    async def work(rig: HeldRig) -> None:
        held_id = await bracketed(rig)
        exit_id = rig.venue.open_orders[0].intent.client_order_id
        open_at_send: list[int] = []
        rig.venue.on_submit = lambda _: open_at_send.append(len(rig.venue.open_orders))
        result = await close(rig)
        assert (result.outcome, rig.position()) == (Outcome.DONE, D(0))
        assert f"for it {exit_id} (sell 1 at 103) made way" in result.message
        assert open_at_send == [0]
        assert rig.ends() == [("cancelled", f"its position was closed by {result.data['client_order_id']}")]
        assert rig.fold.held.active(held_id) is None
        assert (await rig.place("buy", "1")).outcome is Outcome.DONE
        await rig.market_at("96", 2)
        assert rig.position() == D(1)  # the old stop closes no new position

    play(journal, work)


def test_a_bracket_without_a_take_profit_ends_with_its_position_too(journal: InlineJournal):
    async def work(rig: HeldRig) -> None:
        held_id = held(await rig.bracket("buy", "1", profit=None))
        await close(rig, "0.4")
        assert rig.run_of(held_id).end is None  # there is a position still
        await close(rig, "0.6")
        assert [outcome for outcome, _ in rig.ends()] == ["cancelled"]

    play(journal, work)


def test_a_bracket_that_still_opens_a_position_does_not_end_with_another_one(journal: InlineJournal):
    async def work(rig: HeldRig) -> None:
        await rig.place("buy", "1")
        held_id = held(await rig.bracket("buy", "1", "98", profit=None, loss="96"))
        assert (await close(rig)).outcome is Outcome.DONE
        assert (rig.position(), rig.run_of(held_id).end) == (D(0), None)

    play(journal, work)


def test_a_short_position_is_closed_in_the_same_way(journal: InlineJournal):
    async def work(rig: HeldRig) -> None:
        await rig.bracket("sell", "1", profit="97", loss="103")
        await rig.elapse(2)
        assert (await close(rig, side="buy")).outcome is Outcome.DONE
        assert (rig.position(), rig.venue.open_orders) == (D(0), [])

    play(journal, work)


def test_as_many_exits_make_way_as_the_close_lacks_those_that_only_reduce_first(journal: InlineJournal):
    async def work(rig: HeldRig) -> None:
        await rig.place("buy", "1")
        await rig.place("sell", "0.3", "102")
        await rig.place("sell", "0.3", "103", reduce_only=True)
        assert (await close(rig, "0.5")).outcome is Outcome.DONE
        assert (rig.position(), [order.intent.limit_price for order in rig.venue.open_orders]) == (D("0.5"), [D(102)])
        await rig.elapse(2)  # else it is a duplicate
        assert (await close(rig, "0.5")).outcome is Outcome.DONE
        assert (rig.position(), rig.venue.open_orders) == (D(0), [])

    play(journal, work)


def test_what_an_exit_fills_behind_its_cancel_is_not_closed_again(journal: InlineJournal):
    async def work(rig: HeldRig) -> None:
        await bracketed(rig)
        exit_id = rig.venue.open_orders[0].intent.client_order_id
        rig.venue.speech = Speech.NO_FILLS

        def fill(_: object) -> None:
            rig.venue.execute_late(exit_id, "0.4", "103")

        rig.venue.on_cancelled = fill
        await close(rig)
        await rig.elapse(40)
        assert rig.venue.submitted[-1].quantity == D("0.6")
        assert (rig.position(), rig.venue.positions[PERP]) == (D(0), D(0))

    play(journal, work)


def test_no_exit_makes_way_for_a_close_that_would_be_refused_all_the_same(journal: InlineJournal):
    async def work(rig: HeldRig) -> None:
        await bracketed(rig)
        rig.feed.invalidate(PERP)
        await rig.settle()
        refused(await close(rig), "fresh_book")
        assert (rig.venue.cancelled, len(rig.venue.open_orders)) == ([], 1)

    play(journal, work)


def test_no_exit_makes_way_for_more_than_the_position(journal: InlineJournal):
    async def work(rig: HeldRig) -> None:
        await bracketed(rig)
        refused(await close(rig, "1.01"), "reduce_only_truth")
        assert (rig.venue.cancelled, len(rig.venue.open_orders)) == ([], 1)

    play(journal, work)


def test_the_exits_of_a_strategy_make_no_way(journal: InlineJournal):
    async def work(rig: HeldRig) -> None:
        strategy = ScriptedStrategy("s", KEY, book=lambda *_: None)
        await rig.engine.parts.strategies.start(strategy)
        await rig.place("buy", "1")
        strategy.script(
            "book", lambda ctx, _: ctx.open_orders(KEY) or ctx.submit(buy(KEY, "0.4", "103", side=Side.SELL))
        )
        await rig.elapse(2)
        assert len(rig.venue.open_orders) == 1
        refused(await close(rig), "reduce_only_truth")
        assert rig.venue.cancelled == []
        assert (await close(rig, "0.6")).outcome is Outcome.DONE

    play(journal, work)


def test_a_close_whose_way_is_not_free_is_not_sent_and_the_stop_stands(journal: InlineJournal):
    async def work(rig: HeldRig) -> None:
        held_id = await bracketed(rig)
        rig.venue.cancel_answers.append(Answer.REJECT)
        result = await close(rig)
        assert result.outcome is Outcome.FAILED
        assert "did not end" in result.message
        assert (len(rig.venue.submitted), rig.run_of(held_id).end) == (2, None)
        await rig.elapse(40)
        await rig.market_at("96", 10)
        assert (rig.position(), rig.ends()) == (D(0), [("done", "filled 1")])

    play(journal, work)


def test_a_close_that_cannot_see_the_account_says_so_and_leaves_when_it_is_asked_for_again(journal: InlineJournal):
    async def work(rig: HeldRig) -> None:
        held_id = await bracketed(rig)
        rig.venue.account_fails = True
        result = await close(rig)
        assert result.outcome is Outcome.FAILED
        assert "could not be read" in result.message
        assert (rig.position(), rig.run_of(held_id).end) == (D(1), None)
        assert (await close(rig)).outcome is Outcome.DONE
        assert rig.position() == D(0)

    play(journal, work)


def test_a_close_that_the_venue_refuses_leaves_the_position_with_its_stop(journal: InlineJournal):
    async def work(rig: HeldRig) -> None:
        await bracketed(rig)
        rig.venue.answers.append(Answer.REJECT)
        result = await close(rig)
        assert (result.outcome, rig.position(), rig.ends()) == (Outcome.FAILED, D(1), [])
        assert "made way" in result.message
        await rig.market_at("96", 10)
        assert (rig.position(), rig.ends()) == (D(0), [("done", "filled 1")])

    play(journal, work)


def test_a_cancel_of_everything_gives_a_close_up_that_waits_for_its_way(journal: InlineJournal):
    async def work(rig: HeldRig) -> None:
        await rig.place("buy", "1")
        await rig.place("sell", "1", "103")
        rig.venue.latency_s = 1.0
        closing = asyncio.ensure_future(close(rig))
        await rig.elapse(1.5)  # the exit has ended, the account is being read
        cancelled = await rig.execute(CancelOrders(symbol=PERP))
        assert (cancelled.outcome, cancelled.data) == (Outcome.DONE, {"cancelled": 1, "failed": 0})
        result = await closing
        assert result.outcome is Outcome.FAILED
        assert "cancelled meanwhile" in result.message
        await rig.elapse(10)
        assert (rig.position(), len(rig.venue.submitted)) == (D(1), 2)

    play(journal, work)


def test_a_stop_that_triggers_while_the_way_is_cleared_and_the_close_never_close_twice(journal: InlineJournal):
    async def work(rig: HeldRig) -> None:
        await bracketed(rig)
        rig.venue.latency_s = 0.5
        closing = asyncio.ensure_future(close(rig))
        await rig.elapse(0.2)
        await rig.market_at("96")
        await closing
        await rig.elapse(20)
        assert (rig.position(), rig.venue.open_orders) == (D(0), [])
        assert (rig.venue.positions[PERP], len(rig.ends())) == (D(0), 1)

    play(journal, work)


def test_two_closes_at_once_close_once(journal: InlineJournal):
    async def work(rig: HeldRig) -> None:
        await bracketed(rig)
        rig.venue.latency_s = 0.2
        results = await asyncio.gather(close(rig), close(rig))
        assert sorted(result.outcome for result in results) == [Outcome.DONE, Outcome.FAILED]
        await rig.elapse(5)
        assert (rig.position(), rig.venue.positions[PERP]) == (D(0), D(0))

    play(journal, work)


def test_an_exit_that_is_being_moved_does_not_come_back_after_the_close(journal: InlineJournal):
    async def work(rig: HeldRig) -> None:
        rig.venue.amend_support = AmendSupport.REPLACE
        await rig.place("buy", "1")
        exit_id = str((await rig.place("sell", "1", "103")).data["client_order_id"])
        rig.venue.latency_s = 0.5
        moving = asyncio.ensure_future(amend(rig, exit_id, "102"))
        await rig.elapse(0.2)
        assert rig.status(exit_id) is OrderStatus.CANCELLING
        assert (await close(rig)).outcome is Outcome.DONE
        assert "nothing replaces it" in (await moving).message
        assert (rig.position(), rig.venue.open_orders) == (D(0), [])

    play(journal, work)


@pytest.mark.parametrize(("quantity", "verdict"), [("1", "approved"), ("1.5", "refused")])
def test_the_rehearsal_of_a_close_says_what_would_make_way(journal: InlineJournal, quantity: str, verdict: str):
    async def work(rig: HeldRig) -> None:
        await bracketed(rig)
        exit_id = rig.venue.open_orders[0].intent.client_order_id
        order = PlaceOrder(
            venue="v1", symbol=PERP, side="sell", quantity=D(quantity), order_type="market", reduce_only=True
        )
        found = await rig.execute(RehearseOrder.of(order))
        assert found.data["verdict"] == verdict
        told = f"{exit_id} is cancelled first: it holds what this closes"
        assert (told in found.data["notes"]) is (verdict == "approved")
        assert (rig.venue.cancelled, len(rig.venue.open_orders)) == ([], 1)

    play(journal, work)
