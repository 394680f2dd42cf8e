"""Print the SHA-256 of everything one simulated market says: `python -m tests.adapters.market_digest SEED SECONDS`."""

import asyncio
import hashlib
import sys

from adapters.sim.config import SimConfig
from core.types.instrument import InstrumentId
from core.types.order import Side
from tests.adapters.sim_rig import Rig, with_rig


def main(seed: int, seconds: float) -> str:
    digest = hashlib.sha256()

    async def work(rig: Rig) -> None:
        def book_changed(instrument_id: InstrumentId) -> None:
            book = rig.records.books[instrument_id]
            digest.update(repr((instrument_id, book.sequence, book.venue_ns, book.received_ns)).encode())
            for column in book.top(50):
                digest.update(column.tobytes())

        rig.records.on_change = book_changed
        trader = rig.trader("sim-a")
        price = rig.best("sim-a", "BTC/USDT", Side.BUY)
        await trader.send("BTC/USDT", Side.BUY, "0.1", price)
        await trader.send("ETH/USDT:USDT", Side.SELL, "2")
        await asyncio.sleep(seconds)
        digest.update(repr(await rig.market.execution("sim-a").account(0)).encode())
        for said in (
            rig.records.trades,
            rig.records.marks,
            rig.records.funding,
            rig.records.fills,
            rig.records.reports,
        ):
            digest.update(repr(said).encode())

    with_rig(SimConfig(seed=seed), work)
    return digest.hexdigest()


if __name__ == "__main__":
    print(main(int(sys.argv[1]), float(sys.argv[2])))
