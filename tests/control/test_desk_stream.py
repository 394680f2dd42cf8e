"""Snapshots and deltas of the desk, as bytes on both ends."""

import copy
import math
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.control.desk_stream import DeskFramer, DeskMirror, DeskStreamError, split
from core.state.desk import DeskSnapshot, LogLine, PnlPoint, PrintView, TimelineView
from core.types.job_event import JobEvent, JobEventKind
from tests.console.fake_jobs import job
from tests.control.fake_engine import book, desk, monitoring

money = st.decimals(min_value=-(10**12), max_value=10**12, allow_nan=False, places=9)
SMALL = st.integers(1, 4)
names = st.sampled_from(["BTC/USDT@sim-a", "ETH/USDT@sim-a", "NVDA@sim-x", 'ключ/€ "quoted"@sim-b'])


@st.composite
def desks(draw: st.DrawFn) -> DeskSnapshot:
    snapshot = desk(draw(st.integers(0, 2**60)))
    snapshot.books = {name: book(name, draw(st.integers(0, 5))) for name in draw(st.sets(names))}
    snapshot.monitoring = monitoring(draw(money), draw(st.none() | money))
    snapshot.pnl_curve = [PnlPoint(1, draw(st.floats(allow_nan=False, allow_infinity=False)))]
    snapshot.log = [
        LogLine(sequence=n, at_ns=n, level="info", topic="engine", text=draw(st.text(max_size=9)))
        for n in range(draw(st.integers(0, 3)))
    ]
    if draw(st.booleans()):
        snapshot.chart = None
    snapshot.tapes = {name: tape(draw(st.integers(0, 9)), draw(st.integers(0, 6))) for name in draw(st.sets(names))}
    snapshot.timelines = {f"j{n}": timeline(n, draw(st.integers(0, 3)), draw(money)) for n in draw(st.sets(SMALL))}
    return snapshot


def timeline(number: int, events: int, naked: Decimal) -> TimelineView:
    told = [JobEvent(at, JobEventKind.FILLED, 0, "filled", Decimal("0.10"), naked, naked) for at in range(events)]
    return TimelineView(job=job(number, "running"), events=told, naked_quantity=naked, asset="BTC")


def tape(count: int, shown: int, own: int = 3) -> list[PrintView]:
    """Return the newest of so many prints."""
    return [
        PrintView(number, 1_700_000_000_000_000_000 + number, 640_000 + number, 5, "buy", number == own, False)
        for number in range(count, max(0, count - shown), -1)
    ]


@given(st.lists(desks(), min_size=1, max_size=5))
def test_applied_frames_equal_the_engines_own_state_exactly(states: list[DeskSnapshot]) -> None:
    framer, mirror = DeskFramer(), DeskMirror()
    for state in states:
        mirrored = mirror.apply(framer.frame(state))
        assert mirrored == state
        assert split(mirrored) == split(state)  # Decimal("1.0") equals Decimal("1.00"), their texts do not


@given(desks(), desks())
def test_an_older_snapshot_never_changes_under_its_reader(first: DeskSnapshot, second: DeskSnapshot) -> None:
    framer, mirror = DeskFramer(), DeskMirror()
    held = mirror.apply(framer.frame(first))
    mirror.apply(framer.frame(second))
    assert held == first


@pytest.mark.parametrize("by_rows", [False, True])
def test_a_profit_that_is_not_known_is_not_known_on_the_other_end(by_rows: bool) -> None:
    framer, mirror, state = DeskFramer(by_rows=by_rows), DeskMirror(), desk()
    state.pnl_curve = [PnlPoint(1, -7.5), PnlPoint(2, -7.5, is_known=False)]
    shown = [mirror.apply(framer.frame(state))]
    later = copy.copy(state)
    later.pnl_curve = [*state.pnl_curve, PnlPoint(3, -7.5, is_known=False), PnlPoint(4, 2.0)]
    shown.append(mirror.apply(framer.frame(later)))
    assert [point.pnl_usd for point in shown[0].pnl_curve] == [-7.5, pytest.approx(math.nan, nan_ok=True)]
    assert [math.isnan(point.pnl_usd) for point in shown[1].pnl_curve] == [False, True, True, False]
    assert shown[1].pnl_curve == later.pnl_curve


class PointOfBefore(msgspec.Struct, frozen=True, array_like=True):
    """A point as versions know it that had no word for what is not known."""

    at_ns: int
    pnl_usd: float


def test_an_older_console_reads_the_curve_and_the_curve_of_an_older_engine_is_read() -> None:
    points = [PnlPoint(1, -7.5), PnlPoint(2, -7.5, is_known=False)]
    older = [PointOfBefore(1, -7.5), PointOfBefore(2, -7.5)]
    assert msgspec.json.decode(msgspec.json.encode(points), type=list[PointOfBefore]) == older
    read = msgspec.json.decode(msgspec.json.encode(older), type=list[PnlPoint])
    assert [point.pnl_usd for point in read] == [-7.5, -7.5]


