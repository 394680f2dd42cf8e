"""Alerts are told to sinks; whatever a sink does, trading does not wait and the alert stands."""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.control.commands import Halt, Kill, ProbeAlertSink, Resume
from core.engine.alert_queue import AlertQueue
from core.engine.stages import Stage
from core.io.seeded_randomness import SeededRandomness
from core.io.virtual_loop import VirtualLoop
from core.ports.alert_sink import AlertEvent, AlertMessage, AlertRoute, AlertSinkError, Severity
from core.state.monitoring import Alert
from core.types.control import HaltLevel
from core.types.market import FeedState
from tests.engine.rig import EngineRig, in_virtual_time

SECRET = "json://user:geheim@example.invalid/token"


class ScriptedSink:
    """Takes messages, or does with them what a test wants."""

    def __init__(self) -> None:
        self.taken: list[AlertMessage] = []
        self.attempts: list[float] = []
        self.does: Callable[[], Any] | None = None

    async def deliver(self, message: AlertMessage) -> None:
        self.attempts.append(asyncio.get_running_loop().time())
        if self.does is not None:
            await self.does()
        self.taken.append(message)

    def names(self, event: AlertEvent = AlertEvent.STANDING) -> list[str]:
        return [message.name for message in self.taken if message.event is event]


async def hang() -> None:
    await asyncio.get_running_loop().create_future()


async def hang_and_swallow_the_end() -> None:
    try:
        await hang()
    except asyncio.CancelledError:
        await asyncio.sleep(100)


async def refuse() -> None:
    raise AlertSinkError("the service did not take it")


async def break_with_the_address() -> None:
    raise ConnectionError(f"cannot reach {SECRET}")


def rigged(loop: VirtualLoop, **sinks: ScriptedSink) -> EngineRig:
    routes = [AlertRoute(name=name, sink=sink, timeout_s=2.0) for name, sink in sinks.items()]
    return EngineRig(loop, alert_routes=routes, randomness=SeededRandomness(1))


def alerts(rig: EngineRig) -> dict[str, Alert]:
    return {alert.name: alert for alert in rig.engine.monitoring().alerts}


def test_what_begins_to_stand_and_what_ends_is_told_once():
    async def work(loop: VirtualLoop) -> None:
        sink = ScriptedSink()
        rig = await rigged(loop, phone=sink).start()
        assert sink.taken == []
        rig.feed.is_silent = True
        rig.feed.state(FeedState.DOWN, "connection lost")
        await rig.elapse(30)
        assert sink.names() == ["feed v1"]
        delivered = alerts(rig)["feed v1"].delivered_ns
        assert list(delivered) == ["phone"]
        rig.feed.is_silent = False
        rig.feed.state(FeedState.UP)
        await rig.elapse(10)
        assert sink.names(AlertEvent.ENDED) == ["feed v1"]
        assert "feed v1" not in alerts(rig)

    in_virtual_time(work)


def test_the_word_of_an_end_is_no_delivery_of_the_alert_that_comes_next():
    async def work(loop: VirtualLoop) -> None:
        sink = ScriptedSink()
        rig = await rigged(loop, phone=sink).start()
        rig.feed.state(FeedState.DOWN, "connection lost")
        await rig.elapse(2)
        rig.feed.state(FeedState.UP)
        await rig.elapse(10)
        assert sink.names(AlertEvent.ENDED) == ["feed v1"]
        assert rig.engine.parts.alerts.delivered_ns("feed v1") == {}  # nor kept for ever, once for each alert there was
        sink.does = refuse
        rig.feed.state(FeedState.DOWN, "connection lost")
        await rig.elapse(2)
        assert alerts(rig)["feed v1"].delivered_ns == {}

    in_virtual_time(work)


def test_what_flickers_is_told_once():
    async def work(loop: VirtualLoop) -> None:
        sink = ScriptedSink()
        rig = await rigged(loop, phone=sink).start()
        for _ in range(10):
            rig.feed.state(FeedState.DOWN, "connection lost")
            await rig.elapse(2)
            rig.feed.state(FeedState.UP)
            await rig.elapse(2)
        assert [(message.event, message.name) for message in sink.taken] == [(AlertEvent.STANDING, "feed v1")]

    in_virtual_time(work)


def test_a_kill_is_told_at_once_and_always_even_where_it_is_lifted_within_the_second():
    async def work(loop: VirtualLoop) -> None:
        sink = ScriptedSink()
        rig = await rigged(loop, phone=sink).start()
        await rig.execute(Kill(reason="wrong prices"))
        await rig.execute(Resume(reason="looked", word="resume"))
        await rig.settle()
        assert sink.names() == ["kill global"]
        assert sink.taken[0].severity is Severity.CRITICAL
        assert "wrong prices" in sink.taken[0].text
        await rig.execute(Kill(reason="again"))
        await rig.settle()
        assert sink.names() == ["kill global"] * 2

    in_virtual_time(work)


def test_what_gets_worse_is_told_again_and_what_is_too_mild_never():
    async def work(loop: VirtualLoop) -> None:
        mild, strict = ScriptedSink(), ScriptedSink()
        routes = [
            AlertRoute(name="mild", sink=mild),
            AlertRoute(name="strict", sink=strict, min_severity=Severity.CRITICAL),
        ]
        rig = await EngineRig(loop, alert_routes=routes).start()
        await rig.execute(Halt(scope="global", level="reduce_only", reason="a doubt"))
        await rig.elapse(3)
        assert (mild.names(), strict.taken) == (["manual global"], [])
        await rig.execute(Halt(scope="global", level="halted", reason="a greater one"))
        await rig.elapse(3)
        assert mild.names(AlertEvent.WORSE) == ["manual global"]
        assert strict.names(AlertEvent.WORSE) == ["manual global"]

    in_virtual_time(work)


