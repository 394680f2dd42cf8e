"""What the keys for pause, resume and a safer mode do to what was shown, and never to what was not."""

import pytest

from core.control.commands import Outcome, Pause, Resume, SetRiskMode
from core.io.virtual_loop import VirtualLoop
from core.journal.facts import BlockerRaised
from core.types.control import Blocker, HaltLevel
from tests.console.driving import Desk, run_console
from tests.console.fake_link import START_NS
from tests.engine.rig import EngineRig, in_virtual_time

S = 1_000_000_000


def blocker(scope: str, cause: str, level: HaltLevel = HaltLevel.REDUCE_ONLY, since_s: int = 0) -> Blocker:
    since_ns = START_NS + since_s * S
    return Blocker(scope=scope, cause=cause, level=level, since_ns=since_ns, who="x", reason="its reason")


async def resume_typed(desk: Desk) -> None:
    await desk.type("resume")
    await desk.press("enter")
    await desk.type("checked")


def test_the_end_of_a_pause_lifts_nothing_that_was_not_shown() -> None:
    async def script(desk: Desk) -> None:
        desk.link.scoped_blockers = [blocker("global", "pause"), blocker("venue:sim-a", "venue_failures")]
        await desk.frame()
        await desk.press("p")
        assert "venue_failures" not in desk.dialog()
        desk.link.scoped_blockers.append(blocker("global", "drawdown"))
        await desk.frame()
        await desk.press("down", "enter")

    link, _ = run_console(script)
    (resume,) = link.commands
    assert isinstance(resume, Resume)
    assert resume == Resume(scope="global", who="console:test", as_of_ns=link.engine_ns)

    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        await rig.execute(Pause())
        for raised in (blocker("venue:v1", "venue_failures"), blocker("global", "drawdown")):
            rig.engine.parts.recorder.record(BlockerRaised(at_ns=1, blocker=raised))
        result = await rig.execute(Resume(scope=resume.scope, reason=resume.reason, word=resume.word))
        assert rig.causes() == ["venue_failures", "drawdown"]
        assert result.outcome is not Outcome.DONE
        assert all(named in result.message for named in ("drawdown (global", "venue_failures (venue:v1"))

    in_virtual_time(work)


@pytest.mark.parametrize("cause", ["pause", "kill"])
def test_what_was_lifted_and_raised_anew_while_a_resume_was_asked_for_is_not_lifted(cause: str) -> None:
    level = HaltLevel.HALTED if cause == "kill" else HaltLevel.REDUCE_ONLY

    async def script(desk: Desk) -> None:
        desk.link.scoped_blockers = [blocker("global", cause, level)]
        await desk.frame()
        await desk.press("p")
        if cause == "kill":
            await resume_typed(desk)
        else:
            await desk.press("down")
        desk.link.scoped_blockers = [blocker("global", cause, level, since_s=40)]
        await desk.frame()
        await desk.press("enter")
        assert f"not resumed: {cause} (global) came while you were asked" in desk.bar("message")

    link, _ = run_console(script)
    assert link.commands == []


def test_a_resume_after_a_halt_names_the_picture_that_was_looked_at_last() -> None:
    async def script(desk: Desk) -> None:
        desk.link.scoped_blockers = [blocker("global", "kill", HaltLevel.HALTED)]
        await desk.frame()
        await desk.press("p")
        await resume_typed(desk)
        await desk.press("enter")

    link, _ = run_console(script)
    assert [command.as_of_ns for command in link.commands] == [link.engine_ns]


@pytest.mark.parametrize("cause", ["order_failures", "consecutive_failures"])
def test_p_pauses_at_once_what_an_override_lets_go_on(cause: str) -> None:
    async def script(desk: Desk) -> None:
        desk.link.scoped_blockers = [blocker("global", cause)]
        desk.link.status, desk.link.override_until_ns = "manual_override", desk.link.engine_ns + 300 * S
        await desk.frame()
        await desk.press("p")
        assert desk.dialog() == ""

    link, _ = run_console(script)
    assert [type(command) for command in link.commands] == [Pause]


@pytest.mark.parametrize("cause", ["storage", "engine_fault", "stopping"])
def test_p_pauses_at_once_where_only_what_passes_by_itself_stands(cause: str) -> None:
    async def script(desk: Desk) -> None:
        desk.link.scoped_blockers = [blocker("global", cause, HaltLevel.CANCEL_ONLY)]
        await desk.frame()
        await desk.press("p")

    link, _ = run_console(script)
    assert [type(command) for command in link.commands] == [Pause]


def test_p_asks_where_failures_stopped_trading_and_no_override_holds() -> None:
    async def script(desk: Desk) -> None:
        desk.link.scoped_blockers = [blocker("global", "order_failures")]
        await desk.frame()
        await desk.press("p")
        assert "Has its cause gone?" in desk.dialog()

    link, _ = run_console(script)
    assert link.commands == []


def test_the_key_of_a_safer_mode_goes_by_the_newest_mode_and_tells_the_engine_not_to_loosen() -> None:
    async def script(desk: Desk) -> None:
        desk.link.risk_mode = "aggressive"
        await desk.frame()
        desk.link.risk_mode = "balanced"  # by another hand, and not drawn yet
        desk.app.hands.safer_mode()
        await desk.redraw()

    link, _ = run_console(script)
    assert link.commands == [SetRiskMode(mode="conservative", only_safer=True, who="console:test")]


@pytest.mark.parametrize(
    ("now", "outcome"), [("conservative", Outcome.REFUSED), ("balanced", Outcome.DONE), ("aggressive", Outcome.DONE)]
)
def test_a_mode_that_was_to_be_safer_never_loosens_however_late_it_comes(now: str, outcome: Outcome) -> None:
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        await rig.execute(SetRiskMode(mode=now))
        safer = SetRiskMode(mode="balanced", only_safer=True, as_of_ns=rig.clock.utc_ns())
        await rig.elapse(60)
        assert (await rig.execute(safer)).outcome is outcome
        assert rig.fold.risk_mode == ("conservative" if outcome is Outcome.REFUSED else "balanced")

    in_virtual_time(work)
