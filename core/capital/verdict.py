"""The answer of the capital hub, as a value."""

import msgspec

from core.risk.verdict import UNKNOWN, Check, reasons_of
from core.types.capital import Claim


class CapitalVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """Every control as it was applied; `claims`, one a leg, are there when all of them passed and else empty."""

    checks: tuple[Check, ...]
    claims: tuple[Claim, ...] = ()

    @property
    def is_granted(self) -> bool:
        return bool(self.claims)

    @property
    def failed(self) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if not check.passed)

    @property
    def reason(self) -> str:
        """Say in one line what each failed control saw and what it allows; empty when all passed."""
        over = [check for check in self.failed if check.unit == "USD" and not check.observed.startswith(UNKNOWN)]
        reasons = [f"{check.observed} > {check.limit}" for check in over]
        others = tuple(check for check in self.failed if check not in over)
        return "; ".join([*reasons, reasons_of(others)] if others else reasons)
