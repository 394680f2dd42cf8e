"""Kill, pause, resume and automatic halts: block, cancel everywhere, flatten; a person alone loosens."""

from decimal import Decimal

import msgspec
import pytest

from core.control.commands import Kill, Outcome, Pause, Resume, SetRiskMode
from core.io.inline_journal import InlineJournal
from core.io.virtual_loop import VirtualLoop
from core.journal.facts import BlockerRaised
from core.risk.limits import RiskLimits
from core.types.control import TradingMode
from core.types.market import FeedState
from core.types.order import OrderStatus, OrderType, Side, TimeInForce
from tests.engine.rig import PERP, EngineRig, JournalInTheWay, in_virtual_time
from tests.engine.venues import CLOSED, Answer, perpetual


def test_kill_cancels_everywhere_and_refuses_new_orders():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop, ["v1", "v2"]).start()
        for venue in ("v1", "v2"):
            await rig.place(price="95", venue=venue)
        result = await rig.execute(Kill(reason="enough"))
        await rig.settle()
        assert result.outcome is Outcome.DONE
        assert result.data["venues"] == {"v1": "cancelled", "v2": "cancelled"}
        assert [venue.open_orders for venue in rig.venues.values()] == [[], []]
        refused = await rig.place()
        assert refused.outcome is Outcome.REFUSED
        assert "HALTED by kill (global)" in refused.message
        assert rig.engine.monitoring().global_.system_status == "halted"

    in_virtual_time(work)


def test_a_venue_that_hangs_delays_no_other_cancel_and_the_result_says_so():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop, ["v1", "v2"]).start()
        for venue in ("v1", "v2"):
            await rig.place(price="95", venue=venue)
        rig.venues["v1"].cancels_hang = True
        began = loop.time()
        cancelled_at: list[float] = []
        rig.venues["v2"].on_cancelled = lambda _: cancelled_at.append(loop.time() - began)
        result = await rig.execute(Kill())
        assert result.outcome is Outcome.FAILED
        assert "v1 has not answered yet" in result.message
        assert result.data["venues"]["v2"] == "cancelled"
        assert cancelled_at[0] < 0.1
        assert loop.time() - began < 1.5  # whoever asks hears soon that the engine lives
        rig.venues["v1"].cancels_hang = False
        await rig.elapse(8)
        assert rig.venues["v1"].open_orders == []  # asked again every second

    in_virtual_time(work)


def test_flatten_goes_on_reduce_only_inside_the_band_until_nothing_is_held():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        await rig.place(quantity="10")
        await rig.elapse(2)
        rig.feed.quote(PERP, "99.9", "100.1", depth="4")  # the book shows less than is held
        result = await rig.execute(Kill(flatten=True))
        assert result.outcome is Outcome.DONE
        await rig.elapse(10)
        assert rig.position() == 0
        closing = [intent for intent in rig.venue.submitted if intent.source == "flatten"]
        assert [intent.quantity for intent in closing] == [4, 4, 2]
        for intent in closing:
            assert (intent.reduce_only, intent.order_type) == (True, OrderType.LIMIT)
            assert intent.time_in_force is TimeInForce.IOC
            assert intent.limit_price is not None
            assert intent.limit_price >= Decimal("98.0")  # 2 % below the middle
        assert rig.agrees_with_venues()

    in_virtual_time(work)


def test_flatten_waits_for_no_venue_that_hangs():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop, ["v1", "v2"]).start()
        await rig.place(quantity="3", venue="v2")
        await rig.place(price="95", venue="v1")
        await rig.elapse(2)
        rig.venues["v1"].cancels_hang = True
        rig.venues["v2"].feed.quote(PERP, "99.9", "100.1", depth="1")
        await rig.execute(Kill(flatten=True))
        await rig.elapse(4)
        assert rig.position("v2") == 0

    in_virtual_time(work)


def test_flatten_order_that_travels_long_is_not_cancelled_on_its_way():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        await rig.place(quantity="3")
        await rig.elapse(2)
        rig.venue.latency_s = 3.0
        await rig.execute(Kill(flatten=True))
        await rig.elapse(4)
        assert rig.position() == 0
        assert rig.venue.cancel_all_calls == 1

    in_virtual_time(work)


