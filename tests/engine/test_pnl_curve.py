"""The day's curve stays bounded, and what the day has reached is never thinned away."""

from hypothesis import given
from hypothesis import strategies as st

from core.engine.pnl_curve import MAX_POINTS, PnlCurve

DAY_S = 86_400


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
