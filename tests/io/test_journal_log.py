"""How rows get into the journal's file: groups, the write-ahead log's length, and checks that are not read back."""

import asyncio
import sqlite3
import threading
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.io import inline_journal, journal_store, sqlite_journal
from core.io.inline_journal import InlineJournal
from core.io.journal_store import GENESIS, JournalStore, StoredRow, StoredSnapshot, UnreadableFactError, seal
from core.io.sqlite_journal import SqliteJournal
from core.journal.facts import AnyFact, BalanceReported, EngineStopped, JobDropped
from core.ports.journal import JournalError
from core.risk.verdict import Check, Hardness
from core.types.job import JobDropCause

TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
CHECKS = st.builds(
    Check,
    rule=TEXTS, hardness=st.sampled_from(Hardness), unit=TEXTS, limit=TEXTS, observed=TEXTS,
    passed=st.booleans(), lifted=st.booleans(),
)  # fmt: skip


def dropped(checks: tuple[Check, ...]) -> JobDropped:
    return JobDropped(at_ns=5, job_id="j-1", cause=JobDropCause.EXPIRED, reason="late", checks=checks)


def chained(facts: list[AnyFact]) -> list[StoredRow]:
    rows: list[StoredRow] = []
    for sequence, fact in enumerate(facts, start=1):
        rows.append(seal(sequence, fact, rows[-1].chain if rows else GENESIS))
    return rows


def some(count: int) -> list[AnyFact]:
    return [BalanceReported(at_ns=n, venue="sim-a", asset="USDT", total=Decimal(n)) for n in range(1, count + 1)]


@given(checks=st.lists(CHECKS, max_size=6))
def test_every_check_comes_back_as_it_was(checks: list[Check]) -> None:
    fact = dropped(tuple(checks))
    store = JournalStore(journal_store.IN_MEMORY)
    store.write(chained([fact]), ())
    assert [row.fact for row in store.rows(0)] == [fact]
    store.close()


def test_a_text_that_cannot_be_written_is_no_row() -> None:
    broken = Check(rule="a", hardness=Hardness.HARD, unit="USD", limit="\ud800", observed="1", passed=True)
    for fact in (dropped((broken,)), EngineStopped(at_ns=1, reason="\ud800")):
        with pytest.raises(UnreadableFactError, match=f"{type(fact).__name__} cannot be journaled"):
            seal(1, fact, GENESIS)


@pytest.mark.parametrize("length", [1, 2_046, 2_047, 2_048, 10_000])
def test_a_row_of_any_length_is_chained_by_its_hash(length: int) -> None:
    store = JournalStore(journal_store.IN_MEMORY)
    facts: list[AnyFact] = [EngineStopped(at_ns=1, reason="x" * length), *some(1)]
    store.write(chained(facts), ())
    assert [row.fact for row in store.rows(0)] == facts
    store.check_chain(2)
    store.close()


def test_a_group_of_more_rows_than_a_statement_takes_is_written_whole(tmp_path: Path) -> None:
    store = JournalStore(tmp_path / "journal.sqlite")
    facts = some(7_000)
    store.write(chained(facts), ())
    assert [row.fact for row in store.rows(0)] == facts
    store.close()


def test_rows_and_snapshots_that_fail_together_leave_nothing(tmp_path: Path) -> None:
    store = JournalStore(tmp_path / "journal.sqlite")
    first, second, third = chained(some(3))
    store.write((first,), ())
    with pytest.raises(JournalError, match="UNIQUE"):
        store.write((second, first), (StoredSnapshot(2, second.chain, b"state"),))
    with pytest.raises(JournalError, match="UNIQUE"):
        store.write((second, first), ())
    assert ([row.sequence for row in store.rows(0)], list(store.snapshots())) == ([1], [])
    store.write((second, third), (StoredSnapshot(3, third.chain, b"state"),))
    assert [row.sequence for row in store.rows(0)] == [1, 2, 3]
    store.close()


def test_a_log_that_was_moved_into_the_file_begins_again_at_its_first_byte(tmp_path: Path) -> None:
    store = JournalStore(tmp_path / "journal.sqlite")
    log = tmp_path / "journal.sqlite-wal"
    rows = chained(some(400))
    for row in rows[:200]:
        store.write((row,), ())
    length, counted = log.stat().st_size, store.log_bytes
    store.checkpoint()
    for row in rows[200:]:
        store.write((row,), ())
    assert log.stat().st_size <= length * 1.1
    assert counted >= 200 * len(rows[0].body)
    assert store.log_bytes == pytest.approx(counted, rel=0.1)
    store.close()


def test_a_lull_or_a_very_long_log_shortens_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shortened = threading.Event()
    checkpoint = JournalStore.checkpoint

    def watched(store: JournalStore) -> None:
        checkpoint(store)
        shortened.set()

    monkeypatch.setattr(JournalStore, "checkpoint", watched)
    monkeypatch.setattr(sqlite_journal, "LOG_BYTES", 100)

    async def run(path: Path) -> None:
        journal = SqliteJournal(path)
        await journal.append(some(1)[0])
        assert await asyncio.to_thread(shortened.wait, 10)
        await journal.close()
        shortened.clear()

    asyncio.run(run(tmp_path / "lull.sqlite"))
    monkeypatch.setattr(sqlite_journal, "LULL_S", 3_600.0)
    monkeypatch.setattr(sqlite_journal, "LONGEST_LOG_BYTES", 200)
    asyncio.run(run(tmp_path / "long.sqlite"))


def test_without_a_thread_a_long_log_is_shortened_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inline_journal, "LOG_BYTES", 10_000)

    async def run() -> int:
        journal = InlineJournal(tmp_path / "journal.sqlite")
        for fact in some(300):
            await journal.append(fact)
        length = (tmp_path / "journal.sqlite-wal").stat().st_size
        await journal.close()
        return length

    assert asyncio.run(run()) < 100_000


def test_a_file_of_another_page_size_is_gone_on_with(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    connection = sqlite3.connect(path)
    connection.executescript("PRAGMA page_size = 4096; CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);")
    connection.close()
    store = JournalStore(path)
    facts = some(3)
    store.write(chained(facts), ())
    assert [row.fact for row in store.rows(0)] == facts
    store.close()
