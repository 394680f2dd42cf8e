"""Which benchmarks there are; each is a module with ``run(rounds, seed) -> Result``.

One whose `run` also takes `messages` obeys ``--messages``.
"""

from typing import Final

BENCHES: Final = {
    "books": "bench.books",
    "console": "bench.console",
    "console-memory": "bench.console_memory",
    "journal": "bench.journal",
    "memory": "bench.memory",
    "order-path": "bench.order_path",
    "scheduler": "bench.scheduler",
    "simulation": "bench.simulation",
    "socket": "bench.socket_path",
    "stalled": "bench.stalled",
}
