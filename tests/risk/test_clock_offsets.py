"""How far our clock is from a venue's, by when its messages were sent and came."""

from hypothesis import given
from hypothesis import strategies as st

from core.market.clock_offsets import ClockOffsets

MS = 1_000_000
NS = 1_000_000_000
START_NS = 1_767_625_200 * NS


def noted(*messages: tuple[float, int]) -> ClockOffsets:
    """Note messages of steady second and delay in milliseconds."""
    offsets = ClockOffsets()
    for steady_s, delay_ms in messages:
        offsets.note("v", sent_ns=START_NS, received_ns=START_NS + delay_ms * MS, steady_ns=int(steady_s * NS))
    return offsets


def test_the_quickest_message_of_the_last_seconds_counts():
    assert noted((0, 900), (0.2, 12), (0.4, 700)).offset_ms("v", NS) == 12
    assert noted((0, 12), (1.1, 700)).offset_ms("v", int(1.2 * NS)) == 12


def test_a_difference_is_seen_within_two_seconds():
    assert noted((0, 12), (0.5, 12), (1.1, 5_012), (2.2, 5_012)).offset_ms("v", int(2.3 * NS)) == 5_012
    assert noted((0, 12), (0.5, -4_988)).offset_ms("v", NS) == -4_988


def test_without_a_message_in_the_last_minute_nothing_is_known():
    offsets = noted((0, 12))
    assert (offsets.offset_ms("v", 60 * NS), offsets.offset_ms("v", 61 * NS)) == (12, None)
    assert offsets.offset_ms("other", 0) is None


def test_a_message_that_does_not_say_when_it_was_sent_says_nothing():
    offsets = ClockOffsets()
    offsets.note("v", sent_ns=0, received_ns=START_NS, steady_ns=0)
    assert offsets.offset_ms("v", 0) is None


@given(
    st.lists(st.tuples(st.floats(0, 30), st.integers(1, 2_000)), min_size=1, max_size=40), st.integers(-9_000, 9_000)
)
def test_a_difference_is_never_seen_as_smaller_than_it_is_where_our_clock_is_ahead(
    messages: list[tuple[float, int]], offset_ms: int
):
    ordered = sorted((steady_s, way_ms + offset_ms) for steady_s, way_ms in messages)
    seen = noted(*ordered).offset_ms("v", int(ordered[-1][0] * NS))
    assert seen is not None
    assert offset_ms < seen <= offset_ms + 2_000
