"""Durable order events through our journal, which commits in groups, against one commit an event with aiosqlite."""

import asyncio
import hashlib
import sqlite3
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from bench.order_events import make_events
from bench.peer import Peer
from bench.percentile import percentile
from bench.result import BenchError, Result
from core.io.interpreter import take_short_turns
from core.io.journal_store import GENESIS, StoredRow, Synchronous, seal
from core.io.sqlite_journal import SqliteJournal
from core.journal.facts import AnyFact

EVENTS: Final = 2_000
EVENTS_TO_A_LULL: Final = 100
LULL_S: Final = 0.03
PEER: Final = "aiosqlite"


class Ours:
    """Every fact is appended at once, as when many orders move together; it counts when the last is durable."""

    def __init__(self, events: list[AnyFact]) -> None:
        self._events = events

    def run(self, path: Path) -> float:
        """Return events a second, sealing and hashing included."""
        return asyncio.run(self._together(path))

    async def _together(self, path: Path) -> float:
        journal = SqliteJournal(path, Synchronous.FULL)
        started_ns = time.perf_counter_ns()
        futures = [journal.append(event) for event in self._events]
        for future in futures:
            await future
        taken_ns = time.perf_counter_ns() - started_ns
        await journal.close()
        return len(self._events) / taken_ns * 1e9

    def alone(self, path: Path) -> list[float]:
        """Return ns from appending one event to its being durable, one at a time."""
        return asyncio.run(self._alone(path))

    async def _alone(self, path: Path) -> list[float]:
        journal = SqliteJournal(path, Synchronous.FULL)
        taken_ns: list[float] = []
        for number, event in enumerate(self._events):
            if number % EVENTS_TO_A_LULL == 0:
                await asyncio.sleep(LULL_S)
            started_ns = time.perf_counter_ns()
            await journal.append(event)
            taken_ns.append(time.perf_counter_ns() - started_ns)
        await journal.close()
        return taken_ns


def sealed(events: list[AnyFact]) -> list[StoredRow]:
    rows: list[StoredRow] = []
    chain = GENESIS
    for sequence, event in enumerate(events, start=1):
        rows.append(seal(sequence, event, chain))
        chain = rows[-1].chain
    return rows


def digest_of(bodies: list[str]) -> str:
    return hashlib.sha256("\n".join(bodies).encode()).hexdigest()


def check(name: str, found: str, wanted: str) -> None:
    if found != wanted:
        raise BenchError(f"{name} has other rows in its file than it was given")


def written(path: Path) -> str:
    connection = sqlite3.connect(path)
    found = [body for (body,) in connection.execute("SELECT body FROM rows ORDER BY sequence")]
    connection.close()
    return digest_of(found)


def run(rounds: int, seed: int) -> Result:
    """Write the same rows in turns, into new files on the disk of the temporary folder (TMPDIR)."""
    take_short_turns()  # as the engine's process is set; the peer has a process of its own
    events = make_events(seed, EVENTS)
    rows = sealed(events)
    wanted = digest_of([row.body for row in rows])
    ours, per_s, alone_ns = Ours(events), {"ours": [0.0] * 0, PEER: [0.0] * 0}, {"ours": [0.0] * 0, PEER: [0.0] * 0}
    with tempfile.TemporaryDirectory(prefix="bench-journal-") as folder, Peer(PEER, PEER) as peer:
        told = [[*row[:4], row.chain.hex()] for row in rows]
        detail = peer.ask({"do": "load", "rows": told})["path"]
        for number in range(-1, rounds):  # the first round warms up and counts for nobody
            path = Path(folder) / f"ours-{number}.sqlite"
            events_per_s = ours.run(path)
            check("ours", written(path), wanted)
            answer: dict[str, Any] = peer.ask({"do": "run", "path": f"{folder}/peer-{number}.sqlite"})
            check(PEER, answer["digest"], wanted)
            taken_ns = ours.alone(Path(folder) / f"alone-{number}.sqlite")
            if number >= 0:
                per_s["ours"].append(events_per_s)
                per_s[PEER].append(EVENTS / answer["seconds"])
                alone_ns["ours"] += taken_ns
                alone_ns[PEER] += answer["ns"]
    return Result("journal", _measured(per_s, alone_ns, rows, rounds, detail), {PEER: _ratio(per_s)})


def _ratio(per_s: dict[str, list[float]]) -> float:
    """Compare within each round: a disk's speed changes from one minute to the next."""
    return round(statistics.median(ours / peer for ours, peer in zip(per_s["ours"], per_s[PEER], strict=True)), 1)


def _measured(
    per_s: dict[str, list[float]], alone_ns: dict[str, list[float]], rows: list[StoredRow], rounds: int, detail: str
) -> dict[str, Any]:
    measured: dict[str, Any] = {f"{name} events/s": round(statistics.median(each)) for name, each in per_s.items()}
    for name, values in alone_ns.items():
        measured[f"{name} one event p50 us"] = round(percentile(values, 0.50) / 1e3)
        measured[f"{name} one event p99 us"] = round(percentile(values, 0.99) / 1e3)
    return measured | {
        "bytes an event": round(statistics.mean(len(row.body) for row in rows)),
        "events": EVENTS,
        "synchronous": "FULL, write-ahead log",
        "rounds": rounds,
        "peer": detail,
    }
