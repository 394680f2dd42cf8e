"""At most one console is armed; whatever ends that ends it at once, and the others can always make things safer."""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from core.control.arming import arming_blocker, raises_risk
from core.control.commands import (
    AmendOrder,
    AnyCommand,
    Arm,
    CancelOrder,
    CancelOrders,
    Disarm,
    EndOverride,
    Halt,
    Kill,
    ManualOverride,
    Outcome,
    Pause,
    PlaceOrder,
    Resume,
    SetRiskMode,
    SetSafeMode,
    StartStrategy,
    StopStrategy,
)
from core.control.consoles import ConsoleHello, Presence
from core.io.inline_journal import InlineJournal
from core.io.virtual_loop import VirtualLoop
from core.state.desk import DeskRequest, DeskSnapshot
from core.state.monitoring import Alert
from core.types.control import RiskMode
from tests.engine.rig import PERP, EngineRig, in_virtual_time

ALICE, BOB = "a11ce", "b0b"


def attach(rig: EngineRig, console: str = ALICE) -> Presence:
    return rig.engine.attach(ConsoleHello(console=console, who=f"console:{console}", interval_ms=100))


def shown(rig: EngineRig) -> DeskSnapshot:
    return rig.engine.desk(DeskRequest(depth=1, bars=1))


def armed(rig: EngineRig) -> str | None:
    view = shown(rig).arming
    return None if view is None else view.console


def told(rig: EngineRig, kind: str) -> list[Any]:
    return [row.fact for row in rig.journal.rows(0) if type(row.fact).__name__ == kind]


async def arm(rig: EngineRig, console: str | None = ALICE, **more: Any) -> Outcome:
    return (await rig.execute(Arm(who=f"console:{console}", console=console, **more))).outcome


def over_a_rig(script: Callable[[EngineRig], Awaitable[None]]) -> None:
    async def main(loop: VirtualLoop) -> None:
        await script(await EngineRig(loop).start())

    in_virtual_time(main)


def test_one_console_is_armed_and_everybody_sees_which() -> None:
    async def script(rig: EngineRig) -> None:
        attach(rig)
        attach(rig, BOB)
        assert await arm(rig, seconds=60) is Outcome.DONE
        view = shown(rig).arming
        assert view is not None
        assert (view.console, view.who, view.until_ns - view.since_ns) == (ALICE, f"console:{ALICE}", 60_000_000_000)
        assert [each.console for each in shown(rig).consoles] == [ALICE, BOB]
        assert [(fact.console, fact.who) for fact in told(rig, "ConsoleArmed")] == [(ALICE, f"console:{ALICE}")]

    over_a_rig(script)


@pytest.mark.parametrize(
    ("console", "more"),
    [
        (None, {}),
        ("", {}),
        ("nobody", {}),
        (ALICE, {"seconds": 0}),
        (ALICE, {"seconds": 1e9}),
        (ALICE, {"seconds": float("nan")}),
    ],
)
def test_nothing_is_armed_but_an_attached_console_for_a_sensible_time(
    console: str | None, more: dict[str, float]
) -> None:
    async def script(rig: EngineRig) -> None:
        attach(rig)
        attach(rig, "")  # a script that follows the stream
        assert await arm(rig, console, **more) is Outcome.INVALID
        assert armed(rig) is None

    over_a_rig(script)


async def _time(rig: EngineRig, _: Presence) -> None:
    await rig.elapse(61)


async def _disarm(rig: EngineRig, _: Presence) -> None:
    await rig.execute(Disarm(who="cli:me"))


async def _gone(_: EngineRig, presence: Presence) -> None:
    presence.end()


async def _hung(_: EngineRig, presence: Presence) -> None:
    presence.behind_s = 5.0


async def _pause(rig: EngineRig, _: Presence) -> None:
    await rig.execute(Pause(who="cli:me"))


async def _kill(rig: EngineRig, _: Presence) -> None:
    await rig.execute(Kill(who="cli:me"))


async def _venue_halt(rig: EngineRig, _: Presence) -> None:
    await rig.execute(Halt(scope="venue:v1", level="reduce_only", who="cli:me"))


async def _halt_that_is_lifted_again(rig: EngineRig, _: Presence) -> None:
    await rig.execute(Pause(who="cli:me"))
    await rig.execute(Resume(who="cli:me"))


