"""Rules of the house that no linter knows."""

import ast
import re
from collections.abc import Iterable
from pathlib import Path

from tests.repository.tree import FLOORS, ROOT, python_files

MOST_LINES_A_FILE = 500
MOST_LINES_A_FUNCTION = 70
UNNAMED_PLACES = {"utils", "util", "helpers", "helper", "common", "misc", "manager"}
UNFINISHED = re.compile(r"\b(?:" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK")) + r")\b")
TEXTS = [
    path
    for pattern in ("*.md", "*.toml", "run", ".ci/run", "docs/*.md", "bench/*.md")
    for path in sorted(ROOT.glob(pattern))
] + list(python_files(*FLOORS, "tests", "bench"))


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def lines_with(pattern: re.Pattern[str], paths: Iterable[Path]) -> list[str]:
    return [
        f"{named(path)}:{number}: {line.strip()}"
        for path in paths
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if pattern.search(line)
    ]


def test_a_file_is_read_in_one_sitting():
    lengths = {
        named(path): len(path.read_text("utf-8").splitlines()) for path in python_files(*FLOORS, "tests", "bench")
    }
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES_A_FILE} == {}


def test_a_function_fits_on_a_screen():
    long = {
        (named(path), node.name): node.end_lineno - node.lineno + 1
        for path in python_files(*FLOORS)
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None
        if node.end_lineno - node.lineno >= MOST_LINES_A_FUNCTION
    }
    assert long == {}


def test_a_file_is_named_after_what_is_in_it():
    parts = {
        part
        for path in python_files(*FLOORS, "tests", "bench")
        for part in path.relative_to(ROOT).with_suffix("").parts
    }
    assert parts & UNNAMED_PLACES == set()


def test_nothing_is_left_for_later():
    assert lines_with(UNFINISHED, TEXTS) == []


def test_every_dependency_says_what_it_is_for():
    lines = (ROOT / "pyproject.toml").read_text("utf-8").splitlines()
    requirements = [line for line in lines if re.match(r'\s+"[A-Za-z][\w.-]*[<>=~!]', line)]
    assert len(requirements) > 10
    assert [line for line in requirements if not re.search(r'",?\s+# \S.{10,}', line)] == []


def test_a_silenced_check_has_its_reason():
    bare = re.compile(r"# (?:noqa(?:: ?[A-Z0-9, ]+)?|type: ?ignore\S*|pyright: ?ignore\S*)\s*$")
    assert lines_with(bare, python_files(*FLOORS)) == []
