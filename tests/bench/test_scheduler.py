"""The forms of the scheduler benchmark agree with ours, and a peer that does not is no result."""

import random

import pytest

from bench.result import BenchError
from bench.scheduler import Forms
from bench.scheduler_market import make_jobs, make_market
from core.jobs.limits import JobLimits
from core.jobs.rulebook import Rulebook
from core.risk.limits import RiskLimits

RULES = Rulebook(JobLimits(), RiskLimits())


@pytest.mark.parametrize("seed", range(4))
def test_all_forms_give_the_same_verdicts_scores_and_picks(seed):
    chance = random.Random(seed)
    forms = Forms(make_jobs(chance, 600), RULES)
    for running in (0, 47):
        market = make_market(chance, running)
        _, picks = forms.ours(market)
        assert picks
        forms.vectorised(market, picks)
        forms.dataclasses(market, picks)


def test_other_picks_are_no_result():
    chance = random.Random(1)
    forms, market = Forms(make_jobs(chance, 50), RULES), make_market(chance)
    _, picks = forms.ours(market)
    with pytest.raises(BenchError, match="numpy picks other jobs"):
        forms.vectorised(market, picks[1:])
