"""What a halt says of itself: asked, confirmed, left and why, and flat only by the venue's own word."""

from decimal import Decimal

import pytest

from core.control.commands import Kill, Outcome, Resume
from core.io.inline_journal import InlineJournal
from core.io.virtual_loop import VirtualLoop
from core.journal.facts import BlockerRaised, OrderIntended
from core.ports.strategy import StrategyContext
from core.state.monitoring import KillState, VenueKill
from core.types.instrument import InstrumentId
from core.types.order import OrderStatus, Side
from tests.engine.rig import PERP, EngineRig, JournalInTheWay, ScriptedStrategy, buy, in_virtual_time
from tests.engine.venues import CLOSED, Answer, ScriptedVenue, perpetual

BTC = InstrumentId("v1", PERP)


def kill_state(rig: EngineRig) -> KillState:
    state = rig.engine.monitoring().kill
    assert state is not None
    return state


def at(rig: EngineRig, venue: str = "v1") -> VenueKill:
    return kill_state(rig).venues[venue]


def slow_to_cancel(venue: ScriptedVenue, seconds: float) -> None:
    venue.latency_s = seconds


# what was confirmed --------------------------------------------------------------------------------------


def test_nothing_is_listed_while_nothing_is_halted_nor_after_the_halt_was_lifted():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        assert rig.engine.monitoring().kill is None
        await rig.execute(Kill())
        assert kill_state(rig).is_finished
        await rig.execute(Resume(reason="looked", word="resume"))
        assert rig.engine.monitoring().kill is None

    in_virtual_time(work)


def test_a_slow_venue_confirms_later_and_the_list_says_after_how_long():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop, ["v1", "v2"]).start()
        await rig.place(price="95")
        slow_to_cancel(rig.venue, 3.0)
        began = loop.time()
        result = await rig.execute(Kill(who="ann", reason="enough"))
        assert loop.time() - began <= 1.1
        assert (result.outcome, result.data["is_halted"]) == (Outcome.FAILED, True)
        assert (at(rig).acknowledged_ns, at(rig).orders_left) == (None, 1)
        assert at(rig, "v2").acknowledged_ms == pytest.approx(5.0)
        assert not kill_state(rig).is_finished
        await rig.elapse(4)
        assert at(rig).acknowledged_ms == pytest.approx(3000.0)
        assert (at(rig).orders_left, kill_state(rig).is_finished) == (0, True)
        assert (kill_state(rig).who, kill_state(rig).reason, kill_state(rig).level) == ("ann", "enough", "halted")

    in_virtual_time(work)


def test_a_venue_that_never_confirms_is_asked_again_and_never_counted_as_done():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        rig.venue.cancels_hang = True  # though nothing is known to be open there
        await rig.execute(Kill())
        await rig.elapse(30)
        assert rig.venue.cancel_all_calls >= 3
        assert at(rig).answer == "in_doubt: no answer within 5 s"
        assert not kill_state(rig).is_finished
        rig.venue.cancels_hang = False
        await rig.elapse(12)
        assert kill_state(rig).is_finished

    in_virtual_time(work)


def test_a_confirmation_of_an_earlier_halt_counts_for_nothing():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        slow_to_cancel(rig.venue, 3.0)
        await rig.execute(Kill())
        await rig.execute(Resume(reason="looked", word="resume"))
        await rig.elapse(1)
        rig.venue.cancels_hang = True
        await rig.execute(Kill())
        await rig.elapse(2.5)  # the first question is answered by now
        assert at(rig).acknowledged_ns is None

    in_virtual_time(work)


def test_a_halt_by_a_limit_asks_every_venue_also_where_no_order_is_known():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop, ["v1", "v2"]).start()
        await rig.place(quantity="19")
        await rig.elapse(2)
        rig.venues["v2"].place_foreign("theirs", PERP, Side.BUY, "1", "95")
        rig.venues["v2"].speech = rig.venues["v2"].speech.NOTHING
        rig.feed.quote(PERP, "70.0", "70.2")
        await rig.elapse(8)
        assert kill_state(rig).cause == "daily_loss"
        assert rig.venues["v2"].open_orders == []
        assert kill_state(rig).is_finished

    in_virtual_time(work)


