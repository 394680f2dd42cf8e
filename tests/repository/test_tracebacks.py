"""No traceback that this program writes shows values: a local variable may hold a key or a signature."""

import ast
import asyncio
import io
import traceback

from rich.console import Console

from tests.console.fake_link import FakeLink
from tests.console.manual_clock import ManualClock
from tests.repository.tree import FLOORS, python_files
from tui.cli.app import app
from tui.console.app import ConsoleApp

SHOW_VALUES = frozenset({"show_locals", "capture_locals", "tracebacks_show_locals", "pretty_exceptions_show_locals"})
WORDS = SHOW_VALUES | {"cgitb", "rich.traceback"}
MARKER = "mArKeR-in-a-local-variable"


def test_nothing_in_the_program_asks_for_values_in_a_traceback() -> None:
    found: list[str] = []
    for file in python_files(*FLOORS):
        text = file.read_text(encoding="utf-8")
        if not any(word in text for word in WORDS):
            continue
        for node in ast.walk(ast.parse(text)):
            names = {node.arg} if isinstance(node, ast.keyword) else set()
            if isinstance(node, ast.Import):
                names = {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names = {node.module}
            found += [f"{file}: {name}" for name in names & WORDS]
    assert not found


def test_the_command_line_leaves_tracebacks_to_its_own_hand() -> None:
    assert not app.pretty_exceptions_enable


def test_a_console_that_crashes_shows_where_and_no_values() -> None:
    console = ConsoleApp(FakeLink(), clock=ManualClock())
    shown = io.StringIO()
    console.error_console = Console(file=shown, width=200)

    def break_down(request: str) -> None:
        raise RuntimeError(f"a request of {len(request)} letters went wrong")

    async def scenario() -> None:
        console.call_later(break_down, MARKER)
        await console.run_async(headless=True, size=(120, 40))

    asyncio.run(scenario())
    console._print_error_renderables()
    assert "a request of 26 letters went wrong" in shown.getvalue()
    assert "break_down" in shown.getvalue()
    assert MARKER not in shown.getvalue()


def test_pythons_own_tracebacks_show_no_values() -> None:
    try:
        _fail(MARKER)
    except ValueError as error:
        told = "".join(traceback.format_exception(error))
    assert "_fail" in told
    assert MARKER not in told


def _fail(secret: str) -> None:
    raise ValueError(len(secret))
