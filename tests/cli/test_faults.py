"""What is wrong with the configuration, or with the program itself, is said in words."""

import pytest

from core.paths import Paths
from tui.cli.app import run

CapturedText = pytest.CaptureFixture[str]


def test_bad_config_exits_2_with_every_problem(paths: Paths, capsys: CapturedText):
    paths.config_file.parent.mkdir(parents=True)
    paths.config_file.write_text("[risk]\nmax_leverage = 0\nmode = 'wild'\n")
    assert run(["config", "check"]) == 2
    text = capsys.readouterr().err
    assert f"{paths.config_file}:2: risk.max_leverage" in text
    assert f"{paths.config_file}:3: risk.mode" in text
    assert run(["config", "check", str(paths.config_file.with_name("none.toml"))]) == 2
    paths.config_file.write_text("")
    assert run(["config", "check"]) == 0
    assert run(["config", "show", "--json"]) == 0


def test_an_unexpected_error_is_one_line_and_its_traceback_is_kept(
    paths: Paths, capsys: CapturedText, monkeypatch: pytest.MonkeyPatch
):
    def broken(*_: object) -> None:
        raise RuntimeError("two\nlines")

    monkeypatch.setattr("tui.cli.engine.read", broken)
    assert run(["status"]) == 1
    text = capsys.readouterr().err
    assert text.count("\n") == 1
    assert "unexpected RuntimeError: two lines" in text
    assert "Traceback" in (paths.log_dir / "command-line-errors.log").read_text()
