"""`seraphim sim serve` as a process of its own: it opens, answers, and ends when it is told to."""

import json
import os
import signal
import socket
import subprocess
import sys
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from core.config.load import load_config
from tests.repository.tree import ROOT
from tui.cli.app import run
from tui.cli.exits import ExitCode

PATIENCE_S = 60


@contextmanager
def serving(*arguments: str) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", "tui.cli", "sim", "serve", "--port", "0", *arguments]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.kill()


def opened(process: "subprocess.Popen[str]") -> dict[str, Any]:
    assert process.stdout is not None
    return json.loads(process.stdout.readline())


def get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=PATIENCE_S) as response:
        return json.loads(response.read())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_opens_answers_and_ends_cleanly(number: signal.Signals):
    with serving("--json", "--key", "maker", "--key", "taker") as process:
        told = opened(process)
        assert list(told["keys"]) == ["maker", "taker"]
        assert get(f"{told['rest_url']}/api/v3/ping") == {}
        assert len(get(f"{told['rest_url']}/fapi/v1/exchangeInfo")["symbols"]) == 3
        book = f"{told['rest_url']}/fapi/v1/depth?symbol=BTCUSDT"
        first = get(book)["lastUpdateId"]
        while get(book)["lastUpdateId"] == first:
            assert process.poll() is None
        process.send_signal(number)
        _, errors = process.communicate(timeout=PATIENCE_S)
        assert (process.returncode, errors) == (0, "")


def test_one_market_alone_has_the_plain_stream_addresses():
    with serving("--json", "--market", "usdm") as process:
        told = opened(process)
        assert (told["spot_stream_url"], told["spot_api_url"]) == (None, None)
        with pytest.raises(urllib.error.HTTPError, match="404"):
            get(f"{told['rest_url']}/api/v3/ping")


def test_text_has_a_configuration_that_loads(tmp_path: Path):
    with serving() as process:
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "")
        text = ""
        for line in lines:
            text += line
            if "usdm" in line and "ws_url" in line:
                break
        snippet = text[text.index("[venues.binance]") :]
        assert tomllib.loads(snippet)["venues"].keys() == {"binance", "binanceusdm"}
        file = tmp_path / "config.toml"
        file.write_text(snippet, encoding="utf-8")
        assert {"binance", "binanceusdm"} <= load_config(file, {}).venues.keys()


def test_taken_port_is_one_clear_line(capsys: pytest.CaptureFixture[str]):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert run(["sim", "serve", "--port", str(port)]) == ExitCode.FAILED
        error = capsys.readouterr().err
    assert error == f"seraphim: port {port} of 127.0.0.1 is taken by another program; --port 0 takes a free one\n"


@pytest.mark.parametrize(
    ("arguments", "said", "code"),
    [
        (["--host", "0.0.0.0"], "not a loopback address", ExitCode.FAILED),
        (["--host", "example.org"], "not a loopback address", ExitCode.FAILED),
        (["--balance", "USDT"], "not ASSET=AMOUNT", ExitCode.USAGE),
        (["--balance", "USDT=much"], "not an amount", ExitCode.USAGE),
        (["--margin", "-1"], "not an amount", ExitCode.USAGE),
        (["--market", "options"], "'spot'", ExitCode.USAGE),
    ],
)
def test_wrong_options_are_told(arguments: list[str], said: str, code: ExitCode, capsys: pytest.CaptureFixture[str]):
    assert run(["sim", "serve", "--port", "0", *arguments]) == code
    assert said in capsys.readouterr().err


def test_keys_file_is_written_for_its_owner_alone_and_read_the_next_time(tmp_path: Path):
    file = tmp_path / "keys.json"
    with serving("--json", "--keys-file", str(file), "--key", "ann", "--seed", "5") as process:
        told = opened(process)
    assert (told["accounts"], told["keys"], told["keys_file"]) == (["ann"], {}, str(file))
    assert file.stat().st_mode & 0o777 == 0o600
    written = json.loads(file.read_text("utf-8"))
    with serving("--json", "--keys-file", str(file), "--seed", "6") as process:
        url = opened(process)["rest_url"]
        request = urllib.request.Request(f"{url}/fapi/v1/listenKey", method="POST")
        request.add_header("X-MBX-APIKEY", written["ann"]["key"])
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as response:
            assert "listenKey" in json.loads(response.read())


@pytest.mark.parametrize(
    "text", ["", "[]", '{"ann": {"key": "short", "secret": "x"}}', '{"ann": {"key": "x"}}', "{}"], ids=str
)
def test_unusable_keys_file_is_refused(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = tmp_path / "keys.json"
    file.write_text(text, encoding="utf-8")
    assert run(["sim", "serve", "--port", "0", "--keys-file", str(file)]) == ExitCode.USAGE
    assert str(file) in capsys.readouterr().err


def test_help_shows_how_to_start(capsys: pytest.CaptureFixture[str]):
    assert run(["sim", "serve", "--help"]) == ExitCode.DONE
    text = capsys.readouterr().out
    for option in ("--port", "--market", "--seed", "--key", "--keys-file", "--balance", "--host", "Examples:"):
        assert option in text


def test_command_line_does_not_load_the_venue_for_its_help():
    program = "import sys\nfrom tui.cli.app import run\nrun(['sim', '--help'])\nprint('aiohttp' in sys.modules)"
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=os.environ, capture_output=True, text=True, check=True
    )
    assert ran.stdout.splitlines()[-1] == "False"