def test_a_halt_that_a_restart_finds_is_confirmed_anew():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        await rig.execute(Kill(who="ann", flatten=True))
        await rig.crash()
        rig.venue.place_foreign("meanwhile", PERP, Side.BUY, "1", "95")
        again = await EngineRig(loop, world=rig).start()
        assert rig.venue.open_orders == []
        state = kill_state(again)
        assert (state.who, state.is_finished, state.is_journaled) == ("ann", True, True)
        (venue,) = state.venues.values()
        assert venue.asked_ns is not None
        assert venue.asked_ns > state.since_ns

    in_virtual_time(work)


def test_a_halt_that_is_not_in_the_journal_says_so():
    async def work(loop: VirtualLoop) -> None:
        journal = JournalInTheWay(InlineJournal())
        rig = await EngineRig(loop, journal=journal).start()
        journal.hold()
        await rig.execute(Kill())
        assert not kill_state(rig).is_journaled
        journal.release()
        await rig.settle()
        assert kill_state(rig).is_journaled

    in_virtual_time(work)


# flat ----------------------------------------------------------------------------------------------------


def test_flat_counts_only_once_the_account_read_after_the_last_fill_says_so():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        await rig.place(quantity="3")
        await rig.elapse(2)
        rig.venue.account_fails = True
        await rig.execute(Kill(flatten=True))
        await rig.elapse(20)
        assert (rig.position(), at(rig).positions_left) == (0, [])
        assert (at(rig).flat_verified_ns, kill_state(rig).is_finished) == (None, False)
        rig.venue.account_fails = False
        await rig.elapse(4)
        verified_ns = at(rig).flat_verified_ns
        assert verified_ns is not None
        assert verified_ns > rig.venue.fills[-1].venue_ns
        assert kill_state(rig).is_finished

    in_virtual_time(work)


def test_what_the_venue_still_holds_is_closed_before_flat_is_believed():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        rig.venue.positions[PERP], rig.venue.costs[PERP] = Decimal(2), Decimal(200)  # the engine never heard of it
        await rig.execute(Kill(flatten=True))
        await rig.settle()
        assert at(rig).positions_left == []
        assert not kill_state(rig).is_finished
        await rig.elapse(15)
        assert rig.venue.positions[PERP] == 0
        assert kill_state(rig).is_finished

    in_virtual_time(work)


def test_what_comes_after_flat_was_verified_takes_the_word_back():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        order_id = str((await rig.place(price="95")).data["client_order_id"])
        await rig.execute(Kill(flatten=True))
        await rig.elapse(5)
        assert kill_state(rig).is_finished
        rig.feed.is_silent = True
        await rig.elapse(5)
        rig.venue.orders[order_id].status = OrderStatus.OPEN
        rig.venue.execute(order_id)  # a fill that the venue was late with
        await rig.settle()
        assert not kill_state(rig).is_finished
        (left,) = at(rig).positions_left
        assert left.quantity == 1
        await rig.elapse(1)
        (left,) = at(rig).positions_left
        assert left.reason == "its book is older than 2 s"

    in_virtual_time(work)


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        ({"market_hours": CLOSED}, "its market is closed"),
        ({"min_notional": Decimal(1000)}, "its value is below the least value, 1000"),
        ({"min_quantity": Decimal(5)}, "what can be closed is below the least quantity, 5"),
    ],
)
def test_what_cannot_be_closed_is_named_with_its_reason_and_keeps_the_list_open(rules: dict[str, object], reason: str):
    async def work(loop: VirtualLoop) -> None:
        rig = EngineRig(loop, [("v1", [perpetual("v1", **rules)])])
        rig.venue.positions[PERP] = Decimal(3)
        await rig.start()
        await rig.execute(Kill(flatten=True))
        await rig.elapse(30)
        (left,) = at(rig).positions_left
        assert (left.symbol, left.quantity, left.reason) == (PERP, 3, reason)
        assert not kill_state(rig).is_finished

    in_virtual_time(work)


def test_a_position_is_closed_past_an_order_whose_cancel_hangs_where_it_would_not_cross_it():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        await rig.place(quantity="3")
        await rig.place(price="99.5")
        await rig.elapse(2)
        rig.venue.cancels_hang = True
        await rig.execute(Kill(flatten=True))
        await rig.elapse(8)
        assert rig.position() == 0
        closing = [intent for intent in rig.venue.submitted if intent.source == "flatten"]
        assert [intent.limit_price for intent in closing] == [Decimal("99.6")]

    in_virtual_time(work)


