"""The pages about jobs and orders name tests that exist, and every phase, outcome and status there is."""

import re
from pathlib import Path

import pytest

from core.held.standing import HeldStatus
from core.types.job import JobOutcome, JobPhase
from tests.repository.tree import ROOT, python_files, table

PAGE = ROOT / "docs" / "execution.md"
ORDERS = ROOT / "docs" / "orders.md"


def test_phases_and_outcomes_are_those_of_a_job():
    assert [row[0] for row in table(PAGE, "| stage |")] == list(JobPhase)
    assert [row[0] for row in table(PAGE, "| outcome |")] == list(JobOutcome)


def test_statuses_are_those_of_a_held_order():
    named = [word for row in table(ORDERS, "| held status |") for word in row[0].split(", ")]
    assert [word.strip("`") for word in named] == list(HeldStatus)


@pytest.mark.parametrize("page", [PAGE, ORDERS])
def test_tests_named_on_the_page_exist(page: Path):
    named = re.findall(r"`(test_\w+)`", page.read_text("utf-8"))
    sources = "".join(path.read_text("utf-8") for path in python_files("tests"))
    assert named
    assert [name for name in named if f"def {name}(" not in sources] == []
