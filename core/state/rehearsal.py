"""What would become of an order if it were sent now, as the console, the command line and the API show it.

None is unknown, never zero; the text beside it says why.
"""

from decimal import Decimal

import msgspec

from core.state.desk import CheckView


class ExpectedFillView(msgspec.Struct, frozen=True, kw_only=True):
    """What the book of this moment would give; prices in the quote currency."""

    problem: str  # why nothing can be said, empty where something can
    age_s: float | None  # of the book
    bid: Decimal | None
    ask: Decimal | None
    taken: Decimal | None  # quantity that trades at once
    average_price: Decimal | None  # of that
    worst_price: Decimal | None
    levels: int
    slippage_bps: Decimal | None  # of the average price from the touch; above zero is worse
    mid_cost_bps: Decimal | None  # and from the middle of the book
    rests: Decimal | None  # quantity that would rest in the book
    beyond_depth: Decimal | None  # quantity that finds nothing to trade with and is not left to rest


class FeesView(msgspec.Struct, frozen=True, kw_only=True):
    """By the venue's rates; a fee below zero is a rebate."""

    currency: str
    maker_rate: Decimal | None
    taker_rate: Decimal | None
    taken: Decimal | None  # for what trades at once
    resting: Decimal | None  # for the rest, when it trades where it rests


class FundingView(msgspec.Struct, frozen=True, kw_only=True):
    kind: str  # margin, cash, holding
    unit: str
    needed: Decimal | None  # by this order, at its worst price
    available: Decimal | None
    left: Decimal | None  # once it and everything that stands on the same is paid; below zero it does not suffice


class RoomView(msgspec.Struct, frozen=True, kw_only=True):
    """What is left of one limit now, and with this and every other open order filled in the worst way."""

    rule: str  # as the rule is named in refusals
    scope: str  # order, instrument, venue, account
    of: str  # which instrument, venue or pool
    unit: str
    is_hard: bool
    limit: Decimal | None
    left_now: Decimal | None
    left_after: Decimal | None
    note: str  # why it is unknown


class OrderRehearsalView(msgspec.Struct, frozen=True, kw_only=True):
    at_ns: int
    order: str  # in words
    verdict: str  # approved, refused
    reason: str  # of a refusal
    is_under_override: bool
    is_held: bool  # it would be held until the market is there, and be asked about again then
    value: Decimal | None  # in the quote currency, at the worst price it may be valued at
    value_usd: Decimal | None
    fill: ExpectedFillView
    fees: FeesView
    funding: FundingView | None
    rooms: list[RoomView]
    checks: list[CheckView]
    notes: list[str]

    @property
    def funding_kind(self) -> str:
        """Name what pays: margin, cash or a holding."""
        return "pays" if self.funding is None else self.funding.kind
