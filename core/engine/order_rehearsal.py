"""What would become of an order now: the verdict, the fill by the book, fees, what it is paid with, and what is left.

Nothing is sent, bound, held or journaled. The gate judges the order again when it is placed, on the market of then.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

import msgspec

from core.control.commands import CommandResult, Outcome, PlaceOrder, RehearseOrder
from core.engine.expected_fill import expected_fees, expected_fill, immediate_cost, unknown_fill
from core.engine.held_placing import HeldPlacing, HeldRehearsal, is_held
from core.engine.job_views import check_views
from core.engine.manual_orders import ManualOrders, intent_of
from core.engine.narrator import describe, plain
from core.engine.parts import EngineParts
from core.engine.way_to_close import WayToClose
from core.risk.funding import Funding, funding_of
from core.risk.gate import Rehearsed
from core.risk.rooms import Room, RoomScope
from core.risk.verdict import Hardness, reasons_of
from core.state.rehearsal import ExpectedFillView, FeesView, FundingView, OrderRehearsalView, RoomView
from core.types.capital import Pool
from core.types.instrument import Instrument
from core.types.order import OrderIntent

WHAT_IF_ID: Final = "what-if"
ZERO: Final = Decimal(0)
_WAITS: Final = "it is held until the market is there"
_COST_UNKNOWN: Final = "what the order costs at once is not known"


class OrderRehearsal:
    """Answers `RehearseOrder`."""

    def __init__(self, parts: EngineParts, manual: ManualOrders, held: HeldPlacing, way: WayToClose) -> None:
        self._parts = parts
        self._manual = manual
        self._held = held
        self._way = way

    def answer(self, command: RehearseOrder) -> CommandResult:
        """Return the rehearsal; INVALID for an order whose form is wrong, DONE for one that would be refused too."""
        order = command.order
        problem = self._held.problem(order) if is_held(order) else self._manual.problem(order)
        if problem is not None:
            return CommandResult(outcome=Outcome.INVALID, message=problem)
        view = self._rehearse(order)
        would_be = "HELD" if view.is_held else "SENT"
        word = f"would be {would_be}" if view.verdict == "approved" else f"would be REFUSED, {view.reason}"
        return CommandResult(outcome=Outcome.DONE, message=f"{word}: {view.order}", data=msgspec.structs.asdict(view))

    def _rehearse(self, order: PlaceOrder) -> OrderRehearsalView:
        held = self._held.rehearse(order) if is_held(order) else None
        asked = intent_of(order, WHAT_IF_ID, self._parts.clock.utc_ns()) if held is None else held.intent
        going, waits = self._way.in_the_way(asked), held is not None and not held.is_sent_now
        judged = self._parts.desk.rehearse(asked, going)
        intent, instrument = judged.intent, self._parts.market.instruments[asked.instrument_id]
        fill = unknown_fill(_WAITS) if waits else expected_fill(self._parts.market, intent)
        fees = expected_fees(instrument, intent, fill)
        reason = self._refusal(order, judged, held)
        case = judged.case
        return OrderRehearsalView(
            at_ns=self._parts.clock.utc_ns(),
            order=(describe(intent) if held is None else held.words).replace(", manual", ""),
            verdict="refused" if reason else "approved",
            reason=reason,
            is_under_override=judged.is_under_override,
            is_held=waits,
            value=None if case is None or case.price is None else instrument.notional(case.price, intent.quantity),
            value_usd=None if case is None else case.value_usd,
            fill=fill,
            fees=fees,
            funding=None if case is None else _funding_view(funding_of(case, instrument)),
            rooms=self._rooms(judged, instrument, fill, fees),
            checks=[] if waits else check_views(judged.checks),
            notes=[
                *(f"{each.intent.client_order_id} is cancelled first: it holds what this closes" for each in going),
                *_notes(asked, judged, instrument, fill, waits=waits),
            ],
        )

    def _refusal(self, order: PlaceOrder, judged: Rehearsed, held: HeldRehearsal | None) -> str:
        """Say why the order would be refused, the empty text where it would not."""
        leased_away = self._parts.consoles.guard(order)
        if leased_away is not None:
            return leased_away
        if held is not None and held.refusal is not None:
            return held.refusal
        if (held is None or held.is_sent_now) and not judged.is_approved:
            return reasons_of(judged.checks)
        return ""

    def _rooms(
        self, judged: Rehearsed, instrument: Instrument, fill: ExpectedFillView, fees: FeesView
    ) -> list[RoomView]:
        cost = immediate_cost(instrument, fill, fees)
        rate = None if judged.case is None else judged.case.view.quote_usd
        cost_usd = None if cost is None or rate is None else cost * rate
        return [_room_view(self._told(self._charged(room, judged, cost_usd), judged), judged) for room in judged.rooms]

    def _charged(self, room: Room, judged: Rehearsed, cost_usd: Decimal | None) -> Room:
        """Take what the order costs at once off the room of day and drawdown; the gate judges neither by it."""
        if room.rule not in {"day_loss", "drawdown"} or room.left_now is None:
            return room
        cost = cost_usd if room.rule == "day_loss" else _share_of_peak(judged, cost_usd)
        if cost is None:
            return msgspec.structs.replace(room, left_after=None, note=_COST_UNKNOWN)
        return msgspec.structs.replace(room, left_after=room.left_now - cost)

    def _told(self, room: Room, judged: Rehearsed) -> Room:
        """Say that a pool is unknown whose positions have no value: to the gate that is no room at all."""
        if room.rule != "capital_pool" or judged.case is None or judged.case.draw is None:
            return room
        pool = self._parts.capital.capital_of(judged.intent.venue).pool(judged.case.draw.claim.pool)
        if not pool.unvalued:
            return room
        note = f"no value of {', '.join(pool.unvalued)}"
        return msgspec.structs.replace(room, left_now=None, left_after=None, note=note)


def _share_of_peak(judged: Rehearsed, cost_usd: Decimal | None) -> Decimal | None:
    """Return a cost in percent of the peak that drawdown is measured from."""
    view = None if judged.case is None else judged.case.view
    if view is None or cost_usd is None or view.equity_usd is None or view.drawdown_pct is None:
        return None
    if view.equity_usd <= 0 or view.drawdown_pct >= 100:
        return None
    return cost_usd * (100 - view.drawdown_pct) / view.equity_usd


def _room_view(room: Room, judged: Rehearsed) -> RoomView:
    intent, of = judged.intent, ""
    match room.scope:
        case RoomScope.INSTRUMENT:
            of = str(intent.instrument_id)
        case RoomScope.VENUE:
            of = intent.venue
        case RoomScope.ORDER | RoomScope.ACCOUNT:
            pass
    if room.rule == "capital_pool" and judged.case is not None:
        draw = judged.case.draw
        of = f"{Pool.ARB if draw is None else draw.claim.pool} {intent.venue}"
    return RoomView(
        rule=room.rule,
        scope=room.scope,
        of=of,
        unit=room.unit,
        is_hard=room.hardness is Hardness.HARD,
        limit=room.limit,
        left_now=room.left_now,
        left_after=room.left_after,
        note=room.note,
    )


def _funding_view(funding: Funding) -> FundingView:
    left = None
    if funding.needed_in_all is not None and funding.available is not None:
        left = funding.available - funding.needed_in_all
    return FundingView(
        kind=funding.kind, unit=funding.unit, needed=funding.needed, available=funding.available, left=left
    )


def _notes(
    asked: OrderIntent, judged: Rehearsed, instrument: Instrument, fill: ExpectedFillView, *, waits: bool
) -> Iterator[str]:
    """Say what the numbers alone do not."""
    intent = judged.intent
    if intent.limit_price != asked.limit_price:
        yield f"sent as an immediate limit at {plain(intent.limit_price or ZERO)}, clear of own orders"
    if intent.post_only and fill.taken:
        yield "post-only, and it would trade at once: the venue rejects it"
    if fill.beyond_depth and fill.taken is not None:
        within = "" if intent.limit_price is None else " within its limit"
        yield f"the book is too thin: it shows {plain(fill.taken)} of {plain(intent.quantity)}{within}"
    if waits:
        yield "it must pass every rule again when it triggers"
    if not instrument.has_fee_rates:
        yield f"{instrument.venue} does not state its fees"
    if judged.is_under_override:
        yield "passes under a person's override only"