def test_flatten_order_whose_answer_is_lost_is_not_sent_twice():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        await rig.place(quantity="3")
        await rig.elapse(2)
        rig.venue.answers.append(Answer.LOSE_REQUEST)
        await rig.execute(Kill(flatten=True))
        await rig.elapse(8)
        assert len([intent for intent in rig.venue.submitted if intent.source == "flatten"]) == 1
        await rig.elapse(20)  # until it is sure that it never arrived
        assert rig.position() == 0
        assert rig.agrees_with_venues()

    in_virtual_time(work)


def test_position_in_a_closed_market_is_reported_and_left():
    async def work(loop: VirtualLoop) -> None:
        rig = EngineRig(loop, [("v1", [perpetual("v1", "NVDA/USD:USD", market_hours=CLOSED)])])
        rig.venue.positions["NVDA/USD:USD"] = Decimal(3)
        await rig.start()
        await rig.execute(Kill(flatten=True))
        await rig.elapse(5)
        assert rig.venue.submitted == []
        text = "NVDA/USD:USD@v1 is not flattened: 3 is left, its market is closed"
        assert rig.log().count(text) == 1

    in_virtual_time(work)


def test_flatten_waits_for_a_readable_book_and_says_so_once():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        await rig.place()
        await rig.elapse(2)
        rig.feed.is_silent = True
        await rig.elapse(5)
        await rig.execute(Kill(flatten=True))
        await rig.elapse(20)
        assert rig.position() == 1
        assert rig.log().count("is not flattened") == 1
        rig.feed.is_silent = False
        await rig.elapse(3)
        assert rig.position() == 0

    in_virtual_time(work)


def test_what_is_too_small_to_be_flattened_is_said_once_however_its_price_moves():
    async def work(loop: VirtualLoop) -> None:
        rig = EngineRig(loop, [("v1", [perpetual("v1", min_notional=Decimal(1000))])])
        rig.venue.positions[PERP] = Decimal(1)
        await rig.start()
        await rig.execute(Kill(flatten=True))
        for cents in range(1, 10):
            rig.feed.quote(PERP, f"99.{cents}", "100.1")
            await rig.elapse(1)
        assert rig.log().count("is not flattened") == 1

    in_virtual_time(work)


def test_flattening_that_the_gate_refuses_every_second_does_not_fill_the_journal():
    async def work(loop: VirtualLoop) -> None:
        rig = EngineRig(loop)
        rig.venue.positions[PERP] = Decimal(-1)
        await rig.start()
        # Nothing that a plan looks at: live mode without a confirmation lets no order out at all.
        msgspec.structs.force_setattr(rig.engine.parts.settings, "trading_mode", TradingMode.LIVE)
        await rig.execute(Kill(flatten=True))
        await rig.elapse(50)
        assert rig.refusals() == ["mode_gate"]

    in_virtual_time(work)


def test_day_loss_flattens_and_halts_with_the_very_event_that_breaks_the_limit():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        await rig.place(quantity="19")
        await rig.place(price="96")
        await rig.elapse(1.2)
        rig.feed.quote(PERP, "70.0", "70.2")
        await rig.elapse(0.001)
        assert rig.engine.monitoring().global_.halt_level == "flatten"
        await rig.elapse(0.05)
        assert rig.venue.open_orders == []
        await rig.elapse(2)  # the books are free of own orders now
        assert rig.position() == 0
        assert rig.refusals() == []
        (raised,) = rig.facts(BlockerRaised)
        assert (raised.blocker.cause, raised.blocker.who) == ("daily_loss", "engine")
        assert (await rig.place()).outcome is Outcome.REFUSED

    in_virtual_time(work)


def test_day_loss_is_flattened_at_once_where_no_own_order_stands_in_the_way():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        await rig.place(quantity="19")
        await rig.elapse(1.2)
        rig.feed.quote(PERP, "70.0", "70.2")
        await rig.elapse(0.05)
        assert rig.position() == 0

    in_virtual_time(work)