def test_what_closes_a_position_leaves_to_an_order_in_doubt_what_that_may_close():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        await rig.place(quantity="3")
        rig.venue.answers.append(Answer.LOSE_REQUEST)
        rig.venue.account_fails = True
        await rig.place("sell", "1", price="99.9")
        await rig.execute(Kill(flatten=True))
        await rig.elapse(8)
        assert rig.position() == 1
        (left,) = at(rig).positions_left
        assert left.reason.endswith("may live and close it")
        rig.venue.account_fails = False
        await rig.elapse(60)
        assert (rig.position(), rig.agrees_with_venues()) == (0, True)

    in_virtual_time(work)


def test_a_position_behind_an_order_in_doubt_says_what_it_waits_for():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        await rig.place(quantity="3")
        await rig.place(price="100")
        await rig.elapse(2)
        rig.venue.cancels_hang = True
        await rig.execute(Kill(flatten=True))
        await rig.elapse(8)
        (left,) = at(rig).positions_left
        text = "its book shows nothing within the band; kept clear of an own order at 100 that may live"
        assert (left.quantity, left.reason) == (3, text)
        rig.venue.cancels_hang = False
        await rig.elapse(20)
        assert kill_state(rig).is_finished

    in_virtual_time(work)


# the day's loss ------------------------------------------------------------------------------------------


def test_day_loss_with_a_slow_venue_is_flat_and_halted_within_ten_seconds_and_stays_so_through_a_restart():
    """F30: books that go on moving, resting orders in the way, one venue that takes 1.5 s for everything."""

    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop, ["v1", "v2"]).start()
        for venue in ("v1", "v2"):
            await rig.place(quantity="18", venue=venue)
            await rig.elapse(1.5)
            await rig.place(price="96", venue=venue)
        await rig.elapse(2.2)
        slow_to_cancel(rig.venues["v2"], 1.5)
        sent = {name: len(venue.submitted) for name, venue in rig.venues.items()}
        began = loop.time()
        rig.venues["v1"].feed.quote(PERP, "70.0", "70.2")
        await rig.elapse(0.001)
        assert rig.engine.monitoring().global_.halt_level == "flatten"  # with the event that showed it
        assert (await rig.place()).outcome is Outcome.REFUSED
        while not kill_state(rig).is_finished and loop.time() - began < 60:
            for number, feed in enumerate(rig.feeds.values()):
                low = Decimal("69.0") + Decimal(int(loop.time() * 10) % 7) / 10 + number
                feed.quote(PERP, str(low), str(low + Decimal("0.2")))
            await rig.elapse(0.1)
        assert kill_state(rig).is_finished
        assert loop.time() - began <= 10
        assert [rig.position("v1"), rig.position("v2")] == [0, 0]
        assert [venue.open_orders for venue in rig.venues.values()] == [[], []]
        assert rig.agrees_with_venues()
        later = [intent for name, venue in rig.venues.items() for intent in venue.submitted[sent[name] :]]
        assert [(intent.source, intent.reduce_only) for intent in later] == [("flatten", True)] * len(later)
        assert [fact.blocker.cause for fact in rig.facts(BlockerRaised)] == ["daily_loss"]

        await rig.crash()
        again = await EngineRig(loop, ["v1", "v2"], world=rig).start()
        assert again.engine.monitoring().global_.halt_level == "flatten"
        assert (await again.place()).outcome is Outcome.REFUSED
        assert alerts(again) == ["daily_loss global"]

    in_virtual_time(work)


def test_a_loss_right_behind_another_event_refuses_new_risk_at_once_and_halts_within_a_second():
    """F30: health is judged ten times a second at most, the gate values the account for every order."""

    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        await rig.place(quantity="18")
        await rig.elapse(2.2)
        rig.feed.quote(PERP, "99.9", "100.1")
        await rig.elapse(0.001)
        rig.feed.quote(PERP, "70.0", "70.2")
        await rig.elapse(0.001)
        refused = await rig.place(quantity="0.1")
        assert (refused.outcome, "day_loss" in refused.message) == (Outcome.REFUSED, True)
        await rig.elapse(1)
        assert rig.engine.monitoring().global_.halt_level == "flatten"

    in_virtual_time(work)


# alerts --------------------------------------------------------------------------------------------------


def alerts(rig: EngineRig) -> list[str]:
    return [alert.name for alert in rig.engine.monitoring().alerts if alert.severity == "critical"]


