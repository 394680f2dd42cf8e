"""Alarms are acknowledged and shelved at the engine: seen by everybody, kept over a restart, and never for longer."""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import pytest

from core.control.commands import (
    AcknowledgeAlarms,
    Arm,
    CommandResult,
    Halt,
    Outcome,
    Resume,
    ShelveAlarm,
    UnshelveAlarm,
)
from core.control.consoles import ConsoleHello
from core.io.virtual_loop import VirtualLoop
from core.journal.facts import AlarmAcknowledged, AlarmLapsed, AlarmShelved, AlarmUnshelved
from core.risk.limits import RiskLimits
from core.state.monitoring import Alert
from core.types.calendar_day import NS_PER_DAY
from core.types.market import FeedState
from tests.engine.rig import PERP, EngineRig, in_virtual_time

HALT, LINK = "manual venue:v1", "feed v1"
ALICE = "console:alice"


def over_a_rig(script: Callable[[EngineRig], Awaitable[None]]) -> None:
    async def main(loop: VirtualLoop) -> None:
        await script(await EngineRig(loop).start())

    in_virtual_time(main)


def alarm(rig: EngineRig, name: str) -> Alert:
    return next(alert for alert in rig.engine.monitoring().alerts if alert.name == name)


async def halt(rig: EngineRig, level: str = "halted", scope: str = "venue:v1") -> None:
    await rig.execute(Halt(scope=scope, level=level, reason="test"))


async def acknowledge(rig: EngineRig, name: str = HALT, severity: str = "critical") -> CommandResult:
    return await rig.execute(AcknowledgeAlarms(who=ALICE, alarms={name: severity}))


async def shelve(rig: EngineRig, name: str = LINK, severity: str = "severe", **more: Any) -> CommandResult:
    return await rig.execute(ShelveAlarm(who=ALICE, name=name, severity=severity, **({"seconds": 900.0} | more)))


def test_an_acknowledged_alarm_says_by_whom_and_when_and_the_journal_does_too() -> None:
    async def script(rig: EngineRig) -> None:
        await halt(rig)
        assert not alarm(rig, HALT).acknowledged
        at_ns = rig.clock.utc_ns()
        assert (await acknowledge(rig)).outcome is Outcome.DONE
        seen = alarm(rig, HALT)
        assert (seen.acknowledged, seen.acknowledged_by, seen.acknowledged_ns) == (True, ALICE, at_ns)
        assert [(fact.name, fact.severity, fact.who) for fact in rig.facts(AlarmAcknowledged)] == [
            (HALT, "critical", ALICE)
        ]
        assert "acknowledged by console:alice" in rig.log()
        await acknowledge(rig)
        assert len(rig.facts(AlarmAcknowledged)) == 1

    over_a_rig(script)


def test_arming_waits_for_the_acknowledgement_of_a_critical_alarm() -> None:
    async def script(rig: EngineRig) -> None:
        rig.engine.attach(ConsoleHello(console="a", who=ALICE, interval_ms=100))
        await halt(rig)
        refused = await rig.execute(Arm(console="a"))
        assert refused.outcome is Outcome.REFUSED
        assert HALT in refused.message
        shelved = await shelve(rig, HALT, "critical", word="shelve")
        assert "keeps everybody from arming" in shelved.message
        assert (await rig.execute(Arm(console="a"))).outcome is Outcome.REFUSED
        await acknowledge(rig)
        assert (await rig.execute(Arm(console="a"))).outcome is Outcome.DONE

    over_a_rig(script)


def test_an_alarm_that_got_worse_is_not_acknowledged_for_those_who_saw_it_milder() -> None:
    async def script(rig: EngineRig) -> None:
        await halt(rig, "cancel_only")
        assert (await acknowledge(rig, severity="severe")).outcome is Outcome.DONE
        await halt(rig, "halted")
        assert not alarm(rig, HALT).acknowledged  # at once, not only with the next second
        late = await acknowledge(rig, severity="severe")
        assert late.outcome is Outcome.REFUSED
        assert "critical now" in late.message
        await rig.elapse(2)
        assert [fact.cause for fact in rig.facts(AlarmLapsed)] == ["it got worse, critical"]

    over_a_rig(script)


def test_a_halt_that_is_lifted_and_raised_within_the_second_is_a_new_alarm() -> None:
    async def script(rig: EngineRig) -> None:
        await halt(rig)
        await acknowledge(rig)
        await shelve(rig, HALT, "critical", word="shelve")
        await rig.execute(Resume(reason="looked", word="resume"))
        await halt(rig)
        seen = alarm(rig, HALT)
        assert (seen.acknowledged, seen.shelved_until_ns) == (False, None)

    over_a_rig(script)


