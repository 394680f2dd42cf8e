"""What a running job wants done next. Whoever carries it out feeds back what became of it, as facts."""

from decimal import Decimal

import msgspec

from core.types.job import JobOutcome, JobPhase, VenueResult
from core.types.job_tag import LegRole
from core.types.order import Side


class SendOrder(msgspec.Struct, frozen=True, kw_only=True):
    """Send a limit order, immediate-or-cancel; a gate that refuses it is answered with `JobRun.refused`."""

    leg: int
    role: LegRole
    side: Side
    quantity: Decimal
    limit_price: Decimal
    rung: int  # how far up the ladder of bands this attempt stands


class CancelOrder(msgspec.Struct, frozen=True, kw_only=True):
    client_order_id: str


class AskAccount(msgspec.Struct, frozen=True, kw_only=True):
    """Read the venue's account soon and book what it says; while a read is under way nothing more is asked.

    Afterwards `LegView.account_read` is the number of facts at which the venue was asked.
    """

    venue: str


class EnterPhase(msgspec.Struct, frozen=True, kw_only=True):
    phase: JobPhase
    reason: str


class FinishJob(msgspec.Struct, frozen=True, kw_only=True):
    """Money in USD. `naked_quantity` as in `JobResult`; its value at the last price is part of the profit."""

    outcome: JobOutcome
    reason: str
    pnl_usd: Decimal
    volume_usd: Decimal
    fees_usd: Decimal
    naked_quantity: Decimal
    venues: tuple[VenueResult, ...] = ()


Command = SendOrder | CancelOrder | AskAccount | EnterPhase | FinishJob
