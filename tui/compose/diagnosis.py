"""What a look at one venue found."""

import msgspec


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at; `fix` says what to do where it is not well."""

    check: str
    is_well: bool
    detail: str
    fix: str = ""


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """One venue: its findings and the measured numbers, None where they could not be measured."""

    venue: str
    kind: str
    mode: str
    rest_latency_ms: float | None
    stream_latency_ms: float | None
    clock_offset_ms: float | None
    findings: tuple[Finding, ...]

    @property
    def is_well(self) -> bool:
        return all(finding.is_well for finding in self.findings)