@pytest.mark.parametrize(
    ("end", "cause"),
    [
        (_time, "its time is up"),
        (_disarm, "by cli:me"),
        (_gone, "its console is gone"),
        (_hung, "its console reads nothing"),
        (_pause, "a halt or a pause came"),
        (_kill, "a halt or a pause came"),
        (_venue_halt, "a halt or a pause came"),
        (_halt_that_is_lifted_again, "a halt or a pause came"),
    ],
)
def test_what_ends_a_lease_ends_it_at_once_and_is_journaled_once(
    end: Callable[[EngineRig, Presence], Awaitable[None]], cause: str
) -> None:
    async def script(rig: EngineRig) -> None:
        presence = attach(rig)
        await arm(rig, seconds=60)
        await end(rig, presence)
        assert armed(rig) is None
        await rig.elapse(2.5)
        assert [fact.cause for fact in told(rig, "ConsoleDisarmed")] == [cause]

    over_a_rig(script)


def test_another_stream_of_the_same_console_does_not_keep_a_lease_that_a_lost_one_ended() -> None:
    async def script(rig: EngineRig) -> None:
        first = attach(rig)
        await arm(rig)
        attach(rig)
        first.end()
        assert armed(rig) is None

    over_a_rig(script)


def test_a_console_that_is_back_before_its_lost_stream_ended_is_armed_and_stays_so_when_that_ends() -> None:
    async def script(rig: EngineRig) -> None:
        lost = attach(rig)
        lost.behind_s = 6.0
        attach(rig, BOB)
        attach(rig)
        assert await arm(rig) is Outcome.DONE
        assert armed(rig) == ALICE
        lost.behind_s = 600.0
        lost.end()
        await rig.elapse(2.5)
        assert armed(rig) == ALICE
        assert told(rig, "ConsoleDisarmed") == []
        assert [each.console for each in shown(rig).consoles] == [BOB, ALICE]
        assert [fact.console for fact in told(rig, "ConsoleDetached")] == [ALICE]

    over_a_rig(script)


def test_a_lease_does_not_go_on_over_a_lost_stream_to_the_next_of_the_same_console() -> None:
    async def script(rig: EngineRig) -> None:
        attach(rig)
        await arm(rig)
        attach(rig)
        assert armed(rig) is None
        assert [fact.cause for fact in told(rig, "ConsoleDisarmed")] == ["its console is gone"]

    over_a_rig(script)


def test_streams_without_a_console_are_told_apart_though_none_has_an_id() -> None:
    async def script(rig: EngineRig) -> None:
        attach(rig, "")
        attach(rig, "")
        assert [each.console for each in shown(rig).consoles] == ["", ""]

    over_a_rig(script)


def test_an_engine_that_starts_again_is_not_armed() -> None:
    async def main(loop: VirtualLoop) -> None:
        journal = InlineJournal()
        first = await EngineRig(loop, journal=journal).start()
        attach(first)
        await arm(first)
        await first.crash()
        second = await EngineRig(loop, world=first, journal=journal).start()
        attach(second)
        assert armed(second) is None

    in_virtual_time(main)


@pytest.mark.parametrize("step_s", [5, -5, 7200, -7200])
def test_a_step_of_the_wall_clock_neither_ends_a_lease_nor_makes_it_longer_nor_tells_another_time(step_s: int) -> None:
    async def script(rig: EngineRig) -> None:
        attach(rig)
        await arm(rig, seconds=60)
        before = shown(rig).arming
        await rig.elapse(10)
        assert shown(rig).arming == before  # nothing is sent for a clock that runs
        rig.clock.step(step_s)
        view = shown(rig)
        assert view.arming is not None
        assert abs((view.arming.until_ns - view.engine_ns) / 1e9 - 50) < 1
        await rig.elapse(49)
        assert armed(rig) == ALICE
        await rig.elapse(2)
        assert armed(rig) is None

    over_a_rig(script)


def test_nobody_is_armed_while_trading_is_closed() -> None:
    async def script(rig: EngineRig) -> None:
        attach(rig)
        await rig.execute(Pause())
        answer = await rig.execute(Arm(console=ALICE))
        assert (answer.outcome, armed(rig)) == (Outcome.REFUSED, None)
        assert "REDUCE_ONLY" in answer.message
        await rig.execute(Resume())
        assert await arm(rig) is Outcome.DONE

    over_a_rig(script)


def test_a_critical_alarm_that_nobody_acknowledged_keeps_everybody_from_arming() -> None:
    alarm = Alert(severity="critical", name="job 7", text="left naked", since_ns=1)
    severe = Alert(severity="severe", name="feed v1", text="down", since_ns=1)
    assert "job 7" in (arming_blocker([severe, alarm]) or "")
    alarm.acknowledged = True
    assert arming_blocker([severe, alarm]) is None

    async def script(rig: EngineRig) -> None:
        attach(rig)
        alarm.acknowledged = False
        rig.engine.parts.consoles.connect(lambda: [alarm], "run-1")
        answer = await rig.execute(Arm(console=ALICE))
        assert (answer.outcome, armed(rig)) == (Outcome.REFUSED, None)
        assert "left naked" in answer.message

    over_a_rig(script)


