"""When a limit is reached at the rate of the last minutes is told only where it can be told."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from core.alarms.limit_rates import GAP_NS, MOMENTARY, SAMPLE_EVERY_NS, WINDOW_NS, LimitRates, rise_per_s
from core.control.commands import Outcome
from core.io.virtual_loop import VirtualLoop
from core.state.monitoring import LimitUse
from tests.engine.rig import EngineRig, in_virtual_time

STEP_S = SAMPLE_EVERY_NS / 1e9


def use(used: float | None, limit: float = 500, unit: str = "USD") -> LimitUse:
    amount, most = None if used is None else Decimal(str(used)), Decimal(str(limit))
    return LimitUse(name="day loss", unit=unit, limit=most, used=amount, left=None if amount is None else most - amount)


def looked(*used: float | None, unit: str = "USD") -> LimitRates:
    rates = LimitRates()
    for index, each in enumerate(used):
        rates.look([use(each, unit=unit)], index * SAMPLE_EVERY_NS)
    return rates


def climb(samples: int, per_s: float = 1.0, start: float = 0.0) -> list[float]:
    return [start + per_s * STEP_S * index for index in range(samples)]


def test_a_steady_rise_reaches_the_limit_when_the_room_is_divided_by_it() -> None:
    used = climb(25)  # 120 s at 1 USD a second
    assert looked(*used).reached_in_s(use(used[-1])) == 380
    assert looked(*climb(25, 0.5)).reached_in_s(use(60)) == 880


def test_nothing_is_said_of_a_use_that_stays_or_falls() -> None:
    assert looked(*[100.0] * 30).reached_in_s(use(100)) is None
    assert looked(*reversed(climb(30))).reached_in_s(use(0)) is None


def test_nothing_is_said_of_a_past_shorter_than_a_minute() -> None:
    assert looked(*climb(12)).reached_in_s(use(55)) is None
    assert looked(*climb(13)).reached_in_s(use(60)) is not None


def test_nothing_is_said_of_a_single_step_though_a_line_through_it_rises() -> None:
    assert looked(*[0.0] * 20, *[80.0] * 20).reached_in_s(use(80)) is None
    assert looked(*climb(20), *[95.0] * 20).reached_in_s(use(95)) is None


def test_only_the_newest_minutes_count() -> None:
    in_window = WINDOW_NS // SAMPLE_EVERY_NS
    used = [*[0.0] * 200, *climb(in_window + 1, 0.25)]
    assert looked(*used).reached_in_s(use(used[-1])) == int((500 - used[-1]) / 0.25)


def test_a_use_that_was_not_known_for_a_moment_begins_anew() -> None:
    assert looked(*climb(20), None, *climb(5, start=100)).reached_in_s(use(120)) is None


def test_an_engine_that_did_not_look_for_long_begins_anew() -> None:
    rates = looked(*climb(20))
    rates.look([use(200)], 19 * SAMPLE_EVERY_NS + GAP_NS + 1)
    assert rates.reached_in_s(use(200)) is None


def test_limits_of_a_second_have_no_trend() -> None:
    assert looked(*climb(25), unit=MOMENTARY).reached_in_s(use(120, unit=MOMENTARY)) is None


def test_nothing_is_said_of_a_limit_that_is_reached_or_reached_only_beyond_the_horizon() -> None:
    rates = looked(*climb(25, 0.01))
    assert rates.reached_in_s(use(500)) is None
    assert rates.reached_in_s(use(2000, limit=500)) is None
    assert rates.reached_in_s(use(1.2)) is not None
    assert rates.reached_in_s(use(1.2), horizon_s=3600) is None


@given(st.lists(st.decimals("-1e6", "1e6", places=2), min_size=2, max_size=80))
def test_a_rise_is_told_only_of_what_is_higher_at_the_end(used: list[Decimal]) -> None:
    rise = rise_per_s([(index * SAMPLE_EVERY_NS, each) for index, each in enumerate(used)])
    assert rise is None or (rise > 0 and used[-1] > used[0])


def test_the_engine_tells_of_the_limits_that_its_own_orders_use_up() -> None:
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        for _ in range(15):
            assert (await rig.place(quantity="1")).outcome is Outcome.DONE
            await rig.elapse(8)
        limits = {each.name: each for each in rig.engine.monitoring().risk.limits}
        gross = limits["gross v1"]
        assert gross.left is not None
        assert gross.reached_in_s is not None
        assert 0.7 < gross.reached_in_s / (float(gross.left) / (100 / 8)) < 1.3
        assert limits["order"].reached_in_s is None

    in_virtual_time(work)
