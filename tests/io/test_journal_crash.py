"""What was reported durable survives a killed process and a full disk."""

import asyncio
import resource
import subprocess
import sys
from pathlib import Path

from core.io.sqlite_journal import SqliteJournal
from core.journal.facts import BalanceReported


def start_writer(path: Path, file_limit_bytes: int = resource.RLIM_INFINITY) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "tests.io.journal_writer", str(path), str(file_limit_bytes)],
        stdout=subprocess.PIPE,
        text=True,
    )


def restored(path: Path) -> list[int]:
    async def run() -> list[int]:
        journal = SqliteJournal(path)
        try:
            rows = list(journal.rows(0))
        finally:
            await journal.close()
        assert all(isinstance(row.fact, BalanceReported) for row in rows)
        return [row.fact.at_ns for row in rows]

    return asyncio.run(run())


def test_killed_at_any_commit_everything_reported_durable_is_there(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    for kill_after in (1, 37, 40, 41, 333):  # within and at the border of a group
        with start_writer(path) as writer:
            assert writer.stdout is not None
            reported = [int(writer.stdout.readline()) for _ in range(kill_after)]
            writer.kill()
            reported += [int(line) for line in writer.stdout.read().splitlines() if line]
        kept = restored(path)
        assert kept == list(range(1, len(kept) + 1))
        assert set(reported) <= set(kept)


def test_a_full_disk_fails_closed_and_loses_nothing_that_was_durable(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    with start_writer(path, file_limit_bytes=400_000) as writer:
        said, _ = writer.communicate(timeout=60)
        assert writer.returncode == 0
    *durable, failed, later = said.splitlines()
    assert str(path) in failed
    assert later == "later True True"
    assert durable
    assert set(map(int, durable)) <= set(restored(path))


def test_a_journal_whose_log_is_torn_opens_at_its_last_whole_commit(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    with start_writer(path) as writer:
        assert writer.stdout is not None
        for _ in range(120):
            writer.stdout.readline()
        writer.kill()
        writer.stdout.read()
    log = path.with_name("journal.sqlite-wal")
    log.write_bytes(log.read_bytes()[:-1_000])
    kept = restored(path)
    assert kept == list(range(1, len(kept) + 1))
    assert kept
