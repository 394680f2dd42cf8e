"""How long the stages of an order's way took, as the monitoring state shows it."""

import pytest

from core.engine.stages import KEPT_ORDERS, Origin, Stage, StageLatencies
from core.io.virtual_loop import VirtualLoop
from core.types.instrument import InstrumentId
from tests.engine.rig import PERP, EngineRig, ScriptedStrategy, buy, in_virtual_time
from tests.engine.venues import Answer

BOOK = InstrumentId("v1", PERP)


def test_an_order_of_a_strategy_is_timed_from_its_book_to_its_fill():
    async def work(loop: VirtualLoop) -> None:
        rig = EngineRig(loop)
        rig.venue.latency_s = 0.02
        strategy = ScriptedStrategy("s", BOOK, book=lambda *_: None)
        await rig.start(strategy)
        sent: list[str | None] = []
        strategy.script("book", lambda ctx, key: sent or sent.append(ctx.submit(buy(key, "0.1"))))
        await rig.elapse(2)
        latency = rig.engine.monitoring().latency
        assert list(latency) == [stage.value for stage in Stage]
        assert {stage.orders for stage in latency.values()} == {1}
        # Only the venue takes virtual time: it answers, and then the stream's fill comes with the answer.
        assert [stage.p99_ms for name, stage in latency.items() if name not in {"ack", "fill"}] == [0.0] * 5
        assert latency["ack"].p50_ms == pytest.approx(20, abs=1)
        assert latency["fill"].p50_ms == pytest.approx(20, abs=1)

    in_virtual_time(work)


def test_a_persons_order_has_no_event_that_it_answers():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        await rig.place(price="99.0")
        await rig.settle()
        assert list(rig.engine.monitoring().latency) == ["risk", "journal", "wire", "ack"]

    in_virtual_time(work)


def test_silence_of_a_venue_is_no_answer():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        rig.venue.answers.append(Answer.LOSE_REQUEST)
        await rig.place(price="99.0")
        await rig.elapse(10)
        assert "ack" not in rig.engine.monitoring().latency

    in_virtual_time(work)


def test_percentiles_are_of_the_newest_orders():
    stages = StageLatencies()
    for number in range(1_000):
        stages.note(Stage.RISK, (number - 800) * 1_000_000)
    state = stages.states()["risk"]
    assert (state.orders, state.p50_ms, state.p95_ms, state.p99_ms) == (KEPT_ORDERS, 100, 190, 198)


def test_decoding_and_deciding_add_up_to_the_age_of_the_message():
    stages = StageLatencies()
    stages.answered(Origin(heard_ns=70, received_ns=1_000), utc_ns=1_050, steady_ns=100)
    assert (stages.durations_ns(Stage.DECODE), stages.durations_ns(Stage.DECIDE)) == ((20,), (30,))


def test_a_clock_set_back_gives_no_negative_duration():
    stages = StageLatencies()
    stages.answered(Origin(heard_ns=70, received_ns=9_000), utc_ns=1_050, steady_ns=100)
    assert stages.durations_ns(Stage.DECODE) == (0,)


def test_only_the_first_fill_of_an_order_counts_and_a_lost_one_is_forgotten():
    stages = StageLatencies()
    for number in range(KEPT_ORDERS + 1):
        stages.sent(f"o{number}", number)
    stages.filled("o0", 10_000)
    stages.filled("o1", 1_001)
    stages.filled("o1", 5_000)
    assert stages.durations_ns(Stage.FILL) == (1_000,)
