"""Books and trades of an exchange that only ccxt talks to: the rehearsal venue on the loopback."""

import pytest

from core.book.book import BookState
from tests.adapters.ccxt_exchange.rig import Rig, run


@pytest.mark.parametrize("kind", ["spot", "usdm"])
def test_its_book_becomes_the_venues_and_trades_arrive(kind: str):
    async def scenario(rig: Rig) -> None:
        await rig.start_feed()
        book = rig.sink.books["BTCUSDT"]
        await rig.sink.until(lambda: book.state is BookState.VALID and len(rig.sink.trades) > 3)
        print(book.top(3), rig.sink.trades[:2], rig.sink.statuses[-1], rig.sink.marks[:1], rig.sink.funding[:1])

    run(kind, scenario)
