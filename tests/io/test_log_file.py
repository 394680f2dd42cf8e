"""The log file: readable by a program, private, and without secrets."""

import json
import logging
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.io import log_file, redaction
from core.io.log_file import LogFile
from core.io.redaction import MASK, mask_known, redact, redact_value

HEX = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
BASE64 = "kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZtuZuj6F1huXg=="
log = logging.getLogger("core.test")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "seraphim.log"


@pytest.fixture
def started(path: Path) -> Iterator[LogFile]:
    target = LogFile(path)
    target.start()
    yield target
    target.stop()


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_line_is_an_object_with_time_level_topic_text_and_fields(path: Path, started: LogFile) -> None:
    log.info("order %s\nsent", "s0001-1", extra={"topic": "order", "venue": "sim-a", "latency_ms": 3})
    log.debug("not wanted")
    log.warning("plain")
    started.stop()
    first, second = lines(path)
    assert {name: first[name] for name in ("level", "topic", "text", "venue", "latency_ms")} == {
        "level": "info",
        "topic": "order",
        "text": "order s0001-1\nsent",
        "venue": "sim-a",
        "latency_ms": 3,
    }
    assert isinstance(first["at_ns"], int)
    assert (second["topic"], second["text"]) == ("core.test", "plain")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_traceback_is_kept_and_its_secrets_are_not(path: Path, started: LogFile) -> None:
    try:
        raise ValueError(f"bad reply to ?api_key={HEX}")
    except ValueError:
        log.exception("failed")
    started.stop()
    [line] = lines(path)
    assert "ValueError: bad reply" in line["error"]
    assert HEX not in path.read_text()


def test_secrets_in_arguments_and_fields_are_not_written(path: Path, started: LogFile) -> None:
    log.info("connect with %s", {"secret": "hunter2"}, extra={"api_key": "abc", "headers": {"Authorization": "xyz"}})
    started.stop()
    [line] = lines(path)
    assert (line["api_key"], line["headers"]) == (MASK, {"Authorization": MASK})
    assert not {"hunter2", "abc", "xyz"} & set(path.read_text().replace('"', " ").replace("'", " ").split())


def test_a_writer_that_cannot_follow_costs_counted_lines_and_still_stops(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_file, "_MAX_WAITING", 0)
    target = LogFile(path)
    target.start()
    log.info("dropped")
    target.stop()
    target.stop()
    assert (target.lost_lines, lines(path)) == (1, [])


def test_files_are_rotated_and_only_the_last_are_kept(path: Path) -> None:
    target = LogFile(path, max_bytes=1_000, kept_files=3)
    target.start()
    for number in range(200):
        log.info("line %d", number)
    target.stop()
    kept = sorted(file.name for file in path.parent.iterdir())
    assert kept == ["seraphim.log", *(f"seraphim.log.{n}" for n in range(1, 4))]
    assert lines(path)[-1]["text"] == "line 199"


def test_a_disk_that_takes_no_more_costs_counted_lines_only(capsys: pytest.CaptureFixture[str]) -> None:
    target = LogFile(Path("/dev/full"))
    try:
        target.start()
    except OSError:
        pytest.skip("this user may not open /dev/full")
    log.info("lost")
    target.stop()
    assert target.lost_lines == 1
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "text",
    [
        "GET /api/v3/order?symbol=BTCUSDT&signature={}&timestamp=1",
        '{{"apiKey": "{}", "a": 1}}',
        "secret='{}'",
        "X-MBX-APIKEY: {}",
        "Authorization: Bearer {}",
        "passphrase = {} next",
        "OK-ACCESS-SIGN token:{}",
    ],
)
@pytest.mark.parametrize("secret", ["hunter2", HEX, BASE64])
def test_values_named_like_secrets_are_masked(text: str, secret: str) -> None:
    masked = redact(text.format(secret))
    assert secret not in masked
    assert MASK in masked


@pytest.mark.parametrize("secret", [HEX, "0x" + HEX, BASE64, BASE64.rstrip("=")])
def test_long_random_words_are_masked_without_a_name(secret: str) -> None:
    assert redact(f"sent {secret} to venue") == f"sent {MASK} to venue"


@pytest.mark.parametrize(
    "text",
    [
        "order s0001-12 at sim-a: BTC/USDT:USDT filled 0.01 at 60000.10",
        "journal /home/trader/.local/share/Seraphim2/state/journal.sqlite: row 12 is missing",
        "risk: max_position_per_trade_usd 2,500.00 USD, allowed 2000",
        "reconciliation-of-every-venue-finished-without-findings",
        "pressed key k",
    ],
)
def test_ordinary_lines_stay_as_they_are(text: str) -> None:
    assert redact(text) == text


@given(st.dictionaries(st.text(max_size=8), st.integers() | st.text(max_size=8), max_size=3))
def test_fields_stay_json(fields: dict[str, object]) -> None:
    json.dumps(redact_value("fields", fields))


PEM = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIabcdefghij/klmnop\nqrstuvwxyzABCDEFGH==\n-----END EC PRIVATE KEY-----\n"
WAYS = ("{0}", "{0!r}", "q={1}", "q={2}", "body {3} sent", "\n{0}\n")


@pytest.fixture
def remember(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    monkeypatch.setattr(redaction, "_KNOWN", type(redaction._KNOWN)())
    return redaction.remember_secret


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("secret", ["two words, a/b+c=d", 'quote"and\\slash', "ünïcode-secret", PEM])
def test_a_remembered_secret_is_masked_however_it_is_written(
    remember: Callable[[str], None], secret: str, way: str
) -> None:
    text = way.format(secret, quote(secret, safe=""), quote_plus(secret), json.dumps({"a": secret}))
    assert redact(text) == mask_known(text) == text
    remember(secret)
    assert MASK in mask_known(text)
    for part in (word for line in secret.split("\n") for word in line.split() if not line.startswith("-----")):
        assert part not in redact(text)
        assert part not in mask_known(text)


def test_one_line_of_a_remembered_key_is_masked_for_itself(remember: Callable[[str], None]) -> None:
    remember(PEM)
    assert mask_known("line 1: MHcCAQEEIabcdefghij/klmnop") == f"line 1: {MASK}"
    assert mask_known("-----BEGIN EC PRIVATE KEY-----") == "-----BEGIN EC PRIVATE KEY-----"


def test_the_longer_of_two_remembered_secrets_is_masked_whole(remember: Callable[[str], None]) -> None:
    remember("abcdefgh")
    remember("abcdefgh-and-more")
    assert mask_known("abcdefgh-and-more abcdefgh") == f"{MASK} {MASK}"


def test_a_secret_too_short_to_tell_from_words_masks_nothing(remember: Callable[[str], None]) -> None:
    remember("order")
    remember("")
    assert mask_known("order s0001-12 filled") == "order s0001-12 filled"


def test_a_remembered_secret_is_in_no_field_of_a_line(
    remember: Callable[[str], None], path: Path, started: LogFile
) -> None:
    remember("plain-old-marker")
    log.info("x", extra={"reply": {"plain-old-marker": ["plain-old-marker"]}})
    started.stop()
    [line] = lines(path)
    assert line["reply"] == {MASK: [MASK]}
