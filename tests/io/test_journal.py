"""The journal: order, durability, damage and failing disks."""

import asyncio
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.io import sqlite_journal
from core.io.inline_journal import InlineJournal
from core.io.journal_store import KEPT_SNAPSHOTS
from core.io.sqlite_journal import SqliteJournal
from core.journal.facts import AnyFact, BalanceReported, EngineStarted, EngineStopped, StrategyStarted
from core.ports.journal import Journal, JournalError


def fact(number: int) -> AnyFact:
    return BalanceReported(at_ns=number, venue="sim-a", asset="USDT", total=Decimal(number) / 8)


facts = st.one_of(
    st.builds(EngineStarted, at_ns=st.integers(0, 2**62), version=st.text(max_size=8), run=st.integers(1, 2**31)),
    st.builds(EngineStopped, at_ns=st.integers(0, 2**62), reason=st.text(max_size=40)),
    st.builds(
        BalanceReported,
        at_ns=st.integers(0, 2**62),
        venue=st.text(max_size=8),
        asset=st.text(max_size=8),
        total=st.decimals(allow_nan=False, allow_infinity=False),
    ),
    st.builds(
        StrategyStarted,
        at_ns=st.integers(0, 2**62),
        name=st.text(max_size=8),
        parameters=st.dictionaries(st.text(max_size=4), st.text(max_size=4), max_size=4),
    ),
)


async def write(journal: Journal, wanted: list[AnyFact]) -> str:
    for future in [journal.append(item) for item in wanted]:
        await future
    digest = journal.digest()
    await journal.close()
    return digest


def read(path: Path, after_sequence: int = 0) -> list[AnyFact]:
    async def run() -> list[AnyFact]:
        journal = SqliteJournal(path)
        try:
            return [row.fact for row in journal.rows(after_sequence)]
        finally:
            await journal.close()

    return asyncio.run(run())


def damage(path: Path, statement: str, *parameters: object) -> None:
    connection = sqlite3.connect(path)
    with connection:
        assert connection.execute(statement, parameters).rowcount >= 1
    connection.close()


@settings(max_examples=25, deadline=None)
@given(wanted=st.lists(facts, max_size=12))
def test_facts_come_back_equal_and_in_order_and_both_forms_agree_on_the_digest(
    tmp_path_factory: pytest.TempPathFactory, wanted: list[AnyFact]
) -> None:
    folder = tmp_path_factory.mktemp("journal")
    threaded = asyncio.run(write(SqliteJournal(folder / "threaded.sqlite"), wanted))
    inline = asyncio.run(write(InlineJournal(folder / "inline.sqlite"), wanted))
    assert threaded == inline
    assert read(folder / "threaded.sqlite") == wanted == read(folder / "inline.sqlite")


def test_dictionary_order_does_not_change_the_digest() -> None:
    async def digest_of(parameters: dict[str, str]) -> str:
        return await write(InlineJournal(), [StrategyStarted(at_ns=1, name="a", parameters=parameters)])

    assert asyncio.run(digest_of({"fast": "10", "slow": "30"})) == asyncio.run(digest_of({"slow": "30", "fast": "10"}))


def test_another_fact_or_another_order_gives_another_digest() -> None:
    digests = [
        asyncio.run(write(InlineJournal(), wanted)) for wanted in ([fact(1), fact(2)], [fact(2), fact(1)], [fact(1)])
    ]
    assert len(set(digests)) == 3