def test_loss_by_a_fill_halts_with_the_event_of_the_fill():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        order_id = str((await rig.place(quantity="19", price="96")).data["client_order_id"])
        rig.venue.execute(order_id, price=Decimal("140"))  # a venue that fills through the limit
        await rig.elapse(0.001)
        assert rig.engine.monitoring().global_.halt_level == "flatten"

    in_virtual_time(work)


def test_day_loss_is_noticed_while_equity_is_not_known():
    async def work(loop: VirtualLoop) -> None:
        rig = EngineRig(loop)
        rig.venue.other_balances = {"XYZ": Decimal(1)}  # nobody quotes it
        rig.venue.positions[PERP] = Decimal(100)
        await rig.start()
        assert rig.engine.monitoring().global_.equity_usd is None
        rig.feed.quote(PERP, "90.0", "90.2")
        await rig.elapse(1)
        assert "daily_loss" in rig.causes()

    in_virtual_time(work)


def test_pause_refuses_new_risk_lets_reducing_and_cancels_go_and_resume_lifts_it():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        await rig.place(quantity="2")
        resting = await rig.place(price="95")
        assert (await rig.execute(Pause(who="ann", reason="lunch"))).outcome is Outcome.DONE
        assert (await rig.execute(Pause())).message == "paused already"
        assert rig.engine.monitoring().global_.system_status == "paused"
        assert (await rig.place(quantity="3")).outcome is Outcome.REFUSED
        assert (await rig.place("sell", "1", "99.9", reduce_only=True)).outcome is Outcome.DONE
        assert rig.status(str(resting.data["client_order_id"])) is OrderStatus.OPEN
        assert (await rig.execute(Resume())).outcome is Outcome.DONE
        await rig.elapse(2)
        assert (await rig.place(quantity="3")).outcome is Outcome.DONE

    in_virtual_time(work)


@pytest.mark.parametrize(
    ("reason", "word", "outcome"),
    [("", "", Outcome.INVALID), ("looked", "", Outcome.INVALID), ("", "resume", Outcome.INVALID),
     ("looked", "RESUME", Outcome.INVALID), ("looked", "resume", Outcome.DONE)],
)  # fmt: skip
def test_a_kill_is_lifted_only_with_a_reason_and_the_typed_word(reason: str, word: str, outcome: Outcome):
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        await rig.execute(Kill())
        result = await rig.execute(Resume(reason=reason, word=word))
        assert result.outcome is outcome
        is_open = (await rig.place()).outcome is Outcome.DONE
        assert is_open == (outcome is Outcome.DONE)

    in_virtual_time(work)


def test_resume_names_what_no_word_can_lift():
    async def work(loop: VirtualLoop) -> None:
        rig = EngineRig(loop)
        rig.venue.account_fails = True
        await rig.start()
        result = await rig.execute(Resume(reason="looked", word="resume"))
        assert "reconciliation (venue:v1" in result.message

    in_virtual_time(work)


def test_orders_that_fail_again_and_again_stop_new_risk_until_a_person_resumes():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        for number in range(20):
            rig.venue.answers.append(Answer.REJECT if number < 2 else Answer.TAKE)
            await rig.place(price=str(95 + Decimal(number) / 10), quantity="0.1")
            await rig.elapse(1)
        assert rig.causes() == ["order_failures"]
        assert (await rig.place()).outcome is Outcome.REFUSED
        assert (await rig.execute(Resume(reason="venue was down"))).outcome is Outcome.DONE
        assert (await rig.place()).outcome is Outcome.DONE

    in_virtual_time(work)


def test_the_end_of_a_pause_forgives_no_failed_orders():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        for number in range(20):
            rig.venue.answers.append(Answer.REJECT if number < 2 else Answer.TAKE)
            await rig.place(price=str(95 + Decimal(number) / 10), quantity="0.1")
            await rig.elapse(1)
            if number == 18:
                await rig.execute(Pause())
                assert (await rig.execute(Resume())).outcome is Outcome.DONE
        assert rig.causes() == ["order_failures"]

    in_virtual_time(work)