def test_only_changed_sections_are_sent() -> None:
    framer, state = DeskFramer(), desk()
    state.books["ETH/USDT@sim-a"] = book("ETH/USDT", 1)
    framer.frame(state)
    later = copy.deepcopy(state)
    later.books["ETH/USDT@sim-a"].sequence = 2
    later.monitoring.market["sim-a"]["BTC/USDT"].bid = Decimal("60000.2")
    delta = msgspec.json.decode(framer.frame(later))
    assert (delta["type"], delta["sequence"], delta["removed"]) == ("delta", 2, [])
    assert [path for path, _ in delta["set"]] == [["monitoring", "market"], ["books", "ETH/USDT@sim-a"]]
    assert msgspec.json.decode(framer.frame(later)) == {"type": "delta", "sequence": 3, "set": [], "removed": []}


def test_of_timelines_only_those_that_went_on_are_sent() -> None:
    framer, state = DeskFramer(), desk()
    state.timelines = {"j1": timeline(1, 2, Decimal(0)), "j2": timeline(2, 2, Decimal(0))}
    framer.frame(state)
    later = copy.deepcopy(state)
    later.timelines["j2"] = timeline(2, 3, Decimal("0.4"))
    delta = msgspec.json.decode(framer.frame(later))
    assert [path for path, _ in delta["set"]] == [["timelines", "j2"]]


def test_of_a_tape_that_goes_on_only_the_new_prints_are_sent() -> None:
    framer, mirror, state = DeskFramer(), DeskMirror(), desk()
    state.tapes = {"BTC/USDT@sim-a": tape(50, 40)}
    whole = len(framer.frame(state))
    framer.start_over()
    mirror.apply(framer.frame(state))
    later = copy.copy(state)
    later.tapes = {"BTC/USDT@sim-a": tape(52, 40)}
    frame = framer.frame(later)
    assert msgspec.json.decode(frame)["set"] == []
    assert len(frame) < whole / 10
    assert mirror.apply(frame).tapes == later.tapes
    # a fill that comes after its print marks one that was sent
    marked = copy.copy(later)
    marked.tapes = {"BTC/USDT@sim-a": tape(53, 40, own=52)}
    frame = framer.frame(marked)
    assert [path for path, _ in msgspec.json.decode(frame)["set"]] == [["tapes", "BTC/USDT@sim-a"]]
    assert mirror.apply(frame).tapes == marked.tapes


def test_a_book_no_longer_shown_is_removed() -> None:
    framer, state = DeskFramer(), desk()
    framer.frame(state)
    later = copy.deepcopy(state)
    del later.books["BTC/USDT@sim-a"]
    assert msgspec.json.decode(framer.frame(later))["removed"] == [["books", "BTC/USDT@sim-a"]]


def test_a_missed_frame_is_seen() -> None:
    framer, mirror, state = DeskFramer(), DeskMirror(), desk()
    mirror.apply(framer.frame(state))
    framer.frame(state)
    with pytest.raises(DeskStreamError, match="frame 3 does not follow frame 1"):
        mirror.apply(framer.frame(state))


def test_a_delta_without_a_snapshot_is_refused() -> None:
    with pytest.raises(DeskStreamError, match="does not follow"):
        DeskMirror().apply(b'{"type":"delta","sequence":1,"set":[],"removed":[]}')


@pytest.mark.parametrize(
    "more",
    [
        b'"set":[[["nothing"],1],[["monitoring","nothing"],1],[["nothing","a"],{}]],"removed":[]',
        b'"set":[],"removed":[["nothing"],["nothing","a"]]',
        b'"set":[],"removed":[],"edited":[[["nothing"],[[0,0,1]]],[["nothing","a"],[[0,0,1]]]]',
    ],
    ids=["set", "removed", "edited"],
)
def test_sections_that_only_a_newer_engine_has_are_passed_over_and_noticed(more: bytes) -> None:
    framer, mirror, state = DeskFramer(), DeskMirror(), desk()
    mirror.apply(framer.frame(state))
    assert mirror.apply(b'{"type":"delta","sequence":2,%s}' % more) == state
    assert mirror.knows_less
    framer.frame(state)
    assert mirror.apply(framer.frame(state)) == state
    assert not mirror.knows_less


@pytest.mark.parametrize(
    "frame",
    [
        b"not json",
        b'{"type":"other"}',
        b'{"type":"snapshot","sequence":1,"state":{}}',
        b'{"type":"delta","sequence":2,"set":[[["positions"],1]],"removed":[]}',
        b'{"type":"delta","sequence":2,"set":[[["books"],{}]],"removed":[]}',
        b'{"type":"delta","sequence":2,"set":[],"removed":[["positions"]]}',
        b'{"type":"delta","sequence":2,"set":[],"removed":[["books"]]}',
    ],
)
def test_a_frame_of_another_form_is_refused_and_leaves_the_state(frame: bytes) -> None:
    framer, mirror, state = DeskFramer(), DeskMirror(), desk()
    mirror.apply(framer.frame(state))
    with pytest.raises(DeskStreamError):
        mirror.apply(frame)
    assert mirror.apply(framer.frame(state)) == state