def test_a_reopened_journal_goes_on_where_it_ended(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    asyncio.run(write(SqliteJournal(path), [fact(1), fact(2)]))
    in_two_runs = asyncio.run(write(SqliteJournal(path), [fact(3)]))
    assert in_two_runs == asyncio.run(write(InlineJournal(), [fact(1), fact(2), fact(3)]))
    assert read(path, after_sequence=1) == [fact(2), fact(3)]


def test_futures_end_in_the_order_of_their_facts(tmp_path: Path) -> None:
    async def run() -> list[int]:
        journal = SqliteJournal(tmp_path / "journal.sqlite")
        ended: list[int] = []
        futures = [journal.append(fact(number)) for number in range(500)]
        for number, future in enumerate(futures):
            future.add_done_callback(lambda _, number=number: ended.append(number))
        await asyncio.gather(*futures)
        await journal.close()
        return ended

    assert asyncio.run(run()) == list(range(500))


def test_a_cancelled_waiter_does_not_stop_the_others(tmp_path: Path) -> None:
    async def run() -> None:
        journal = SqliteJournal(tmp_path / "journal.sqlite")
        first, second = journal.append(fact(1)), journal.append(fact(2))
        first.cancel()
        await second
        await journal.close()

    asyncio.run(run())
    assert read(tmp_path / "journal.sqlite") == [fact(1), fact(2)]


def test_closing_writes_what_is_queued_and_refuses_what_comes_after(tmp_path: Path) -> None:
    async def run() -> None:
        journal = SqliteJournal(tmp_path / "journal.sqlite")
        queued = [journal.append(fact(number)) for number in range(50)]
        await journal.close()
        assert all(future.done() and future.exception() is None for future in queued)
        with pytest.raises(JournalError, match="closed"):
            await journal.append(fact(51))

    asyncio.run(run())
    assert len(read(tmp_path / "journal.sqlite")) == 50


@pytest.mark.parametrize(
    ("statement", "row"),
    [
        ("UPDATE rows SET body = replace(body, '0.25', '0.75') WHERE sequence = 2", 2),
        ("UPDATE rows SET chain = zeroblob(32) WHERE sequence = 2", 2),
        ("UPDATE rows SET at_ns = 7 WHERE sequence = 2", 2),
        ("UPDATE rows SET kind = 'EngineStopped' WHERE sequence = 2", 2),
        ("UPDATE rows SET body = 5 WHERE sequence = 2", 2),
        ("DELETE FROM rows WHERE sequence = 2", 2),
        ("UPDATE rows SET sequence = sequence + 10 WHERE sequence = 3", 3),
    ],
)
def test_a_changed_row_is_named_and_nothing_after_it_is_read(tmp_path: Path, statement: str, row: int) -> None:
    path = tmp_path / "journal.sqlite"
    asyncio.run(write(SqliteJournal(path), [fact(1), fact(2), fact(3)]))
    damage(path, statement)
    with pytest.raises(JournalError, match=rf"{path}.*row {row} "):
        read(path)


@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_any_flipped_bit_of_a_body_is_seen(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    path = tmp_path_factory.mktemp("flip") / "journal.sqlite"
    asyncio.run(write(SqliteJournal(path), [fact(1), fact(2)]))
    connection = sqlite3.connect(path)
    body = bytearray(connection.execute("SELECT CAST(body AS BLOB) FROM rows WHERE sequence = 1").fetchone()[0])
    connection.close()
    position = data.draw(st.integers(0, len(body) * 8 - 1))
    body[position // 8] ^= 1 << (position % 8)
    damage(path, "UPDATE rows SET body = CAST(? AS TEXT) WHERE sequence = 1", bytes(body))
    with pytest.raises(JournalError, match="row 1 "):
        read(path)


@pytest.mark.parametrize("row", [1, 2])
def test_a_changed_row_before_the_newest_snapshot_is_refused(tmp_path: Path, row: int) -> None:
    path = tmp_path / "journal.sqlite"
    save(path, 3)
    damage(path, f"UPDATE rows SET body = replace(body, 'USDT', 'USDC') WHERE sequence = {row}")

    async def load() -> None:
        journal = SqliteJournal(path)
        try:
            journal.load_snapshot()
        finally:
            await journal.close()

    with pytest.raises(JournalError, match=f"row {row} was changed after it was written; restore the file"):
        asyncio.run(load())


def save(path: Path, count: int) -> None:
    async def run() -> None:
        journal = SqliteJournal(path)
        for number in range(1, count + 1):
            journal.append(fact(number))
            await journal.save_snapshot(b"state %d" % number)
        await journal.close()

    asyncio.run(run())


def load(path: Path) -> tuple[int, bytes] | None:
    async def run() -> tuple[int, bytes] | None:
        journal = SqliteJournal(path)
        try:
            return journal.load_snapshot()
        finally:
            await journal.close()

    return asyncio.run(run())


def test_the_newest_snapshot_is_loaded_and_only_the_last_ones_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    save(path, 6)
    assert load(path) == (6, b"state 6")
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT count(*) FROM snapshots").fetchone() == (KEPT_SNAPSHOTS,)
    connection.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE snapshots SET state = x'00' WHERE sequence = 6",
        "UPDATE snapshots SET sha256 = x'00' WHERE sequence = 6",
        "UPDATE snapshots SET sequence = 7 WHERE sequence = 6",
        "UPDATE rows SET chain = zeroblob(32) WHERE sequence = 6",
    ],
)
def test_a_damaged_or_foreign_snapshot_gives_way_to_an_older_one(tmp_path: Path, statement: str) -> None:
    path = tmp_path / "journal.sqlite"
    save(path, 6)
    damage(path, statement)
    assert load(path) == (5, b"state 5")


def test_without_a_whole_snapshot_there_is_none(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    assert load(path) is None
    save(path, 2)
    damage(path, "UPDATE snapshots SET state = x'00'")
    assert load(path) is None


def test_a_fact_that_would_come_back_changed_fails_the_journal(tmp_path: Path) -> None:
    not_a_number = BalanceReported(at_ns=1, venue="sim-a", asset="USDT", total=Decimal("NaN"))

    async def run(make: Callable[[Path], Journal], path: Path) -> None:
        journal = make(path)
        with pytest.raises(JournalError, match="BalanceReported"):
            await journal.append(not_a_number)
        assert journal.failed_reason is not None
        with pytest.raises(JournalError):
            await journal.append(fact(1))
        await journal.close()

    for number, make in enumerate((SqliteJournal, InlineJournal)):
        asyncio.run(run(make, tmp_path / f"{number}.sqlite"))
        assert read(tmp_path / f"{number}.sqlite") == []


def test_after_a_write_error_every_append_fails_and_what_was_durable_stays(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"

    async def run() -> None:
        journal = SqliteJournal(path)
        await journal.append(fact(1))
        damage(path, "INSERT INTO rows SELECT 2, at_ns, kind, body, chain FROM rows")  # somebody else writes
        waiting = [journal.append(fact(2)), journal.append(fact(3))]
        for future in waiting:
            with pytest.raises(JournalError, match=str(path)):
                await future
        assert journal.failed_reason is not None
        after = journal.append(fact(4))
        assert after.done()
        with pytest.raises(JournalError):
            await after
        with pytest.raises(JournalError):
            await journal.save_snapshot(b"")
        await journal.close()

    asyncio.run(run())
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT count(*) FROM rows").fetchone() == (2,)
    connection.close()


def test_a_disk_that_does_not_answer_fails_the_journal_before_memory_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_journal, "MAX_PENDING", 10)
    path = tmp_path / "journal.sqlite"

    async def run() -> None:
        journal = SqliteJournal(path)
        blocker = sqlite3.connect(path, isolation_level=None)
        blocker.execute("BEGIN IMMEDIATE")
        waiting = [journal.append(fact(number)) for number in range(10)]
        too_many = journal.append(fact(11))
        assert too_many.done()
        with pytest.raises(JournalError, match="10 rows wait for a disk that does not answer"):
            await too_many
        assert journal.failed_reason is not None
        blocker.execute("ROLLBACK")
        blocker.close()
        await asyncio.gather(*waiting)  # late, but durable: what was promised holds
        await journal.close()

    asyncio.run(run())
    assert len(read(path)) == 10


def test_closing_on_a_disk_that_does_not_answer_ends_with_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_journal, "CLOSE_TIMEOUT_S", 0.01)
    path = tmp_path / "journal.sqlite"

    async def run() -> None:
        journal = SqliteJournal(path)
        blocker = sqlite3.connect(path, isolation_level=None)
        blocker.execute("BEGIN IMMEDIATE")
        queued = journal.append(fact(1))
        with pytest.raises(JournalError, match="has not taken 1 rows"):
            await journal.close()
        blocker.execute("ROLLBACK")
        blocker.close()
        await queued
        await journal.close()

    asyncio.run(run())


def test_the_file_is_private_and_its_identity_stays(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"

    async def identity(where: Path) -> str:
        journal = SqliteJournal(where)
        await journal.append(fact(1))
        modes = {stat.S_IMODE(file.stat().st_mode) for file in where.parent.iterdir()}
        assert modes == {0o600}
        await journal.close()
        return journal.identity

    first = asyncio.run(identity(path))
    assert asyncio.run(identity(path)) == first
    (tmp_path / "other").mkdir()
    assert asyncio.run(identity(tmp_path / "other" / "journal.sqlite")) != first


def make_garbage(path: Path) -> None:
    path.write_bytes(b"this is no database, whatever its name says" * 50)


def make_newer(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()


@pytest.mark.parametrize(
    ("prepare", "said"),
    [
        (make_garbage, "not a SQLite database"),
        (make_newer, "newer version"),
        (Path.mkdir, "Is a directory"),
        (lambda path: path.parent.rmdir(), "No such file or directory"),
    ],
)
def test_a_file_that_cannot_be_the_journal_is_refused_by_name(
    tmp_path: Path, prepare: Callable[[Path], None], said: str
) -> None:
    path = tmp_path / "state" / "journal.sqlite"
    path.parent.mkdir()
    prepare(path)
    with pytest.raises(JournalError, match=said) as refusal:
        SqliteJournal(path)
    assert str(path) in str(refusal.value)


AS_NOBODY = """
import os, sys
from core.io.sqlite_journal import SqliteJournal
from core.ports.journal import JournalError
if os.geteuid() == 0:
    os.setuid(65534)
try:
    SqliteJournal(sys.argv[1])
except JournalError as error:
    print(error)
"""


def test_a_folder_without_permission_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    path = tmp_path / "journal.sqlite"
    said = subprocess.run([sys.executable, "-c", AS_NOBODY, path], capture_output=True, text=True, check=True).stdout
    assert f"journal {path}: it cannot be opened for writing: Permission denied" in said