def order(*, reduce_only: bool = False, console: str | None = BOB) -> PlaceOrder:
    return PlaceOrder(
        venue="v1", symbol=PERP, side="buy", quantity=Decimal(1), reduce_only=reduce_only, console=console
    )


RISKY: list[AnyCommand] = [
    order(),
    AmendOrder(client_order_id="x", quantity=Decimal(2)),
    StartStrategy(name="s"),
    Resume(),
    SetRiskMode(mode="aggressive"),
    SetRiskMode(mode="nonsense"),
    ManualOverride(seconds=60, reason="r"),
    SetSafeMode(venue="v1", is_on=False),
    Arm(),
]
SAFER: list[AnyCommand] = [
    order(reduce_only=True),
    CancelOrder(client_order_id="x"),
    CancelOrders(),
    StopStrategy(name="s"),
    SetRiskMode(mode="conservative"),
    SetRiskMode(mode="balanced"),
    SetSafeMode(venue="v1", is_on=True),
    EndOverride(),
    Pause(),
    Kill(),
    Halt(scope="venue:v1", level="halted"),
    Disarm(),
]


@pytest.mark.parametrize("command", RISKY, ids=lambda command: type(command).__name__)
def test_the_other_consoles_are_refused_what_raises_risk_and_told_who_is_armed(command: AnyCommand) -> None:
    async def script(rig: EngineRig) -> None:
        attach(rig)
        attach(rig, BOB)
        await arm(rig, seconds=581)
        answer = await rig.execute(msgspec.structs.replace(command, console=BOB))
        assert answer.outcome is Outcome.REFUSED
        assert f"console:{ALICE} is armed for another 9:41" in answer.message
        assert armed(rig) == ALICE
        for elsewhere in (ALICE, None):  # the armed console itself, and the command line
            answer = await rig.execute(msgspec.structs.replace(command, console=elsewhere))
            assert "is armed for another" not in answer.message

    assert raises_risk(command, RiskMode.BALANCED)
    over_a_rig(script)


@pytest.mark.parametrize("command", SAFER, ids=lambda command: type(command).__name__)
def test_what_makes_things_safer_passes_from_every_console(command: AnyCommand) -> None:
    async def script(rig: EngineRig) -> None:
        attach(rig)
        await arm(rig)
        answer = await rig.execute(msgspec.structs.replace(command, console=BOB))
        assert "is armed for another" not in answer.message

    assert not raises_risk(command, RiskMode.BALANCED)
    over_a_rig(script)


@pytest.mark.parametrize("command", [*RISKY, *SAFER], ids=lambda command: type(command).__name__)
def test_what_raises_risk_and_was_meant_for_an_earlier_run_is_refused_and_what_makes_safer_passes(
    command: AnyCommand,
) -> None:
    async def script(rig: EngineRig) -> None:
        attach(rig)
        answer = await rig.execute(msgspec.structs.replace(command, console=ALICE, engine="run-0"))
        is_refused = answer.outcome is Outcome.REFUSED and "it was meant for run-0" in answer.message
        assert is_refused is (command in RISKY)
        answer = await rig.execute(msgspec.structs.replace(command, console=ALICE, engine=shown(rig).engine_id))
        assert "it was meant for" not in answer.message

    over_a_rig(script)


def test_a_lease_is_taken_over_only_where_that_is_asked_for() -> None:
    async def script(rig: EngineRig) -> None:
        attach(rig)
        attach(rig, BOB)
        await arm(rig)
        assert await arm(rig, BOB) is Outcome.REFUSED
        assert await arm(rig, BOB, take_over=True) is Outcome.DONE
        assert armed(rig) == BOB
        assert [fact.cause for fact in told(rig, "ConsoleDisarmed")] == [f"taken over by console:{BOB}"]
        assert (await rig.execute(order(console=ALICE))).outcome is Outcome.REFUSED

    over_a_rig(script)


def test_a_stop_ends_the_lease_and_every_console_while_the_journal_takes_it() -> None:
    async def script(rig: EngineRig) -> None:
        presence = attach(rig)
        await arm(rig)
        rig.heartbeat.stop()
        await rig.engine.stop("test", cancel_orders=False)
        presence.end()  # its stream ends only now
        kinds = [type(row.fact).__name__ for row in rig.journal.rows(0)][-3:]
        assert kinds == ["ConsoleDisarmed", "ConsoleDetached", "EngineStopped"]

    over_a_rig(script)
