"""What engine tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.io.inline_journal import InlineJournal
from data.journal_audit.audit import audit


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[InlineJournal]:
    """Give a journal in a file; at the end the independent auditor must find nothing in it."""
    path = tmp_path / "audited.sqlite"
    yield InlineJournal(path)
    findings = [f"row {each.row} {each.check}: {each.text}" for each in audit(path).findings]
    assert findings == []
