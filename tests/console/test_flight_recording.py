"""A console records what it was shown and each key, bounded, private, and never at the trader's cost."""

import errno
import os
import stat
import threading
from itertools import pairwise
from pathlib import Path

import pytest
from textual.widgets import Input

from core.control.commands import Pause
from tests.console.driving import Desk
from tests.console.fake_link import FakeLink
from tests.console.flights import entries_of, record, recorded, written
from tui.console.dialogs.typed import TypedDialog
from tui.console.settings import DEFAULTS
from tui.flight.entries import Answered, Frame, KeyPressed, ScreenKept
from tui.flight.session_folder import is_being_recorded, prune, session_named
from tui.flight.session_form import SessionFileError, read_entries, read_session
from tui.flight.session_list import session_rows
from tui.flight.session_writer import SessionWriter


async def look_and_pause(desk: Desk) -> None:
    await desk.press("escape", "3", "p")
    await desk.frame()


def test_what_was_shown_and_each_key_are_in_the_file_in_their_order(tmp_path: Path) -> None:
    record(look_and_pause, tmp_path)
    (session,) = recorded(tmp_path)
    entries = entries_of(session)
    assert [entry.key for entry in entries if isinstance(entry, KeyPressed)] == ["escape", "3", "p"]
    assert sum(isinstance(entry, Frame) and bool(entry.state) for entry in entries) > 5
    assert sum(isinstance(entry, Answered) for entry in entries) == 1
    times = [entry.at_ns for entry in entries]
    assert times == sorted(times)
    assert session.header.who == "console:test"
    assert session.mode == "paper"
    assert session.has_end
    assert session.cut == ""


def test_file_is_private_to_its_user(tmp_path: Path) -> None:
    record(look_and_pause, tmp_path)
    (session,) = recorded(tmp_path)
    assert stat.S_IMODE(session.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(session.path.parent.stat().st_mode) == 0o700


def test_cut_tail_is_read_up_to_the_last_whole_block_and_said_so(tmp_path: Path) -> None:
    async def script(desk: Desk) -> None:
        for _ in range(3):
            await desk.frame(6.0)

    record(script, tmp_path)
    (session,) = recorded(tmp_path)
    whole = len(session.blocks)
    assert whole > 2
    os.truncate(session.path, session.bytes - 3)
    cut = read_session(session.path)
    assert len(cut.blocks) == whole - 1
    assert "end is cut" in cut.cut
    assert entries_of(cut) == [entry for place in cut.blocks for entry in read_entries(session.path, place)]
    (row,) = session_rows(tmp_path / "sessions")
    assert row["state"] == "cut"


def test_damaged_block_is_refused_and_never_shown_as_something_else(tmp_path: Path) -> None:
    record(look_and_pause, tmp_path)
    (session,) = recorded(tmp_path)
    place = session.blocks[0]
    with session.path.open("r+b") as file:
        file.seek(place.offset + 5)
        file.write(b"\0\0\0\0")
    with pytest.raises(SessionFileError, match="damaged at byte"):
        read_entries(session.path, place)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"hello", "no recorded session"),
        (b"", "no recorded session"),
        (b"SERAPHIM-SESSION 2\n", "is of form 2"),
        (b"SERAPHIM-SESSION 1\n\x01", "before its header was whole"),
    ],
)
def test_file_that_is_no_session_is_refused_in_one_sentence(tmp_path: Path, text: bytes, told: str) -> None:
    file = tmp_path / "x.session"
    file.write_bytes(text)
    with pytest.raises(SessionFileError, match=told):
        read_session(file)


def test_keys_fills_halts_and_alarms_are_marked_without_unpacking_a_block(tmp_path: Path) -> None:
    async def script(desk: Desk) -> None:
        await desk.press("escape", "ctrl+k")
        await desk.frame()

    record(script, tmp_path)
    (session,) = recorded(tmp_path)
    marks = [mark for block in session.blocks for mark in block.head.marks]
    assert [mark.text for mark in marks if mark.kind == "key"] == ["escape", "ctrl+k"]
    assert [mark.text for mark in marks if mark.kind == "halt"] == ["running → halted (halted)"]


def test_full_disk_stops_the_recording_with_one_notice_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = os.write
    is_full = False

    def write(handle: int, text: bytes) -> int:
        if is_full:
            raise OSError(errno.ENOSPC, "No space left on device")
        return written(handle, text)

    async def script(desk: Desk) -> None:
        nonlocal is_full
        is_full = True
        for _ in range(4):
            await desk.frame(6.0)
            if desk.app.recorder.is_on:
                desk.app.recorder._writer.join(1)
        await desk.press("p")
        told = [line.text for line in desk.app.messages.lines if "no longer recorded" in line.text]
        assert told == ["this session is no longer recorded: the disk is full; everything else goes on"]

    monkeypatch.setattr("tui.flight.session_writer.os.write", write)
    link = FakeLink()
    record(script, tmp_path, link)
    is_full = False
    assert isinstance(link.commands[-1], Pause)
    (session,) = recorded(tmp_path)
    assert session.cut == ""


