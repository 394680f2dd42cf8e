"""`seraphim simulate`: which run the flags mean, what it prints, and how it ends."""

import json

import pytest

from tui.cli.app import run
from tui.cli.exits import ExitCode


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--seed", "1", "--seeds", "0:2"], "either --seed or --seeds"),
        (["--seeds", "0:2", "--seconds", "5"], "do not go with --seeds"),
        (["--seconds", "5", "--fault", "F01"], "do not go with --seeds, --fault"),
        (["--seeds", "2:2"], "not from:to"),
        (["--seeds", "many"], "not from:to"),
        (["--seed", "1", "--fault", "F99"], "not one of F01 to F40"),
        (["--seeds", "0:2", "--digest"], "of one --seed"),
    ],
)
def test_flags_that_do_not_fit_together_are_told(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]):
    assert run(["simulate", *arguments]) == ExitCode.USAGE
    assert said in capsys.readouterr().err


def test_seeds_give_one_document_with_what_was_found_and_how_fast(capsys: pytest.CaptureFixture[str]):
    assert run(["simulate", "--seeds", "0:2", "--processes", "1", "--json"]) == ExitCode.DONE
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (result["seeds"], result["violations"]) == (2, [])
    assert {"faults", "virtual_seconds", "wall_seconds", "virtual_ratio"} <= result.keys()


def test_seconds_mean_the_embedded_market(capsys: pytest.CaptureFixture[str]):
    assert run(["simulate", "--seed", "7", "--seconds", "2", "--json"]) == ExitCode.DONE
    assert json.loads(capsys.readouterr().out)["seconds"] == 2
