"""The walk-through shows the pictures that its command makes, and no others."""

import re
from pathlib import Path

from tui.console.actions import ACTIONS
from tui.console.walk import COMING_BACK, FIRST_HOUR

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "console.md").read_text(encoding="utf-8")
STEPS = (*FIRST_HOUR, *COMING_BACK)


def test_the_page_shows_every_picture_of_the_walk_in_its_order():
    assert re.findall(r"\(walk-(\w+)\.svg\)", PAGE) == [step.picture for step in STEPS if step.picture is not None]


def test_every_picture_is_there_and_fetches_nothing():
    for step in STEPS:
        if step.picture is not None:
            assert "@font-face" not in (DOCS / f"walk-{step.picture}.svg").read_text(encoding="utf-8")


def test_every_step_that_opens_something_is_told_with_its_key():
    labels = {key: f"`{key}`" for action in ACTIONS for key in action.keys}
    for step in STEPS:
        opening = step.keys[0] if step.keys else None
        if opening in labels and step.picture is not None and opening not in {"enter", "down", "escape"}:
            assert labels[opening] in PAGE, step
