"""Pairs and brackets in a whole engine over scripted venues: exits never exceed what their entry has filled."""

from decimal import Decimal

from core.control.commands import AmendOrder, CancelOrder, Outcome, Pause
from core.io.inline_journal import InlineJournal
from core.types.order import Order, OrderStatus
from tests.engine.held_rig import HeldRig, held, play, refused
from tests.engine.venues import Answer, Speech

D = Decimal


def fill_behind_the_cancel(rig: HeldRig, client_order_id: str, price: str) -> None:
    """Fill half a unit of an order at the moment at which its venue cancels it."""

    def fill(order: Order) -> None:
        if order.intent.client_order_id == client_order_id:
            rig.venue.execute_late(client_order_id, "0.5", price)

    rig.venue.on_cancelled = fill


# pairs ---------------------------------------------------------------------------------------------------------


def test_of_a_pair_the_stop_sends_only_what_the_limit_order_has_not_filled(journal: InlineJournal):
    async def work(rig: HeldRig) -> None:
        await rig.place("buy", "2")
        held(await rig.oco("sell", "103", "97", "2", reduce_only=True))
        await rig.settle()
        rig.venue.execute(rig.of_role("limit")[0].client_order_id, "0.75")
        await rig.market_at("96.9", 0.5)
        assert rig.sent()[2:] == [("sell", "market", "1.25", "stop")]
        assert rig.position() == 0
        assert rig.ends() == [("done", "filled 2")]

    play(journal, work)


def test_of_a_pair_that_opens_a_stop_that_the_venue_rejects_stands_refused_though_its_limit_was_filled_in_part(
    journal: InlineJournal,
):
    async def work(rig: HeldRig) -> None:
        held_id = held(await rig.oco("buy", "99", "102", "2"))
        await rig.settle()
        rig.venue.execute(rig.of_role("limit")[0].client_order_id, "0.5")
        await rig.settle()
        rig.venue.answers.append(Answer.REJECT)
        await rig.market_at("102", 3)
        assert rig.position() == D("0.5")
        assert rig.ends() == []
        assert rig.rows()[held_id][0] == "refused"
        assert "not today" in rig.alerts()

    play(journal, work)


def test_of_a_pair_the_filled_limit_order_ends_the_stop(journal: InlineJournal):
    async def work(rig: HeldRig) -> None:
        await rig.place("buy", "2")
        held(await rig.oco("sell", "103", "97", "2", reduce_only=True))
        await rig.settle()
        rig.venue.execute(rig.of_role("limit")[0].client_order_id)
        await rig.market_at("96", 2)
        assert rig.position() == 0
        assert len(rig.venue.submitted) == 2
        assert rig.ends() == [("done", "filled 2")]

    play(journal, work)


def test_an_order_that_was_sent_for_a_held_one_is_not_amended_apart_from_it(journal: InlineJournal):
    async def work(rig: HeldRig) -> None:
        await rig.place("buy", "2")
        held_id = held(await rig.oco("sell", "103", "97", "2", reduce_only=True))
        await rig.settle()
        limit = rig.of_role("limit")[0].client_order_id
        result = await rig.execute(AmendOrder(client_order_id=limit, quantity=D(5)))
        assert result.outcome is Outcome.INVALID
        assert f"cancel {held_id} and place it anew" in result.message

    play(journal, work)


def test_a_limit_order_of_a_pair_too_far_for_the_collar_rests_once_the_market_is_near(journal: InlineJournal):
    async def work(rig: HeldRig) -> None:
        await rig.place("buy", "1")
        held(await rig.oco("sell", "110", "97", reduce_only=True))
        await rig.settle()
        assert rig.of_role("limit") == []
        await rig.market_at("105")
        assert [i.limit_price for i in rig.of_role("limit")] == [D(110)]

    play(journal, work)


def test_a_limit_order_that_a_person_cancels_stays_away_and_the_stop_stays(journal: InlineJournal):
    async def work(rig: HeldRig) -> None:
        await rig.place("buy", "1")
        held_id = held(await rig.oco("sell", "103", "97", reduce_only=True))
        await rig.settle()
        await rig.execute(CancelOrder(client_order_id=rig.of_role("limit")[0].client_order_id))
        await rig.elapse(10)
        assert len(rig.of_role("limit")) == 1
        assert rig.rows()[held_id] == ("held", "its limit order was cancelled and stays away")
        assert "stays away" in rig.alerts()
        await rig.market_at("96.9", 0.5)
        assert rig.position() == 0

    play(journal, work)


def test_f06_a_fill_of_the_limit_order_behind_its_cancel_is_taken_off_the_stop(journal: InlineJournal):
    """The stream is silent: only the account, read before the stop leaves, knows of the fill."""

    async def work(rig: HeldRig) -> None:
        await rig.place("buy", "2")
        held(await rig.oco("sell", "103", "97", "2", reduce_only=True))
        await rig.settle()
        limit_id = rig.of_role("limit")[0].client_order_id
        rig.venue.speech = Speech.NO_FILLS
        fill_behind_the_cancel(rig, limit_id, "103")
        await rig.market_at("96.9", 1.0)
        assert rig.sent()[2:] == [("sell", "market", "1.5", "stop")]
        await rig.elapse(12)
        assert rig.position() == 0

    play(journal, work)