@pytest.mark.parametrize("fault", [hang, hang_and_swallow_the_end, refuse, break_with_the_address])
def test_f39_a_sink_that_fails_costs_trading_nothing_and_the_alert_stands(fault: Callable[[], Any]):
    async def trade(loop: VirtualLoop, sink: ScriptedSink | None) -> tuple[list[float], EngineRig]:
        rig = rigged(loop) if sink is None else rigged(loop, phone=sink, mail=ScriptedSink())
        await rig.start()
        rig.engine.parts.conditions.hold("venue:v9", "drill", HaltLevel.REDUCE_ONLY, "a drill")
        await rig.elapse(5)
        took: list[float] = []
        for _ in range(10):
            began = loop.time()
            assert (await rig.place("buy", "0.1")).outcome == "done"
            took.append(round(loop.time() - began, 9))
            await rig.elapse(1.5)
        return took, rig

    async def without(loop: VirtualLoop) -> list[float]:
        return (await trade(loop, None))[0]

    async def work(loop: VirtualLoop) -> list[float]:
        sink = ScriptedSink()
        sink.does = fault
        took, rig = await trade(loop, sink)
        assert len(sink.attempts) >= 1
        found = alerts(rig)
        assert list(found["drill venue:v9"].delivered_ns) == ["mail"]
        assert "does not take alerts" in found["alert sink phone"].text
        state = rig.engine.monitoring().alert_sinks[0]
        assert (state.waiting, state.delivered) == (1, 0)
        assert "geheim" not in str(msgspec.json.encode(rig.engine.monitoring())) + rig.log()
        mail = rig.engine.parts.alerts
        assert list(mail.delivered_ns("alert sink phone")) == ["mail"]
        sink.does = None
        await rig.elapse(400)
        assert "drill venue:v9" in sink.names()
        assert "alert sink phone" not in alerts(rig)
        assert rig.engine.parts.statistics.stages.states()[Stage.WIRE].orders == 10
        return took

    assert in_virtual_time(work) == in_virtual_time(without)


def test_pauses_between_attempts_grow_and_are_spread():
    async def work(loop: VirtualLoop) -> None:
        sink = ScriptedSink()
        sink.does = refuse
        rig = await rigged(loop, phone=sink).start()
        await rig.execute(Kill(reason="a drill"))
        await rig.elapse(600)
        pauses = [round(after - before, 3) for before, after in zip(sink.attempts, sink.attempts[1:], strict=False)]
        bounds = [(min(60.0, 2.0**number) / 2, min(60.0, 2.0**number)) for number in range(len(pauses))]
        assert all(low <= pause <= high for pause, (low, high) in zip(pauses, bounds, strict=True))
        assert len(set(pauses)) == len(pauses)

    in_virtual_time(work)


def test_an_engine_that_stops_lets_messages_leave_and_waits_for_no_sink_that_hangs():
    async def work(loop: VirtualLoop) -> None:
        good, bad = ScriptedSink(), ScriptedSink()
        bad.does = hang
        rig = await rigged(loop, good=good, bad=bad).start()
        await rig.execute(Kill(reason="leaving"))
        began = loop.time()
        await rig.engine.stop("done", cancel_orders=False)
        assert good.names() == ["kill global"]
        assert loop.time() - began < 10

    in_virtual_time(work)


def test_a_person_can_try_a_sink_and_hears_how_it_went():
    async def work(loop: VirtualLoop) -> None:
        sink = ScriptedSink()
        rig = await rigged(loop, phone=sink).start()
        assert (await rig.execute(ProbeAlertSink(sink="phone"))).outcome == "done"
        assert [message.event for message in sink.taken] == [AlertEvent.TEST]
        sink.does = break_with_the_address
        failed = await rig.execute(ProbeAlertSink(sink="phone"))
        assert (failed.outcome, failed.message) == ("failed", "sink phone: unexpected ConnectionError")
        wrong = await rig.execute(ProbeAlertSink(sink="fax"))
        assert (wrong.outcome, "is not one of phone" in wrong.message) == ("invalid", True)

    in_virtual_time(work)


MESSAGES = st.builds(
    AlertMessage,
    event=st.sampled_from([AlertEvent.STANDING, AlertEvent.WORSE, AlertEvent.ENDED]),
    severity=st.sampled_from(list(Severity)),
    name=st.sampled_from([f"alert {number}" for number in range(12)]),
    text=st.just(""),
    since_ns=st.just(0),
    at_ns=st.integers(0, 9),
)


@given(st.lists(MESSAGES, max_size=60))
def test_a_queue_is_bounded_holds_one_message_an_alert_and_drops_nothing_worse_than_what_it_keeps(
    messages: list[AlertMessage],
):
    queue, put = AlertQueue(most=5), 0
    for message in messages:
        queue.put(message)
        put += 1
        assert len(queue) <= 5
    left: list[AlertMessage] = []
    while (message := queue.next()) is not None:
        left.append(message)
        queue.done(message)
    assert len(left) + queue.dropped + queue.conflated == put
    assert len({message.name for message in left}) == len(left)
    standing = [message.severity.rank for message in left if message.event is not AlertEvent.ENDED]
    assert standing == sorted(standing, reverse=True)


def test_what_a_trading_side_has_to_say_stands_as_an_alert_for_as_long_as_it_says_it():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        assert "venue v1" not in alerts(rig)
        rig.venue.cautions = ("the dead man's switch is NOT armed",)
        assert alerts(rig)["venue v1"].text == "the dead man's switch is NOT armed"
        rig.venue.cautions = ()
        assert "venue v1" not in alerts(rig)

    in_virtual_time(work)