def test_an_acknowledgement_ends_with_its_alarm_but_not_while_that_flickers() -> None:
    async def script(rig: EngineRig) -> None:
        rig.feed.state(FeedState.DOWN, "connection lost")
        await rig.elapse(2)
        await acknowledge(rig, LINK, "severe")
        rig.feed.state(FeedState.UP)
        await rig.elapse(3)
        rig.feed.state(FeedState.DOWN, "connection lost")
        await rig.elapse(2)
        assert alarm(rig, LINK).acknowledged
        rig.feed.state(FeedState.UP)
        await rig.elapse(8)
        rig.feed.state(FeedState.DOWN, "connection lost")
        await rig.elapse(2)
        assert not alarm(rig, LINK).acknowledged
        assert [fact.cause for fact in rig.facts(AlarmLapsed)] == ["it ended"]

    over_a_rig(script)


def test_a_lost_link_has_stood_since_it_was_lost_whatever_the_feed_says_meanwhile() -> None:
    async def script(rig: EngineRig) -> None:
        rig.feed.state(FeedState.DOWN, "connection lost")
        lost_ns = rig.clock.utc_ns()
        await rig.elapse(10)
        rig.feed.state(FeedState.DOWN, "still trying")
        await rig.settle()
        assert alarm(rig, LINK).since_ns <= lost_ns + 1_000_000_000
        assert "still trying" in alarm(rig, LINK).text

    over_a_rig(script)


def test_a_lost_link_explains_stops_that_are_not_watched_at_its_venue_and_no_halt_of_a_person() -> None:
    async def main(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop, limits=RiskLimits(stop_loss_enabled=True, stop_loss_pct=Decimal(2))).start()
        await rig.place(quantity="1")
        rig.feed.invalidate(PERP)
        rig.feed.state(FeedState.DOWN, "connection lost")
        await halt(rig, "reduce_only")
        await rig.elapse(10)
        explained = {alert.name: alert.explained_by for alert in rig.engine.monitoring().alerts}
        assert explained == {LINK: "", HALT: "", f"unwatched {PERP}@v1": LINK}
        rig.feed.state(FeedState.UP)
        await rig.settle()
        assert {alert.explained_by for alert in rig.engine.monitoring().alerts} == {""}

    in_virtual_time(main)


def test_a_shelved_alarm_comes_back_when_its_time_is_over() -> None:
    async def script(rig: EngineRig) -> None:
        rig.feed.state(FeedState.DOWN, "connection lost")
        await rig.settle()
        until_ns = rig.clock.utc_ns() + 900_000_000_000
        assert (await shelve(rig)).outcome is Outcome.DONE
        assert (alarm(rig, LINK).shelved_until_ns, alarm(rig, LINK).shelved_by) == (until_ns, ALICE)
        await rig.elapse(899)
        assert alarm(rig, LINK).shelved_until_ns is not None
        await rig.elapse(2)
        seen = alarm(rig, LINK)
        assert (seen.shelved_until_ns, seen.acknowledged) == (None, False)
        assert [fact.cause for fact in rig.facts(AlarmUnshelved)] == ["its time is over"]

    over_a_rig(script)


@pytest.mark.parametrize("step_s", [-7200, 7200])
def test_a_clock_that_is_set_does_not_keep_an_alarm_shelved_for_longer(step_s: float) -> None:
    async def script(rig: EngineRig) -> None:
        rig.feed.state(FeedState.DOWN, "connection lost")
        await rig.settle()
        await shelve(rig)
        await rig.elapse(2)
        rig.clock.step(step_s)
        await rig.elapse(901)
        assert alarm(rig, LINK).shelved_until_ns is None

    over_a_rig(script)


def test_a_shelved_alarm_that_gets_worse_comes_back_at_once() -> None:
    async def script(rig: EngineRig) -> None:
        await halt(rig, "cancel_only")
        await shelve(rig, HALT)
        assert alarm(rig, HALT).shelved_until_ns is not None
        await halt(rig, "halted")
        assert alarm(rig, HALT).shelved_until_ns is None
        await rig.elapse(2)
        assert [fact.cause for fact in rig.facts(AlarmUnshelved)] == ["it got worse, critical"]

    over_a_rig(script)


def test_a_shelf_outlives_a_mild_alarm_that_comes_and_goes() -> None:
    async def script(rig: EngineRig) -> None:
        for _ in range(3):
            rig.feed.state(FeedState.DOWN, "connection lost")
            await rig.elapse(10)
            if not rig.facts(AlarmShelved):
                await shelve(rig)
            assert alarm(rig, LINK).shelved_until_ns is not None
            rig.feed.state(FeedState.UP)
            await rig.elapse(20)

    over_a_rig(script)


def test_a_critical_alarm_is_shelved_only_with_the_word() -> None:
    async def script(rig: EngineRig) -> None:
        await halt(rig)
        for word in ("", "yes"):
            answer = await shelve(rig, HALT, "critical", word=word)
            assert (answer.outcome, alarm(rig, HALT).shelved_until_ns) == (Outcome.INVALID, None)
            assert "shelve" in answer.message
        assert (await shelve(rig, HALT, "critical", word="shelve")).outcome is Outcome.DONE

    over_a_rig(script)


