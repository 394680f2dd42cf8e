"""What the first picture does not show is there as soon as it is wanted, and made ready before that in small pieces."""

import ast
import importlib
import sys
from pathlib import Path

import pytest

from tests.console.driving import LARGE, MEDIUM, SMALL, Desk, run_console
from tui.console import dialogs
from tui.console.desks import DESKS

FOLDER = Path(dialogs.__path__[0])
BASES = {"__init__", "dialog", "halted"}  # loaded with the console: a kill key waits for nothing


def test_every_file_of_dialogs_is_registered_and_every_name_is_there() -> None:
    assert {*dialogs.HOMES.values()} == {file.stem for file in FOLDER.glob("*.py")} - BASES
    for name, home in dialogs.HOMES.items():
        assert getattr(dialogs, name) is getattr(importlib.import_module(f"tui.console.dialogs.{home}"), name)


def test_the_names_of_dialogs_are_those_that_a_type_checker_reads() -> None:
    read = [
        node for node in ast.walk(ast.parse((FOLDER / "__init__.py").read_text())) if isinstance(node, ast.ImportFrom)
    ]
    named = {each.name: node.module for node in read for each in node.names if "dialogs" in (node.module or "")}
    assert named == {name: f"tui.console.dialogs.{home}" for name, home in dialogs.HOMES.items()}


def test_a_name_that_is_no_dialog_is_an_error() -> None:
    with pytest.raises(AttributeError, match="NoDialog"):
        getattr(dialogs, "NoDialog")  # noqa: B009 - a type checker knows it too


@pytest.mark.parametrize("size", [SMALL, MEDIUM, LARGE], ids=["80x24", "120x40", "200x60"])
@pytest.mark.parametrize("desk_number", sorted(DESKS))
def test_a_desk_that_comes_for_the_first_time_shows_all_its_panes_at_once(
    size: tuple[int, int], desk_number: int
) -> None:
    async def script(desk: Desk) -> None:
        await desk.pilot.press(str(desk_number))
        for _ in range(2):  # no frame is drawn meanwhile
            await desk.pilot.pause()
        for pane in desk.app.area.shown():
            drawn = desk.pane(pane.id or "").splitlines()
            assert drawn[0][0] in "╭┏", pane.id
            assert drawn[-1][-1] in "╯┛", pane.id

    run_console(script, size=size)


def test_panes_and_dialogs_are_made_ready_by_one_a_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    for home in {*dialogs.HOMES.values()}:
        monkeypatch.delitem(sys.modules, f"tui.console.dialogs.{home}", raising=False)

    def waiting(desk: Desk) -> int:
        panes = sum(not pane.is_attached for pane in desk.app.area.panes.values())
        return panes + len(
            {home for home in dialogs.HOMES.values() if f"tui.console.dialogs.{home}" not in sys.modules}
        )

    async def script(desk: Desk) -> None:
        left = waiting(desk)
        assert left > 10
        for _ in range(left):
            before = waiting(desk)
            await desk.app.draw_frame()
            assert before - 3 <= waiting(desk) < before  # a dialog may need another one
            if not waiting(desk):
                break
        assert waiting(desk) == 0

    run_console(script)


def test_nothing_is_made_ready_before_the_first_picture_is_on_the_terminal() -> None:
    async def script(desk: Desk) -> None:
        app = desk.app
        app.painted.clear()  # as on a machine where frames come before it
        attached = [pane for pane in app.area.panes.values() if pane.is_attached]
        await app.draw_frame()
        assert [pane for pane in app.area.panes.values() if pane.is_attached] == attached
        app.painted.set()
        for _ in range(len(app.area.panes) + len(dialogs.HOMES)):
            await app.draw_frame()
        assert all(pane.is_attached for pane in app.area.panes.values())

    run_console(script)


def test_a_desk_that_is_left_shows_nothing_of_it_on_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.console.app.dialogs.load_one_more", lambda: False)

    async def script(desk: Desk) -> None:
        await desk.press("4", "1")
        shown = desk.app.area.shown()
        assert all(pane.display is (pane in shown) for pane in desk.app.area.panes.values())

    run_console(script)
