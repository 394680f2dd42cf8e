"""The generated market of the books benchmark, and our side of it."""

from decimal import Decimal

import pytest

from bench.books import Ours, check
from bench.market import make_market
from bench.result import BenchError


def test_the_same_seed_gives_the_same_market() -> None:
    assert make_market(3, 50, 100, 20, 20) == make_market(3, 50, 100, 20, 20)
    assert make_market(3, 50, 100, 20, 20) != make_market(4, 50, 100, 20, 20)


@pytest.mark.parametrize("seed", range(5))
def test_our_book_ends_where_the_market_ends(seed) -> None:
    market = make_market(seed, 300, 100, 20, 20)
    _, bids, asks = Ours(market).run()
    assert (bids, asks) == (market.best_bids, market.best_asks)


def test_a_differing_top_is_no_result() -> None:
    market = make_market(1, 10, 100, 20, 20)
    wrong = [(market.best_bids[0][0], market.best_bids[0][1] + Decimal("0.001")), *market.best_bids[1:]]
    with pytest.raises(BenchError, match=r"peer ends with other bids"):
        check("peer", market, wrong, market.best_asks)
