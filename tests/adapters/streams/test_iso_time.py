"""Moments as venues write them, to the nanosecond."""

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.streams.iso_time import iso_to_ns

MOMENTS = st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1))  # noqa: DTZ001 - written as UTC below


@given(MOMENTS, st.integers(0, 999_999_999), st.integers(0, 9))
def test_every_moment_is_read_as_it_was_written(moment: datetime, nanoseconds: int, digits: int) -> None:
    fraction = f"{nanoseconds:09d}"[:digits]
    whole = moment.replace(microsecond=0, tzinfo=UTC)
    text = f"{whole:%Y-%m-%dT%H:%M:%S}" + (f".{fraction}" if fraction else "") + "Z"
    assert iso_to_ns(text) == int(whole.timestamp()) * 10**9 + int(fraction.ljust(9, "0") or 0)


def test_a_moment_of_the_venue() -> None:
    assert iso_to_ns("2023-07-30T15:30:01.604059Z") == 1_690_731_001_604_059_000
    assert iso_to_ns("1970-01-01T00:00:00Z") == 0


@pytest.mark.parametrize(
    "text",
    [
        "", "Z", "2023-07-30", "2023-07-30Z", "2023-07-30T15:30:01", "2023-07-30T15:30:01+00:00", "2023-07-30T15:30Z",
        "2023-07-30T15:30:01.Z", "2023-07-30T15:30:01.1234567890Z", "2023-07-30T15:30:01,5Z", "20230730T153001,500Z",
        "2023-W30-7T15:30:01Z", "2023-02-30T00:00:00Z", "2023-07-30T24:00:00Z", "2023-07-30T15:30:01.٣Z",
        "2023-07-30T15:30:01Z\n", "1690731001",
    ],
)  # fmt: skip
def test_whatever_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the type is what the caller relies on
        iso_to_ns(text)


@given(st.text(max_size=32))
def test_no_text_does_anything_but_give_a_moment_or_be_refused(text: str) -> None:
    with suppress(ValueError):
        assert iso_to_ns(text) >= -(10**20)
