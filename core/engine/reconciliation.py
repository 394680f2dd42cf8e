"""Compare the venue's truth with the journal's and say, as facts, what has to change. Pure.

The venue is right about what is resting, what was filled and what the account holds. What it cannot say is
whether a request is still on its way: so an order that it shows otherwise is only believed when the report was
asked for `SETTLE_NS` after the order's last movement by this machine's steady clock: a venue's may be seconds away, and
the time of day may be set. One that was never answered must have been missing for `SETTLE_NS` instead.
"""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Final

from core.engine.amend_differences import amend_key, ended_terms, resting_terms
from core.journal.facts import (
    AnyFact,
    BalanceReported,
    OrderAdopted,
    OrderStatusChanged,
    PositionAdopted,
)
from core.ledger.ledger import Ledger, is_holding
from core.orders.tracker import OrderTracker
from core.types.account import AccountReport, VenuePosition
from core.types.instrument import InstrumentId
from core.types.order import Order, OrderStatus

SETTLE_NS: Final = 10_000_000_000


def order_differences(
    report: AccountReport,
    orders: OrderTracker,
    *,
    at_ns: int,
    was_quiet: Callable[[Order], bool],
    missing_ns: Mapping[str, int],
) -> Iterator[tuple[AnyFact, str]]:
    """Yield (fact, finding) for orders that the venue shows otherwise than the journal.

    `was_quiet` tells whether an order had settled when the report was asked for.
    `missing_ns` says for how long, by the steady clock, the venue has not shown an order that was never answered, or
    an amend (by `amend_key`).
    """
    resting = {order.intent.client_order_id: order for order in report.open_orders}
    for found in report.open_orders:
        ours = orders.get(found.intent.client_order_id)
        if ours is None or was_quiet(ours):
            if ours is not None:
                is_overdue = missing_ns.get(amend_key(ours), 0) >= SETTLE_NS
                yield from resting_terms(found, ours, at_ns, is_overdue=is_overdue)
            yield from _resting_difference(found, ours, at_ns)
    for known in list(orders.live()):
        if known.intent.venue != report.venue or known.intent.client_order_id in resting:
            continue
        if not known.status.may_live:  # reported filled, and its fills are still to come
            if was_quiet(known):
                yield from ended_terms(known, at_ns)
            continue
        if was_never_answered(known):
            if missing_ns.get(known.intent.client_order_id, 0) < SETTLE_NS:
                continue
        elif not was_quiet(known):
            continue
        yield from ended_terms(known, at_ns)
        yield _gone(known, at_ns)


def _resting_difference(found: Order, known: Order | None, at_ns: int) -> Iterator[tuple[AnyFact, str]]:
    client_order_id = found.intent.client_order_id
    if known is None:
        fact = OrderAdopted(at_ns=at_ns, intent=found.intent, venue_order_id=found.venue_order_id)
        yield fact, f"order {client_order_id} was not sent from here"
    elif known.status not in {OrderStatus.OPEN, OrderStatus.PARTIALLY_FILLED}:
        fact = OrderAdopted(at_ns=at_ns, intent=known.intent, venue_order_id=found.venue_order_id)
        yield fact, f"order {client_order_id} is open at the venue, was {known.status.value}"


def _gone(known: Order, at_ns: int) -> tuple[AnyFact, str]:
    status = OrderStatus.REJECTED if was_never_answered(known) else OrderStatus.CANCELLED
    fact = OrderStatusChanged(
        at_ns=at_ns, client_order_id=known.intent.client_order_id, status=status, reason="not at the venue"
    )
    return fact, f"order {known.intent.client_order_id} is not at the venue, was {known.status.value}"


def was_never_answered(known: Order) -> bool:
    """Tell whether nobody ever said that the venue had the order; to have asked for its cancel is no answer."""
    is_unsure = known.status in {OrderStatus.INTENDED, OrderStatus.IN_DOUBT, OrderStatus.CANCELLING}
    return is_unsure and known.venue_order_id is None and not known.filled_quantity


def account_differences(
    report: AccountReport, ledger: Ledger, price_of: Callable[[InstrumentId], Decimal | None], at_ns: int
) -> Iterator[tuple[AnyFact, str]]:
    """Yield (fact, finding) for positions and cash that the venue holds otherwise than the ledger."""
    balances = list(_balance_differences(report, ledger, at_ns))
    at_venue = {position.instrument_id: position for position in report.positions}
    held = [position.instrument_id for position in ledger.positions() if position.venue == report.venue]
    for instrument_id in sorted({*at_venue, *held}):
        theirs = at_venue.get(instrument_id, VenuePosition(instrument_id, Decimal(0), Decimal(0)))
        finding = _position_finding(theirs, ledger, has_other_cash=any(text for _, text in balances))
        if finding is not None:
            adopted = PositionAdopted(
                at_ns=at_ns,
                venue=report.venue,
                symbol=instrument_id.symbol,
                quantity=theirs.quantity,
                average_price=theirs.average_price,
                price=price_of(instrument_id),
                cause=finding,
            )
            yield adopted, finding
    yield from balances


def _position_finding(theirs: VenuePosition, ledger: Ledger, *, has_other_cash: bool) -> str | None:
    """Say how a position differs, None where it does not.

    Fills that were booked in another order than the venue's split profit otherwise into realised and open: then
    cash differs and the average price with it. An average price that differs alone is the venue's way of counting.
    """
    instrument_id, ours = theirs.instrument_id, ledger.position(theirs.instrument_id)
    quantity = Decimal(0) if ours is None else ours.quantity
    if theirs.quantity != quantity:
        return f"{instrument_id} is {theirs.quantity} at the venue, {quantity} in the journal"
    instrument = ledger.instrument(instrument_id)
    if not has_other_cash or ours is None or not quantity or instrument is None or is_holding(instrument):
        return None
    average = ours.average_price(instrument.contract_size)
    if average == theirs.average_price:
        return None
    return f"{instrument_id} cost {theirs.average_price} on average at the venue, {average} in the journal"


def _balance_differences(report: AccountReport, ledger: Ledger, at_ns: int) -> Iterator[tuple[AnyFact, str]]:
    """Yield what the venue holds otherwise; what it named before and names no more is gone, as a report says it all."""
    for balance in report.balances:
        cash = ledger.cash_of(report.venue, balance.asset)
        if cash is None or not cash.is_reported or cash.total != balance.total:
            fact = BalanceReported(at_ns=at_ns, venue=report.venue, asset=balance.asset, total=balance.total)
            known = "unknown" if cash is None or not cash.is_reported else str(cash.total)
            yield fact, "" if known == "unknown" else f"{balance.asset} is {balance.total} at the venue, {known} here"
    if not report.balances:  # a venue that names nothing at all may not have been able to
        return
    named = {balance.asset for balance in report.balances}
    for cash in list(ledger.cash()):
        if cash.venue == report.venue and cash.is_reported and cash.total and cash.asset not in named:
            fact = BalanceReported(at_ns=at_ns, venue=report.venue, asset=cash.asset, total=Decimal(0))
            yield fact, f"{cash.asset} is not named by the venue any more, {cash.total} here"
