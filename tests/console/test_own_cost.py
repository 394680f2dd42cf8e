"""The header says how late the console is, what it dropped and what it sends; what turns stale is drawn at once."""

import threading

import pytest

from core.state.desk import DeskSnapshot
from tests.console.driving import SMALL, Desk, run_console
from tests.console.fake_link import FakeLink
from tests.console.test_pace import Count
from tui.console.own_traffic import OwnTraffic, Sent
from tui.console.settings import ConsoleSettings
from tui.console.terminal_writer import MAX_WAITING_CHARACTERS, TerminalWriter
from tui.present.cells import line_width
from tui.present.header import LinkView, header_lines
from tui.present.ink import Ink, text_of
from tui.present.traffic import Traffic, traffic_line

SECOND_NS = 1_000_000_000


def header(width: int, traffic: Traffic) -> str:
    link = LinkView(
        is_hosted=True, lost_reason=None, snapshot_age_s=0.0, console_lag_ms=3.0, place="hosted", traffic=traffic
    )
    lines = header_lines(FakeLink().snapshot(), link, width)
    assert all(line_width(line) == width for line in lines)
    return "\n".join(text_of(line) for line in lines)


@pytest.mark.parametrize("width", [120, 200])
def test_the_header_says_what_is_sent_and_what_was_dropped(width: int):
    assert "12 kB/s 3 dropped" in header(width, Traffic(3, 12_400.0))


@pytest.mark.parametrize("width", range(40, 200))
def test_the_own_traffic_is_left_out_before_any_other_fact_of_its_line(width: int):
    without = header(width, Traffic(0, None)).replace("▌0 dropped", "")
    told = header(width, Traffic(12_345, 123_456_789.0))
    assert " PAPER " in told
    for fact in ("equity", "today", "loss room", "UTC", "up "):
        assert (fact in told) == (fact in without)


def test_the_rate_is_told_in_whole_kilobytes_and_a_little_is_not_nothing():
    told = [text_of(traffic_line(Traffic(0, rate))) for rate in (0.0, 1.0, 999.0, 1_400.0, 1_600.0)]
    assert [each.partition(" kB")[0] for each in told] == ["0", "<1", "<1", "1", "2"]
    assert text_of(traffic_line(Traffic(0, None))) == "0 dropped"


def test_dropped_frames_are_a_warning():
    assert traffic_line(Traffic(1, None))[0].ink is Ink.WARNING
    assert traffic_line(Traffic(0, None))[0].ink is Ink.QUIET


def test_frames_that_had_no_turn_and_pieces_that_were_not_taken_count_for_a_minute():
    sent = Sent(0, 0)
    traffic = OwnTraffic(lambda: sent, 0.1)
    traffic.frame(0, 0)
    for second in range(1, 5):
        sent = Sent(second * 2_000, 2 if second > 1 else 0)
        traffic.frame(second * SECOND_NS, 250_000_000 if second == 2 else 99_000_000)
    assert traffic.now == Traffic(4, 2_000.0)
    for second in range(5, 70):
        sent = Sent(10_000, 2)
        traffic.frame(second * SECOND_NS, 0)
    assert traffic.now == Traffic(0, 0.0)


def test_the_figures_change_once_a_second_so_that_they_are_not_what_is_sent():
    sent = Sent(0, 0)
    traffic = OwnTraffic(lambda: sent, 0.1)
    traffic.frame(0, 0)
    traffic.frame(SECOND_NS, 0)
    before = traffic.now
    sent = Sent(90_000, 0)
    traffic.frame(SECOND_NS + 900_000_000, 500_000_000)
    assert traffic.now is before


class SlowFile:
    """A terminal that takes nothing until it is let go on."""

    def __init__(self) -> None:
        self.goes_on = threading.Event()
        self.is_taking = threading.Event()
        self.taken: list[str] = []

    def write(self, text: str) -> None:
        self.is_taking.set()
        assert self.goes_on.wait(30)
        self.taken.append(text)

    def flush(self) -> None: ...


def test_a_writer_counts_the_bytes_that_went_out_and_what_a_stalled_terminal_did_not_take():
    file, recovered = SlowFile(), threading.Event()
    writer = TerminalWriter(file, recovered.set, lambda: None)
    writer.start()
    writer.write("▲1")
    assert file.is_taking.wait(30)
    writer.write("a" * (MAX_WAITING_CHARACTERS - 1))
    writer.write("bb")
    writer.write("c")
    file.goes_on.set()
    assert recovered.wait(30)
    assert writer.sent == Sent(len("▲1".encode()), 3)
    assert file.taken == ["▲1"]
    writer.stop()


class AgeingLink(FakeLink):
    """An engine that lives, and whose price of what is held has been standing still."""

    price_age_s = 0.1

    def snapshot(self) -> DeskSnapshot:
        snapshot = super().snapshot()
        for position in snapshot.positions:
            position.mark_age_s = self.price_age_s
        return snapshot


@pytest.mark.parametrize("settings", [ConsoleSettings(frame_period_s=3600).for_a_slow_link(), ConsoleSettings()])
def test_a_price_that_turns_stale_is_drawn_so_at_the_next_look_though_tables_have_their_turn_later(
    settings: ConsoleSettings,
):
    link = AgeingLink()

    async def script(desk: Desk) -> None:
        for frame in range(4):  # whatever turn the table is at
            link.price_age_s = 0.1
            for _ in range(4 + frame):
                await look(desk)
            link.price_age_s = 5.05
            count = Count(desk.app.area.panes["positions"])
            await look(desk)
            assert count.times == 1
            assert "5.0 s" in desk.pane("positions") or "5.1 s" in desk.pane("positions")
            await look(desk)
            assert count.times == 1 or settings.pace == 1

    run_console(script, link, settings=settings._replace(frame_period_s=3600))


async def look(desk: Desk) -> None:
    desk.clock.advance(0.1)
    desk.link.step += 1
    await desk.app.draw_frame()


def test_between_slow_frames_only_what_turns_stale_is_drawn():
    link = AgeingLink()

    async def script(desk: Desk) -> None:
        count = Count(desk.app.area.panes["positions"])
        for age_s, times in ((0.1, 0), (4.9, 0), (5.1, 1), (5.2, 1), (0.1, 1)):
            link.price_age_s = age_s
            desk.clock.advance(0.2)
            desk.link.step += 1
            await desk.app.look_for_stale()
            assert count.times == times, age_s

    run_console(script, link, SMALL, ConsoleSettings(frame_period_s=3600))
