"""The engine's lateness with a console and without is taken from the same process, each in its own times."""

from pathlib import Path

import pytest

from bench.console_attached import _cpu_pct, _lateness, _Window, attached
from bench.console_load import Plan, Report


def test_the_engine_is_measured_alone_and_with_a_console_in_turns(tmp_path: Path) -> None:
    found = attached(tmp_path, Plan(kind="served", report="", seconds=1, warm_up_s=0.2), turns=1)
    assert found["attach_ms"] > 0
    assert found["core_lag_attached_p99_ms"] > 0
    assert found["core_lag_headless_p99_ms"] > 0
    assert len(found["core_lag_attached_more_ms_by_turn"]) == 1


def test_each_time_counts_for_its_own_way_and_one_bad_turn_decides_nothing() -> None:
    alone = [_Window(turn, turn + 0.5) for turn in (0.0, 1.0, 2.0)]
    shown = [_Window(turn + 0.5, turn + 1.0) for turn in (0.0, 1.0, 2.0)]
    late = [(0.1, 2.0), (0.6, 2.5), (1.1, 90.0), (1.6, 3.0), (2.1, 3.0), (2.6, 3.75)]
    processor = [(each / 10, each / 100 if int(each / 5) % 2 else each / 1000) for each in range(30)]
    report = Report(began_s=0.0, lateness=late, processor=processor)
    found = _lateness(report, alone, shown)
    assert found["core_lag_headless_p99_ms"] == 3.0
    assert found["core_lag_attached_p99_ms"] == 3.0
    assert found["core_lag_attached_more_ms"] == 0.5
    assert found["attached_engine_cpu_pct"] == pytest.approx(9.0)
    assert _cpu_pct(report, shown) == pytest.approx(10.0)
