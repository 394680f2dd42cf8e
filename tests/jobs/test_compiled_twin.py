"""The compiled scheduler and its plain form are one: verdicts, scores and picks agree to the last bit."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.jobs.columns import PICKED, PendingColumns
from core.jobs.compiled_selection import CompiledSelector
from core.jobs.market import JobMarket
from core.jobs.selection import ObjectSelector
from core.types.job import HedgeJob
from tests.jobs.generated import jobs, markets
from tests.jobs.making import NOW_NS, RULES, job, market, venue


def columns_of(pending: list[HedgeJob]) -> PendingColumns:
    columns = PendingColumns(RULES)
    for sequence, each in enumerate(pending):
        columns.add(each, sequence)
    return columns


def outcome(selector, pending: list[HedgeJob], of: JobMarket, running: dict[str, int]) -> tuple[object, ...]:
    columns = columns_of(pending)
    for each in pending[::5]:
        columns.hold(each.job_id, NOW_NS + 1)
    picks = selector.select(columns, of, running)
    count = len(pending)
    return (
        picks,
        columns.masks[:count].tolist(),
        columns.scores[:count].tolist(),
        columns.status[:count].tolist(),
        columns.leg_micro[:count].tolist(),
    )


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_both_forms_agree_on_random_markets_and_jobs(data):
    of = data.draw(markets())
    pending = [data.draw(jobs(f"job-{at}")) for at in range(data.draw(st.integers(1, 12)))]
    running = data.draw(st.dictionaries(st.sampled_from(("alpha", "beta")), st.integers(0, 3)))
    assert outcome(CompiledSelector(RULES), pending, of, running) == outcome(
        ObjectSelector(RULES), pending, of, running
    )


@pytest.mark.parametrize("equity", [30_000, 300_000, 30_000_000])
def test_both_forms_pick_the_same_of_hundreds_of_ready_jobs(equity):
    """More of a strategy than is kept in order at one time, and venues that fill up in between."""
    places = tuple(venue(name, equity) for name in ("binance", "okx"))
    pending = [
        job(job_id=f"job-{at}", notional=100 + 10 * (at * 37 % 101), strategy=("alpha", "beta")[at % 7 == 0])
        for at in range(400)
    ]
    of = market(venues=places)
    compiled = outcome(CompiledSelector(RULES), pending, of, {"alpha": 1})
    assert compiled == outcome(ObjectSelector(RULES), pending, of, {"alpha": 1})
    assert compiled[3].count(PICKED) == len(compiled[0]) > 5
