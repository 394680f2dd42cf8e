"""The benchmark of the console reads its terminal rightly, and its children do what they are told."""

import sys
from pathlib import Path

import pytest

from bench.console import NARROW, WIDE, Run, _cursor_row
from bench.console_load import Plan
from bench.pseudo_terminal import Chunk, PseudoTerminal


@pytest.fixture
def terminal() -> PseudoTerminal:
    ended = PseudoTerminal([sys.executable, "-c", "print('words', flush=True)"], {}, 20, 12)
    assert ended.wait(60) == 0
    return ended


def test_what_a_program_sends_is_kept_with_its_time(terminal: PseudoTerminal):
    at_s = terminal.when_sent(b"words")
    assert at_s is not None
    assert terminal.started_s <= at_s
    assert terminal.sent_between(terminal.started_s, at_s + 60) == len(b"words\r\n")
    assert terminal.when_sent(b"swords") is None
    assert terminal.text().splitlines()[0] == "words"


def cursor_at(row: int) -> bytes:
    rows = (b"\x1b[%d;1H\x1b[%sm%s\x1b[m" % (4 + n, b"7" if n == row else b"0", b"x" * 9) for n in range(6))
    return b"".join(rows)


def test_a_key_is_answered_when_the_cursor_is_on_its_row_also_where_a_paint_answers_two(terminal: PseudoTerminal):
    terminal.chunks[:] = [
        Chunk(9.0, cursor_at(0)),
        Chunk(10.1, b"\x1b[1;1Hsomething else"),
        Chunk(10.2, cursor_at(1)),
        Chunk(12.5, cursor_at(3)),
    ]
    answers = terminal.answers([10.0, 11.0, 12.0, 13.0], _cursor_row)
    assert answers == pytest.approx([0.2, 1.5, 0.5])


@pytest.mark.parametrize(("kind", "size"), [("hosted", NARROW), ("naive", WIDE), ("none", NARROW)])
def test_a_child_reports_what_it_did(kind: str, size: tuple[int, int], tmp_path: Path):
    run = Run(tmp_path, size, Plan(kind=kind, report="", seconds=2, warm_up_s=0.5))
    run.wait_until_ready()
    if kind == "hosted":
        run.press([b"\x0b"], 0.0)
    run.finish()
    assert run.report.cpu_s > 0
    assert (run.kbytes_per_s > 0) == (kind != "none")
    assert (run.report.frames > 0) == (kind != "none")
    assert len(run.report.commands_s) == (kind == "hosted")
