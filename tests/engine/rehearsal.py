"""The rehearsal venue as a process of its own, and an engine's home with a configuration and keys for it."""

import hashlib
import hmac
import json
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

from tests.engine.daemon import PATIENCE_S, environment


class Rehearsal:
    """The rehearsal venue and one account of it, by plain signed requests."""

    def __init__(self, home: Path) -> None:
        self._file = home / "rehearsal-keys.json"
        self.process = subprocess.Popen(
            [
                sys.executable, "-m", "tui.cli", "sim", "serve", "--port", "0", "--json", "--keys-file", self._file,
                "--key", "own", "--key", "foreign", "--balance", "USDT=100000", "--balance", "BTC=0.01",
            ],
            env=environment(home), stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        self.opened: dict[str, Any] = json.loads(self.process.stdout.readline())
        self.keys: dict[str, dict[str, str]] = json.loads(self._file.read_text())

    def ask(self, account: str, method: str, path: str, **parameters: object) -> Any:
        key = self.keys[account]
        query = "&".join(f"{name}={value}" for name, value in parameters.items())
        query = f"{query}&timestamp={time.time_ns() // 1_000_000}".lstrip("&")
        signature = hmac.new(key["secret"].encode(), query.encode(), hashlib.sha256).hexdigest()
        url = f"{self.opened['rest_url']}{path}?{query}&signature={signature}"
        request = urllib.request.Request(url, method=method, headers={"X-MBX-APIKEY": key["key"]})
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            return json.load(answer)

    def open_orders(self, account: str = "own") -> list[Any]:
        both = ("/api/v3/openOrders", "/fapi/v1/openOrders")
        return [order for path in both for order in self.ask(account, "GET", path)]


def live_config(home: Path, venue: Rehearsal) -> str:
    """Write a configuration for both markets of the venue, with a vault for their keys; return it."""
    key_file = home / "vault.key"
    key_file.write_bytes(os.urandom(32))
    key_file.chmod(0o600)
    urls = venue.opened
    text = (
        '[engine]\nmode = "live"\ntrading_enabled = true\n'
        f'[keys]\nuse_os_keyring = false\nvault_key_file = "{key_file}"\n'
        f'[venues.binance]\nkind = "binance"\nmode = "live"\nsymbols = ["BTC/USDT"]\n'
        f'rest_url = "{urls["rest_url"]}"\nws_url = "{urls["spot_stream_url"]}"\n'
        f'[venues.binanceusdm]\nkind = "binanceusdm"\nmode = "live"\nsymbols = ["BTC/USDT:USDT"]\n'
        f'rest_url = "{urls["rest_url"]}"\nws_url = "{urls["usdm_stream_url"]}"\n'
    )
    (home / "config.toml").write_text(text)
    return text


def keep_keys(home: Path, venue: Rehearsal) -> None:
    own = venue.keys["own"]
    given = json.dumps({"api_key": own["key"], "secret": own["secret"]})
    for name in ("binance", "binanceusdm"):
        done = subprocess.run(
            [sys.executable, "-m", "tui.cli", "keys", "add", name],
            env=environment(home), input=given, capture_output=True, text=True, timeout=PATIENCE_S, check=False,
        )  # fmt: skip
        assert (done.returncode, "rights: read, trade" in done.stdout) == (0, True), done.stderr


def ready(state: dict[str, Any]) -> bool:
    """Tell of a monitoring state whether both venues were compared and both books can be traded on."""
    venues, market = state.get("venues", {}), state.get("market", {})
    books = [book for symbols in market.values() for book in symbols.values()]
    return len(books) == 2 and all(
        (*(each["reconciled"] for each in venues.values()), *(_is_known(book) for book in books))
    )


def _is_known(book: dict[str, Any]) -> bool:
    return book["validity"] == "valid" and book["short_term_volatility"] is not None
