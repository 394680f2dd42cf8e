"""[alerts.sinks.<name>]: what is wrong is said with file, key, value and what is allowed, and no URL is ever shown."""

import asyncio
import json
import os
from pathlib import Path

import pytest

from core.config.load import load_config
from core.config.problem import ConfigError
from core.paths import Paths
from tests.adapters.alerts.test_apprise_sink import SECRET, serving
from tui.cli.app import run
from tui.compose.alerts import alert_routes
from tui.compose.configuration import load_for_engine
from tui.compose.engine_process import EngineProcess

HEAD = "[alerts.sinks.phone]\n"


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Paths:
    monkeypatch.setenv("SERAPHIM_HOME", str(tmp_path))
    return Paths.under(tmp_path)


def url_file(paths: Paths, text: str, mode: int = 0o600) -> Path:
    file = paths.config_file.with_name("phone.url")
    file.write_text(text)
    file.chmod(mode)
    return file


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (f'url = "jsn://{SECRET}"', 'alerts.sinks.phone.url = "jsn://***": must be an apprise URL'),
        (f'url = "{SECRET}"', 'alerts.sinks.phone.url = "***": must be an apprise URL'),
        (f'ulr = "json://{SECRET}"', "did you mean 'url'?"),
        (f'url = ["{SECRET}"]', "alerts.sinks.phone.url ="),
        (f'url = "json://{SECRET}"\nurl_file = "/x"', "must have either url or url_file"),
        ("timeout_s = 5", "must have either url or url_file"),
        (f'url = "json://{SECRET}"\nmin_severity = "loud"', '"info", "warning", "severe", "critical"'),
        (f'url = "json://{SECRET}"\ntimeout_s = 0', "timeout_s = 0: must be a number > 0 and ≤ 60"),
        ('url_file = "phone.url"', "must be an absolute path"),
        ('url_file = "/nonexistent/phone.url"', "must be a file that can be read: No such file or directory"),
    ],
)
def test_a_wrong_sink_is_refused_with_what_is_allowed(paths: Paths, text: str, wanted: str):
    paths.config_file.write_text(HEAD + text)
    with pytest.raises(ConfigError) as caught:
        load_for_engine(paths.config_file, paths)
    assert wanted in str(caught.value)
    assert f"{paths.config_file}:" in str(caught.value)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(("mode", "is_refused"), [(0o600, False), (0o400, False), (0o640, True), (0o604, True)])
def test_a_file_with_a_url_that_others_can_read_is_refused(paths: Paths, mode: int, is_refused: bool):
    file = url_file(paths, f"json://{SECRET}\n", mode)
    paths.config_file.write_text(f'{HEAD}url_file = "{file}"')
    if not is_refused:
        assert [route.name for route in alert_routes(load_for_engine(paths.config_file, paths))] == ["phone"]
        return
    with pytest.raises(ConfigError, match=f"chmod 600: its mode is {mode:o}") as caught:
        load_for_engine(paths.config_file, paths)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("text", ["", "\n\n", f"json://{SECRET}\njson://other"])
def test_a_file_holds_one_url(paths: Paths, text: str):
    paths.config_file.write_text(f'{HEAD}url_file = "{url_file(paths, text)}"')
    with pytest.raises(ConfigError, match="one URL in one line"):
        load_for_engine(paths.config_file, paths)


def test_a_folder_is_no_file_with_a_url(paths: Paths):
    paths.config_file.write_text(f'{HEAD}url_file = "{paths.config_file.parent}"')
    with pytest.raises(ConfigError, match="can be read: Is a directory"):
        load_for_engine(paths.config_file, paths)


def test_the_configuration_in_force_is_shown_without_the_url(paths: Paths, capsys: pytest.CaptureFixture[str]):
    paths.config_file.write_text(f'{HEAD}url = "json://{SECRET}"')
    for command in (["config", "show"], ["config", "show", "--json"], ["config", "check"]):
        assert run(command) == 0
    said = capsys.readouterr()
    assert "***" in said.out
    assert SECRET not in said.out + said.err
    assert SECRET not in repr(load_config(paths.config_file))


def test_a_kill_reaches_a_sink_of_the_configuration_and_no_file_of_the_engine_holds_its_url(tmp_path: Path):
    async def life(url: str) -> dict[str, object]:
        paths = Paths.under(tmp_path / "home")
        paths.ensure()
        paths.config_file.parent.mkdir(parents=True, exist_ok=True)
        paths.config_file.write_text(f'{HEAD}url = "{url}"')
        process = EngineProcess(load_config(paths.config_file), paths)
        await process.start()
        try:
            from core.control.commands import Kill

            await process.access.execute(Kill(reason="a drill"))
            return json.loads(json.dumps({"sinks": [str(each) for each in process.engine.monitoring().alert_sinks]}))
        finally:
            await process.stop("the test is over", cancel_orders=True)

    with serving() as server:
        state = asyncio.run(life(server.url))
        titles = [body["title"] for body in server.bodies]
    assert "seraphim CRITICAL: kill global" in titles
    assert SECRET not in str(state)
    config_file = Paths.under(tmp_path / "home").config_file
    for folder, _, names in os.walk(tmp_path):
        for name in names:
            file = Path(folder) / name
            if file != config_file and file.is_file():
                assert SECRET.encode() not in file.read_bytes(), file
