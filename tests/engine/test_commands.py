"""Every command is answered, with what is allowed where it cannot be carried out; none breaks the engine."""

import asyncio
from decimal import Decimal

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.control import commands
from core.control.commands import (
    AnyCommand,
    CancelOrder,
    CancelOrders,
    CommandResult,
    Kill,
    Outcome,
    Pause,
    Resume,
    SetRiskMode,
    StopStrategy,
)
from core.io.inline_journal import InlineJournal
from core.io.virtual_loop import VirtualLoop
from core.journal.facts import RiskModeChanged
from core.state.desk import DeskRequest, DeskSnapshot
from core.types.control import RiskMode
from core.types.instrument import InstrumentId
from core.types.order import Side
from tests.engine.rig import PERP, EngineRig, JournalInTheWay, ScriptedStrategy, in_virtual_time
from tests.engine.venues import Answer, spot

words = st.sampled_from(["", "v1", "v2", "s", PERP, "buy", "limit", "gtc", "resume", "balanced", "s0001-1"]) | st.text(
    max_size=8
)
numbers = st.sampled_from([Decimal(1), Decimal("99.9"), Decimal("0.015"), Decimal(0)]) | st.decimals(allow_nan=True)
orders = st.builds(
    commands.PlaceOrder,
    venue=st.sampled_from(["v1", "v2", "nowhere"]),
    symbol=st.just(PERP) | words,
    side=st.sampled_from(["buy", "sell", "hold"]),
    quantity=numbers,
    order_type=st.sampled_from(["market", "limit", "stop"]),
    limit_price=st.none() | numbers,
    time_in_force=st.sampled_from(["gtc", "ioc", "day"]),
    post_only=st.booleans(),
    reduce_only=st.booleans(),
    who=words,
)
every_command = st.one_of(
    orders,
    orders,
    st.builds(commands.Pause, who=words, reason=words),
    st.builds(commands.Resume, who=words, reason=words, word=words),
    st.builds(SetRiskMode, mode=words, who=words),
    st.builds(Kill, flatten=st.booleans(), reason=words, who=words),
    st.builds(CancelOrder, client_order_id=words, who=words),
    st.builds(CancelOrders, venue=st.none() | words, symbol=st.none() | words, side=st.none() | words),
    st.builds(commands.StartStrategy, name=words, parameters=st.dictionaries(words, words, max_size=2)),
    st.builds(commands.StopStrategy, name=words),
)
answers = st.lists(st.sampled_from(list(Answer)), max_size=4)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(every_command, min_size=1, max_size=12), answers)
def test_every_command_is_answered_and_the_engine_can_still_be_shown_and_killed(
    wanted: list[AnyCommand], venue_answers: list[Answer]
) -> None:
    async def work(loop: VirtualLoop) -> None:
        makers = {"s": lambda: ScriptedStrategy("s", InstrumentId("v1", PERP))}
        rig = await EngineRig(loop, ["v1", "v2"], strategies=makers).start()
        rig.venue.answers.extend(venue_answers)
        for command in wanted:
            result = await rig.execute(command)
            assert isinstance(result, CommandResult)
            assert result.message
            assert "unexpected" not in result.message
            msgspec.json.encode(result)
        encoded = msgspec.json.encode(rig.engine.desk(DeskRequest(books=(f"{PERP}@v1",))))
        assert msgspec.json.decode(encoded, type=DeskSnapshot).orders is not None
        assert "engine_fault" not in rig.causes()
        assert "storage" not in rig.causes()
        await rig.execute(Kill(flatten=True))
        await rig.elapse(40)
        assert [venue.open_orders for venue in rig.venues.values()] == [[], []]
        assert [sum(venue.positions.values()) for venue in rig.venues.values()] == [0, 0]
        assert rig.agrees_with_venues()

    in_virtual_time(work)


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (SetRiskMode(mode="brave"), "not one of conservative, balanced, aggressive"),
        (CancelOrder(client_order_id="none"), "there is no order none"),
        (CancelOrders(venue="v9"), "venue 'v9' is not one of v1"),
        (CancelOrders(side="long"), "side 'long' is not one of buy, sell"),
        (commands.StopStrategy(name="s"), "strategy s is not running"),
        (commands.StartStrategy(name="x"), "there is no strategy 'x'"),
        (commands.PlaceOrder(venue="v1", symbol="BTC/USD", side="buy", quantity=Decimal(1)), f"near are {PERP}@v1"),
        (commands.PlaceOrder(venue="v1", symbol=PERP, side="long", quantity=Decimal(1)), "not one of buy, sell"),
        (commands.PlaceOrder(venue="v1", symbol=PERP, side="buy", quantity=Decimal(0)), "more than 0"),
        (commands.PlaceOrder(venue="v1", symbol=PERP, side="buy", quantity=Decimal("NaN")), "more than 0"),
        (
            commands.PlaceOrder(venue="v1", symbol=PERP, side="buy", quantity=Decimal(1), order_type="limit"),
            "a limit order, and no other, has a limit_price",
        ),
    ],
)
def test_what_makes_no_sense_is_invalid_and_says_what_is_allowed(command: AnyCommand, text: str):
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        result = await rig.execute(command)
        assert (result.outcome, text in result.message) == (Outcome.INVALID, True), result.message

    in_virtual_time(work)


def test_a_refusal_names_each_rule_with_limit_and_observed_value():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        result = await rig.place(quantity="25")
        assert result.outcome is Outcome.REFUSED
        assert "order_value: 2502.5 USD, allowed at most 2000" in result.message
        refused_by = result.data["refused_by"]
        assert isinstance(refused_by, list)
        assert {"rule": "order_value", "unit": "USD", "limit": "at most 2000", "observed": "2502.5"} in refused_by

    in_virtual_time(work)


