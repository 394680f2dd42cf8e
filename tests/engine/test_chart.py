"""The chart that a console is shown: bars, which of them still runs, and studies over all bars that are kept."""

from collections.abc import Callable

import numpy as np

from core.indicators.exponential import ema
from core.io.virtual_loop import VirtualLoop
from core.state.desk import ChartView, DeskRequest
from tests.engine.rig import PERP, EngineRig, in_virtual_time


def chart(rig: EngineRig, *studies: str, bars: int = 240) -> ChartView:
    request = DeskRequest(chart=rig_chart(rig), timeframe="1s", studies=studies, bars=bars)
    found = rig.engine.desk(request).chart
    assert found is not None
    return found


def rig_chart(rig: EngineRig) -> str:
    return next(str(key) for key in rig.engine.parts.market.instruments if key.symbol == PERP)


async def trade_each_second(rig: EngineRig, count: int) -> None:
    chart(rig)  # begins to build its bars
    for number in range(count):
        rig.feed.trade(PERP, f"{100 + number % 7}", number + 1)
        await rig.elapse(1)


def test_the_running_bar_is_told_from_a_closed_one():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        await trade_each_second(rig, 3)
        rig.feed.trade(PERP, "100", 99)
        await rig.elapse(0.1)
        assert chart(rig).is_running
        await rig.elapse(5)
        assert not chart(rig).is_running

    in_virtual_time(work)


def test_a_study_is_computed_over_bars_that_are_no_longer_shown():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        await trade_each_second(rig, 40)
        chart(rig, "ema 20")
        await rig.elapse(0)
        whole, part = chart(rig, "ema 20"), chart(rig, "ema 20", bars=5)
        (line,), (short,) = whole.studies[0].lines, part.studies[0].lines
        closes = np.array([bar.close for bar in whole.bars])
        values = [np.nan if value is None else value for value in line.values]
        np.testing.assert_allclose(values, ema(closes, 20), atol=1e-3)
        assert short.values == line.values[-5:]
        assert None not in short.values

    in_virtual_time(work)


def test_a_study_follows_the_running_bar_and_an_interval_without_trades_keeps_the_value_before_it():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        await trade_each_second(rig, 4)
        chart(rig, "sma 2")
        await rig.elapse(4)
        rig.feed.trade(PERP, "110", 77)
        await rig.elapse(0.1)
        before = chart(rig, "sma 2")
        (line,) = before.studies[0].lines
        assert line.values[-1] == (103 + 110) / 2
        assert line.values[-4:-1] == [line.values[-5]] * 3
        rig.feed.trade(PERP, "120", 78)
        await rig.elapse(0.1)
        assert chart(rig, "sma 2").studies[0].lines[0].values[-1] == (103 + 120) / 2

    in_virtual_time(work)


def test_studies_have_no_values_until_the_compiler_is_ready_and_what_is_not_known_is_left_out():
    waiting: list[Callable[[], None]] = []

    async def hold(work: Callable[[], None]) -> None:
        waiting.append(work)
        while waiting:
            await rig.elapse(0.1)
        work()

    async def work(loop: VirtualLoop) -> None:
        nonlocal rig
        rig = await EngineRig(loop, run_blocking=hold).start()
        await trade_each_second(rig, 3)
        found = chart(rig, "sma 2", "hull 9").studies
        assert [(study.name, study.lines) for study in found] == [("sma 2", [])]
        chart(rig, "sma 2")
        await rig.elapse(0.5)
        assert len([each for each in waiting if each.__name__ == "_compile_all"]) == 1
        waiting.clear()
        await rig.elapse(1)
        assert chart(rig, "sma 2").studies[0].lines

    rig: EngineRig
    in_virtual_time(work)


def test_the_volume_weighted_average_says_since_when_it_has_been_summed_up():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        await trade_each_second(rig, 5)
        chart(rig, "vwap")
        await rig.elapse(0)
        found = chart(rig, "vwap")
        assert found.studies[0].since_ns == found.bars[0].open_ns
        (line,) = found.studies[0].lines
        assert line.values[-1] == 102.0

    in_virtual_time(work)


def test_a_compiler_that_fails_leaves_the_chart_without_studies_and_says_so():
    async def fail(work: Callable[[], None]) -> None:
        raise OSError("no room for the cache")

    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop, run_blocking=fail).start()
        await trade_each_second(rig, 2)
        chart(rig, "sma 2")
        await rig.elapse(1)
        found = rig.engine.desk(DeskRequest(chart=rig_chart(rig), timeframe="1s", studies=("sma 2",)))
        assert found.chart is not None
        assert found.chart.bars
        assert any("charts have no studies: OSError: no room" in line.text for line in found.log)

    in_virtual_time(work)
