"""Recordings are read exactly, in order, and refused where they are broken."""

import gzip
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from data.recordings.cryptofeed import seconds_to_ns
from data.recordings.message import Channel, RecordedMessage, RecordingError, TornTail
from data.recordings.reader import read_recording
from data.recordings.recorder import Recorder

T0 = 1_700_000_000_000_000_000
LINES = b"".join(b'%d {"stream":"x","data":{"n":%d}}\n' % (T0 + n, n) for n in range(500))


def _write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("compress", [bytes, gzip.compress, zstandard.compress])
def test_every_compression_reads_the_same(tmp_path: Path, compress) -> None:
    messages = list(read_recording(_write(tmp_path / "r", compress(LINES))))
    assert [m.received_ns - T0 for m in messages] == list(range(500))
    assert messages[7] == RecordedMessage(T0 + 7, Channel.STREAM, None, b'{"stream":"x","data":{"n":7}}')


def test_several_gzip_members_and_zstd_frames_are_one_recording(tmp_path: Path) -> None:
    half = len(LINES) // 2
    for compress in (gzip.compress, zstandard.compress):
        path = _write(tmp_path / "r", compress(LINES[:half]) + compress(LINES[half:]))
        assert len(list(read_recording(path))) == 500


@pytest.mark.parametrize("compress", [gzip.compress, zstandard.compress])
def test_a_truncated_file_is_refused_and_its_whole_lines_can_be_asked_for(tmp_path: Path, compress) -> None:
    packed = compress(LINES)
    path = _write(tmp_path / "r", packed[:-9])
    with pytest.raises(RecordingError, match=r"r, line \d+: .* truncated"):
        list(read_recording(path))
    kept = list(read_recording(path, torn_tail=TornTail.ACCEPT)) if compress is gzip.compress else []
    assert [m.received_ns - T0 for m in kept] == list(range(len(kept)))


def test_damaged_compression_is_refused_even_where_a_torn_tail_is_accepted(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(LINES))
    packed[len(packed) // 2] ^= 0xFF
    with pytest.raises(RecordingError, match="damaged"):
        list(read_recording(_write(tmp_path / "r", bytes(packed)), torn_tail=TornTail.ACCEPT))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "empty"),
        (b"hello world\n", r"line 1: expected '<receive ns> <venue message>'"),
        (LINES + b"garbage\n", r"line 501: expected '<receive ns> <venue message>'"),
        (LINES + b"%d not json\n" % (T0 + 1000), r"line 501: .*found the message"),
        (LINES + b'%d {"stream"' % (T0 + 1000), r"line 501: the message is cut off"),
        (LINES + b"%d {}\n" % (T0 - 1), r"line 501: receive time .* is before .*, expected rising times"),
        (b"http://x/y -> 1633998511.1: {}\n", "stream file"),
        (b"wss://x <-> 1633998511.1\n1633998512.1: {}\nxx: {}\n", "line 3: expected unix seconds"),
        (b"wss://x <-> 1633998511.1\n1633998510.1: {}\n", "line 2: receive time"),
        (b"wss://x <-> 1633998511.1\n1633998512.1: {\n", "line 2: expected '<unix seconds>: <JSON>'"),
    ],
)
def test_a_broken_recording_names_file_line_and_what_was_expected(
    tmp_path: Path, content: bytes, expected: str
) -> None:
    path = _write(tmp_path / "broken.rec", content)
    with pytest.raises(RecordingError, match=expected) as caught:
        list(read_recording(path))
    assert str(path) in str(caught.value)


@given(payloads=st.lists(st.binary(max_size=60) | st.sampled_from([b"pong", b"{", b'"', "é\n".encode(), b'[{"a":1}]'])))
def test_whatever_comes_over_a_websocket_is_read_back_byte_for_byte(tmp_path_factory, payloads: list[bytes]) -> None:
    path = tmp_path_factory.mktemp("messages") / "r.zst"
    with Recorder(path) as recorder:
        recorder.connected(T0, "wss://x")
        for payload in payloads:
            recorder.stream_message(T0, payload)
    kept = [(each.channel, each.payload) for each in read_recording(path)][1:]
    whole = [p.replace(b"\n", b" ") if p[:1] in (b"{", b"[") and p[-1:] in (b"}", b"]") else p for p in payloads]
    assert kept == [(Channel.STREAM, payload) for payload in whole]


