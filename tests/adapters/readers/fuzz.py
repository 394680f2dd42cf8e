"""``python -m tests.adapters.readers.fuzz --messages 1000000``: compiled readers against typed messages.

Every venue gets the same share of messages: one in ten is the venue's own, the others are damaged copies of such.
"""

import argparse
import random
import sys
import time

from bench.venue_market import SHAPES
from tests.adapters.readers.binance_pair import BinancePair
from tests.adapters.readers.damage import damaged
from tests.adapters.readers.venue_pair import Pair, walk

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
        began = time.perf_counter()
        pair = fuzz(venue, share, arguments.seed)
        print(f"{venue}: {_counts(pair)} left a book to read; {time.perf_counter() - began:.0f} s")
    began, binance = time.perf_counter(), BinancePair()
    binance.fuzz(share, arguments.seed)
    print(f"binance: {_counts(binance)} taken; {time.perf_counter() - began:.0f} s")
    return 0


def _counts(pair: Pair | BinancePair) -> str:
    counts = f"{pair.read} read by compiled code, {pair.messages - pair.read} left to typed messages"
    return f"{pair.messages} messages, all alike: {counts}; {pair.took}"


if __name__ == "__main__":
    sys.exit(main())