def test_a_disk_that_hangs_is_given_up_without_making_the_loop_wait_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written, goes_on, is_waited_for = os.write, threading.Event(), False

    def write(handle: int, text: bytes) -> int:
        assert goes_on.wait(60)
        return written(handle, text)

    def join(_writer: SessionWriter, _patience_s: float | None = None) -> None:
        nonlocal is_waited_for
        is_waited_for = not goes_on.is_set()

    async def script(desk: Desk) -> None:
        monkeypatch.setattr(SessionWriter, "join", join)
        for _ in range(20):
            await desk.frame(6.0)
        assert not desk.app.recorder.is_on
        assert "the disk is too slow" in " ".join(line.text for line in desk.app.messages.lines)
        assert not is_waited_for
        goes_on.set()

    monkeypatch.setattr("tui.flight.session_writer.os.write", write)
    record(script, tmp_path)


def test_nobody_waits_for_a_disk_that_takes_nothing_any_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written, goes_on = os.write, threading.Event()

    def write(handle: int, text: bytes) -> int:
        assert goes_on.wait(60)
        return written(handle, text)

    async def script(desk: Desk) -> None:
        for _ in range(3):
            await desk.frame(6.0)
        recorder = desk.app.recorder
        assert recorder.waiting > 0
        assert recorder._writer is not None
        recorder._writer.problem = "the disk is full"
        assert recorder.waiting == 0
        goes_on.set()

    monkeypatch.setattr("tui.flight.session_writer.os.write", write)
    record(script, tmp_path)


def test_folder_that_cannot_be_made_costs_the_recording_alone(tmp_path: Path) -> None:
    (tmp_path / "sessions").write_text("a file in the way")

    async def script(desk: Desk) -> None:
        await desk.press("p")
        assert sum("no longer recorded" in line.text for line in desk.app.messages.lines) == 1

    link = FakeLink()
    record(script, tmp_path, link)
    assert isinstance(link.commands[-1], Pause)


def test_fault_of_the_recorder_costs_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("broken")

    async def script(desk: Desk) -> None:
        monkeypatch.setattr("tui.flight.recorder.FlightRecorder.happened", fail)
        await desk.press("p")
        assert any("RuntimeError: broken" in line.text for line in desk.app.messages.lines)

    link = FakeLink()
    record(script, tmp_path, link)
    assert isinstance(link.commands[-1], Pause)


def test_recording_that_has_its_size_goes_on_in_another_file_that_can_be_begun_with(tmp_path: Path) -> None:
    async def script(desk: Desk) -> None:
        await desk.press("escape")
        for _ in range(40):
            await desk.frame(6.0)
            await written(desk)

    record(script, tmp_path, settings=DEFAULTS._replace(recording_bytes=60_000))
    sessions = recorded(tmp_path)
    assert len(sessions) > 1
    for before, after in pairwise(sessions):
        assert before.has_end
        assert after.header.continues == before.path.name
        assert isinstance(entries_of(after)[0], ScreenKept)


def test_oldest_sessions_go_first_and_one_that_is_recorded_stays(tmp_path: Path) -> None:
    folder = tmp_path / "sessions"
    for number in range(3):
        record(look_and_pause, tmp_path, settings=DEFAULTS._replace(recordings_kept=2), starts_at_s=60 * number)
    assert [session.path.name[9:15] for session in recorded(tmp_path)] == ["123208", "123308"]

    async def script(_desk: Desk) -> None:
        newest = max(folder.glob("*.session"))
        await written(_desk)
        assert is_being_recorded(newest)
        assert newest not in set(prune(folder, 0))
        assert newest.exists()

    record(script, tmp_path, starts_at_s=300)


def test_a_session_is_found_by_the_beginning_of_its_name(tmp_path: Path) -> None:
    record(look_and_pause, tmp_path)
    (session,) = recorded(tmp_path)
    folder = tmp_path / "sessions"
    assert session_named(folder, session.path.name[:10]) == session.path
    with pytest.raises(SessionFileError, match="there is no session"):
        session_named(folder, "1999")


class HiddenDialog(TypedDialog):
    """A dialog as none is shipped: its field hides what is typed."""

    def __init__(self) -> None:
        super().__init__("Secret?", [], "x")
        self._word.password = True


def test_what_is_typed_into_a_field_that_hides_it_is_in_no_file(tmp_path: Path) -> None:
    async def script(desk: Desk) -> None:
        await desk.press("escape")
        desk.app.dialogs.open(HiddenDialog())
        await desk.redraw()
        await desk.type("hunter2")
        await desk.press("ctrl+k")

    link = FakeLink()
    record(script, tmp_path, link)
    (session,) = recorded(tmp_path)
    assert [entry.key for entry in entries_of(session) if isinstance(entry, KeyPressed)] == ["escape", "ctrl+k"]


def test_no_field_of_the_console_hides_what_is_typed_so_no_secret_is_asked_there() -> None:
    sources = [file.read_text("utf-8") for file in Path("tui/console").rglob("*.py")]
    assert any(f"{Input.__name__}(" in source for source in sources)
    assert [source for source in sources if "password=True" in source or "Secret" in source] == []
