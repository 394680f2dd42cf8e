"""Desks can be changed, saved and shown again; the first console of a trader shows a page first."""

import csv
import stat
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.geometry import Region

from core.control.commands import Kill, Pause
from core.types.job_event import JobEventKind
from tests.console.driving import LARGE, MEDIUM, SMALL, Desk, run_console
from tests.console.fake_jobs import job
from tests.console.fake_link import FakeLink
from tests.console.fake_timelines import event, timeline
from tui.console.desks import DESKS, SizeClass, arrangement, places_of
from tui.console.files import ConsoleFiles
from tui.console.memory import ConsoleMemory, DeskChange, MemoryFile
from tui.console.settings import ConsoleSettings
from tui.panes.palettes import PALETTES

PANES = sorted({place for desk in DESKS for place in places_of(desk)} | {"ladder-8"})


def files(folder: Path) -> ConsoleFiles:
    return ConsoleFiles(MemoryFile(folder / "console.json"), folder / "exports")


def seen(folder: Path, memory: ConsoleMemory | None = None) -> ConsoleFiles:
    """Return the files of a console that is not the first one."""
    kept = files(folder)
    assert kept.memory.save(memory or ConsoleMemory()) == ""
    return kept


@given(
    desk=st.sampled_from(sorted(DESKS)),
    screen=st.sampled_from(SizeClass),
    moves=st.lists(st.tuples(st.integers(0, 30), st.sampled_from(PANES)), max_size=6),
    hidden=st.lists(st.integers(0, 30), max_size=8),
)
def test_however_a_desk_is_changed_its_panes_fill_it_and_none_stands_twice(
    desk: int, screen: SizeClass, moves: list[tuple[int, str]], hidden: list[int]
) -> None:
    places, change = places_of(desk), DeskChange()
    for index, pane in moves:
        change = change.with_pane(places[index % len(places)], pane, places)
    for index in hidden:
        change = change.without(places[index % len(places)])
    placed = arrangement(desk, 120, 40, screen, None, change)
    assert sum(region.area for region in placed.values()) == 120 * 40
    assert all(Region(0, 0, 120, 40).contains_region(region) for region in placed.values())
    assert len({change.pane_at(place) for place in places}) == len(places)


@pytest.mark.parametrize("size", [SMALL, MEDIUM, LARGE])
def test_a_hidden_pane_gives_its_room_to_the_others_and_comes_back(size: tuple[int, int], tmp_path: Path) -> None:
    async def script(desk: Desk) -> None:
        names = [pane.id for pane in desk.app.area.shown()]
        await desk.focus("chart")
        await desk.press("ctrl+w")
        assert [pane.id for pane in desk.app.area.shown()] == [name for name in names if name != "chart"]
        area = desk.app.area
        assert sum(pane.region.area for pane in area.shown()) == area.size.area
        await desk.press("ctrl+r")
        assert [pane.id for pane in desk.app.area.shown()] == names

    run_console(script, size=size, files=seen(tmp_path))


def test_the_last_pane_of_a_desk_stays(tmp_path: Path) -> None:
    async def script(desk: Desk) -> None:
        await desk.press("6")
        for _ in range(5):
            await desk.press("ctrl+w")
        assert len(desk.app.area.shown()) == 1
        assert "the last pane" in desk.bar("message")

    run_console(script, size=SMALL, files=seen(tmp_path))


def test_another_pane_takes_a_place_and_one_that_stood_elsewhere_changes_places_with_it(tmp_path: Path) -> None:
    async def script(desk: Desk) -> None:
        await desk.focus("log")
        await desk.press("ctrl+e")
        assert "in the place of log" in desk.dialog()
        while "▸  orders  (changes places)" not in desk.dialog():
            await desk.press("down")
        await desk.press("enter")
        area = desk.app.area
        assert area.change.instead == {"log": "orders", "orders": "log"}
        assert area.panes["orders"].region.y > area.panes["log"].region.y
        assert area.panes["orders"].has_focus

    run_console(script, files=seen(tmp_path))


def test_what_was_saved_is_there_at_the_next_start(tmp_path: Path) -> None:
    kept = seen(tmp_path)

    async def first(desk: Desk) -> None:
        await desk.press("2", "right_square_bracket", "ctrl+t", "t")
        await desk.focus("fills")
        await desk.press("ctrl+w", "ctrl+s")
        assert "saved" in desk.bar("message")

    async def second(desk: Desk) -> None:
        saved, _ = kept.memory.load()
        assert saved is not None
        assert (desk.app.area.desk, desk.app.looks.palette.name) == (2, list(PALETTES)[1])
        assert tuple(ladder.instrument for ladder in desk.app.area.ladders) == saved.ladders
        assert desk.app.selection.timeframe == saved.timeframe == "5m"
        assert "fills" not in {pane.id for pane in desk.app.area.shown()}
        assert desk.app.area.shown()[0].has_focus

    run_console(first, files=kept)
    run_console(second, files=kept)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b'{"theme": "pink"}',
        b'{"form": 99}',
        b'{"form": 1, "timeframe": "\xff"}',
        b'{"x": ' + b"[" * 200_000 + b"]" * 200_000 + b"}",
        b'{"desk": 77, "desks": {"1": {"instead": {"log": "no-pane"}}}}',
    ],
    ids=["empty", "cut", "unknown word", "another form", "no text", "too deep", "unknown desk"],
)
def test_a_memory_that_cannot_be_used_leaves_the_shipped_screen(text: bytes, tmp_path: Path) -> None:
    kept = files(tmp_path)
    kept.memory.path.write_bytes(text)

    async def script(desk: Desk) -> None:
        assert (desk.app.area.desk, desk.app.area.changes) == (1, {})
        assert ("the saved screen" in desk.bar("message")) is (b"desk" not in text)
        assert desk.app.dialogs.top is None

    run_console(script, files=kept)


