"""Two consoles press the same key at the same moment: one halt, one lease, and both are told what there is."""

import asyncio

from core.control.commands import Arm, CommandResult, Kill, Outcome
from core.engine.kill_switch import ASKED_AT_MOST
from tests.engine.rig import EngineRig
from tests.engine.test_arming import ALICE, BOB, armed, attach, order, over_a_rig, told


def test_two_consoles_that_press_the_kill_key_at_once_make_one_halt_and_both_hear_of_it() -> None:
    async def script(rig: EngineRig) -> None:
        attach(rig)
        attach(rig, BOB)
        answers = await asyncio.gather(*(rig.execute(Kill(console=each, who=each)) for each in (ALICE, BOB)))
        assert [answer.outcome for answer in answers] == [Outcome.DONE, Outcome.DONE]
        assert all(answer.data["is_halted"] is True for answer in answers)
        assert len(told(rig, "BlockerRaised")) == 1
        refused = await rig.execute(order(console=ALICE))
        assert refused.outcome is Outcome.REFUSED

    over_a_rig(script)


def test_of_two_consoles_that_arm_at_once_one_is_armed_and_the_other_is_told_which() -> None:
    async def script(rig: EngineRig) -> None:
        attach(rig)
        attach(rig, BOB)
        first, second = await asyncio.gather(*(rig.execute(Arm(console=each, who=each)) for each in (ALICE, BOB)))
        assert (first.outcome, second.outcome) == (Outcome.DONE, Outcome.REFUSED)
        assert armed(rig) == ALICE
        assert f"{ALICE} is armed" in second.message

    over_a_rig(script)


def test_an_order_of_the_armed_console_that_meets_a_halt_on_its_way_does_not_leave() -> None:
    async def script(rig: EngineRig) -> None:
        attach(rig)
        attach(rig, BOB)
        await rig.execute(Arm(console=ALICE, who=ALICE))
        killed, sent = await asyncio.gather(rig.execute(Kill(console=BOB, who=BOB)), rig.execute(order(console=ALICE)))
        assert (killed.outcome, sent.outcome) == (Outcome.DONE, Outcome.REFUSED)
        assert armed(rig) is None

    over_a_rig(script)


def test_a_held_kill_key_does_not_flood_the_venues_and_a_press_after_it_asks_again() -> None:
    async def script(rig: EngineRig) -> None:
        attach(rig)
        answers: list[CommandResult] = []
        for _ in range(10):
            answers.append(await rig.execute(Kill(console=ALICE, who=ALICE)))
            await rig.elapse(0.03)
        assert {answer.outcome for answer in answers} == {Outcome.DONE}
        assert rig.venue.cancel_all_calls <= 1 + ASKED_AT_MOST
        await rig.elapse(0.6)
        asked = rig.venue.cancel_all_calls
        await rig.execute(Kill(console=ALICE, who=ALICE))
        assert rig.venue.cancel_all_calls == asked + 1

    over_a_rig(script)


def test_a_kill_that_flattens_is_never_taken_for_the_one_before_that_did_not() -> None:
    async def script(rig: EngineRig) -> None:
        attach(rig)
        await rig.execute(Kill(console=ALICE, who=ALICE))
        asked = rig.venue.cancel_all_calls
        await rig.execute(Kill(console=ALICE, who=ALICE, flatten=True))
        assert rig.venue.cancel_all_calls == asked + 1
        assert len(told(rig, "BlockerRaised")) == 2

    over_a_rig(script)


def test_a_venue_that_refused_to_cancel_is_asked_again_by_the_next_press_however_soon() -> None:
    async def script(rig: EngineRig) -> None:
        attach(rig)
        rig.venue.cancel_all_fails = True
        for press in range(1, 6):
            await rig.execute(Kill(console=ALICE, who=ALICE))
            assert rig.venue.cancel_all_calls >= press

    over_a_rig(script)
