"""Our order ids in Kraken's forms, and back without a table."""

import re
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.kraken.client_ids import ClientIdError, from_kraken, to_kraken
from core.io.order_ids import OrderIds

TAGS = st.text("abcdefghijklmnopqrstuvwxyz0123456789", max_size=8)
RUNS = st.integers(0, 2**32 - 1)
COUNTERS = st.integers(1, 2**40 - 1)


def order_id(tag: str, run: int, counter: int) -> str:
    ids = OrderIds(run, tag)
    ids._counter = counter - 1
    return ids.next_order_id()


@given(TAGS, RUNS, COUNTERS)
def test_every_id_of_ours_goes_to_kraken_in_a_form_it_takes_and_comes_back(tag: str, run: int, counter: int) -> None:
    ours = order_id(tag, run, counter)
    sent = to_kraken(ours)
    assert len(sent) <= 18 or re.fullmatch(r"[0-9a-f]{32}", sent)
    if len(sent) > 18:
        assert (uuid.UUID(sent).version, uuid.UUID(sent).variant) == (4, uuid.RFC_4122)
        assert from_kraken(str(uuid.UUID(sent))) == from_kraken(sent.upper()) == ours  # it may be written either way
    assert from_kraken(sent) == ours


@given(st.tuples(TAGS, RUNS, COUNTERS), st.tuples(TAGS, RUNS, COUNTERS))
def test_two_ids_never_become_one(first: tuple[str, int, int], second: tuple[str, int, int]) -> None:
    a, b = order_id(*first), order_id(*second)
    assert (to_kraken(a) == to_kraken(b)) is (a == b)


UUIDS = st.uuids(version=4)


@given(UUIDS.map(lambda found: found.hex) | UUIDS.map(str) | st.text(max_size=40))
def test_ids_of_others_stay_as_they_are_or_would_have_been_ours(theirs: str) -> None:
    read = from_kraken(theirs)
    assert read == theirs or to_kraken(read) == theirs.replace("-", "")


def test_short_ids_stay_readable_at_the_venue() -> None:
    assert to_kraken("s0001-12") == "s0001-12"


@pytest.mark.parametrize("bad", ["", "x" * 19, "s0001-" + "9" * 20, "sabcdefghi-0001-12345678", "order-é"])
def test_what_kraken_does_not_take_is_refused_before_it_leaves(bad: str) -> None:
    with pytest.raises(ClientIdError):
        to_kraken(bad)
