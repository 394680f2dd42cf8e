"""What loosens says when it was given: an engine that stood still meanwhile does not loosen by it later."""

import pytest

from tests.cli.fake_engine import FakeEngine, done
from tui.cli.app import run


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        (["resume", "--reason", "checked", "--word", "resume"], "control/resume"),
        (["set-risk-mode", "aggressive"], "control/set_risk_mode"),
        (["override", "--minutes", "5", "--reason", "by hand", "--yes"], "control/manual_override"),
        (["safe-mode", "sim-a", "off", "--reason", "checked"], "control/set_safe_mode"),
        (["strategies", "start", "ma_cross"], "strategies/ma_cross/start"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_loosens_says_when_it_was_given(
    engine: FakeEngine, monkeypatch: pytest.MonkeyPatch, arguments: list[str], path: str
):
    monkeypatch.setattr("time.time_ns", lambda: 7)
    engine.answer("POST", f"/api/{path}", done())
    assert run(arguments) == 0
    assert engine.last.body is not None
    assert engine.last.body["as_of_ns"] == 7