def test_cancel_orders_picks_by_venue_and_symbol():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop, ["v1", "v2"]).start()
        for venue in ("v1", "v2"):
            await rig.place(price="95", venue=venue)
        assert (await rig.execute(CancelOrders(symbol="ETH/USDT"))).data == {"cancelled": 0, "failed": 0}
        assert (await rig.execute(CancelOrders(venue="v2"))).data == {"cancelled": 1, "failed": 0}
        assert [len(venue.open_orders) for venue in rig.venues.values()] == [1, 0]

    in_virtual_time(work)


def test_cancel_orders_of_one_side_leaves_the_other():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        await rig.place(price="95")
        await rig.place(side="sell", price="105")
        assert (await rig.execute(CancelOrders(side="buy"))).data == {"cancelled": 1, "failed": 0}
        assert [order.intent.side for order in rig.venue.open_orders] == [Side.SELL]

    in_virtual_time(work)


def test_a_cancel_that_hangs_holds_up_no_other_cancel():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop, ["v1", "v2"]).start()
        for price in ("95", "96"):
            await rig.place(price=price)
        await rig.place(price="95", venue="v2")
        rig.venue.cancel_answers.extend([Answer.LOSE_REQUEST, Answer.LOSE_REQUEST])
        cancelling = asyncio.ensure_future(rig.execute(CancelOrders()))
        await rig.settle()
        assert rig.venues["v2"].open_orders == []
        result = await cancelling
        assert (result.outcome, result.data) == (Outcome.FAILED, {"cancelled": 1, "failed": 2})

    in_virtual_time(work)


def test_the_desk_is_the_same_after_a_journey_through_json():
    async def work(loop: VirtualLoop) -> None:
        btc = InstrumentId("v1", PERP)
        strategy = ScriptedStrategy("s", btc)
        venues = ["v2", ("v1", [*EngineRig(loop).feed.instruments.values(), spot("v1")])]
        rig = await EngineRig(loop, venues).start(strategy)
        await rig.place(quantity="2")
        await rig.place(price="95")
        await rig.place("sell", "1", "101")
        await rig.place(quantity="500")
        rig.feed.trade(PERP, "100", 1)
        await rig.elapse(65)
        request = DeskRequest(books=(f"{PERP}@v1", "nothing@nowhere"), chart=f"{PERP}@v1", timeframe="1m")
        snapshot = rig.engine.desk(request)
        assert msgspec.json.decode(msgspec.json.encode(snapshot), type=DeskSnapshot) == snapshot
        assert list(snapshot.books) == [f"{PERP}@v1"]
        assert [(level.side, level.price_ticks) for level in snapshot.books[f"{PERP}@v1"].own] == [
            ("buy", 950),
            ("sell", 1010),
        ]
        assert snapshot.chart is not None
        assert snapshot.chart.bars
        assert [fill.quantity for fill in snapshot.fills] == [2]
        assert [order.status for order in snapshot.orders] == ["open", "open", "filled"]
        assert snapshot.positions[0].quantity == 2
        assert snapshot.monitoring.global_.active_strategies == 1

    in_virtual_time(work)


def test_commands_before_the_engine_is_connected_are_answered():
    async def work(loop: VirtualLoop) -> None:
        rig = EngineRig(loop)
        assert (await rig.place()).outcome is Outcome.INVALID
        assert (await rig.execute(CancelOrders())).outcome is Outcome.DONE
        assert (await rig.execute(Kill(reason="before"))).outcome is Outcome.DONE
        assert rig.engine.monitoring().global_.system_status == "starting"
        await rig.start()
        assert (await rig.place()).outcome is Outcome.REFUSED

    in_virtual_time(work)


def test_a_safer_mode_chosen_while_the_first_start_is_under_way_is_not_loosened_by_the_configuration():
    async def work(loop: VirtualLoop) -> None:
        rig = EngineRig(loop)
        assert (await rig.execute(SetRiskMode(mode="conservative", who="me"))).outcome is Outcome.DONE
        await rig.start()
        assert rig.engine.monitoring().global_.risk_mode == RiskMode.CONSERVATIVE

    in_virtual_time(work)


@pytest.mark.parametrize(
    "command",
    [Pause(reason="lunch"), Resume(), SetRiskMode(mode="aggressive"), StopStrategy(name="nobody")],
    ids=lambda command: type(command).__name__,
)
def test_what_a_restart_must_know_is_answered_only_once_it_is_durable(command: AnyCommand):
    async def work(loop: VirtualLoop) -> None:
        journal = JournalInTheWay(InlineJournal())
        rig = await EngineRig(loop, journal=journal).start()
        await rig.execute(Pause(reason="before"))
        await rig.execute(Resume())
        journal.hold()
        held = RiskModeChanged(at_ns=rig.engine.parts.clock.utc_ns(), mode=RiskMode.BALANCED, who="test")
        rig.engine.parts.recorder.record(held)
        answer = asyncio.ensure_future(rig.execute(command))
        await rig.settle()
        assert not answer.done()
        journal.release()
        await rig.settle()
        assert answer.done()

    in_virtual_time(work)


def test_a_command_on_a_disk_that_hangs_says_that_a_restart_would_not_know_of_it():
    async def work(loop: VirtualLoop) -> None:
        journal = JournalInTheWay(InlineJournal())
        rig = await EngineRig(loop, journal=journal).start()
        journal.hold()
        result = await rig.execute(SetRiskMode(mode="aggressive"))
        assert result.outcome is Outcome.FAILED
        assert "risk mode is aggressive; but it is not in the journal" in result.message

    in_virtual_time(work)
