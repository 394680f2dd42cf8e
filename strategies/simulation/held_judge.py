"""Judges orders that are sent for held ones by the venues' truth: exits never exceed what their entry has filled."""

from decimal import Decimal

from core.types.held_order import HeldKind
from core.types.held_tag import HeldRole
from core.types.order import OrderIntent
from strategies.simulation.evidence import Evidence, words

ZERO = Decimal(0)


def judge_held(evidence: Evidence, intent: OrderIntent) -> None:
    """Hold an order that leaves against all that were sent for the same held order."""
    engine = evidence.engine
    if intent.held is None or engine is None:
        return
    held_id = intent.held.held_id
    run = engine.parts.fold.held.get(held_id)
    if run is None:
        evidence.blame("G2", f"{words(intent)} left for {held_id}, which is not held")
        return
    if intent.held.role is HeldRole.STOP and run.trigger is None:
        evidence.blame("F15", f"{words(intent)} left for {held_id}, which nothing has triggered")
    if intent.held.role is HeldRole.ENTRY or held_id in engine.parts.held.blind:
        return
    if run.order.kind is HeldKind.BRACKET and not intent.reduce_only:
        evidence.blame("G6", f"{words(intent)} is an exit of {held_id} and may open a position")
    exits = sum((evidence.possible_quantity(each) for each in _sent(evidence, held_id, is_entry=False)), ZERO)
    entered = run.order.quantity
    if run.order.kind is HeldKind.BRACKET:
        entered = sum((evidence.filled_quantity(each) for each in _sent(evidence, held_id, is_entry=True)), ZERO)
    if exits > entered:
        evidence.blame("G2", f"{words(intent)}: exits of {held_id} may fill {exits:f} of the {entered:f} that entered")


def _sent(evidence: Evidence, held_id: str, *, is_entry: bool) -> list[str]:
    return [
        client_order_id
        for client_order_id, sent in evidence.on_wire.items()
        if sent.held is not None and sent.held.held_id == held_id and (sent.held.role is HeldRole.ENTRY) == is_entry
    ]
