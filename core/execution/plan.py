"""What pre-flight settled before the first order of a job: slices, prices to keep to, and the way back."""

from decimal import Decimal

import msgspec

from core.risk.verdict import Check, reasons_of
from core.types.instrument import InstrumentId
from core.types.order import Side


class UnwindStep(msgspec.Struct, frozen=True, kw_only=True):
    """How the naked part of one leg would be given back."""

    leg: int
    instrument_id: InstrumentId
    side: Side
    quantity: Decimal  # the largest part that can be naked at one time
    cost_usd: Decimal  # at the book of this moment: spread, depth and fee
    reserve_usd: Decimal  # at the last rung of the unwind ladder, and for what it would open

    def __str__(self) -> str:
        return (
            f"{self.side} {self.quantity:f} {self.instrument_id}, "
            f"expected cost {self.cost_usd:.2f} USD, reserve {self.reserve_usd:.2f} USD"
        )


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Held in memory only: a job that survives a restart opens nothing new, so it needs no plan.

    `weights_usd[i]` is what a price change of one quote unit on leg i is worth for the whole job. The job keeps
    its edge while prices are at most `slack_usd` worse than `touches`; with no slack it may still trade at the
    touches, for whether it is worth it was judged before.
    """

    touches: tuple[Decimal, ...]  # price a taker of each leg met
    weights_usd: tuple[Decimal, ...]
    slack_usd: Decimal
    contract_sizes: tuple[Decimal, ...]
    slice_count: int
    unwind: tuple[UnwindStep, ...]
    checks: tuple[Check, ...] = ()

    @property
    def unwind_text(self) -> str:
        """Return the way back in one line, as `JobStarted.unwind_plan` keeps it."""
        return "; ".join(str(step) for step in self.unwind)


class Unfit(msgspec.Struct, frozen=True, kw_only=True):
    """The job cannot be begun; `checks` holds every control of pre-flight with its numbers."""

    checks: tuple[Check, ...]

    @property
    def reason(self) -> str:
        return reasons_of(self.checks)
