"""The compiled scheduler and its plain form are one: verdicts, scores and picks agree to the last bit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.jobs import compiled_selection
from core.jobs.columns import PICKED, PendingColumns
from core.jobs.compiled_selection import CompiledSelector
from core.jobs.market import Closable, JobMarket
from core.jobs.scheduling import claims_of
from core.jobs.selection import ObjectSelector
from core.types.job import HedgeJob
from core.types.order import Side
from tests.jobs.generated import jobs, markets
from tests.jobs.making import BTC_BINANCE, BTC_OKX, NOW_NS, RULES, D, instrument, job, leg, market, venue


def columns_of(pending: list[HedgeJob]) -> PendingColumns:
    columns = PendingColumns(RULES)
    for sequence, each in enumerate(pending):
        columns.add(each, sequence)
    return columns


def written_by_the_judge(columns: PendingColumns) -> tuple[np.ndarray, ...]:
    return columns.results, columns.finals, columns.masks, columns.status


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
        columns.opening_micro[:count].tolist(),
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


@settings(max_examples=60, deadline=None)
@given(
    closable=st.tuples(*(st.decimals(0, 40, places=2) for _ in range(2))),
    sizes=st.lists(st.tuples(st.integers(1, 400), st.booleans()), min_size=2, max_size=60),
    pool=st.sampled_from((0, 1_000, 30_000)),
)
def test_both_forms_pick_the_same_of_jobs_that_close_positions_and_never_close_one_twice(closable, sizes, pool):
    """Some close all they trade, some a part, in pools that have no room, little, or enough."""
    places = tuple(venue(name, 3_000_000, hedge_room_usd=D(pool)) for name in ("binance", "okx"))
    of = market(
        venues=places,
        instruments=(
            instrument(BTC_BINANCE, unit_usd=D(1_000), closing_sells=Closable(closable[0])),
            instrument(BTC_OKX, unit_usd=D(1_000), closing_buys=Closable(closable[1])),
        ),
    )
    pending = [
        job(
            job_id=f"job-{at}", notional=D(hundredths * 10), edge="9",
            legs=(
                leg(BTC_BINANCE, Side.SELL if is_closing else Side.BUY, D(hundredths) / 100),
                leg(BTC_OKX, Side.BUY if is_closing else Side.SELL, D(hundredths) / 100),
            ),
        )
        for at, (hundredths, is_closing) in enumerate(sizes)
    ]  # fmt: skip
    found = outcome(CompiledSelector(RULES), pending, of, {})
    assert found == outcome(ObjectSelector(RULES), pending, of, {})
    for at, left in enumerate(closable):
        claims = [claims_of(pending[row], of)[at] for row in found[0]]
        assert sum(claim.closes for claim in claims) <= left
        assert sum(claim.amount_usd for claim in claims) <= pool


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_rows_that_were_others_before_are_judged_like_new_ones(data):
    """Where a job leaves, the last takes its row, and later ones take rows that had more legs or other venues."""
    of = data.draw(markets())
    pending = [data.draw(jobs(f"job-{at}")) for at in range(data.draw(st.integers(2, 12)))]
    gone = data.draw(st.lists(st.sampled_from(pending), unique_by=lambda each: each.job_id))
    columns = columns_of(pending)
    for each in gone:
        columns.remove(each.job_id)
    late = [data.draw(jobs(f"late-{at}")) for at in range(data.draw(st.integers(0, len(gone))))]
    for sequence, each in enumerate(late, len(pending)):
        columns.add(each, sequence)
    left = [each for each in pending if each not in gone] + late
    fresh = columns_of(left)
    picks = [columns.jobs[row].job_id for row in CompiledSelector(RULES).select(columns, of, {})]
    assert picks == [fresh.jobs[row].job_id for row in ObjectSelector(RULES).select(fresh, of, {})]
    for each in left:
        row, twin = columns.row_of(each.job_id), fresh.row_of(each.job_id)
        assert columns.masks[row] == fresh.masks[twin]
        assert columns.status[row] == fresh.status[twin]
        assert columns.scores[row].tolist() == fresh.scores[twin].tolist()


def test_all_that_is_written_has_memory_of_its_own(monkeypatch):
    """The compiler is told so, and makes code that goes wrong where it is not so."""
    seen: list[tuple[object, ...]] = []
    judge_all = compiled_selection.judge_all

    def judge(*arguments):
        seen.append(arguments)
        return judge_all(*arguments)

    monkeypatch.setattr(compiled_selection, "judge_all", judge)
    columns = columns_of([job(job_id=f"job-{at}") for at in range(100)])
    CompiledSelector(RULES).select(columns, market(), {})
    (arguments,) = seen
    arrays = [each for each in arguments if isinstance(each, np.ndarray)]
    written = [each for each in arrays if any(each.base is of or each is of for of in written_by_the_judge(columns))]
    assert len(written) == len(written_by_the_judge(columns))
    for each in written:
        assert not any(np.shares_memory(each, other) for other in arrays if other is not each)
