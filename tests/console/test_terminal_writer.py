"""The thread that writes to the terminal goes on after whatever a terminal or a text can do to it."""

import io
import os
import threading

from tui.console.terminal_writer import MAX_WAITING_CHARACTERS, TerminalWriter

WAIT_S = 20.0


class FullOnce(io.StringIO):
    """A terminal that another program made non-blocking, and that is full at the first write."""

    def __init__(self, fileno: int) -> None:
        super().__init__()
        self._fileno = fileno
        self.is_full = True

    def fileno(self) -> int:
        return self._fileno

    def write(self, text: str, /) -> int:
        if self.is_full:
            self.is_full = False
            raise BlockingIOError(11, "Resource temporarily unavailable")
        return super().write(text)


def test_a_terminal_made_non_blocking_by_another_program_is_painted_anew_and_not_given_up() -> None:
    reading, writing = os.pipe()
    try:
        os.set_blocking(writing, False)
        file, painted = FullOnce(writing), threading.Event()
        writer = TerminalWriter(file, painted.set, lambda: None)
        writer.start()
        writer.write("lost")
        assert painted.wait(WAIT_S)
        writer.write("painted anew")
        writer.stop()
        assert file.getvalue() == "painted anew"
        assert writer.sent.dropped_count == 1
        assert os.get_blocking(writing)
    finally:
        os.close(reading)
        os.close(writing)


def test_a_text_that_no_encoding_knows_does_not_end_the_writing() -> None:
    file = io.StringIO()
    writer = TerminalWriter(file, lambda: None, lambda: None)
    writer.start()
    writer.write("\ud800")
    writer.write("on")
    writer.stop()
    writer.join(WAIT_S)
    assert file.getvalue() == "\ud800on"
    assert writer.sent.byte_count == 3


def test_a_terminal_that_cannot_be_made_to_wait_is_given_up_and_not_painted_for_ever() -> None:
    file, painted = FullOnce(-1), threading.Event()
    writer = TerminalWriter(file, painted.set, lambda: None)
    writer.start()
    writer.write("lost")
    writer.join(WAIT_S)
    assert not writer.is_alive()
    assert not painted.is_set()


def test_a_text_too_large_to_wait_is_dropped_and_the_terminal_painted_anew_and_written_to_again() -> None:
    file, painted = io.StringIO(), threading.Event()
    writer = TerminalWriter(file, painted.set, lambda: None)
    writer.start()
    writer.write("x" * (MAX_WAITING_CHARACTERS + 1))
    assert painted.wait(WAIT_S)
    writer.write("painted anew")
    writer.stop()
    writer.join(WAIT_S)
    assert file.getvalue() == "painted anew"
    assert writer.sent.dropped_count == 1


def test_what_is_dropped_between_two_writes_does_not_end_the_writing() -> None:
    file, recoveries, painted = io.StringIO(), iter("ab"), threading.Event()

    def paint() -> None:
        if next(recoveries) == "b":
            painted.set()
            return
        for _ in range(6):  # too much again, while the thread is between two writes
            writer.write("y" * (MAX_WAITING_CHARACTERS // 5))

    writer = TerminalWriter(file, paint, lambda: None)
    writer.write("x" * (MAX_WAITING_CHARACTERS + 1))
    writer.start()
    assert painted.wait(WAIT_S)
    writer.write("painted anew")
    writer.stop()
    writer.join(WAIT_S)
    assert file.getvalue() == "painted anew"
