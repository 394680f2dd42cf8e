"""Append facts as fast as the disk takes them and print the number of each that was reported durable."""

import asyncio
import os
import resource
import signal
import sys
from decimal import Decimal
from pathlib import Path

from core.io.sqlite_journal import SqliteJournal
from core.journal.facts import BalanceReported
from core.ports.journal import JournalError

BURST = 40


async def main(path: Path) -> None:
    journal = SqliteJournal(path)
    number = sum(1 for _ in journal.rows(0))
    while True:
        futures = []
        for _ in range(BURST):
            number += 1
            future = journal.append(
                BalanceReported(at_ns=number, venue="sim-a", asset="USDT" * 50, total=Decimal(number))
            )
            futures.append((number, future))
        for durable, future in futures:
            try:
                await future
            except JournalError as error:
                os.write(1, f"failed {error}\n".encode())
                later = journal.append(BalanceReported(at_ns=0, venue="sim-a", asset="USDT", total=Decimal(0)))
                os.write(1, f"later {later.done()} {journal.failed_reason is not None}\n".encode())
                await journal.close()
                return
            os.write(1, f"{durable}\n".encode())


signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
asyncio.run(main(Path(sys.argv[1])))
