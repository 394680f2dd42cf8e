"""``python -m tests.adapters.readers.fuzz --messages 1000000``: compiled readers against typed messages.

Every venue gets the same share of messages: one in ten is the venue's own, the others are damaged copies of such.
"""

import argparse
import random
import sys
import time
from collections.abc import Callable
from typing import TypeVar

from bench.venue_market import SHAPES
from tests.adapters.readers.binance_pair import BinancePair
from tests.adapters.readers.damage import damaged
from tests.adapters.readers.venue_pair import Pair, walk

T = TypeVar("T")

DAMAGED = 9  # of each message of the venue
_STEPS = 60


def fuzz(venue: str, messages: int, seed: int) -> Pair:
    """Give both forms of a venue's handler so many messages; raise AssertionError at the first that they take apart."""
    pair, chance = Pair(venue), random.Random(seed)
    while pair.messages < messages:
        seed += 1
        for step in walk(venue, seed, _STEPS):
            for _ in range(DAMAGED):
                pair.restore(step.snapshot)
                pair.take(damaged(step.update, chance))
            pair.restore(step.snapshot)
            pair.take(step.update)
            if pair.messages >= messages:
                break
    return pair


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare compiled readers with typed messages on damaged messages.")
    parser.add_argument("--messages", type=int, default=100_000, help="over all venues (default 100000)")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    share = arguments.messages // (len(SHAPES) + 1)
    for venue in SHAPES:
        pair, seconds = _timed(lambda venue=venue: fuzz(venue, share, arguments.seed))
        counts = f"{pair.read} read by compiled code, {pair.messages - pair.read} left to typed messages"
        print(
            f"{venue}: {pair.messages} messages, all alike: {counts}; {pair.took} left a book to read; {seconds:.0f} s"
        )
    binance, seconds = _timed(lambda: BinancePair().fuzz(share, arguments.seed))
    print(f"binance: {binance}; {seconds:.0f} s")
    return 0


def _timed(run: Callable[[], T]) -> tuple[T, float]:
    began = time.perf_counter()
    return run(), time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
