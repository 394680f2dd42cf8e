"""The whole core among faults: what it must never do it does not do, and the same seed is the same run."""

import os
import subprocess
import sys

import pytest

from core.book.warm_up import warm_up
from strategies.simulation.campaign import run_campaign
from strategies.simulation.episode import run_episode
from strategies.simulation.faults import Fault
from strategies.simulation.quiet import run_quiet
from tests.repository.tree import ROOT

SEEDS_FOR_ONE_FAULT = 6


@pytest.fixture(scope="module", autouse=True)
def _compiled() -> None:
    warm_up()


@pytest.mark.parametrize("seed", range(800_000, 800_008))
def test_no_invariant_is_violated_whatever_goes_wrong(seed: int):
    assert run_episode(seed).violations == ()


@pytest.mark.parametrize("fault", list(Fault), ids=lambda f: f.value)
def test_a_fault_can_be_injected_alone_and_is_borne(fault: Fault):
    for seed in range(SEEDS_FOR_ONE_FAULT):
        result = run_episode(seed, fault)
        assert result.violations == ()
        assert set(result.faults) <= {fault.value}
        if result.faults:
            return
    pytest.fail(f"{fault} did not strike in {SEEDS_FOR_ONE_FAULT} runs")


def test_a_run_with_no_fault_but_sinks_that_hang_or_break_trades_and_nothing_is_wrong():
    result = run_episode(1, Fault.DEAD_ALERT_SINK)
    assert (result.violations, list(result.faults), result.lives) == ((), ["F39"], 1)
    assert result.fills > 10


def test_the_same_seed_gives_the_same_journal_in_a_process_with_another_hash_seed():
    command = [sys.executable, "-m", "tui.cli", "simulate", "--seed", "7", "--digest"]
    digests = [
        subprocess.run(
            command, capture_output=True, text=True, check=True, cwd=ROOT, env=os.environ | {"PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2")
    ]
    assert digests[0] == digests[1]
    assert len(digests[0].strip()) == 64


def test_a_campaign_counts_faults_and_repeats_seeds_in_other_processes():
    result = run_campaign(range(3), processes=2)
    assert (result.seeds, result.repeated, result.violations) == (3, 1, [])
    assert sum(result.faults.values()) > 50
    assert result.virtual_ratio > 0


@pytest.mark.parametrize("mutant", ["write-ahead", "fill-dedupe", "release"])
def test_the_oracle_notices_a_protection_that_is_gone(mutant: str):
    command = [sys.executable, "-m", "tests.simulation.mutants", "--seeds", "20", mutant]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_a_quiet_market_is_run_and_checked_step_by_step():
    run = run_quiet(1, 20.0)
    assert run.virtual_s == 20
    assert run.steps >= 40  # six books move twice a second
