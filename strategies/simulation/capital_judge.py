"""Judges what an engine says is bound: never less than what is exposed, never more of a pool than its share (G5)."""

from decimal import Decimal
from typing import Final, NamedTuple

from core.capital.limits import PoolShares
from core.capital.state import PositionCapital
from core.journal.facts import AnyFact, JobStarted, OrderFilled, OrderIntended
from core.ledger.position import EXACT
from core.types.capital import Pool
from core.types.instrument import InstrumentId
from strategies.simulation.equity import equity_usd
from strategies.simulation.evidence import Evidence

ZERO, ONE = Decimal(0), Decimal(1)
BY_TRUE_PRICES: Final = Decimal("1.05")  # the engine's prices are a little older than the true ones
BY_CLAIM: Final = Decimal("0.98")  # a claim values at the order's limit, a position at its fills


class Opening(NamedTuple):
    """Something was bound of a pool while the venue's true equity was this."""

    venue: str
    pool: Pool
    equity_usd: Decimal


class CapitalJudge:
    """Hold the engine's capital against positions counted apart from it and against equity at true prices."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._openings: list[Opening] = []
        self._units_usd: dict[str, Decimal] = {}  # order → what its claim takes a unit to be worth
        self._beaten: dict[InstrumentId, Decimal] = {}  # by fills at better prices than claimed, the largest part left

    def forget(self) -> None:
        """Begin anew with another engine: what the last one bound and did not journal never was."""
        self._openings.clear()

    def appended(self, fact: AnyFact) -> None:
        """Judge what was bound by the facts before this one, which the engine has folded by now."""
        self._judge_openings()
        self._note_claims(fact)
        match fact:
            case JobStarted():
                self._note(*((claim.venue, claim.pool) for claim in fact.claims if claim.amount_usd))
            case OrderIntended() if fact.claim is not None and fact.intent.job is None:
                self._note((fact.intent.venue, fact.claim.pool))
            case _:
                pass

    def look(self) -> None:
        """Call every second while an engine runs."""
        self._judge_openings()
        engine = self._evidence.engine
        if engine is None or engine.parts.recorder.failed_reason is not None:
            return  # what storage did not take is in the engine's memory only, and has closed trading
        for instrument_id in self._evidence.world.instrument_ids:
            held = self._evidence.shadow.account(instrument_id.venue).holdings.get(instrument_id.symbol)
            quantity, cost = (ZERO, ZERO) if held is None else (held.quantity, abs(held.cost))
            position = engine.parts.fold.capital.position(instrument_id)
            counted = ZERO if position is None else position.quantity
            if not quantity:
                self._beaten.pop(instrument_id, None)
            least = cost * BY_CLAIM * self._beaten.get(instrument_id, ONE)
            if counted != quantity:
                self._evidence.blame(
                    "G5", f"capital counts {counted:f} of {instrument_id}, its fills give {quantity:f}"
                )
            elif position is not None and _bound_usd(position) < least:
                text = (
                    f"{_bound_usd(position):.2f} USD are bound for {quantity:f} {instrument_id}, which cost {cost:.2f}"
                )
                self._evidence.blame("G5", text)

    def _note_claims(self, fact: AnyFact) -> None:
        """Remember where a fill is worth more than its order claimed: like a move of the market, nothing binds that."""
        if isinstance(fact, OrderIntended) and fact.claim is not None:
            self._units_usd[fact.intent.client_order_id] = fact.claim.unit_usd
        elif isinstance(fact, OrderFilled):
            fill = fact.fill
            unit_usd, beaten = self._units_usd.get(fill.client_order_id), self._beaten.get(fill.instrument_id, ONE)
            if unit_usd is not None and unit_usd < fill.price:
                self._beaten[fill.instrument_id] = min(beaten, unit_usd / fill.price)

    def _note(self, *bound: tuple[str, Pool]) -> None:
        self._openings += (Opening(venue, pool, equity_usd(self._evidence.world, venue)) for venue, pool in bound)

    def _judge_openings(self) -> None:
        openings, self._openings = self._openings, []
        engine = self._evidence.engine
        if engine is None:
            return
        book = engine.parts.fold.capital
        for venue, pool, equity in openings:
            reserved = book.reserved_usd(venue, pool)
            committed = sum((_bound_usd(each, pool) for each in book.committed(venue)), ZERO)
            limit = equity * PoolShares().of(pool) * BY_TRUE_PRICES
            if reserved + committed > limit:
                text = f"{reserved:.2f} + {committed:.2f} USD of {pool} at {venue}, equity {equity:.2f}"
                self._evidence.blame("G5", text)


def _bound_usd(position: PositionCapital, of: Pool | None = None) -> Decimal:
    """Return what a position binds; every contract here is one unit, every currency a dollar."""
    return sum(
        (EXACT.add(bound.usd, bound.points) for pool, bound in position.bound.items() if of in (None, pool)), ZERO
    )
