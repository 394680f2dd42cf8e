"""A strategy at FLATTEN: what it holds is closed, what others hold stays, and it stays halted."""

from decimal import Decimal

from core.control.commands import Halt, Outcome, Resume
from core.io.inline_journal import InlineJournal
from core.io.virtual_loop import VirtualLoop
from core.types.instrument import InstrumentId
from core.types.order import Side
from tests.engine.job_rig import JobRig, leg, refolded
from tests.engine.rig import PERP, EngineRig, ScriptedStrategy, buy, in_virtual_time

HERE = InstrumentId("v1", PERP)
FLATTEN = Halt(scope="strategy:ma", level="flatten", who="ann", reason="it is wrong")


def holder(name: str, quantity: str, side: Side = Side.BUY) -> ScriptedStrategy:
    return ScriptedStrategy(name, HERE, start=lambda ctx: ctx.submit(buy(HERE, quantity, side=side)))


def of_strategy(rig: EngineRig, name: str = "ma", instrument_id: InstrumentId = HERE) -> Decimal:
    position = rig.fold.source_positions.of(f"strategy:{name}", instrument_id)
    return Decimal(0) if position is None else position.quantity


def test_what_a_flattened_strategy_holds_is_closed_reduce_only_and_the_rest_stays(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        strategy = holder("ma", "3")
        strategy.wants_trades = True
        rig = await EngineRig(loop, journal=journal).start(warm_up_s=8)
        assert await rig.engine.parts.strategies.start(strategy) is None
        await rig.elapse(1)
        await rig.place(quantity="2")
        await rig.place(price="95")
        assert (await rig.execute(FLATTEN)).message == "strategy:ma is at FLATTEN"
        await rig.elapse(3)
        closing = [intent for intent in rig.venue.submitted if intent.is_flattening]
        assert [(x.source, x.side, x.quantity, x.reduce_only) for x in closing] == [("flatten:ma", Side.SELL, 3, True)]
        assert closing[0].limit_price == 98
        assert (rig.position(), of_strategy(rig)) == (2, 0)
        assert len(rig.venue.open_orders) == 1, "a person's order stays"
        strategy.script("trade", lambda ctx, _: ctx.submit(buy(HERE)))
        rig.feed.trade(PERP, "100", 1)
        await rig.elapse(3)
        assert (rig.position(), of_strategy(rig)) == (2, 0)
        assert rig.refusals()[-1].startswith("halt_level")
        assert rig.agrees_with_venues()

    in_virtual_time(work)


def test_what_stands_against_others_positions_is_left_and_said(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop, journal=journal).start()
        for strategy in (holder("ma", "5"), holder("other", "3", Side.SELL)):
            await rig.engine.parts.strategies.start(strategy)
            await rig.elapse(1)
        assert rig.position() == 2
        await rig.execute(FLATTEN)
        await rig.elapse(5)
        assert (rig.position(), of_strategy(rig), of_strategy(rig, "other")) == (0, 3, -3)
        assert "3 of 5 stand against what others hold and are not closed" in rig.log()

    in_virtual_time(work)


def test_both_legs_that_a_strategys_jobs_have_filled_are_closed_and_a_restart_goes_on(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal).start(ScriptedStrategy("ma", HERE))
        job = rig.submit(leg("v1", Side.BUY), leg("v2", Side.SELL), strategy="ma")
        await rig.end_of(job)
        rig.feeds["v2"].is_silent = True
        await rig.elapse(6)
        await rig.execute(FLATTEN)
        await rig.elapse(3)
        assert rig.held() == {"v2": -20}
        await rig.crash()
        again = await JobRig(loop, journal=journal, world=rig).start(ScriptedStrategy("ma", HERE))
        await again.elapse(3)
        assert again.held() == {}
        assert of_strategy(again, instrument_id=InstrumentId("v2", PERP)) == 0
        assert again.fold.to_bytes() == refolded(again)
        answer = await again.execute(Resume(who="ann", reason="looked at", word="resume"))
        assert answer.outcome is Outcome.DONE

    in_virtual_time(work)
