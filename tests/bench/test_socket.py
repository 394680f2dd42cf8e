"""The socket benchmark: what counts as seen when, and our side over a real connection."""

from pathlib import Path

import numpy as np

from bench.depth_server import DEPTH, Plan, ServerProcess
from bench.market import FIRST_ID
from bench.socket_path import Arrival, Ours, arrival_of


def test_a_message_has_come_with_the_first_look_that_holds_it() -> None:
    plan = Plan(seed=1, books=2, rounds=4, per_s=1.0, stamps="")
    sent_ns = np.arange(8, dtype=np.int64) * 10  # book 0 at 0, 20, 40, 60, book 1 at 10, 30, 50, 70
    first = [(FIRST_ID + 10, 1), (FIRST_ID + 30, 45), (FIRST_ID + 30, 46)]
    second = [(FIRST_ID + 10, 11), (FIRST_ID + 20, 33), (FIRST_ID + 30, 51), (FIRST_ID + 40, 75)]
    told = arrival_of(plan, [first, second], sent_ns, warm_up=1)
    assert told == Arrival(latencies_ns=[25, 3, 5, 1, 5], missing=1, coalesced=1)


def test_our_side_sees_every_message_of_a_session_and_ends_with_the_markets_books(tmp_path: Path) -> None:
    plan = Plan(seed=1, books=2, rounds=20, per_s=1_000, stamps=str(tmp_path / "stamps"))
    with ServerProcess(plan) as server:
        seen = Ours(plan, server.port).run(tmp_path / "engine")
        assert server.session().messages == plan.messages
    market = plan.market()
    assert seen.tops == [(market.best_bids[:DEPTH], market.best_asks[:DEPTH])] * 2
    told = arrival_of(plan, seen.books, np.fromfile(plan.stamps, np.int64), warm_up=0)
    assert (len(told.latencies_ns), told.missing) == (plan.messages, 0)
    assert min(told.latencies_ns) > 0
