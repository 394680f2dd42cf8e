"""An order that lay before an engine which stood still meant another market: it is refused, what is safer is not."""

import math
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from core.config.engine_settings import engine_settings
from core.config.load import load_config
from core.control.commands import (
    AmendOrder,
    AnyCommand,
    CancelOrders,
    CommandResult,
    Halt,
    Kill,
    ManualOverride,
    Outcome,
    Pause,
    PlaceOrder,
    Resume,
    SetRiskMode,
    StartStrategy,
)
from core.control.consoles import ConsoleHello
from core.engine.settings import PICTURE_LIVES_S, EngineSettings
from core.io.virtual_loop import VirtualLoop
from core.state.desk import DeskRequest, DeskSnapshot
from tests.engine.rig import PERP, EngineRig, in_virtual_time

S = 1_000_000_000


def order(*, reduce_only: bool = False) -> PlaceOrder:
    return PlaceOrder(venue="v1", symbol=PERP, side="buy", quantity=Decimal(1), reduce_only=reduce_only)


BOUND: list[AnyCommand] = [
    order(),
    order(reduce_only=True),
    AmendOrder(client_order_id="x", quantity=Decimal(2)),
    StartStrategy(name="s"),
    Resume(),
    SetRiskMode(mode="aggressive"),
    ManualOverride(seconds=60, reason="r"),
]
ALWAYS: list[AnyCommand] = [Kill(), Pause(), CancelOrders(), SetRiskMode(mode="conservative")]


def over_a_rig(script: Callable[[EngineRig], Awaitable[None]]) -> None:
    async def main(loop: VirtualLoop) -> None:
        await script(await EngineRig(loop).start())

    in_virtual_time(main)


def shown(rig: EngineRig) -> DeskSnapshot:
    return rig.engine.desk(DeskRequest(depth=1, bars=1))


async def given(rig: EngineRig, command: AnyCommand, picture_age_s: float, console: str | None = None) -> CommandResult:
    as_of_ns = rig.clock.utc_ns() - round(picture_age_s * S)
    return await rig.execute(msgspec.structs.replace(command, as_of_ns=as_of_ns, console=console))


@pytest.mark.parametrize("command", BOUND, ids=lambda command: type(command).__name__)
def test_what_trades_or_raises_risk_is_refused_by_an_old_picture_and_logged(command: AnyCommand) -> None:
    async def script(rig: EngineRig) -> None:
        late = await given(rig, command, 24)
        assert late.outcome is Outcome.REFUSED
        assert "the picture it was decided on is 24 s old" in late.message
        assert any("24 s old" in line.text for line in shown(rig).log)
        assert "picture" not in (await given(rig, command, PICTURE_LIVES_S)).message

    over_a_rig(script)


@pytest.mark.parametrize("command", ALWAYS, ids=lambda command: type(command).__name__)
def test_what_makes_things_safer_passes_however_late_it_comes(command: AnyCommand) -> None:
    async def script(rig: EngineRig) -> None:
        assert "picture" not in (await given(rig, command, 3_600)).message
        assert "picture" not in (await given(rig, command, -3_600)).message

    over_a_rig(script)


def test_a_command_that_names_no_picture_is_not_held_to_one() -> None:
    async def script(rig: EngineRig) -> None:
        assert "picture" not in (await rig.execute(order())).message

    over_a_rig(script)


def test_a_console_that_is_sent_a_picture_rarely_may_have_one_that_is_older_by_as_much() -> None:
    async def script(rig: EngineRig) -> None:
        rig.engine.attach(ConsoleHello(console="slow", who="console:slow", interval_ms=5_000))
        assert "picture" not in (await given(rig, order(), PICTURE_LIVES_S + 4.9, "slow")).message
        assert "picture" in (await given(rig, order(), PICTURE_LIVES_S + 4.9, "another")).message

    over_a_rig(script)


def resume_by(rig: EngineRig) -> Resume:
    """Return a resume of everything, decided on what is shown now."""
    return Resume(who="console:ann", reason="looked", word="resume", as_of_ns=rig.clock.utc_ns())