@pytest.mark.parametrize("trouble", ["silent", "invalid", "down"])
def test_a_book_that_cannot_be_trusted_refuses_market_orders(trouble: str):
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        match trouble:
            case "silent":
                rig.feed.is_silent = True
                await rig.elapse(2.1)
            case "invalid":
                rig.feed.invalidate(PERP)
            case _:
                rig.feed.state(FeedState.DOWN, "connection lost")
        result = await rig.place()
        assert result.outcome is Outcome.REFUSED
        assert "fresh_book" in [each["rule"] for each in result.data["refused_by"]]

    in_virtual_time(work)


def test_kill_goes_on_while_a_venue_is_still_starting():
    async def work(loop: VirtualLoop) -> None:
        rig = EngineRig(loop, ["v1", "v2"])
        rig.venues["v1"].place_foreign("theirs", PERP, Side.BUY, "1", "95")
        rig.venues["v2"].starts_never = True
        starting = loop.create_task(rig.start(warm_up_s=0))
        await rig.elapse(2)
        result = await rig.execute(Kill(flatten=True))
        assert result.data["venues"]["v1"] == "cancelled"
        await starting
        assert rig.venues["v1"].open_orders == []
        await rig.engine.stop("test", cancel_orders=False)

    in_virtual_time(work)


def test_a_disk_that_hangs_keeps_no_kill_from_being_answered_and_the_answer_says_so():
    async def work(loop: VirtualLoop) -> None:
        journal = JournalInTheWay(InlineJournal())
        rig = await EngineRig(loop, journal=journal).start()
        await rig.place(price="95")
        journal.hold()
        result = await rig.execute(Kill())
        assert (result.outcome, result.data["is_journaled"]) == (Outcome.FAILED, False)
        assert "the halt is not in the journal" in result.message
        assert rig.venue.open_orders == []

    in_virtual_time(work)


def test_resume_of_what_only_passes_by_itself_does_not_say_that_nothing_is_blocked():
    async def work(loop: VirtualLoop) -> None:
        journal = JournalInTheWay(InlineJournal())
        rig = await EngineRig(loop, journal=journal).start()
        journal.fail()
        await rig.execute(SetRiskMode(mode="balanced"))
        await rig.settle()
        message = (await rig.execute(Resume(reason="go", word="resume"))).message
        assert "nothing is blocked" not in message
        assert "no word lifts storage (global, CANCEL_ONLY)" in message

    in_virtual_time(work)


def test_a_resume_of_what_is_raised_again_at_once_says_so():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop, limits=RiskLimits(daily_loss_usd=Decimal(200))).start()
        await rig.place(quantity="4")
        rig.feed.quote(PERP, "40", "40.2")
        await rig.elapse(1)
        result = await rig.execute(Resume(reason="looked at it", word="resume"))
        assert result.outcome is Outcome.FAILED
        assert "raised again at once, because its cause lasts: daily_loss (global)" in result.message
        assert rig.causes() == ["daily_loss"]

    in_virtual_time(work)


def test_a_person_who_lifts_a_drawdown_has_it_counted_from_the_equity_of_then():
    async def work(loop: VirtualLoop) -> None:
        limits = RiskLimits(max_drawdown_pct=Decimal(2), daily_loss_usd=Decimal(10_000), daily_loss_pct=Decimal(50))
        rig = await EngineRig(loop, cash="10000", limits=limits).start()
        await rig.place(quantity="4")
        rig.feed.quote(PERP, "40", "40.2")
        await rig.elapse(1)
        assert rig.causes() == ["drawdown"]
        assert (await rig.execute(Resume(reason="looked at it"))).outcome is Outcome.DONE
        await rig.elapse(5)
        assert rig.causes() == []
        rig.feed.quote(PERP, "0.1", "0.2")  # 1.6 % more
        await rig.elapse(1)
        assert rig.causes() == []

    in_virtual_time(work)
