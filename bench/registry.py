"""Which benchmarks there are; each is a module with ``run(rounds, seed) -> Result``."""

from typing import Final

BENCHES: Final = {
    "books": "bench.books",
    "journal": "bench.journal",
    "order-path": "bench.order_path",
    "scheduler": "bench.scheduler",
    "simulation": "bench.simulation",
}
