"""Capital as the fold of facts: what is reserved, what positions bind, which venues are in safe mode."""

from collections.abc import Iterator
from decimal import Decimal
from functools import reduce

from core.capital.commitments import Commitments
from core.capital.day_results import DayResults
from core.capital.reserves import AmendedTerms, Reserves
from core.capital.state import CapitalState, LegReserve, OrderReserve, PositionCapital
from core.journal.facts import (
    AnyFact,
    CapitalReleased,
    CapitalReserved,
    JobFinished,
    JobStarted,
    OrderAmendAsked,
    OrderAmended,
    OrderAmendRefused,
    OrderFilled,
    OrderIntended,
    PositionAdopted,
    SafeModeSet,
)
from core.ledger.outcome import Booked, Held, LedgerOutcome
from core.ledger.position import EXACT, ZERO
from core.orders.outcome import Applied, TrackerOutcome
from core.types.capital import Pool
from core.types.instrument import InstrumentId
from core.types.order import Fill, Side


class CapitalBook:
    """Apply facts in order; nothing else changes this state, so it can neither be lost nor drift.

    The committed quantity of an instrument is the ledger's, fill by fill: a fill counts when the ledger took it
    (F09), also of an order that nobody has heard of. The order tracker says whose fill it was.
    """

    def __init__(self) -> None:
        self._reserves = Reserves()
        self._commitments = Commitments()
        self._safe_venues: dict[str, None] = {}
        self.day = DayResults()

    # reading ---------------------------------------------------------------------------------------

    def reserved_usd(self, venue: str, pool: Pool) -> Decimal:
        """Return what is in flight of a pool."""
        return self._reserves.in_flight_usd(venue, pool)

    def in_flight_usd(self, venue: str) -> Decimal:
        """Return what is in flight at a venue, over all pools."""
        return reduce(EXACT.add, (self.reserved_usd(venue, pool) for pool in Pool), ZERO)

    def committed(self, venue: str) -> Iterator[PositionCapital]:
        """Yield what positions bind at a venue."""
        return self._commitments.held(venue)

    def position(self, instrument_id: InstrumentId) -> PositionCapital | None:
        return self._commitments.position(instrument_id)

    def is_safe_mode(self, venue: str) -> bool:
        return venue in self._safe_venues

    def job_legs(self, job_id: str) -> tuple[LegReserve, ...] | None:
        """Return what a running job may still bind, leg by leg; None for a job that does not run."""
        return self._reserves.job_legs(job_id)

    def owner_usd(self, owner: str, venue: str) -> Decimal:
        """Return what is set aside at a venue under a free name."""
        return self._reserves.owner_usd(owner, venue)

    def has_owner(self, owner: str) -> bool:
        return self._reserves.has_owner(owner)

    def order(self, client_order_id: str) -> OrderReserve | None:
        """Return what an order holds and has opened; None for one without a claim, or forgotten."""
        return self._reserves.order(client_order_id)

    def venues(self) -> tuple[str, ...]:
        """Return the venues where anything is bound or safe mode is on, sorted."""
        found = (*self._reserves.venues(), *self._commitments.venues(), *self._safe_venues)
        return tuple(sorted(dict.fromkeys(found)))

    # folding ---------------------------------------------------------------------------------------

    def apply(self, fact: AnyFact, moved: TrackerOutcome | None, booked: LedgerOutcome | None) -> None:
        """Fold one fact, given what the order tracker and the ledger made of it."""
        self.day.apply(fact)
        match fact:
            case JobStarted():
                self._reserves.start_job(fact.job_id, fact.claims)
            case JobFinished():
                self._reserves.finish_job(fact.job_id)
            case CapitalReserved():
                self._reserves.set_aside(fact.owner, fact.claim)
            case CapitalReleased():
                self._reserves.release(fact.owner)
            case SafeModeSet():
                self._safe_mode_set(fact)
            case OrderIntended():
                if isinstance(moved, Applied) and fact.claim is not None:
                    self._reserves.intend(fact.intent, fact.claim)
            case OrderAmendAsked():
                if isinstance(moved, Applied):
                    self._reserves.ask_amend(moved.order.intent, fact.claim)
            case OrderAmended() | OrderAmendRefused():
                if isinstance(moved, Applied):
                    terms = AmendedTerms.HOLD if isinstance(fact, OrderAmended) else AmendedTerms.REFUSED
                    self._reserves.settle_amend(moved.order, terms)
            case OrderFilled():
                if isinstance(booked, Booked | Held):
                    self._filled(fact.fill, moved)
            case PositionAdopted():
                if isinstance(booked, Booked | Held):
                    adopted_id = InstrumentId(fact.venue, fact.symbol)
                    self._commitments.adopt(adopted_id, fact.quantity, (fact.price, fact.average_price))
            case _:
                pass
        if isinstance(moved, Applied):
            self._reserves.settle(moved.order)

    def _filled(self, fill: Fill, moved: TrackerOutcome | None) -> None:
        signed = fill.quantity if fill.side is Side.BUY else fill.quantity.copy_negate()
        opened = self._commitments.trade(fill.instrument_id, signed).copy_abs()
        is_of_order = isinstance(moved, Applied) and moved.fill is not None
        reserve = self._reserves.order(fill.client_order_id) if is_of_order else None
        if reserve is None:  # external, or its order contradicts it
            self._commitments.bind_points(fill.instrument_id, opened, fill.price)
            return
        for pool, amount_usd in self._reserves.take(reserve, opened):
            self._commitments.bind_usd(fill.instrument_id, pool, amount_usd, reserve.claim.unit_usd)

    def _safe_mode_set(self, fact: SafeModeSet) -> None:
        if fact.is_on:
            self._safe_venues[fact.venue] = None
        else:
            self._safe_venues.pop(fact.venue, None)

    # snapshots -------------------------------------------------------------------------------------

    def to_state(self) -> CapitalState:
        """Copy everything the fold has built, in an order that a later fold gives again."""
        live, final = self._reserves.orders_state()
        return CapitalState(
            jobs=self._reserves.jobs_state(),
            owners=self._reserves.owners_state(),
            live_orders=live,
            final_orders=final,
            positions=self._commitments.to_state(),
            safe_venues=sorted(self._safe_venues),
            day=self.day.to_state(),
        )

    def restore(self, state: CapitalState) -> None:
        """Become what `to_state` saw."""
        self._reserves.restore(state.jobs, state.owners, state.live_orders, state.final_orders)
        self._commitments.restore(state.positions)
        self._safe_venues = dict.fromkeys(state.safe_venues)
        self.day.restore(state.day)
