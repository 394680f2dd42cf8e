"""Judges closes of stops: within what persons and strategies hold, never a job's leg, one at a time."""

from decimal import Decimal

from core.types.instrument import InstrumentId
from core.types.order import FLATTEN, OrderIntent, Side, TimeInForce
from strategies.simulation.evidence import Evidence, words
from strategies.simulation.shadow import Shadow

ZERO = Decimal(0)
PROTECTION = "protection"


class ProtectionJudge:
    """Counts who holds what a second time, from the fills that the journal has."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence

    def approved(self, intent: OrderIntent) -> None:
        """Judge a close at the moment it is approved."""
        if intent.source != PROTECTION:
            return
        if not intent.reduce_only or intent.job is not None or intent.time_in_force is not TimeInForce.IOC:
            self._blame(f"{words(intent)} is not an immediate reduce-only order")
        own, of_jobs, total = _held(self._evidence.shadow, intent.instrument_id)
        for name, held in (("persons and strategies hold", own), ("is not jobs'", total - of_jobs), ("is held", total)):
            if intent.quantity > max(ZERO, -intent.side.sign * held):
                self._blame(f"{words(intent)} closes more than {name}, {held:f}")

    def submitted(self, intent: OrderIntent) -> None:
        """Demand that no other close of the same position may live (before this one is counted as sent)."""
        if intent.source != PROTECTION:
            return
        for other in self._evidence.possibly_live(intent.venue, intent.symbol):
            if other.source == PROTECTION and other.instrument_id == intent.instrument_id:
                self._blame(f"{words(intent)} left while {words(other)} may live")

    def look(self) -> None:
        """Compare what the engine's fold of owners adds up to with its ledger."""
        engine = self._evidence.engine
        if engine is None or not engine.parts.fold.ledger.is_whole:
            return
        for instrument_id in self._evidence.world.instrument_ids:
            held, ledger = engine.parts.fold.directional.of(instrument_id), engine.parts.fold.ledger
            total = ZERO if held is None else held.total
            if total != ledger.quantity(instrument_id):
                self._blame(f"{instrument_id}: owners hold {total:f}, the ledger {ledger.quantity(instrument_id):f}")

    def look_at_rest(self) -> None:
        """Demand that no close is left undone where nothing stands against it."""
        engine, world = self._evidence.engine, self._evidence.world
        for instrument_id in world.instrument_ids if engine is not None else ():
            assert engine is not None, "asked for with an engine only"
            view, exchange = engine.parts.protection.view(instrument_id), world.exchanges[instrument_id.venue]
            if view is None or view.state != "closing":
                continue
            rules, price = world.instrument(instrument_id), exchange.books[instrument_id.symbol].mid_ticks
            is_dust = abs(view.quantity) < rules.min_quantity or (
                rules.notional(rules.ticks_to_price(price), abs(view.quantity)) < 2 * rules.min_notional
            )
            others = (order for each in world.exchanges.values() for order in each.live.values())
            is_in_others_way = any(order.is_foreign for order in others)
            if not (is_dust or is_in_others_way or "within the band" in view.reason):
                self._blame(f"the close of {view.quantity:f} {instrument_id} is not done: {view.reason}")

    def _blame(self, text: str) -> None:
        self._evidence.blame("protection", text)


def _held(shadow: Shadow, instrument_id: InstrumentId) -> tuple[Decimal, Decimal, Decimal]:
    """Return what persons and strategies, jobs, and all together hold, signed."""
    owners: dict[str, Decimal] = {}
    of_jobs = total = ZERO
    for fill in shadow.seen.values():
        if fill is None or fill.instrument_id != instrument_id:
            continue
        intent, signed = shadow.intents.get(fill.client_order_id), fill.quantity * (1 if fill.side is Side.BUY else -1)
        total += signed
        if intent is None:
            pass  # others' orders move the account, and are nobody's here
        elif intent.job is not None:
            of_jobs += signed
        elif intent.source == PROTECTION or intent.is_flattening:
            # What owners hold against each other is closed by nobody: the account's flattening takes their net.
            part = _towards_zero(sum(owners.values(), ZERO), signed) if intent.source == FLATTEN else signed
            left = signed - _take(owners, _closed_owners(intent, owners), part)
            if intent.is_flattening:
                of_jobs += _towards_zero(of_jobs, left)
            else:
                owners[PROTECTION] = owners.get(PROTECTION, ZERO) + left
        else:
            owners[intent.source] = owners.get(intent.source, ZERO) + signed
        if not total and (intent is None or intent.source == FLATTEN):
            owners, of_jobs = {}, ZERO
    return sum(owners.values(), ZERO), of_jobs, total


def _closed_owners(intent: OrderIntent, owners: dict[str, Decimal]) -> list[str]:
    """Return whose positions an order closes: everybody's, or those of one strategy."""
    name = intent.source.partition(":")[2]
    return [f"strategy:{name}"] if name else sorted(owners)


def _take(owners: dict[str, Decimal], of: list[str], signed: Decimal) -> Decimal:
    """Make holdings smaller by a trade, one after the other; return what was taken, signed."""
    taken = ZERO
    for owner in of:
        part = _towards_zero(owners.get(owner, ZERO), signed - taken)
        owners[owner] = owners.get(owner, ZERO) + part
        taken += part
    return taken


def _towards_zero(held: Decimal, signed: Decimal) -> Decimal:
    """Return the part of a trade that makes a holding smaller."""
    if held * signed >= 0:
        return ZERO
    return max(signed, -held) if held > 0 else min(signed, -held)
