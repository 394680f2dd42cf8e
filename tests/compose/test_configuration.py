"""What is wrong with strategies is told like all else in the configuration: file, key, value, what is allowed."""

from pathlib import Path

import pytest

from core.config.problem import ConfigError
from core.paths import Paths
from tui.cli.app import run
from tui.compose.configuration import load_for_engine

HEAD = '[strategies.mine]\nkind = "ma_cross"\ninstruments = ["BTC/USDT:USDT@sim-a"]\n'


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Paths:
    monkeypatch.setenv("SERAPHIM_HOME", str(tmp_path))
    return Paths.under(tmp_path)


def problem(paths: Paths, text: str) -> str:
    paths.config_file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_for_engine(paths.config_file, paths)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            HEAD + "parameters = { fast = 30, slow = 10 }",
            ":4: strategies.mine.parameters: strategy 'ma_cross': slow = 10 is not allowed: more than fast (30)",
        ),
        (HEAD + 'parameters = { fast = "x" }', "fast = 'x' is not allowed: a valid integer"),
        (
            HEAD + "\n[strategies.mine.parameters]\nslwo = 3",
            ":6: strategies.mine.parameters.slwo: strategy 'ma_cross' has no parameter 'slwo' (did you mean 'slow'?)",
        ),
        (HEAD.replace("ma_cross", "moon"), ":2: strategies.mine.kind: there is no strategy 'moon'; known are"),
        (HEAD.replace("ma_cross", "moon") + "enabled = false", ":2: strategies.mine.kind: there is no strategy 'moon'"),
    ],
)
def test_wrong_strategy_is_told_with_file_line_and_key(paths: Paths, text: str, wanted: str):
    found = problem(paths, text)
    assert found.startswith(f"{paths.config_file}:")
    assert wanted in found


def test_every_wrong_strategy_is_told_at_once(paths: Paths):
    second = HEAD.replace("mine", "other").replace("ma_cross", "moon")
    lines = problem(paths, HEAD + "parameters = { fast = 0 }\n" + second).splitlines()
    assert ["strategies.mine" in lines[0], "strategies.other" in lines[1]] == [True, True]


def test_file_of_an_own_strategy_that_does_not_load_is_named(paths: Paths):
    paths.strategies_dir.mkdir()
    (paths.strategies_dir / "mine.py").write_text("import nothing_of_that_name\n")
    assert f"{paths.strategies_dir / 'mine.py'}, line 1: " in problem(paths, "")


@pytest.mark.parametrize(("path", "wanted"), [("nothing.gz", "is not there"), ("/", "is no file")])
def test_recording_that_cannot_be_played_is_told_before_anything_starts(paths: Paths, path: str, wanted: str):
    text = f'[venues.binanceusdm]\nkind = "replay"\nvenue = "binanceusdm"\npath = "{path}"\n'
    found = problem(paths, text)
    assert found.startswith(f'{paths.config_file}:4: venues.binanceusdm.path = "{path}": must be a recording; /')
    assert found.endswith(wanted)


def test_config_check_finds_what_would_keep_the_engine_from_starting(paths: Paths, capsys: pytest.CaptureFixture[str]):
    paths.config_file.write_text(HEAD + "parameters = { fast = 30, slow = 10 }")
    assert run(["config", "check"]) == 2
    assert "strategies.mine.parameters: " in capsys.readouterr().err
    paths.config_file.write_text(HEAD)
    assert run(["config", "check"]) == 0