@pytest.mark.parametrize("text", [b'"cut', b'"', b'"a" b"', '"\N{SNOWMAN}"'.encode()])
def test_a_text_that_is_not_written_whole_is_refused(tmp_path: Path, text: bytes) -> None:
    with pytest.raises(RecordingError, match="line 501: the text is cut off"):
        list(read_recording(_write(tmp_path / "r", LINES + b"%d %s\n" % (T0 + 1000, text))))


def test_a_missing_file_is_a_recording_error(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="No such file"):
        list(read_recording(tmp_path / "absent"))


def test_a_session_merges_its_rest_answers_by_receive_time(tmp_path: Path) -> None:
    _write(tmp_path / "V.0", b'http://v/info -> 10.5: {"i":1}\nconfiguration: {"a":1}\n')
    _write(tmp_path / "V.http.0.0", b'http://v/depth?symbol=A -> 12.25: {"lastUpdateId":1}\n')
    stream = _write(tmp_path / "V.ws.1.0", b'wss://v <-> 11.0\n12.1234567: {"n":1}\n13.0: {"n":2}\n\n')
    found = [(m.received_ns, m.channel, m.url) for m in read_recording(stream)]
    assert found == [
        (10_500_000_000, Channel.REST, "http://v/info"),
        (11_000_000_000, Channel.CONNECTED, "wss://v"),
        (12_123_456_700, Channel.STREAM, "wss://v"),
        (12_250_000_000, Channel.REST, "http://v/depth?symbol=A"),
        (13_000_000_000, Channel.STREAM, "wss://v"),
    ]


@given(st.integers(0, 10**10), st.integers(0, 10**9 - 1), st.integers(1, 9))
def test_unix_seconds_become_nanoseconds_without_a_float(seconds: int, nanos: int, digits: int) -> None:
    text = f"{seconds}.{nanos:09d}"[: -9 + digits or None].encode()
    kept = nanos // 10 ** (9 - digits) * 10 ** (9 - digits)
    assert seconds_to_ns(text) == seconds * 10**9 + kept


def test_what_the_recorder_writes_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "new" / "own.zst"
    with Recorder(path) as recorder:
        recorder.connected(T0, "wss://v/stream?streams=a")
        recorder.stream_message(T0 + 5, b'{"n":\n1}')
        recorder.rest_answer(T0 + 3, "https://v/depth?symbol=A", b'{"lastUpdateId":7}')
    assert list(read_recording(path)) == [
        RecordedMessage(T0, Channel.CONNECTED, "wss://v/stream?streams=a", b""),
        RecordedMessage(T0 + 5, Channel.STREAM, None, b'{"n": 1}'),
        RecordedMessage(T0 + 5, Channel.REST, "https://v/depth?symbol=A", b'{"lastUpdateId":7}'),
    ]


def test_a_recording_cut_by_a_crash_is_read_up_to_its_torn_tail(tmp_path: Path) -> None:
    path = tmp_path / "crash.zst"
    recorder = Recorder(path)
    for n in range(100):
        recorder.stream_message(T0 + n, b'{"n":%d}' % n)
    recorder.flush()
    torn = _write(tmp_path / "torn.zst", path.read_bytes())
    recorder.close()
    assert len(list(read_recording(torn, torn_tail=TornTail.ACCEPT))) == 100
    with pytest.raises(RecordingError, match=r"line 101: .*truncated"):
        list(read_recording(torn))


def test_a_recorder_does_not_overwrite_a_recording(tmp_path: Path) -> None:
    path = _write(tmp_path / "kept", b"data")
    with pytest.raises(FileExistsError):
        Recorder(path)
    assert path.read_bytes() == b"data"


def test_progress_ends_at_the_size_of_the_file(tmp_path: Path) -> None:
    path = _write(tmp_path / "r", LINES)
    seen: list[tuple[int, int]] = []
    list(read_recording(path, progress=lambda read, total: seen.append((read, total))))
    assert seen[-1] == (len(LINES), len(LINES))
