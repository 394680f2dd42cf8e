"""Positions and what they earned by who ordered them, so that a strategy sees its own and nobody else's.

What a protection or a flattening closes comes off the positions of those who hold that side, with its part of the fee.
Funding is paid to an account: it is divided by what each holds where that is certain, and else told as not attributed.
The legs that jobs have given their strategies are counted beside: a flattening takes them after what is held directly.
"""

from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

import msgspec

from core.engine.directional_positions import CLOSERS, Share
from core.journal.facts import AnyFact, FundingBooked, PositionAdopted
from core.ledger.ledger import Ledger
from core.ledger.outcome import Booked, LedgerOutcome
from core.ledger.position import EXACT, ZERO, Position
from core.orders.outcome import Applied, Parked, TrackerOutcome
from core.risk.halts import strategy_scope
from core.types.account import FundingPayment
from core.types.instrument import Instrument, InstrumentId
from core.types.order import FLATTEN, Fill, OrderIntent

MANUAL: Final = "manual"
"""Whose jobs are a person's: no strategy."""
_ONE: Final = Decimal(1)
_MONEY_STEP: Final = Decimal("1e-18")


def owner_of(intent: OrderIntent) -> str:
    """Return whose position an order changes: its strategy's also of a job's order and of what flattens it."""
    if intent.job is not None:
        return strategy_scope(intent.job.strategy)
    return strategy_scope(intent.source.partition(":")[2]) if intent.source.startswith(f"{FLATTEN}:") else intent.source


class SourcePositionsState(msgspec.Struct, frozen=True, kw_only=True):
    """The fold as a value, for snapshots."""

    positions: dict[str, dict[str, Position]]
    legs: dict[str, dict[str, Decimal]]
    unattributed: dict[str, dict[str, Decimal]]
    changed_ns: dict[str, int]


