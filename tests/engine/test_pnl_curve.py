"""The day's curve stays bounded, and what the day has reached is never thinned away."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise, zip_longest

from hypothesis import given
from hypothesis import strategies as st

from core.engine.pnl_curve import MAX_POINTS, PnlCurve
from core.io.virtual_loop import VirtualLoop
from core.state.desk import DeskRequest, PnlPoint
from core.types.account import FundingPayment
from core.types.instrument import InstrumentId
from tests.engine.rig import PERP, EngineRig, in_virtual_time
from tui.present.curve import pnl_notes
from tui.present.ink import text_of

DAY_S = 86_400


def gaps_of(points: Sequence[PnlPoint]) -> list[tuple[int, int]]:
    """Return the times between the first second of each gap and the first known one after it."""
    begun = [now.at_ns for before, now in pairwise(points) if before.is_known and not now.is_known]
    ended = [now.at_ns for before, now in pairwise(points) if now.is_known and not before.is_known]
    return list(zip_longest(begun, ended, fillvalue=points[-1].at_ns))


def test_a_whole_day_fits_and_keeps_its_peak_its_trough_and_its_newest_second() -> None:
    curve = PnlCurve()
    for second in range(DAY_S):
        curve.add(second, {12_345: 900.0, 54_321: -700.0}.get(second, second % 50))
        if second % 977 == 0:
            assert len(curve.points) <= MAX_POINTS
    points = curve.points
    assert len(points) <= MAX_POINTS
    assert (points[-1].at_ns, points[-1].pnl_usd) == (DAY_S - 1, (DAY_S - 1) % 50)
    assert (12_345, 900.0) in [(point.at_ns, point.pnl_usd) for point in points]
    assert (54_321, -700.0) in [(point.at_ns, point.pnl_usd) for point in points]
    assert [point.at_ns for point in points] == sorted({point.at_ns for point in points})


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=200))
def test_a_short_day_is_kept_second_by_second(values: list[float]) -> None:
    curve = PnlCurve()
    for second, value in enumerate(values):
        curve.add(second, value)
    assert [(point.at_ns, point.pnl_usd) for point in curve.points] == list(enumerate(values))


def test_a_new_day_begins_with_nothing() -> None:
    curve = PnlCurve()
    for second in range(5_001):
        curve.add(second, float(second))
    curve.begin_day()
    assert list(curve.points) == []
    curve.add(9_000, 1.0)
    assert [point.pnl_usd for point in curve.points] == [1.0]


def test_the_first_second_of_the_day_stays_its_first_point() -> None:
    curve = PnlCurve()
    for second in range(50_000):
        curve.add(second, 5.0 if second == 0 else float(second % 50))
    assert curve.points[0] == PnlPoint(0, 5.0)


def test_seconds_without_a_known_profit_stay_a_gap_however_long_the_day_gets() -> None:
    unknown = {*range(20_000, 20_400), *range(30_000, 52_000)}
    curve = PnlCurve()
    for second in range(DAY_S):
        curve.add(second, None if second in unknown else {40: 900.0, 80_000: -700.0}.get(second, second % 50))
    points = curve.points
    resolution = DAY_S // (MAX_POINTS // 4)
    assert len(points) <= MAX_POINTS
    for (begun, ended), (begins, ends) in zip(gaps_of(points), [(20_000, 20_400), (30_000, 52_000)], strict=True):
        assert begins <= begun < begins + resolution
        assert ends <= ended < ends + resolution
    assert (points[-1].at_ns, points[-1].pnl_usd) == (DAY_S - 1, (DAY_S - 1) % 50)
    assert {PnlPoint(40, 900.0), PnlPoint(80_000, -700.0)} <= {*points}


def test_a_profit_that_comes_and_goes_all_day_keeps_the_curve_bounded_and_its_ends() -> None:
    curve = PnlCurve()
    for second in range(DAY_S):
        curve.add(second, {1_000: 900.0, 70_000: -700.0}.get(second, 1.0) if second % 2 == 0 else None)
        if second % 977 == 0:
            assert len(curve.points) <= MAX_POINTS
    points = curve.points
    assert {PnlPoint(1_000, 900.0), PnlPoint(70_000, -700.0)} <= {*points}
    assert not points[-1].is_known
    assert sum(not point.is_known for point in points) > 300


def test_before_a_profit_is_known_there_is_no_point() -> None:
    curve = PnlCurve()
    curve.add(1, None)
    assert list(curve.points) == []
    curve.add(2, 3.0)
    curve.begin_day()
    curve.add(3, None)
    assert list(curve.points) == []


def test_a_profit_that_is_no_longer_known_is_told_as_not_known_and_not_as_the_last_one():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        await rig.place(quantity="10")
        rig.feed.quote(PERP, "94.9", "95.1")
        await rig.elapse(5)
        assert "▼" in text_of(pnl_notes(rig.engine.desk(DeskRequest()).pnl_curve)[0])
        elsewhere = InstrumentId("v1", "ETH/USDT:USDT")  # held on the account, followed by nobody: has no price
        rig.engine.funding_payment(FundingPayment("f1", elsewhere, Decimal(-3), 0.0001, rig.clock.utc_ns()))
        await rig.elapse(60)
        snapshot = rig.engine.desk(DeskRequest())
        assert snapshot.monitoring.global_.today_pnl_usd is None
        newest = snapshot.pnl_curve[-1]
        assert not newest.is_known
        assert snapshot.engine_ns - newest.at_ns <= 1_000_000_000
        assert text_of(pnl_notes(snapshot.pnl_curve)[0]).strip() == "— USD"

    in_virtual_time(work)
