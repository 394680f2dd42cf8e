"""What persons and strategies hold beside the legs of jobs: this alone is protected by stops.

Netted by instrument, as an account is. What a flattening closes is taken from whoever holds that side, persons and
strategies before jobs. Once the account is flat by somebody else's hand, nobody holds anything there any more.
"""

from decimal import Decimal
from typing import Final, NamedTuple

import msgspec

from core.journal.facts import AnyFact, BestPriceReached, PositionAdopted
from core.ledger.position import ZERO, Position
from core.orders.outcome import Applied, Parked, TrackerOutcome
from core.types.instrument import InstrumentId
from core.types.order import FLATTEN, Fill, Order

PROTECTION: Final = "protection"
CLOSERS: Final = (PROTECTION, FLATTEN)
"""Sources whose orders close what others hold."""
_ONE: Final = Decimal(1)


class Share(NamedTuple):
    """The part of a closing fill that is one owner's, signed like a trade."""

    owner: str
    quantity: Decimal


class Directional(msgspec.Struct, kw_only=True):
    """One instrument. `net` is at average cost per unit, contract size one; `total` is what the account holds."""

    net: Position
    owners: dict[str, Decimal] = {}
    of_jobs: Decimal = ZERO
    total: Decimal = ZERO
    best_price: Decimal | None = None  # journaled last since the net was opened
    openings: int = 0  # how often a net was begun: tells one position from the next

    @property
    def entry_price(self) -> Decimal | None:
        return self.net.average_price(_ONE)

    @property
    def closable(self) -> Decimal:
        """Return the part of the net, signed, that can be closed without touching jobs' legs or what others hold."""
        bounds = (self.net.quantity, self.total - self.of_jobs, self.total)
        if all(bound > 0 for bound in bounds):
            return min(bounds)
        return max(bounds) if all(bound < 0 for bound in bounds) else ZERO

    def trade(self, signed_quantity: Decimal, price: Decimal) -> None:
        """Move the net; a best price is of one position and ends with it."""
        before = self.net.quantity
        self.net.trade(signed_quantity, price, _ONE)
        if before * self.net.quantity <= 0:
            self._begin()

    def clear(self) -> None:
        """Forget who held what: the account is flat."""
        self.net = Position(venue=self.net.venue, symbol=self.net.symbol)
        self.owners, self.of_jobs, self.total = {}, ZERO, ZERO
        self._begin()

    def _begin(self) -> None:
        self.best_price = None
        self.openings += 1


class DirectionalPositions:
    """Fold of fills by who ordered them."""

    def __init__(self) -> None:
        self._held: dict[str, Directional] = {}

    def of(self, instrument_id: InstrumentId) -> Directional | None:
        return self._held.get(str(instrument_id))

    def held(self) -> list[Directional]:
        """Return every instrument with a net, by name: a snapshot does not keep the order of first trades."""
        return [self._held[name] for name in sorted(self._held) if self._held[name].net.quantity]

    def apply(self, fact: AnyFact, moved: TrackerOutcome | None) -> tuple[Share, ...]:
        """Fold one fact; return whose positions a closing fill made smaller."""
        match fact:
            case PositionAdopted():
                self._total_is(InstrumentId(fact.venue, fact.symbol), fact.quantity)
            case BestPriceReached():
                held = self._held.get(str(InstrumentId(fact.venue, fact.symbol)))
                if held is not None and held.net.quantity:
                    held.best_price = fact.price
            case _:
                pass
        match moved:
            case Applied(order=order, fill=Fill() as fill):
                return self._fill(fill, order)
            case Parked(fill=fill):
                self._total_is(fill.instrument_id, self._entry(fill.instrument_id).total + _signed(fill))
            case _:
                pass
        return ()

    def _fill(self, fill: Fill, order: Order) -> tuple[Share, ...]:
        held, source = self._entry(fill.instrument_id), order.intent.source
        if order.is_external:
            self._total_is(fill.instrument_id, held.total + _signed(fill))
            return ()
        if source == PROTECTION:
            held.total += _signed(fill)
            return _close_own(held, fill)
        if source == FLATTEN:
            shares = _close(held, fill)
            self._total_is(fill.instrument_id, held.total + _signed(fill))
            return shares
        held.total += _signed(fill)
        if order.intent.is_flattening:
            return _close_of(held, fill, f"strategy:{source.partition(':')[2]}")
        if order.intent.job is not None:
            held.of_jobs += _signed(fill)
            return ()
        held.owners[source] = held.owners.get(source, ZERO) + _signed(fill)
        held.trade(_signed(fill), fill.price)
        return ()

    def _total_is(self, instrument_id: InstrumentId, total: Decimal) -> None:
        held = self._entry(instrument_id)
        held.total = total
        if not total:
            held.clear()

    def _entry(self, instrument_id: InstrumentId) -> Directional:
        found = self._held.get(str(instrument_id))
        if found is None:
            net = Position(venue=instrument_id.venue, symbol=instrument_id.symbol)
            found = self._held[str(instrument_id)] = Directional(net=net)
        return found

    # snapshots -------------------------------------------------------------------------------------

    def to_state(self) -> dict[str, Directional]:
        return self._held

    def restore(self, state: dict[str, Directional]) -> None:
        self._held = state


def _close_own(held: Directional, fill: Fill) -> tuple[Share, ...]:
    """Take a stop's fill from the owners of its side by name; what somebody has closed meanwhile is the stop's own."""
    shares, left = _take_from_owners(held, fill, fill.quantity)
    if left:
        held.owners[PROTECTION] = held.owners.get(PROTECTION, ZERO) + fill.side.sign * left
    held.trade(_signed(fill), fill.price)
    return shares


def _take_from_owners(held: Directional, fill: Fill, most: Decimal) -> tuple[tuple[Share, ...], Decimal]:
    """Return whose holdings were made smaller, and what of `most` nobody held."""
    shares: list[Share] = []
    for owner in sorted(held.owners):
        part = min(most, max(ZERO, -fill.side.sign * held.owners[owner]))
        if part:
            held.owners[owner] += fill.side.sign * part
            shares.append(Share(owner, fill.side.sign * part))
            most -= part
    return tuple(shares), most


def _close(held: Directional, fill: Fill) -> tuple[Share, ...]:
    """Take a closing fill from the net, there from the owners of its side by name, then from jobs."""
    sign, left = fill.side.sign, fill.quantity
    of_net = min(left, max(ZERO, -sign * held.net.quantity))
    left -= of_net
    shares, _ = _take_from_owners(held, fill, of_net)
    if shares:
        held.trade(sum((share.quantity for share in shares), ZERO), fill.price)
    held.of_jobs += sign * min(left, max(ZERO, -sign * held.of_jobs))
    return shares


def _close_of(held: Directional, fill: Fill, owner: str) -> tuple[Share, ...]:
    """Take the flattening of one strategy from what it holds itself, then from the legs of its jobs."""
    sign = fill.side.sign
    own = min(fill.quantity, max(ZERO, -sign * held.owners.get(owner, ZERO)))
    if own:
        held.owners[owner] += sign * own
        held.trade(sign * own, fill.price)
    held.of_jobs += sign * min(fill.quantity - own, max(ZERO, -sign * held.of_jobs))
    return (Share(owner, _signed(fill)),)


def _signed(fill: Fill) -> Decimal:
    return fill.quantity * fill.side.sign
