"""`seraphim replay` on recordings: what it reports and how it ends on a broken one."""

import gzip
import json
import os
from pathlib import Path

import pytest

from core.paths import Paths
from tui.cli.app import run

pytest.importorskip("adapters.replay.check", reason="the replay adapter is not here")

CapturedText = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Cut the first part of a recorded session, snapshot and first minutes included."""
    folder = os.environ.get("SERAPHIM_RECORDINGS")
    if not folder:
        pytest.skip("SERAPHIM_RECORDINGS names no folder of recordings")
    whole = Path(folder) / "history/nkaz001+hftbacktest/examples__usdm__btcusdt_20240808.gz"
    if not whole.exists():
        pytest.skip(f"{whole} is not there")
    cut = tmp_path_factory.mktemp("recordings") / "cut.gz"
    with gzip.open(whole, "rt") as lines, gzip.open(cut, "wt") as out:
        for _, line in zip(range(20_000), lines, strict=False):
            out.write(line)
    return cut


def test_clean_recording_is_reported_and_exits_0(recording: Path, paths: Paths, capsys: CapturedText):
    assert run(["replay", str(recording), "--venue", "binanceusdm", "--check", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["messages"] == 20_000
    assert report["checks"]["top_of_book"]["compared"] > 0
    assert report["checks"]["top_of_book"]["mismatched"] == 0
    assert set(report["handling_us"]) == {"p50", "p99"}
    assert [facts["gaps"] for facts in report["symbols"].values()] == [0]


def test_bars_come_in_prices_and_the_last_one_is_marked_unfinished(recording: Path, paths: Paths, capsys: CapturedText):
    assert run(["replay", str(recording), "--venue", "binanceusdm", "--bars", "5s", "--json"]) == 0
    bars = json.loads(capsys.readouterr().out)["bars"]
    assert [bar["open_ns"] for bar in bars] == sorted(bar["open_ns"] for bar in bars)
    assert all(bar["low"] <= bar["open"] <= bar["high"] and bar["volume"] > 0 for bar in bars)
    assert [bar["is_complete"] for bar in bars][1:] == [True] * (len(bars) - 2) + [False]


def test_recording_with_a_hole_fails_the_check_only_where_it_is_asked_for(
    recording: Path, tmp_path: Path, paths: Paths, capsys: CapturedText
):
    holed = tmp_path / "holed.gz"
    with gzip.open(recording, "rt") as lines, gzip.open(holed, "wt") as out:
        depth = 0
        for line in lines:
            depth += '"e":"depthUpdate"' in line
            if depth != 50 or '"e":"depthUpdate"' not in line:
                out.write(line)
    assert run(["replay", str(holed), "--venue", "binanceusdm", "--check"]) == 1
    assert "BTCUSDT" in capsys.readouterr().out.replace("/", "").replace(":USDT", "")
    assert run(["replay", str(holed), "--venue", "binanceusdm", "--json"]) == 0
    assert [facts["gaps"] for facts in json.loads(capsys.readouterr().out)["symbols"].values()] == [1]


def test_broken_recording_exits_1_with_file_and_line(tmp_path: Path, paths: Paths, capsys: CapturedText):
    broken = tmp_path / "broken"
    broken.write_text('1 {"e":"trade"}\nnot a line\n')
    assert run(["replay", str(broken), "--venue", "binance", "--check", "--json"]) == 1
    message = json.loads(capsys.readouterr().err)["error"]["message"]
    assert str(broken) in message
    assert "unexpected" not in message


def test_missing_recording_and_unknown_venue_are_told(tmp_path: Path, paths: Paths, capsys: CapturedText):
    assert run(["replay", str(tmp_path / "none"), "--venue", "binance"]) == 1
    assert "no such file" in capsys.readouterr().err
    assert run(["replay", str(tmp_path / "none"), "--venue", "nowhere"]) == 2
