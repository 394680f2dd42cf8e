"""Binance's update-id rule: what is applied, what is refused, and that nothing wrong is ever live."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.binance.synchroniser import (
    BUFFER_LIMIT,
    DepthSynchroniser,
    Diff,
    DiffAction,
    SnapshotAction,
    SyncState,
)


def diff(previous: int, last: int) -> Diff:
    return Diff(previous, last, 0, b"")


def live_at(update_id: int) -> DepthSynchroniser:
    rule = DepthSynchroniser()
    assert rule.on_snapshot(update_id).action is SnapshotAction.APPLY
    return rule


def test_diffs_are_kept_until_a_snapshot_and_those_it_holds_are_dropped() -> None:
    rule = DepthSynchroniser()
    diffs = [diff(10, 12), diff(12, 15), diff(15, 18)]
    assert [rule.on_diff(d) for d in diffs] == [DiffAction.KEEP] * 3
    verdict = rule.on_snapshot(13)
    assert (verdict.action, list(verdict.diffs)) == (SnapshotAction.APPLY, diffs[1:])
    assert rule.last_update_id == 18
    assert rule.on_diff(diff(18, 19)) is DiffAction.APPLY


def test_a_snapshot_older_than_the_first_buffered_diff_is_refused() -> None:
    rule = DepthSynchroniser()
    rule.on_diff(diff(10, 12))
    verdict = rule.on_snapshot(9)
    assert verdict.action is SnapshotAction.REFUSE
    assert rule.state is SyncState.BUFFERING
    assert rule.on_snapshot(10).action is SnapshotAction.APPLY


def test_a_snapshot_before_a_hole_in_the_buffer_is_refused_and_one_past_it_accepted() -> None:
    rule = DepthSynchroniser()
    for d in (diff(10, 12), diff(13, 15), diff(15, 16)):
        rule.on_diff(d)
    assert rule.gaps == 1
    assert rule.on_snapshot(11).action is SnapshotAction.REFUSE
    assert rule.on_snapshot(12).action is SnapshotAction.REFUSE
    verdict = rule.on_snapshot(13)
    assert [d.last_update_id for d in verdict.diffs] == [15, 16]


def test_a_diff_that_begins_right_after_a_snapshot_of_a_quiet_moment_continues_it() -> None:
    rule = live_at(20)
    assert rule.on_diff(diff(17, 20)) is DiffAction.DROP
    assert rule.on_diff(diff(20, 25)) is DiffAction.APPLY


@pytest.mark.parametrize(
    "wrong", [diff(26, 27), diff(24, 27), diff(20, 25), diff(10, 12)], ids=["gap", "overlap", "repeat", "old"]
)
def test_anything_but_the_next_diff_is_a_gap(wrong: Diff) -> None:
    rule = live_at(20)
    rule.on_diff(diff(20, 25))
    assert rule.on_diff(wrong) is DiffAction.GAP
    assert rule.state is SyncState.BUFFERING
    assert rule.gaps == 1
    assert str(wrong.last_update_id) in rule.gap_reason


def test_a_first_diff_beyond_the_snapshot_is_a_gap() -> None:
    assert live_at(20).on_diff(diff(21, 22)) is DiffAction.GAP


def test_a_live_book_needs_no_snapshot() -> None:
    assert live_at(20).on_snapshot(30).action is SnapshotAction.IGNORE


def test_the_buffer_is_bounded_and_what_falls_out_makes_old_snapshots_unfit() -> None:
    rule = DepthSynchroniser()
    for n in range(BUFFER_LIMIT + 10):
        rule.on_diff(diff(n, n + 1))
    assert rule.buffered == BUFFER_LIMIT
    assert rule.on_snapshot(5).action is SnapshotAction.REFUSE
    assert rule.on_snapshot(10).action is SnapshotAction.APPLY


@given(
    widths=st.lists(st.integers(1, 4), min_size=1, max_size=30),
    events=st.lists(st.tuples(st.sampled_from(["next", "skip", "repeat", "swap"]), st.integers(-6, 3)), max_size=60),
)
def test_a_live_book_has_seen_every_update_whatever_the_network_does(
    widths: list[int], events: list[tuple[str, int]]
) -> None:
    """Model: updates are numbered; a book is right when it holds exactly the updates 1..n for some n."""
    edges = [0]
    for width in widths:
        edges.append(edges[-1] + width)
    diffs = [diff(a, b) for a, b in pairwise(edges)]
    rule, holds, at = DepthSynchroniser(), set[int](), 0

    def take(d: Diff) -> None:
        if rule.on_diff(d) is DiffAction.APPLY:
            holds.update(range(d.previous_update_id + 1, d.last_update_id + 1))

    for event, snapshot_offset in events:
        chosen = {"next": [at], "skip": [at + 1], "repeat": [at - 1, at], "swap": [at + 1, at]}[event]
        for index in chosen:
            if 0 <= index < len(diffs):
                take(diffs[index])
        at = max([at, *[index + 1 for index in chosen]])
        if rule.state is SyncState.BUFFERING and snapshot_offset > -4:
            snapshot_at = max(0, edges[min(at, len(edges) - 1)] + snapshot_offset)
            verdict = rule.on_snapshot(snapshot_at)
            if verdict.action is SnapshotAction.APPLY:
                holds.clear()
                holds.update(range(1, snapshot_at + 1))
                for d in verdict.diffs:
                    holds.update(range(d.previous_update_id + 1, d.last_update_id + 1))
        if rule.state is SyncState.LIVE:
            assert holds == set(range(1, rule.last_update_id + 1))


def test_the_short_way_takes_only_what_continues_the_last_diff_applied() -> None:
    synchroniser = DepthSynchroniser()
    assert not synchroniser.follows(10, 12)  # no snapshot yet
    synchroniser.on_snapshot(10)
    assert not synchroniser.follows(10, 12)  # the first one behind a snapshot has a rule of its own
    assert synchroniser.on_diff(Diff(10, 12, 0, b"")) is DiffAction.APPLY
    assert synchroniser.follows(12, 15)
    assert synchroniser.last_update_id == 15
    assert not synchroniser.follows(12, 15)
    assert not synchroniser.follows(16, 18)
    assert synchroniser.on_diff(Diff(16, 18, 0, b"")) is DiffAction.GAP
    assert not synchroniser.follows(15, 16)
