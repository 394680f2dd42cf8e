"""The matching books that several venues' rigs have."""

from core.matching.kernel import MatchingBook
from tests.conformance.contract import Rules
from tests.conformance.logs import Levels


def ladder_levels(book: MatchingBook, rules: Rules, depth: int) -> Levels:
    """Return the best levels of a matching book, in money."""
    bids, asks = (
        tuple((ticks * rules.tick, lots * rules.lot) for ticks, lots in zip(*ladder.depth(depth), strict=True))
        for ladder in (book.bids, book.asks)
    )
    return bids, asks
