"""Audit a journal: stream its rows through every check and report."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from data.journal_audit.approvals import Approvals
from data.journal_audit.caps import Caps
from data.journal_audit.chain import BODY, Chain
from data.journal_audit.crossings import Crossings
from data.journal_audit.days import Days
from data.journal_audit.finding import Check, Finding, Row
from data.journal_audit.halts import Halts
from data.journal_audit.held import HeldOrders
from data.journal_audit.jobs import Jobs
from data.journal_audit.journal_file import JournalFile, StoredSnapshot, UnreadableFileError
from data.journal_audit.money import Money
from data.journal_audit.orders import Orders
from data.journal_audit.overrides import Overrides
from data.journal_audit.runs import Runs
from data.journal_audit.snapshot import SnapshotComparison

FILE: Final = "file"
MOST_OF_A_CHECK: Final = 1_000  # findings kept of one check; a journal broken throughout says no more with a million
PROGRESS_EVERY_ROWS: Final = 2_000

Progress = Callable[[int, int], None]
"""Told rows done and rows in all."""


@dataclass(slots=True)
class Report:
    rows: int = 0
    findings: list[Finding] = field(default_factory=list[Finding])
    summary: dict[str, object] = field(default_factory=dict[str, object])
    counts: dict[str, int] = field(default_factory=dict[str, int])

    @property
    def is_clean(self) -> bool:
        return not self.findings

    def add(self, finding: Finding) -> None:
        count = self.counts[finding.check] = self.counts.get(finding.check, 0) + 1
        if count <= MOST_OF_A_CHECK:
            self.findings.append(finding)


def audit(path: Path, progress: Progress | None = None) -> Report:
    """Check the journal in a file. A damaged file is a finding and ends the audit where it cannot be read."""
    report = Report()
    try:
        with JournalFile(path) as file:
            _audit(file, report, progress)
    except UnreadableFileError as error:
        report.add(Finding(0, FILE, str(error)))
    report.findings.sort(key=lambda finding: finding.row)
    report.summary["findings"] = dict(sorted(report.counts.items()))
    return report


def _audit(file: JournalFile, report: Report, progress: Progress | None) -> None:
    chain = Chain()
    checks = _checks(_snapshots(file, report))
    try:
        for stored in file.rows():
            row, findings = chain.follow(stored)
            report.rows += 1
            for finding in findings:
                report.add(finding)
            if row is not None:
                _take(checks, row, report)
            if progress is not None and report.rows % PROGRESS_EVERY_ROWS == 0:
                progress(report.rows, file.last_sequence)
    except UnreadableFileError as error:
        report.add(Finding(chain.rows, FILE, str(error)))
    if progress is not None:
        progress(report.rows, file.last_sequence)
    for check in checks:
        for finding in check.finish():
            report.add(finding)
    report.summary |= {"path": str(file.path), "identity": file.identity, "last_row": file.last_sequence}
    for check in checks:
        report.summary |= check.summary()
    report.summary["kinds"] = dict(sorted(chain.kinds.items()))


def _snapshots(file: JournalFile, report: Report) -> list[StoredSnapshot]:
    try:
        return file.snapshots()
    except UnreadableFileError as error:
        report.add(Finding(0, FILE, str(error)))
        return []


def _checks(snapshots: list[StoredSnapshot]) -> list[Check]:
    """Return the checks in the order that they take a row in: orders before money, and the snapshot last."""
    money, overrides = Money(), Overrides()
    orders = Orders(money)
    return [
        Runs(),
        Days(),
        overrides,
        Approvals(overrides),
        orders,
        HeldOrders(orders),
        Crossings(orders),
        Halts(orders, money, overrides),
        Caps(orders, money),
        Jobs(orders, money),
        money,
        SnapshotComparison(snapshots, money),
    ]


def _take(checks: list[Check], row: Row, report: Report) -> None:
    for check in checks:
        try:
            for finding in check.take(row):
                report.add(finding)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            what = f"{type(check).__name__} cannot read {row.kind}: {type(error).__name__}: {error}"
            report.add(Finding(row.sequence, BODY, what))