class SourcePositions:
    """Fold of the fills that the tracker booked, by whose order it was.

    Of a position cost, `realised` and `volume` are for contracts of size one: sizes are compared, and the average price
    is per unit all the same. Where a venue changes the size of its contracts, what was realised until then is put for
    the new size. Fees and funding are money in the quote currency.
    """

    def __init__(self) -> None:
        self._positions: dict[str, dict[str, Position]] = {}
        self._legs: dict[str, dict[str, Decimal]] = {}  # by owner and instrument: what jobs gave it
        self._unattributed: dict[str, dict[str, Decimal]] = {}  # by source and instrument: funding of uncertain owner
        self._changed_ns: dict[str, int] = {}  # by instrument: when what the account holds changed last

    def apply(self, outcome: TrackerOutcome | None, shares: Sequence[Share] = ()) -> None:
        """Take the fills of an outcome; `shares` says whose a closing one is."""
        if isinstance(outcome, Parked):
            self._changed(str(outcome.fill.instrument_id), outcome.fill.venue_ns)
        if not isinstance(outcome, Applied):
            return
        source = owner_of(outcome.order.intent)
        for fill in outcome.fills:
            self._changed(str(fill.instrument_id), fill.venue_ns)
            if outcome.order.is_external:
                self._trade(source, fill, _signed(fill))
            elif source in CLOSERS:
                self._close(source, fill, shares)
            elif outcome.order.intent.is_flattening:
                self._flatten_one(source, fill)
            else:
                self._trade(source, fill, _signed(fill))
                if outcome.order.intent.job is not None:
                    self._move_leg(source, str(fill.instrument_id), _signed(fill))

    def apply_booked(self, fact: AnyFact, booked: LedgerOutcome | None, ledger: Ledger) -> None:
        """Take what the ledger booked of a fact: it knows what the account holds."""
        match fact:
            case FundingBooked(payment=payment) if isinstance(booked, Booked):
                self._pay(payment, ledger.quantity(payment.instrument_id))
            case PositionAdopted():
                self._changed(str(InstrumentId(fact.venue, fact.symbol)), fact.at_ns)
            case _:
                pass

    def _changed(self, key: str, at_ns: int) -> None:
        self._changed_ns[key] = max(at_ns, self._changed_ns.get(key, 0))

    def _close(self, source: str, fill: Fill, shares: Sequence[Share]) -> None:
        left = fill.quantity
        for share in shares:
            self._trade(share.owner, fill, share.quantity)
            left -= abs(share.quantity)
        if source == FLATTEN:
            self._close_legs(fill, left)

    def _close_legs(self, fill: Fill, left: Decimal) -> None:
        """Take what is left of a flattening from the positions that jobs have given their strategies."""
        sign, key = fill.side.sign, str(fill.instrument_id)
        for owner in sorted(self._legs):
            part = min(left, max(ZERO, -sign * self._legs[owner].get(key, ZERO)))
            if part:
                self._trade(owner, fill, sign * part)
                self._move_leg(owner, key, sign * part)
                left -= part

    def _flatten_one(self, owner: str, fill: Fill) -> None:
        """Take the flattening of one strategy from what it holds itself, then from the legs of its jobs."""
        sign, key = fill.side.sign, str(fill.instrument_id)
        leg, position = self._legs.get(owner, {}).get(key, ZERO), self._positions.get(owner, {}).get(key)
        own = ZERO if position is None else max(ZERO, -sign * (position.quantity - leg))
        self._trade(owner, fill, _signed(fill))
        of_leg = min(max(ZERO, fill.quantity - own), max(ZERO, -sign * leg))
        if of_leg:
            self._move_leg(owner, key, sign * of_leg)

    def _move_leg(self, owner: str, key: str, signed_quantity: Decimal) -> None:
        legs = self._legs.setdefault(owner, {})
        legs[key] = legs.get(key, ZERO) + signed_quantity

    def rules_changed(self, before: Instrument | None, after: Instrument) -> None:
        """Keep what was realised the same money under the new size of a contract."""
        if before is None or before.contract_size == after.contract_size:
            return
        for of_owner in self._positions.values():
            position = of_owner.get(str(after.id))
            if position is not None:
                position.realised = _part(position.realised, before.contract_size, after.contract_size)
                position.volume = _part(position.volume, before.contract_size, after.contract_size)

    def _trade(self, owner: str, fill: Fill, signed_quantity: Decimal) -> None:
        of_owner = self._positions.setdefault(owner, {})
        position = of_owner.setdefault(str(fill.instrument_id), Position(venue=fill.venue, symbol=fill.symbol))
        realised = position.trade(signed_quantity, fill.price, _ONE)
        position.realised = EXACT.add(position.realised, realised)
        position.fees = EXACT.add(position.fees, _part(fill.fee, abs(signed_quantity), fill.quantity))
        position.volume = EXACT.add(position.volume, EXACT.multiply(fill.price, abs(signed_quantity)))
        position.trades += 1
        position.updated_ns = max(position.updated_ns, fill.venue_ns)

    # funding ---------------------------------------------------------------------------------------

    def _pay(self, payment: FundingPayment, account_quantity: Decimal) -> None:
        """Divide a payment by who holds what, unless that may have been otherwise when it was settled."""
        key = str(payment.instrument_id)
        holders = {owner: of_owner[key] for owner, of_owner in self._positions.items() if key in of_owner}
        is_certain = (
            payment.venue_ns > self._changed_ns.get(key, 0)
            and account_quantity != 0
            and is_backed(sum((each.quantity for each in holders.values()), ZERO), account_quantity)
        )
        for owner in sorted(holders):
            position = holders[owner]
            if is_certain:
                part = _part(payment.amount, position.quantity, account_quantity)
                position.funding = EXACT.add(position.funding, part)
            elif position.quantity or position.updated_ns >= payment.venue_ns:
                of_owner = self._unattributed.setdefault(owner, {})
                of_owner[key] = EXACT.add(of_owner.get(key, ZERO), payment.amount)

    # reading ---------------------------------------------------------------------------------------

    def of(self, source: str, instrument_id: InstrumentId) -> Position | None:
        return self._positions.get(source, {}).get(str(instrument_id))

    def held_by(self, source: str) -> list[Position]:
        """Return what a source holds."""
        return [position for position in self._positions.get(source, {}).values() if position.quantity]

    def traded_by(self, source: str) -> list[Position]:
        """Return every position that a source ever had, flat ones included."""
        return list(self._positions.get(source, {}).values())

    def sources(self) -> Iterator[str]:
        """Yield who ever traded, by name."""
        yield from sorted(self._positions)

    def strategies_holding(self) -> list[str]:
        """Return the scopes of the strategies that hold something, by name; a person's jobs are no strategy's."""
        manual = strategy_scope(MANUAL)
        found = [source for source in self.sources() if source.startswith(strategy_scope("")) and source != manual]
        return [source for source in found if self.held_by(source)]

    def total(self, instrument_id: InstrumentId) -> Decimal:
        """Return what all sources together hold of an instrument."""
        key = str(instrument_id)
        return sum((each[key].quantity for each in self._positions.values() if key in each), ZERO)

    def unattributed_funding(self, source: str) -> dict[str, Decimal]:
        """Return by instrument what was paid in all while it was not certain how much of it is the source's."""
        return self._unattributed.get(source, {})

    # snapshots -------------------------------------------------------------------------------------

    def to_state(self) -> SourcePositionsState:
        return SourcePositionsState(
            positions=self._positions, legs=self._legs, unattributed=self._unattributed, changed_ns=self._changed_ns
        )

    def restore(self, state: SourcePositionsState) -> None:
        self._positions = {
            source: {key: msgspec.structs.replace(position) for key, position in positions.items()}
            for source, positions in state.positions.items()
        }
        self._legs = {owner: dict(legs) for owner, legs in state.legs.items()}
        self._unattributed = {source: dict(amounts) for source, amounts in state.unattributed.items()}
        self._changed_ns = dict(state.changed_ns)


def is_backed(held: Decimal, account_quantity: Decimal) -> bool:
    """Tell whether an account holds at least what its sources hold together; more may have come from elsewhere."""
    return held == 0 or (held * account_quantity > 0 and abs(account_quantity) >= abs(held))


def _signed(fill: Fill) -> Decimal:
    return fill.quantity * fill.side.sign


def _part(amount: Decimal, part: Decimal, whole: Decimal) -> Decimal:
    """Return a part of an amount of money, the whole of it to the last digit."""
    if part == whole or not amount:
        return amount
    share = EXACT.divide(EXACT.multiply(amount, part), whole)
    return share.quantize(_MONEY_STEP, ROUND_HALF_EVEN, EXACT)
