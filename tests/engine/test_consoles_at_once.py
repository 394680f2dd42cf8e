"""Two consoles press the same key at the same moment: one halt, one lease, and both are told what there is."""

import asyncio

from core.control.commands import Arm, Kill, Outcome
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
