"""The page about execution names tests that exist, and every phase and outcome a job can have."""

import re

from core.types.job import JobOutcome, JobPhase
from tests.repository.tree import ROOT, python_files, table

PAGE = ROOT / "docs" / "execution.md"


def test_phases_and_outcomes_are_those_of_a_job():
    assert [row[0] for row in table(PAGE, "| stage |")] == list(JobPhase)
    assert [row[0] for row in table(PAGE, "| outcome |")] == list(JobOutcome)


def test_tests_named_on_the_page_exist():
    named = re.findall(r"`(test_\w+)`", PAGE.read_text("utf-8"))
    sources = "".join(path.read_text("utf-8") for path in python_files("tests"))
    assert named
    assert [name for name in named if f"def {name}(" not in sources] == []
