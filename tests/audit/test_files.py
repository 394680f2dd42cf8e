"""Damaged, running and foreign files: the auditor says where, and never writes."""

import ast
import hashlib
import json
import sqlite3
import sys
from pathlib import Path
from typing import get_args

import pytest

from core.io.journal_store import JournalStore, StoredSnapshot, Synchronous, seal
from core.journal.facts import AnyFact, BalanceReported
from data.journal_audit import audit as audit_module
from data.journal_audit.audit import audit
from data.journal_audit.chain import KINDS
from tests.audit.story import D, write_story
from tests.repository.tree import ROOT
from tui.cli.app import run


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    path = tmp_path / "journal.sqlite"
    write_story(path)
    return path


def execute(path: Path, statement: str, *parameters: object) -> None:
    connection = sqlite3.connect(path)
    with connection:
        assert connection.execute(statement, parameters).rowcount >= 1
    connection.close()


def rows_found(path: Path) -> list[tuple[int, str]]:
    return [(finding.row, finding.check) for finding in audit(path).findings]


def contents(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def balance(number: int) -> AnyFact:
    return BalanceReported(at_ns=number, venue="a", asset="USDT", total=D(number))


def fill_store(store: JournalStore, rows: int) -> None:
    sealed, chain = [], store.chain
    for sequence in range(store.last_sequence + 1, store.last_sequence + 1 + rows):
        sealed.append(seal(sequence, balance(sequence), chain))
        chain = sealed[-1].chain
    store.write(sealed, [StoredSnapshot(sealed[-1].sequence, chain, b"{}")])
    store.last_sequence, store.chain = sealed[-1].sequence, chain


def test_a_flipped_letter_is_told_once_and_at_its_row(journal: Path):
    execute(journal, "UPDATE rows SET body = replace(body, '10000', '10001') WHERE sequence = 2")
    assert (2, "chain") in rows_found(journal)
    assert [row for row, check in rows_found(journal) if check == "chain"] == [2]


def test_a_column_that_contradicts_its_body_is_found(journal: Path):
    execute(journal, "UPDATE rows SET at_ns = 5 WHERE sequence = 7")
    assert rows_found(journal) == [(7, "body")]


def test_a_missing_row_is_told_at_the_next_one(journal: Path):
    execute(journal, "DELETE FROM rows WHERE sequence = 11")
    assert (12, "sequence") in rows_found(journal)
    assert "chain" not in audit(journal).counts


def test_rows_missing_at_the_start_are_told(journal: Path):
    execute(journal, "DELETE FROM rows WHERE sequence <= 3")
    assert (4, "sequence") in rows_found(journal)


def test_a_row_of_other_types_is_told(journal: Path):
    execute(journal, "UPDATE rows SET body = 7, chain = 'x' WHERE sequence = 4")
    assert {(4, "chain"), (4, "body")} <= set(rows_found(journal))


def test_a_body_that_is_no_json_is_told(journal: Path):
    execute(journal, "UPDATE rows SET body = '{' WHERE sequence = 4")
    assert {(4, "chain"), (4, "body")} <= set(rows_found(journal))


def test_a_snapshot_with_a_flipped_bit_is_told(journal: Path):
    execute(journal, "UPDATE snapshots SET state = replace(state, 'ledger', 'ladder')")
    assert rows_found(journal) == [(32, "snapshot")]


def test_a_snapshot_of_another_history_is_told(journal: Path, tmp_path: Path):
    other = tmp_path / "other.sqlite"
    store = JournalStore(other, Synchronous.OFF)
    fill_store(store, 32)
    store.close()
    execute(journal, "DELETE FROM snapshots")
    connection = sqlite3.connect(journal)
    with connection:
        connection.execute("ATTACH ? AS other", (str(other),))
        connection.execute("INSERT INTO snapshots SELECT * FROM other.snapshots")
    connection.close()
    assert rows_found(journal) == [(32, "snapshot")]


def test_a_torn_page_is_told_with_the_last_row_before_it(tmp_path: Path):
    path = tmp_path / "journal.sqlite"
    store = JournalStore(path, Synchronous.OFF)
    fill_store(store, 5_000)
    store.close()
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(b"\xff" * 8_192)
    report = audit(path)
    assert not report.is_clean
    assert 0 < report.rows < 5_000
    (finding,) = [finding for finding in report.findings if finding.check == "file"]
    assert finding.row == report.rows
    assert f"behind row {report.rows}" in finding.text


@pytest.mark.parametrize("content", [b"", b"not a database at all" * 100])
def test_a_file_that_is_no_journal_is_told(tmp_path: Path, content: bytes):
    path = tmp_path / "journal.sqlite"
    path.write_bytes(content)
    assert rows_found(path) == [(0, "file")]


def test_a_journal_of_a_newer_version_is_not_guessed_at(journal: Path):
    connection = sqlite3.connect(journal)
    connection.execute("PRAGMA user_version = 2")
    connection.close()
    assert rows_found(journal) == [(0, "file")]


def test_nothing_is_written_and_nothing_is_left_beside_it(journal: Path):
    before = contents(journal.parent)
    audit(journal)
    assert contents(journal.parent) == before


def test_a_running_engine_is_read_from_its_log_and_not_disturbed(journal: Path):
    store = JournalStore(journal)
    fill_store(store, 10)
    assert journal.with_name("journal.sqlite-wal").exists()
    report = audit(journal)
    assert report.rows == store.last_sequence == 78
    fill_store(store, 10)  # still writes
    assert audit(journal).rows == 88
    store.close()


def test_rows_written_while_it_reads_are_left_for_the_next_time(journal: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(audit_module, "PROGRESS_EVERY_ROWS", 1)
    store = JournalStore(journal)
    fill_store(store, 1)

    def write_meanwhile(done: int, rows: int) -> None:
        assert rows == 69
        if done < 5:
            fill_store(store, 1)

    report = audit(journal, write_meanwhile)
    assert (report.rows, report.findings) == (69, [])
    store.close()


def test_every_fact_of_the_engine_is_known():
    assert {fact.__name__ for fact in get_args(AnyFact)} == KINDS


def test_only_the_standard_library_is_used():
    used: dict[str, None] = {}
    for path in (ROOT / "data" / "journal_audit").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                used |= dict.fromkeys(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                used[node.module or "."] = None
    foreign = [name for name in used if name.partition(".")[0] not in sys.stdlib_module_names]
    assert [name for name in foreign if not name.startswith("data.journal_audit.")] == []


# the command line --------------------------------------------------------------------------------------


def test_a_clean_journal_ends_with_zero(journal: Path, capsys: pytest.CaptureFixture[str]):
    assert run(["journal", "check", str(journal)]) == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == f"{journal}: 68 rows are clean (2 runs, 16 orders, 11 fills, 2 jobs)\n"


def test_findings_are_one_line_each_and_end_with_one(journal: Path, capsys: pytest.CaptureFixture[str]):
    execute(journal, "UPDATE rows SET at_ns = 5 WHERE sequence IN (7, 9)")
    assert run(["journal", "check", str(journal)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines == [f"row {row}: body: its columns kind and at_ns are not those of its body" for row in (7, 9)]


def test_json_is_one_document(journal: Path, capsys: pytest.CaptureFixture[str]):
    execute(journal, "UPDATE rows SET at_ns = 5 WHERE sequence = 7")
    assert run(["journal", "check", str(journal), "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert sorted(document) == ["findings", "rows", "summary"]
    assert document["rows"] == 68
    assert document["findings"] == [
        {"row": 7, "check": "body", "text": "its columns kind and at_ns are not those of its body"}
    ]
    assert document["summary"]["findings"] == {"body": 1}


def test_a_missing_file_is_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert run(["journal", "check", str(tmp_path / "none.sqlite")]) == 2
    assert "there is no journal" in capsys.readouterr().err