def test_an_alarm_is_shelved_until_the_utc_day_ends() -> None:
    async def script(rig: EngineRig) -> None:
        await halt(rig, "reduce_only")
        await shelve(rig, HALT, "warning", seconds=None, until_day_end=True)
        until_ns = alarm(rig, HALT).shelved_until_ns
        assert until_ns is not None
        assert until_ns % NS_PER_DAY == 0
        assert 0 < until_ns - rig.clock.utc_ns() <= NS_PER_DAY

    over_a_rig(script)


def test_anybody_brings_a_shelved_alarm_back() -> None:
    async def script(rig: EngineRig) -> None:
        await halt(rig, "reduce_only")
        await shelve(rig, HALT, "warning")
        assert (await rig.execute(UnshelveAlarm(who="cli:bob", name=HALT))).outcome is Outcome.DONE
        assert alarm(rig, HALT).shelved_until_ns is None
        assert [(fact.who, fact.cause) for fact in rig.facts(AlarmUnshelved)] == [("cli:bob", "by cli:bob")]

    over_a_rig(script)


@pytest.mark.parametrize(
    "command",
    [
        AcknowledgeAlarms(alarms={}),
        AcknowledgeAlarms(alarms={"nothing": "severe"}),
        AcknowledgeAlarms(alarms={HALT: "dreadful"}),
        ShelveAlarm(name="nothing", severity="severe", seconds=60.0),
        ShelveAlarm(name=HALT, severity="warning"),
        ShelveAlarm(name=HALT, severity="warning", seconds=60.0, until_day_end=True),
        ShelveAlarm(name=HALT, severity="warning", seconds=0.0),
        ShelveAlarm(name=HALT, severity="warning", seconds=float("nan")),
        ShelveAlarm(name=HALT, severity="warning", seconds=1e9),
    ],
)
def test_what_makes_no_sense_is_answered_with_what_is_allowed(command: AcknowledgeAlarms | ShelveAlarm) -> None:
    async def script(rig: EngineRig) -> None:
        await halt(rig, "reduce_only")
        answer = await rig.execute(command)
        assert answer.outcome is Outcome.INVALID
        assert answer.message
        assert rig.facts(AlarmAcknowledged) == []
        assert rig.facts(AlarmShelved) == []

    over_a_rig(script)


def test_of_several_alarms_those_that_stand_as_seen_are_acknowledged_and_the_others_named() -> None:
    async def script(rig: EngineRig) -> None:
        await halt(rig)
        await halt(rig, "reduce_only", "global")
        seen = {HALT: "severe", "manual global": "warning", "gone": "info"}
        answer = await rig.execute(AcknowledgeAlarms(alarms=seen))
        assert answer.outcome is not Outcome.DONE
        assert alarm(rig, "manual global").acknowledged
        assert not alarm(rig, HALT).acknowledged
        assert all(name in answer.message for name in seen)

    over_a_rig(script)


def test_a_restart_keeps_what_was_said_of_alarms_that_stand_on() -> None:
    async def main(loop: VirtualLoop) -> None:
        first = await EngineRig(loop).start()
        await halt(first)
        await acknowledge(first)
        await halt(first, "reduce_only", "global")
        await shelve(first, "manual global", "warning")
        shelved_until_ns = alarm(first, "manual global").shelved_until_ns
        await first.crash()
        second = await EngineRig(loop, world=first).start()
        await second.elapse(60)
        assert alarm(second, HALT).acknowledged_by == ALICE
        assert alarm(second, "manual global").shelved_until_ns == shelved_until_ns

    in_virtual_time(main)


def test_what_does_not_stand_after_a_restart_is_forgotten_once_the_engine_has_settled() -> None:
    async def main(loop: VirtualLoop) -> None:
        first = await EngineRig(loop).start()
        first.feed.state(FeedState.DOWN, "connection lost")
        await first.settle()
        await acknowledge(first, LINK, "severe")
        await first.crash()
        second = await EngineRig(loop, world=first).start()
        await second.elapse(10)
        assert second.facts(AlarmLapsed) == []
        await second.elapse(60)
        assert [fact.name for fact in second.facts(AlarmLapsed)] == [LINK]

    in_virtual_time(main)


def test_a_second_alarm_of_an_acknowledged_name_is_not_acknowledged() -> None:
    async def script(rig: EngineRig) -> None:
        def stray(since_ns: int) -> Alert:
            return Alert(severity="critical", name="job 7", text="a fill came", since_ns=since_ns)

        desk, alarms = rig.engine.parts.alarms, [stray(1)]
        desk.connect(lambda: alarms)
        await acknowledge(rig, "job 7")
        desk.mark(alarms, undated=[], lost_venues=[])
        assert [each.acknowledged for each in alarms] == [True]
        alarms = [stray(1), stray(2)]
        desk.mark(alarms, undated=[], lost_venues=[])
        assert [each.acknowledged for each in alarms] == [False, False]

    over_a_rig(script)
