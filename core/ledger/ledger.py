"""Positions and cash, folded from facts. Every fill and payment counts once."""

from collections.abc import Iterator
from copy import copy
from decimal import Decimal

import msgspec

from core.journal.facts import (
    AnyFact,
    BalanceReported,
    DayBegan,
    EquityPeaked,
    FundingBooked,
    InstrumentNoted,
    OrderFilled,
    OrderIntended,
    PositionAdopted,
    ReconciliationFinished,
)
from core.ledger.outcome import AlreadyBooked, Booked, Held, InstrumentLookup, LedgerFault, LedgerOutcome
from core.ledger.position import EXACT, ZERO, Position
from core.ledger.state import Cash, HeldEntry, HeldFact, LedgerState
from core.orders.seen_ids import Novelty, SeenIds
from core.types.account import FundingPayment
from core.types.instrument import ALWAYS_OPEN, AssetType, Instrument, InstrumentId

FAULT_LIMIT = 1_000


def is_holding(instrument: Instrument) -> bool:
    """Tell whether a position is the asset itself (spot, stock, forex) and not a contract on it."""
    return instrument.asset_type is not AssetType.PERPETUAL


class Ledger:
    """What the account owns and has earned, per venue, in the currencies it is booked in.

    A fact is booked by the rules that were noted before it, else by those that are known now. One about an instrument
    without either is held back, in order, and so is every later one about the same instrument; `is_whole` is False
    until they are booked.
    """

    def __init__(self, instruments: InstrumentLookup, keep_ids: int = 10_000) -> None:
        self._instruments = instruments
        self._noted: dict[InstrumentId, Instrument] = {}
        self._positions: dict[InstrumentId, Position] = {}
        self._cash: dict[tuple[str, str], Cash] = {}
        self._seen_fills = SeenIds(keep_ids)
        self._seen_payments = SeenIds(keep_ids)
        self._held: dict[InstrumentId, list[HeldEntry]] = {}
        self._folded = 0
        self._day_began_place = 0
        self._faults: list[LedgerFault] = []
        self.day: str | None = None
        self.day_began_ns = 0
        self.day_began_pnl_usd = ZERO
        self.peak_equity_usd: Decimal | None = None

    # reading ---------------------------------------------------------------------------------------

    def position(self, instrument_id: InstrumentId) -> Position | None:
        return self._positions.get(instrument_id)

    def quantity(self, instrument_id: InstrumentId) -> Decimal:
        position = self._positions.get(instrument_id)
        return position.quantity if position else ZERO

    def positions(self) -> Iterator[Position]:
        """Yield every position ever held, flat ones included, in order of first trade."""
        yield from self._positions.values()

    def cash(self) -> Iterator[Cash]:
        yield from self._cash.values()

    def cash_of(self, venue: str, asset: str) -> Cash | None:
        return self._cash.get((venue, asset))

    def instrument(self, instrument_id: InstrumentId) -> Instrument | None:
        """Return the rules as they are now, else as they were when it was last traded."""
        return self._instruments(instrument_id) or self._noted.get(instrument_id)

    def noted(self, instrument_id: InstrumentId) -> Instrument | None:
        """Return the rules that were noted last, None before the first note."""
        return self._noted.get(instrument_id)

    def rules_to_note(self, fact: AnyFact) -> Instrument | None:
        """Return the rules that have to be noted before a fact, None where they are, or it needs none.

        An order needs them too: what it was sized by is told before the venue can change it.
        """
        if not isinstance(fact, HeldFact | OrderIntended):
            return None
        named = fact.intent.instrument_id if isinstance(fact, OrderIntended) else _instrument_of(fact)
        instrument = self._instruments(named)
        if instrument is None or instrument.id in self._held:
            return None
        noted = self._noted.get(instrument.id)
        if noted is not None and _money_rules(noted) == _money_rules(instrument):
            return None
        return msgspec.structs.replace(instrument, market_hours=ALWAYS_OPEN)  # sessions are long, and of the moment

    def has_payment(self, payment: FundingPayment) -> bool:
        """Tell whether a funding payment was counted before."""
        venue = payment.instrument_id.venue
        return self._seen_payments.look(venue, payment.payment_id, payment.venue_ns) is Novelty.SEEN

    @property
    def unknown_instruments(self) -> tuple[InstrumentId, ...]:
        """Instruments with facts held back because their rules are not known."""
        return tuple(self._held)

    @property
    def faults(self) -> tuple[LedgerFault, ...]:
        """Facts that could not be money, oldest first; a clean reconciliation of the venue clears its own."""
        return tuple(self._faults)

    @property
    def is_whole(self) -> bool:
        return not self._held and not self._faults

    # folding ---------------------------------------------------------------------------------------

    def apply(self, fact: AnyFact) -> LedgerOutcome | None:
        """Fold one fact; return what it did, None for a fact that moves no money."""
        self._folded += 1
        match fact:
            case OrderFilled():
                return self._filled(fact)
            case FundingBooked():
                return self._funding_booked(fact)
            case PositionAdopted():
                return self._position_adopted(fact)
            case BalanceReported():
                return self._balance_reported(fact)
            case InstrumentNoted():
                self._noted[fact.instrument.id] = fact.instrument
                self.instrument_known(fact.instrument.id)
            case DayBegan():
                self._day_began(fact)
            case EquityPeaked():
                self.peak_equity_usd = fact.equity_usd
            case ReconciliationFinished():
                if fact.is_clean:
                    self._faults = [fault for fault in self._faults if fault.venue != fact.venue]
            case _:
                pass
        return None

    def instrument_known(self, instrument_id: InstrumentId) -> int:
        """Book what was held back for an instrument whose rules are known now; return how many facts."""
        instrument = self._rules(instrument_id)
        if instrument is None:
            return 0
        held = self._held.pop(instrument_id, [])
        for entry in held:
            self._book(instrument, entry)
        return len(held)

    def _filled(self, fact: OrderFilled) -> LedgerOutcome:
        fill = fact.fill
        if not _is_positive(fill.quantity) or not _is_positive(fill.price) or not fill.fee.is_finite():
            text = f"fill {fill.fill_id} has quantity {fill.quantity}, price {fill.price}, fee {fill.fee}"
            return self._fault(fact.at_ns, fill.venue, text)
        novelty = self._seen_fills.look(fill.venue, fill.fill_id, fill.venue_ns)
        if novelty is Novelty.SEEN:
            return AlreadyBooked(fill.fill_id)
        if novelty is Novelty.TOO_OLD:
            return self._fault(fact.at_ns, fill.venue, f"fill {fill.fill_id} is older than memory reaches")
        self._seen_fills.add(fill.venue, fill.fill_id, fill.venue_ns)
        return self._book_or_hold(fill.instrument_id, fact)

    def _funding_booked(self, fact: FundingBooked) -> LedgerOutcome:
        payment, venue = fact.payment, fact.payment.instrument_id.venue
        if not payment.amount.is_finite():
            return self._fault(fact.at_ns, venue, f"funding {payment.payment_id} has amount {payment.amount}")
        novelty = self._seen_payments.look(venue, payment.payment_id, payment.venue_ns)
        if novelty is Novelty.SEEN:  # F32: the same payment twice
            return AlreadyBooked(payment.payment_id)
        if novelty is Novelty.TOO_OLD:
            return self._fault(fact.at_ns, venue, f"funding {payment.payment_id} is older than memory reaches")
        self._seen_payments.add(venue, payment.payment_id, payment.venue_ns)
        return self._book_or_hold(payment.instrument_id, fact)

    def _position_adopted(self, fact: PositionAdopted) -> LedgerOutcome:
        price = ZERO if fact.price is None else fact.price
        if not fact.quantity.is_finite() or not fact.average_price.is_finite() or not price.is_finite():
            text = f"adopted {fact.symbol} with quantity {fact.quantity}, price {fact.average_price}"
            return self._fault(fact.at_ns, fact.venue, text)
        return self._book_or_hold(InstrumentId(fact.venue, fact.symbol), fact)

    def _balance_reported(self, fact: BalanceReported) -> LedgerOutcome:
        if not fact.total.is_finite():
            return self._fault(fact.at_ns, fact.venue, f"balance of {fact.asset} is {fact.total}")
        cash = self._purse(fact.venue, fact.asset)
        cash.total, cash.reported_at = fact.total, self._folded
        return Booked(ZERO)

    def _day_began(self, fact: DayBegan) -> None:
        self.day, self.day_began_ns, self.day_began_pnl_usd = fact.day, fact.at_ns, fact.total_pnl_usd
        self._day_began_place = self._folded
        for position in self._positions.values():
            position.begin_day()

    def _book_or_hold(self, instrument_id: InstrumentId, fact: HeldFact) -> LedgerOutcome:
        instrument = self._rules(instrument_id)
        entry = HeldEntry(self._folded, fact)
        if instrument is None or instrument_id in self._held:
            self._held.setdefault(instrument_id, []).append(entry)
            return Held(instrument_id)
        return self._book(instrument, entry)

    def _rules(self, instrument_id: InstrumentId) -> Instrument | None:
        return self._noted.get(instrument_id) or self._instruments(instrument_id)

    def _book(self, instrument: Instrument, entry: HeldEntry) -> LedgerOutcome:
        fact = entry.fact
        position = self._positions.get(instrument.id)
        if position is None:
            position = Position(venue=instrument.venue, symbol=instrument.symbol)
            self._positions[instrument.id] = position
        position.updated_ns = fact.at_ns
        match fact:
            case OrderFilled():
                return self._book_fill(instrument, position, fact, entry.place)
            case FundingBooked():
                self._book_funding(instrument, position, fact, entry.place)
            case PositionAdopted():
                self._adopt(instrument, position, fact, entry.place)
        return Booked(ZERO)

    def _book_fill(self, instrument: Instrument, position: Position, fact: OrderFilled, place: int) -> Booked:
        fill = fact.fill
        signed = fill.quantity * fill.side.sign
        realised = position.trade(signed, fill.price, instrument.contract_size)
        notional = EXACT.multiply(EXACT.multiply(fill.price, signed), instrument.contract_size)
        position.realised = EXACT.add(position.realised, realised)
        position.fees = EXACT.add(position.fees, fill.fee)
        position.volume = EXACT.add(position.volume, abs(notional))
        position.trades += 1
        if place > self._day_began_place:
            position.today_realised = EXACT.add(position.today_realised, realised)
            position.today_fees = EXACT.add(position.today_fees, fill.fee)
            position.today_volume = EXACT.add(position.today_volume, abs(notional))
            position.today_trades += 1
        venue, base, quote = instrument.venue, instrument.base, instrument.quote
        if is_holding(instrument):
            self._move(venue, base, EXACT.multiply(signed, instrument.contract_size), place)
            self._move(venue, quote, EXACT.subtract(-notional, fill.fee), place)
        else:
            self._move(venue, quote, EXACT.subtract(realised, fill.fee), place)
        return Booked(realised)

    def _book_funding(self, instrument: Instrument, position: Position, fact: FundingBooked, place: int) -> None:
        amount = fact.payment.amount
        position.funding = EXACT.add(position.funding, amount)
        if place > self._day_began_place:
            position.today_funding = EXACT.add(position.today_funding, amount)
        self._move(instrument.venue, instrument.quote, amount, place)

    def _adopt(self, instrument: Instrument, position: Position, fact: PositionAdopted, place: int) -> None:
        before = position.quantity
        cost = EXACT.multiply(EXACT.multiply(fact.quantity, fact.average_price), instrument.contract_size)
        if fact.price is not None or fact.quantity == before:
            unit = EXACT.multiply(fact.price or ZERO, instrument.contract_size)
            sold = EXACT.multiply(EXACT.subtract(before, fact.quantity), unit)
            realised = EXACT.subtract(EXACT.add(sold, cost), position.cost)
            position.realised = EXACT.add(position.realised, realised)
            if place > self._day_began_place:
                position.today_realised = EXACT.add(position.today_realised, realised)
        position.quantity, position.cost = fact.quantity, cost
        if is_holding(instrument) and not self._purse(instrument.venue, instrument.base).is_reported:
            # A reported balance is the venue's own word on the holding; without one the position is all there is.
            change = EXACT.multiply(EXACT.subtract(fact.quantity, before), instrument.contract_size)
            self._move(instrument.venue, instrument.base, change, place)

    def _purse(self, venue: str, asset: str) -> Cash:
        return self._cash.setdefault((venue, asset), Cash(venue=venue, asset=asset))

    def _move(self, venue: str, asset: str, amount: Decimal, place: int) -> None:
        cash = self._purse(venue, asset)
        if place > cash.reported_at:  # a report made after the fact already contains it
            cash.total = EXACT.add(cash.total, amount)

    def _fault(self, at_ns: int, venue: str, reason: str) -> LedgerFault:
        fault = LedgerFault(at_ns, venue, reason)
        self._faults.append(fault)
        del self._faults[:-FAULT_LIMIT]
        return fault

    # snapshots -------------------------------------------------------------------------------------

    def to_state(self) -> LedgerState:
        """Copy everything the fold has built, in an order that does not depend on when rules became known."""
        return LedgerState(
            positions=[copy(self._positions[instrument_id]) for instrument_id in sorted(self._positions)],
            cash=[copy(self._cash[purse]) for purse in sorted(self._cash)],
            seen_fills=self._seen_fills.to_state(),
            seen_payments=self._seen_payments.to_state(),
            folded=self._folded,
            held=[entry for entries in self._held.values() for entry in entries],
            faults=list(self._faults),
            day=self.day,
            day_began_ns=self.day_began_ns,
            day_began_place=self._day_began_place,
            day_began_pnl_usd=self.day_began_pnl_usd,
            peak_equity_usd=self.peak_equity_usd,
            noted=[self._noted[instrument_id] for instrument_id in sorted(self._noted)],
        )

    def restore(self, state: LedgerState) -> None:
        """Become what `to_state` saw."""
        self._positions = {position.instrument_id: copy(position) for position in state.positions}
        self._cash = {(cash.venue, cash.asset): copy(cash) for cash in state.cash}
        self._seen_fills.restore(state.seen_fills)
        self._seen_payments.restore(state.seen_payments)
        self._held = {}
        self._folded = state.folded
        self._noted = {instrument.id: instrument for instrument in state.noted}
        for entry in state.held:
            self._held.setdefault(_instrument_of(entry.fact), []).append(entry)
        self._faults = list(state.faults)
        self.day, self.day_began_ns, self._day_began_place = state.day, state.day_began_ns, state.day_began_place
        self.day_began_pnl_usd, self.peak_equity_usd = state.day_began_pnl_usd, state.peak_equity_usd


def _instrument_of(fact: HeldFact) -> InstrumentId:
    match fact:
        case OrderFilled():
            return fact.fill.instrument_id
        case FundingBooked():
            return fact.payment.instrument_id
        case PositionAdopted():
            return InstrumentId(fact.venue, fact.symbol)


def _money_rules(instrument: Instrument) -> tuple[object, ...]:
    return instrument.asset_type, instrument.base, instrument.quote, instrument.contract_size


def _is_positive(value: Decimal) -> bool:
    return value.is_finite() and value > 0