def test_an_account_that_cannot_be_read_keeps_a_way_out_back_for_five_seconds_only(journal: InlineJournal):
    async def work(rig: HeldRig) -> None:
        await rig.place("buy", "2")
        held_id = held(await rig.oco("sell", "103", "97", "2", reduce_only=True))
        await rig.settle()
        rig.venue.account_fails = True
        await rig.market_at("96.9", 4.0)
        assert rig.of_role("stop") == []
        await rig.elapse(2.5)
        assert [i.quantity for i in rig.of_role("stop")] == [D(2)]
        assert held_id in rig.engine.parts.held.blind
        rig.venue.account_fails = False
        await rig.elapse(3)

    play(journal, work)


def test_a_limit_order_in_doubt_keeps_the_stop_back_until_the_venue_has_answered(journal: InlineJournal):
    async def work(rig: HeldRig) -> None:
        await rig.place("buy", "2")
        held(await rig.oco("sell", "103", "97", "2", reduce_only=True))
        await rig.settle()
        rig.venue.cancel_answers.extend([Answer.LOSE_REQUEST] * 2)
        await rig.market_at("96.9", 6.0)
        assert rig.of_role("stop") == []
        assert "waits for the cancel of" in rig.alerts()
        await rig.elapse(30)
        assert rig.position() == 0
        assert [i.quantity for i in rig.of_role("stop")] == [D(2)]

    play(journal, work)


# brackets ------------------------------------------------------------------------------------------------------


def test_a_bracket_protects_what_its_entry_has_filled(journal: InlineJournal):
    async def work(rig: HeldRig) -> None:
        held(await rig.bracket(quantity="2"))
        await rig.settle()
        assert rig.sent() == [("buy", "market", "2", "entry"), ("sell", "limit", "2", "limit")]
        assert rig.venue.submitted[1].reduce_only
        await rig.market_at("96.9")
        assert rig.sent()[2:] == [("sell", "market", "2", "stop")]
        assert rig.position() == 0
        assert not rig.venue.open_orders
        assert rig.ends() == [("done", "filled 2")]

    play(journal, work)


def test_a_bracket_grows_with_its_entry_and_its_stop_calls_the_rest_of_the_entry_back(journal: InlineJournal):
    async def work(rig: HeldRig) -> None:
        held_id = held(await rig.bracket("buy", "4", price="99"))
        await rig.settle()
        entry_id = rig.of_role("entry")[0].client_order_id
        assert rig.rows()[held_id][0] == "waiting"
        rig.venue.execute(entry_id, "1")
        await rig.elapse(2)
        rig.venue.execute(entry_id, "1")
        await rig.elapse(2)
        assert [i.quantity for i in rig.of_role("limit")] == [D(1), D(1)]
        await rig.market_at("96.9", 0.5)
        assert [i.quantity for i in rig.of_role("stop")] == [D(2)]
        assert rig.status(entry_id) is OrderStatus.CANCELLED
        assert rig.position() == 0
        assert not rig.venue.open_orders

    play(journal, work)


def test_a_bracket_whose_entry_ends_unfilled_is_over(journal: InlineJournal):
    async def work(rig: HeldRig) -> None:
        held(await rig.bracket("buy", "1", price="99"))
        await rig.settle()
        await rig.execute(CancelOrder(client_order_id=rig.of_role("entry")[0].client_order_id))
        await rig.elapse(2)
        assert rig.ends() == [("cancelled", "its entry is cancelled unfilled")]
        assert len(rig.fold.held) == 0

    play(journal, work)


def test_f06_a_bracket_whose_cancelled_entry_was_filled_after_all_is_not_over(journal: InlineJournal):
    async def work(rig: HeldRig) -> None:
        held(await rig.bracket("buy", "1", price="99", profit=None))
        await rig.settle()
        entry_id = rig.of_role("entry")[0].client_order_id
        rig.venue.speech = Speech.NO_FILLS
        fill_behind_the_cancel(rig, entry_id, "99")
        await rig.execute(CancelOrder(client_order_id=entry_id))
        await rig.elapse(5)
        assert rig.ends() == []
        await rig.market_at("96.9", 1)
        assert [i.quantity for i in rig.of_role("stop")] == [D("0.5")]
        await rig.elapse(12)
        assert rig.position() == 0

    play(journal, work)


def test_a_bracket_whose_entry_is_rejected_is_over(journal: InlineJournal):
    async def work(rig: HeldRig) -> None:
        rig.venue.answers.append(Answer.REJECT)
        result = await rig.bracket("buy", "1", price="99")
        assert result.outcome is Outcome.FAILED
        assert "not today" in result.message
        assert len(rig.fold.held) == 0

    play(journal, work)


def test_a_bracket_whose_entry_the_gate_refuses_is_never_held(journal: InlineJournal):
    async def work(rig: HeldRig) -> None:
        await rig.execute(Pause(reason="a rest"))
        refused(await rig.bracket(), "halt_level")
        assert len(rig.fold.held) == 0

    play(journal, work)


def test_to_cancel_a_bracket_cancels_its_orders_and_says_what_stays_unprotected(journal: InlineJournal):
    async def work(rig: HeldRig) -> None:
        held_id = held(await rig.bracket("buy", "2", price="99"))
        await rig.settle()
        rig.venue.execute(rig.of_role("entry")[0].client_order_id, "1")
        await rig.elapse(2)
        result = await rig.execute(CancelOrder(client_order_id=held_id))
        assert result.outcome is Outcome.DONE
        assert "1 BTC/USDT:USDT@v1 stays without protection" in result.message
        assert not rig.venue.open_orders
        await rig.market_at("96", 2)
        assert rig.of_role("stop") == []
        assert rig.rows()[held_id] == ("cancelled", "cancelled by a person")

    play(journal, work)
