"""Real recordings through the live handler agree with the venue's own best prices."""

import gzip
import re
from pathlib import Path

import pytest

from adapters.replay.check import CheckReport, check_recording
from data.recordings.message import RecordingError
from tests.recordings import SPOT_ETHUSDT, SPOT_SESSION, USDM_BTCUSDT, USDM_SESSION, needs_recordings, recording

SPOT, USDM = "binance", "binanceusdm"


def _compared(report: CheckReport) -> tuple[int, int]:
    top = report.checks.top_of_book
    return top.compared, top.mismatched


def _sister_session(source: Path, target: Path, names: dict[str, str], *, is_coin_margined: bool) -> Path:
    """Write a recorded session (stream and snapshots beside it) as another venue with the same protocol says it."""
    for file in (source, source.with_name(source.name.replace(".ws.1.", ".http.0."))):
        text = file.read_text()
        for name, other in names.items():
            text = text.replace(name, other).replace(name.lower(), other.lower())
        if is_coin_margined:
            text = re.sub(r'"s":"(\w+?)_(\w+)"', r'"s":"\1_\2","ps":"\1"', text).replace("fapi", "dapi")
        (target / file.name).write_text(text)
    return target / source.name


def _without_line(source: Path, target: Path, number: int) -> None:
    lines = gzip.decompress(source.read_bytes()).splitlines(keepends=True)
    del lines[number]
    target.write_bytes(b"".join(lines))


def _depth_lines(source: Path) -> list[int]:
    lines = gzip.decompress(source.read_bytes()).splitlines()
    return [number for number, line in enumerate(lines) if b"@depth" in line[:60]]


@needs_recordings
@pytest.mark.parametrize(
    ("name", "market", "symbol", "counts"),
    [
        (USDM_BTCUSDT, USDM, "BTC/USDT:USDT", (93_954, 21_313, 629)),
        (SPOT_ETHUSDT, SPOT, "ETH/USDT", (33_618, 6_106, 577)),
    ],
)
def test_every_best_price_equals_the_book_ticker_at_equal_update_ids(
    name: str, market: str, symbol: str, counts: tuple[int, int, int]
) -> None:
    report = check_recording(recording(name), market)
    assert (report.messages, report.trades, report.checks.top_of_book.compared) == counts
    assert (report.malformed, report.checks.top_of_book.mismatched) == (0, 0)
    assert (report.symbols[symbol].gaps, report.symbols[symbol].state) == (0, "valid")
    assert report.inferred
    assert report.is_clean


@needs_recordings
@pytest.mark.parametrize(("name", "market", "least"), [(SPOT_SESSION, SPOT, 26), (USDM_SESSION, USDM, 50)])
def test_sessions_with_snapshots_taken_mid_stream_synchronise(name: str, market: str, least: int) -> None:
    report = check_recording(recording(name), market)
    assert len(report.symbols) == 4
    assert {(symbol.state, symbol.gaps) for symbol in report.symbols.values()} == {("valid", 0)}
    assert _compared(report) == (least, 0)
    assert not report.inferred


@needs_recordings
@pytest.mark.parametrize(("name", "market"), [(USDM_BTCUSDT, USDM), (SPOT_ETHUSDT, SPOT)])
def test_one_missing_diff_makes_the_book_invalid_from_that_message_on(tmp_path: Path, name: str, market: str) -> None:
    source = recording(name)
    lost = _depth_lines(source)[2000]
    following = next(number for number in _depth_lines(source) if number > lost)
    _without_line(source, tmp_path / "gap", lost)
    until_the_gap = gzip.decompress(source.read_bytes()).splitlines(keepends=True)[:following]
    del until_the_gap[lost]
    (tmp_path / "before").write_bytes(b"".join(until_the_gap))

    before = check_recording(tmp_path / "before", market)
    report = check_recording(tmp_path / "gap", market)
    (symbol,) = report.symbols.values()
    assert (symbol.gaps, symbol.resyncs, symbol.state) == (1, 0, "invalid")
    assert "does not continue" in symbol.reason
    assert _compared(report) == _compared(before)
    assert _compared(report)[0] > 100
    assert _compared(report)[1] == 0
    assert not report.is_clean


@needs_recordings
@pytest.mark.parametrize("venue", ["binancecoinm", USDM])
def test_coin_margined_contracts_play_like_the_others(tmp_path: Path, venue: str) -> None:
    names = {
        "SUSHIUSDT": "BCHUSD_PERP", "AKROUSDT": "ETHUSD_210924", "KEEPUSDT": "XRPUSD_PERP", "CTKUSDT": "BTCUSD_211231"
    }  # fmt: skip
    report = check_recording(_sister_session(recording(USDM_SESSION), tmp_path, names, is_coin_margined=True), venue)
    assert set(report.symbols) == {"BCH/USD:BCH", "ETH/USD:ETH-210924", "XRP/USD:XRP", "BTC/USD:BTC-211231"}
    assert _compared(report) == (50, 0)
    assert (report.venue, report.is_clean) == (venue, True)


@needs_recordings
@pytest.mark.parametrize("venue", ["binanceus", SPOT])
def test_a_dollar_pair_of_a_sister_venue_is_followed(tmp_path: Path, venue: str) -> None:
    names = {"NKNUSDT": "BNBUSD", "RUNEEUR": "BTCUSD"}
    report = check_recording(_sister_session(recording(SPOT_SESSION), tmp_path, names, is_coin_margined=False), venue)
    assert set(report.symbols) == {"BNB/USD", "BLZ/ETH", "LRC/BTC", "BTC/USD"}
    assert (_compared(report), report.is_clean) == ((26, 0), True)


@needs_recordings
def test_a_hole_between_snapshot_and_stream_is_never_served(tmp_path: Path) -> None:
    source = recording(USDM_BTCUSDT)
    last_before_the_snapshot_applies = _depth_lines(source)[4]
    _without_line(source, tmp_path / "gap", last_before_the_snapshot_applies)
    report = check_recording(tmp_path / "gap", USDM)
    (symbol,) = report.symbols.values()
    assert (symbol.gaps, symbol.state) == (1, "syncing")
    assert _compared(report) == (0, 0)


def test_a_file_without_market_data_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other"
    path.write_bytes(b'1700000000000000000 {"hello":1}\n')
    with pytest.raises(RecordingError, match="holds no market data of binance"):
        check_recording(path, SPOT)
