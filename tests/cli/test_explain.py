"""`seraphim explain` of anything but a job: what it is, where it stands, and the facts with their verdicts."""

import json
from typing import Any

import pytest

from tests.cli.fake_engine import FakeEngine, done, not_done
from tui.cli.app import run

CapturedText = pytest.CaptureFixture[str]

WHY: dict[str, Any] = {
    "subject": "venue:sim-a",
    "headline": "venue sim-a: feed up",
    "standing": "HALTED by manual",
    "is_trouble": True,
    "sections": [
        {
            "title": "halt 1 of 1",
            "rows": [
                {"label": "who", "text": "cli:me", "mark": "", "at_ns": None},
                {"label": "since", "text": "", "mark": "", "at_ns": 1_767_616_267_000_000_000},
                {"label": "halt_level", "text": "HALTED, allowed NORMAL", "mark": "failed", "at_ns": None},
            ],
        }
    ],
}


@pytest.mark.parametrize("subject", ["venue:sim-a", "sim-a", "limit:day loss", "s12ab-0001-7", "global"])
def test_anything_is_explained_by_its_name(engine: FakeEngine, capsys: CapturedText, subject: str):
    engine.answer("POST", "/api/explain", done("why", **WHY))
    assert run(["explain", subject]) == 0
    text = capsys.readouterr().out
    for part in ("venue sim-a: feed up", "HALTED by manual", "halt 1 of 1", "cli:me", "FAILED", "2026-01-05 12:31:07"):
        assert part in text
    assert (engine.last.body or {})["subject"] == subject


def test_as_json_the_whole_answer_is_given(engine: FakeEngine, capsys: CapturedText):
    engine.answer("POST", "/api/explain", done("why", **WHY))
    assert run(["explain", "venue:sim-a", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["data"]["sections"] == WHY["sections"]


def test_what_is_not_known_exits_2_and_says_what_can_be_asked(engine: FakeEngine, capsys: CapturedText):
    engine.answer("POST", "/api/explain", not_done("invalid", "nothing is known by the name 'x'; it is one of …"), 400)
    assert run(["explain", "x"]) == 2
    assert "it is one of" in capsys.readouterr().err
