"""The chain: no row is missing, changed or of an unknown kind, and each says what its columns say."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any, Final, cast

from data.journal_audit.finding import Finding, Row
from data.journal_audit.journal_file import StoredRow

CHAIN: Final = "chain"
SEQUENCE: Final = "sequence"
BODY: Final = "body"
KIND: Final = "kind"

_KINDS: Final = """
EngineStarted EngineStopped OrderIntended OrderRefused OrderStatusChanged OrderAdopted OrderAmendAsked OrderAmended
OrderAmendRefused OrderAmendDoubted OrderFilled FundingBooked InstrumentNoted
BalanceReported PositionAdopted DayBegan EquityPeaked BlockerRaised BlockerLifted RiskModeChanged StrategyStarted
StrategyStopped StrategyOverran ReconciliationFinished JobSubmitted JobDropped JobStarted JobMoved JobFinished
JobReopened JobCorrected ResultRecorded
CapitalReserved CapitalReleased SafeModeSet OverrideGranted OverrideEnded BestPriceReached
HeldOrderPlaced HeldOrderTriggered HeldOrderEnded
ConsoleAttached ConsoleDetached ConsoleArmed ConsoleDisarmed
AlarmAcknowledged AlarmLapsed AlarmShelved AlarmUnshelved
PriceAlertSet PriceAlertFired PriceAlertRearmed PriceAlertRemoved
"""
KINDS: Final = frozenset(_KINDS.split())


class Chain:
    """Follow the hash from row to row. A broken link is told once: the next is judged from what the row says."""

    def __init__(self) -> None:
        self._sequence = 0
        self._chain: bytes | None = bytes(32)
        self._unknown: dict[str, None] = {}
        self.rows = 0
        self.kinds: dict[str, int] = {}

    def follow(self, stored: StoredRow) -> tuple[Row | None, list[Finding]]:
        """Return the row decoded, None where it cannot be, with what is wrong about it."""
        findings = list(self._links(stored))
        self.rows += 1
        row, flaws = self._decode(stored)
        return row, findings + flaws

    def _links(self, stored: StoredRow) -> Iterator[Finding]:
        expected, self._sequence = self._sequence + 1, stored.sequence
        if stored.sequence != expected:
            missing = f"row {expected} is" if stored.sequence == expected + 1 else f"rows {expected} on are"
            yield Finding(stored.sequence, SEQUENCE, f"{missing} missing before this one")
            self._chain = None
        chain, previous = stored.chain, self._chain
        self._chain = chain if isinstance(chain, bytes) else None
        if not isinstance(chain, bytes) or not isinstance(stored.body, bytes):
            yield Finding(stored.sequence, CHAIN, "does not hold the types it was written with")
        elif previous is not None and hashlib.sha256(previous + stored.body).digest() != chain:
            yield Finding(stored.sequence, CHAIN, "was changed after it was written: its hash does not follow")

    def _decode(self, stored: StoredRow) -> tuple[Row | None, list[Finding]]:
        try:
            body = json.loads(cast("bytes", stored.body))
            kind = body["kind"]
            row = Row(stored.sequence, int(body["at_ns"]), str(kind), cast("dict[str, Any]", body))
        except (ValueError, TypeError, KeyError) as error:
            return None, [Finding(stored.sequence, BODY, f"cannot be read: {type(error).__name__}: {error}")]
        findings: list[Finding] = []
        if stored.kind != row.kind.encode() or stored.at_ns != row.at_ns:
            findings.append(Finding(row.sequence, BODY, "its columns kind and at_ns are not those of its body"))
        self.kinds[row.kind] = self.kinds.get(row.kind, 0) + 1
        if row.kind not in KINDS and row.kind not in self._unknown:
            self._unknown[row.kind] = None
            findings.append(Finding(row.sequence, KIND, f"{row.kind} is not known to this auditor: it is not checked"))
        return row, findings