def test_the_first_console_shows_a_page_once_and_its_keys_do_what_they_say(tmp_path: Path) -> None:
    kept, links = files(tmp_path), [FakeLink() for _ in range(3)]

    async def first(desk: Desk) -> None:
        assert "A trading console" in desk.dialog()
        assert "^k" in desk.dialog()
        await desk.press("ctrl+k")  # the halt works over it

    async def again(desk: Desk) -> None:
        await desk.press("p")
        assert desk.app.dialogs.top is None

    async def second(desk: Desk) -> None:
        assert desk.app.dialogs.top is None

    run_console(first, links[0], files=files(tmp_path / "nowhere"))
    run_console(again, links[1], files=kept)
    run_console(second, links[2], files=kept)
    assert [[type(command) for command in link.commands] for link in links] == [[Kill], [Pause], []]


def test_a_screen_that_nobody_changed_leaves_colours_and_bars_to_the_configuration(tmp_path: Path) -> None:
    kept = files(tmp_path)

    async def greeted(desk: Desk) -> None:
        await desk.press("escape")

    async def saved(desk: Desk) -> None:
        assert desk.app.looks.palette.name == "light"
        await desk.press("ctrl+s")

    async def later(desk: Desk) -> None:
        assert desk.app.looks.palette.name == "high-contrast"
        assert desk.app.up == "red"
        assert desk.app.selection.timeframe == "1h"

    run_console(greeted, files=kept)
    run_console(saved, files=kept, settings=ConsoleSettings(theme="light"))
    run_console(later, files=kept, settings=ConsoleSettings(theme="high-contrast", up="red", timeframe="1h"))


def test_the_page_says_it_where_it_cannot_be_remembered(tmp_path: Path) -> None:
    async def script(desk: Desk) -> None:
        assert "could not be saved" in desk.bar("message")

    run_console(script, files=files(tmp_path / "nowhere"))


def test_positions_are_exported_exactly_for_the_owner_alone(tmp_path: Path) -> None:
    kept = seen(tmp_path)

    async def script(desk: Desk) -> None:
        await desk.focus("positions")
        await desk.press("Y")
        assert "wrote" in desk.bar("message")
        await desk.press("ctrl+y", "Y")
        assert "are hidden" in desk.bar("message")

    link, _ = run_console(script, files=kept)
    (path,) = kept.exports_dir.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    snapshot = link.latest()
    assert snapshot is not None
    rows = list(csv.DictReader(path.read_text().splitlines()))
    assert [Decimal(row["quantity"]) for row in rows] == [position.quantity for position in snapshot.positions]
    assert [row["symbol"] for row in rows] == [position.symbol for position in snapshot.positions]


def test_rows_are_copied_to_the_clipboard_with_tabs(tmp_path: Path) -> None:
    async def script(desk: Desk) -> None:
        await desk.focus("ladder-1")
        await desk.press("y")
        lines = desk.app.clipboard.splitlines()
        assert lines[0] == "venue\tsymbol\tside\tprice\tquantity"
        assert lines[1].split("\t")[2] == "bid"
        await desk.focus("risk")
        await desk.press("y")
        assert "has no rows to copy" in desk.bar("message")

    run_console(script, files=seen(tmp_path))


def test_more_than_a_terminal_takes_at_once_is_not_copied_and_the_key_that_exports_it_is_named(tmp_path: Path) -> None:
    link = FakeLink()
    snapshot = link.latest()
    assert snapshot is not None
    of_one = [event(n, JobEventKind.SENT, 0, "sent", text="x" * 100) for n in range(100)]
    link.latest = lambda: snapshot
    snapshot.timelines = {f"job-{n}": timeline(job(n, "finished"), *of_one) for n in range(20)}

    async def script(desk: Desk) -> None:
        await desk.press("3")
        await desk.focus("timeline")
        await desk.press("y")
        assert desk.app.clipboard == ""
        assert "too much for a terminal's clipboard" in desk.bar("message")
        assert "Y writes it to a file" in desk.bar("message")
        snapshot.timelines = {"job-1": snapshot.timelines["job-1"]}
        await desk.press("y")
        assert len(desk.app.clipboard.splitlines()) == 101

    run_console(script, link, files=seen(tmp_path))
