"""Numbers in verdicts: few digits, and never on the wrong side of the limit."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.jobs.controls import finding as job_finding
from core.risk.number_words import told_apart
from core.risk.rules import finding

D = Decimal
NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=12)


@pytest.mark.parametrize(
    ("observed", "limit", "told"),
    [
        (D("7.06391679"), D(5), ("7.06", "5")),
        (D("5.0001"), D(5), ("5.0001", "5")),
        (D("4.99999"), D(5), ("4.99999", "5")),
        (D("5.000"), D(5), ("5", "5")),
        (D("1800.50"), D("1800.5"), ("1800.5", "1800.5")),
        (D("64012.5"), D("10000.123456"), ("64012.5", "10000.123456")),
        (D("0.00123456"), D("0.01"), ("0.00123", "0.01")),
        (D("-3.14159"), D(0), ("-3.14", "0")),
        (600.123456, 500.0, ("600.12", "500")),
        (1e-09, 0.0, ("0.000000001", "0")),
    ],
)
def test_a_number_has_the_digits_that_a_person_needs(observed: Decimal, limit: Decimal, told: tuple[str, str]) -> None:
    assert told_apart(observed, limit) == told


@given(NUMBERS, NUMBERS)
def test_what_is_told_stands_to_the_limit_as_it_is_in_truth(observed: Decimal, limit: Decimal) -> None:
    shown, bound = map(Decimal, told_apart(observed, limit))
    assert shown.compare(bound) == observed.compare(limit)


@given(st.integers(-1000, 1000), st.integers(1, 10**12))
def test_the_nearest_miss_is_told_as_one(limit: int, part: int) -> None:
    observed = D(limit) + D(part).scaleb(-15)
    shown, bound = told_apart(observed, D(limit))
    assert shown != bound


def test_a_number_that_is_none_is_written_as_it_is() -> None:
    assert told_apart(float("nan"), 5.0) == ("nan", "5.0")


def test_rules_of_orders_and_of_jobs_tell_numbers_alike() -> None:
    found = finding.at_most(D("7.06391679"), D(5))
    assert (found.observed, found.limit) == ("7.06", "at most 5")
    of_job = job_finding.at_most(7.06391679, 5.0, "drawdown")
    assert (job_finding.observed_text(of_job), job_finding.limit_text(of_job)) == ("7.06", "at most 5")
    unknown = job_finding.at_most(None, 5.0, "drawdown")
    told = (job_finding.observed_text(unknown), job_finding.limit_text(unknown))
    assert told == ("unknown: no drawdown", "at most 5")