@pytest.mark.parametrize(
    ("before", "meanwhile", "cause"),
    [
        (Pause(), Kill(reason="wrong prices", flatten=True), "kill"),
        (Kill(reason="drill"), Kill(reason="wrong prices"), "kill"),
        (Kill(reason="drill"), Kill(reason="wrong prices", flatten=True), "kill"),
        (Pause(), Pause(reason="news"), "pause"),
        (Pause(), Halt(scope="venue:v1", level="halted"), "manual"),
        (Halt(scope="global", level="halted"), Halt(scope="global", level="reduce_only", reason="news"), "manual"),
    ],
    ids=["kill after pause", "kill again", "flatten after kill", "pause again", "venue after pause", "halt again"],
)
def test_a_resume_lifts_nothing_that_came_after_the_picture_it_was_decided_on(
    before: AnyCommand, meanwhile: AnyCommand, cause: str
) -> None:
    async def script(rig: EngineRig) -> None:
        await rig.execute(before)
        await rig.elapse(0.5)
        late = resume_by(rig)
        await rig.elapse(0.5)
        await rig.execute(meanwhile)
        await rig.elapse(0.5)
        result = await rig.execute(late)
        assert result.outcome is Outcome.REFUSED
        assert f"{cause} (" in result.message
        assert "came after what you saw" in result.message
        assert rig.causes() == [cause]
        assert (await rig.execute(resume_by(rig))).outcome is Outcome.DONE
        assert rig.causes() == []

    over_a_rig(script)


def test_a_halt_of_a_clock_ahead_is_lifted_by_who_saw_it_once_the_clock_is_right_again() -> None:
    async def script(rig: EngineRig) -> None:
        rig.clock.step(3_600)
        await rig.execute(Kill())
        await rig.elapse(1)
        ahead = resume_by(rig)
        rig.clock.step(-3_600)
        assert "ahead of the engine's clock" in (await rig.execute(ahead)).message
        assert rig.causes() == ["kill"]
        assert (await rig.execute(resume_by(rig))).outcome is Outcome.DONE
        assert rig.causes() == []

    over_a_rig(script)


def test_a_resume_given_by_a_clock_a_little_ahead_lifts_nothing_and_says_to_look_again() -> None:
    async def script(rig: EngineRig) -> None:
        await rig.execute(Pause())
        late = resume_by(rig)
        rig.clock.step(-2)
        await rig.execute(Kill())
        await rig.elapse(0.5)
        result = await rig.execute(late)
        assert result.outcome is Outcome.REFUSED
        assert "since the clock was set back: look at it, then resume again" in result.message
        assert rig.causes() == ["pause", "kill"]

    over_a_rig(script)


def test_a_halt_that_stood_before_the_engine_started_is_lifted_by_who_saw_it_though_its_clock_was_ahead() -> None:
    async def main(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        rig.clock.step(3_600)
        await rig.execute(Kill())
        await rig.crash()
        again = await EngineRig(loop, world=rig).start()
        assert (await again.execute(resume_by(again))).outcome is Outcome.DONE
        assert again.causes() == []

    in_virtual_time(main)


@pytest.mark.parametrize("command", BOUND, ids=lambda command: type(command).__name__)
def test_a_picture_that_lies_ahead_of_the_clock_counts_as_old(command: AnyCommand) -> None:
    async def script(rig: EngineRig) -> None:
        ahead = await given(rig, command, -PICTURE_LIVES_S - 1)
        assert ahead.outcome is Outcome.REFUSED
        assert "6 s ahead of the engine's clock" in ahead.message

    over_a_rig(script)


def test_a_replay_whose_time_runs_at_another_speed_holds_nobody_to_it(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(
        '[venues.binanceusdm]\nkind = "replay"\npath = "x.gz"\nvenue = "binanceusdm"\nspeed = 10\n', "utf-8"
    )
    assert engine_settings(load_config(file, {}), "0").picture_lives_s == math.inf
    assert engine_settings(load_config(tmp_path / "none.toml", {}), "0").picture_lives_s == PICTURE_LIVES_S


def test_a_replay_holds_no_resume_to_a_time_of_another_clock() -> None:
    async def main(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop, settings=EngineSettings(version="0", picture_lives_s=math.inf)).start()
        await rig.execute(Kill())
        given_ns = rig.clock.utc_ns() + 3_600 * S
        resume = Resume(reason="looked", word="resume", as_of_ns=given_ns)
        assert (await rig.execute(resume)).outcome is Outcome.DONE

    in_virtual_time(main)