@pytest.mark.parametrize("flatten", [False, True])
def test_a_kill_is_a_critical_alert_that_stands_until_a_person_lifts_it(flatten: bool):
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        assert alerts(rig) == []
        await rig.execute(Kill(reason="enough", flatten=flatten))
        assert alerts(rig) == ["kill global"]
        await rig.elapse(3600)
        assert alerts(rig) == ["kill global"]
        await rig.crash()
        again = await EngineRig(loop, world=rig).start()
        assert alerts(again) == ["kill global"]
        await again.execute(Resume(reason="looked", word="resume"))
        assert alerts(again) == []

    in_virtual_time(work)


# wishes from outside -------------------------------------------------------------------------------------


def wants_to_trade() -> ScriptedStrategy:
    def quote(ctx: StrategyContext, *_: object) -> None:
        ctx.submit(buy(BTC, price=str(90 + len(strategy.calls) % 9)))

    strategy = ScriptedStrategy("eager", BTC, book=quote, trade=quote)
    return strategy


def test_a_wish_from_outside_counts_before_the_very_next_order():
    """F28: whatever wakes a strategy first, no second has to pass."""

    async def work(loop: VirtualLoop) -> None:
        wishes: list[Kill] = []
        strategy = wants_to_trade()
        rig = await EngineRig(loop, kill_wish=lambda: wishes[-1] if wishes else None).start(strategy)
        await rig.elapse(2)
        before = len(rig.facts(OrderIntended))
        assert before > 0
        wishes.append(Kill(who="kill file", reason="outside", flatten=True))
        rig.heartbeat.stop()  # nobody looks at the file once a second
        tries = len(strategy.calls)
        rig.feed.quote(PERP, "99.9", "100.1")
        rig.feed.trade(PERP, "100", 1)
        await rig.elapse(1)
        assert len(strategy.calls) > tries
        assert len(rig.facts(OrderIntended)) == before
        assert rig.engine.monitoring().global_.halt_level == "flatten"
        assert rig.venue.open_orders == []
        assert len([fact for fact in rig.facts(BlockerRaised) if fact.blocker.cause == "kill"]) == 1

    in_virtual_time(work)


def test_an_order_that_waits_for_its_commit_does_not_leave_once_somebody_outside_kills():
    async def work(loop: VirtualLoop) -> None:
        wishes: list[Kill] = []
        journal = JournalInTheWay(InlineJournal())
        rig = await EngineRig(loop, journal=journal, kill_wish=lambda: wishes[-1] if wishes else None).start()
        journal.hold()
        placing = loop.create_task(rig.place(price="95"))
        await rig.elapse(0.01)
        wishes.append(Kill(who="kill file"))
        journal.release()
        await placing
        assert rig.venue.submitted == []
        assert "halted" in str(rig.fold.orders.get(str(placing.result().data["client_order_id"])).reason)

    in_virtual_time(work)


def test_a_kill_that_an_order_finds_before_its_sender_asks_is_journaled_once():
    async def work(loop: VirtualLoop) -> None:
        wishes: list[Kill] = []
        rig = await EngineRig(loop, kill_wish=lambda: wishes[-1] if wishes else None).start()
        wishes.append(Kill(who="kill file"))
        await rig.place(price="95")
        assert (await rig.execute(Kill(who="kill file"))).outcome is Outcome.DONE
        assert [fact.blocker.who for fact in rig.facts(BlockerRaised)] == ["kill file"]
        assert rig.venue.cancel_all_calls >= 2
        assert kill_state(rig).is_journaled

    in_virtual_time(work)


def test_a_wish_to_flatten_tightens_a_halt_that_stands():
    async def work(loop: VirtualLoop) -> None:
        wishes: list[Kill] = []
        rig = await EngineRig(loop, kill_wish=lambda: wishes[-1] if wishes else None).start()
        await rig.place(quantity="2")
        await rig.elapse(2)
        await rig.execute(Kill())
        wishes.append(Kill(flatten=True))
        await rig.place()
        await rig.elapse(6)
        assert rig.position() == 0

    in_virtual_time(work)


def test_an_answer_lost_on_the_way_keeps_flat_unverified_until_the_account_decides():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        await rig.place(quantity="3")
        await rig.elapse(2)
        rig.venue.answers.append(Answer.LOSE_ANSWER)
        rig.venue.speech = rig.venue.speech.NOTHING
        await rig.execute(Kill(flatten=True))
        await rig.elapse(3)
        assert not kill_state(rig).is_finished
        await rig.elapse(40)
        assert rig.position() == 0
        assert kill_state(rig).is_finished
        assert rig.agrees_with_venues()

    in_virtual_time(work)
