"""Where a live engine's orders may rest is known to a kill whatever becomes of the configuration."""

from pathlib import Path

import pytest

from core.config.config import Config
from core.config.load import load_config
from core.ports.keys import KeyStoreError
from tui.compose.live_venues import live_venues, note_live_venues, noted_live_venues

LIVE = """
[engine]
mode = "live"
[keys]
use_os_keyring = false
[venues.binance]
kind = "binance"
mode = "live"
account = "second"
symbols = ["BTC/USDT"]
rest_url = "http://127.0.0.1:1"
[venues.perps]
kind = "ccxt"
exchange = "bybit"
mode = "live"
symbols = ["BTC/USDT:USDT"]
rate_limit_share = 0.35
[venues.ib]
kind = "interactive_brokers"
mode = "live"
symbols = ["AAPL/USD"]
port = 4002
[venues.okx]
kind = "okx"
mode = "data"
symbols = ["BTC/USDT"]
"""


def configured(folder: Path, text: str) -> Config:
    file = folder / "config.toml"
    file.write_text(text)
    return load_config(file, {})


def test_what_was_noted_is_what_the_engine_ran_with(tmp_path: Path) -> None:
    config, note = configured(tmp_path, LIVE), tmp_path / "note"
    note_live_venues(config, note)
    noted = noted_live_venues(note)
    assert noted == live_venues(config)
    assert noted is not None
    assert list(noted.venues) == ["binance", "perps", "ib"]
    assert not noted.keys.use_os_keyring


def test_a_start_on_paper_leaves_the_note_of_the_live_one(tmp_path: Path) -> None:
    note = tmp_path / "note"
    note_live_venues(configured(tmp_path, LIVE), note)
    note_live_venues(configured(tmp_path, '[venues.sim-a]\nkind = "sim"\n'), note)
    noted = noted_live_venues(note)
    assert noted is not None
    assert len(noted.venues) == 3


def test_without_a_live_start_there_is_no_note(tmp_path: Path) -> None:
    note = tmp_path / "note"
    note_live_venues(configured(tmp_path, '[venues.sim-a]\nkind = "sim"\n'), note)
    assert noted_live_venues(note) is None


@pytest.mark.parametrize("content", [b"", b"{", b'{"venues": {"x": {"kind": "nothing"}}, "keys": {}}'])
def test_a_note_that_cannot_be_read_names_its_file(tmp_path: Path, content: bytes) -> None:
    note = tmp_path / "note"
    note.write_bytes(content)
    note.chmod(0o600)
    with pytest.raises(KeyStoreError, match=str(note)):
        noted_live_venues(note)


def test_a_note_that_others_could_have_changed_is_not_trusted(tmp_path: Path) -> None:
    note = tmp_path / "note"
    note_live_venues(configured(tmp_path, LIVE), note)
    note.chmod(0o666)
    with pytest.raises(KeyStoreError, match="open to other users"):
        noted_live_venues(note)
