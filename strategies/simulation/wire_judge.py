"""Judges every order at the moment it leaves: the wire is where truth counts."""

from decimal import Decimal

import msgspec

from core.types.control import HaltLevel
from core.types.job_tag import LegRole
from core.types.order import OrderIntent
from strategies.simulation.evidence import Evidence, can_meet, words
from strategies.simulation.held_judge import judge_held

ZERO = Decimal(0)


class WireJudge:
    """Hold an order that leaves against what is live, what is durable, and what is allowed now."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence

    def judge(self, intent: OrderIntent) -> None:
        self._judge_papers(intent)
        self._judge_halt(intent)
        self._judge_crossing(intent)
        self._judge_doubt(intent)
        self._evidence.on_wire[intent.client_order_id] = intent
        self._evidence.in_flight[intent.client_order_id] = None
        self._judge_wish(intent)
        judge_held(self._evidence, intent)

    def judge_amend(self, intent: OrderIntent) -> None:
        """Judge other terms for an order that was sent before; `intent` is the order as it shall be."""
        evidence, client_order_id = self._evidence, intent.client_order_id
        asked = evidence.asked.get(client_order_id)
        if asked is None or (asked.limit_price, asked.quantity) != (intent.limit_price, intent.quantity):
            evidence.blame("F24", f"an amend of {client_order_id} left without a durable word of it")
            return
        if client_order_id not in evidence.on_wire or intent.job is not None:
            evidence.blame("F08", f"amend of {words(intent)}, which is not for the asking")
        if client_order_id in evidence.amends_in_flight:
            evidence.blame("F08", f"a second amend of {client_order_id} left while the first is on its way")
        level = evidence.shadow.level(intent, evidence.world.timeline.now_ns)
        is_safer = evidence.lowers(intent) or evidence.reduces(intent)
        if level is not HaltLevel.NORMAL and not (level is HaltLevel.REDUCE_ONLY and is_safer):
            evidence.blame("G6", f"amend to {words(intent)} left in {level.name}")
        self._judge_crossing(intent)
        if not is_safer:
            self._judge_doubt(msgspec.structs.replace(intent, created_ns=asked.at_ns))
        evidence.amends_in_flight.setdefault(client_order_id, []).append(intent)
        self._judge_wish(intent)

    def _judge_papers(self, intent: OrderIntent) -> None:
        evidence, client_order_id = self._evidence, intent.client_order_id
        if client_order_id in evidence.on_wire:
            evidence.blame("G8", f"client order id {client_order_id} was sent before")
        if evidence.durable.get(client_order_id) != intent:
            evidence.blame("F24", f"order {client_order_id} left without a durable intent")
        if intent.venue not in evidence.compared:
            evidence.blame("F20", f"order {client_order_id} left before {intent.venue} was reconciled")

    def _judge_halt(self, intent: OrderIntent) -> None:
        level = self._evidence.shadow.level(intent, self._evidence.world.timeline.now_ns)
        match level:
            case HaltLevel.NORMAL:
                return
            case HaltLevel.REDUCE_ONLY:
                is_open = self._evidence.reduces(intent) or _ends_exposure(intent)
            case HaltLevel.CANCEL_ONLY:
                is_open = False
            case HaltLevel.HALTED | HaltLevel.FLATTEN:
                is_open = intent.is_flattening and self._evidence.reduces(intent)
        if not is_open:
            self._evidence.blame("G6", f"{words(intent)} left in {level.name}")

    def _judge_crossing(self, intent: OrderIntent) -> None:
        for other in self._evidence.possibly_live(intent.venue, intent.symbol):
            if other.side is not intent.side and can_meet(intent, other):
                self._evidence.blame("G4", f"{words(intent)} crosses own {words(other)}")

    def _judge_doubt(self, intent: OrderIntent) -> None:
        engine = self._evidence.engine
        if engine is None or self._evidence.reducing.get(intent.client_order_id, False):
            return
        for order in engine.parts.fold.orders.live(intent.instrument_id):
            if order.intent.client_order_id == intent.client_order_id:
                continue
            is_doubtful = order.is_in_doubt and order.updated_ns < intent.created_ns
            if is_doubtful and not (_ends_exposure(intent) and order.intent.job != intent.job):
                self._evidence.blame("F05", f"{words(intent)} left while {order.intent.client_order_id} was in doubt")

    def _judge_wish(self, intent: OrderIntent) -> None:
        evidence = self._evidence
        wish = evidence.wishes.get(intent.client_order_id)
        if wish is None:
            return
        orders = [each for each, (name, _) in evidence.wishes.items() if name == wish[0] and each in evidence.on_wire]
        possible = sum((evidence.possible_quantity(each) for each in orders), ZERO)
        if possible > wish[1]:
            evidence.blame("G2", f"{', '.join(orders)} may fill {possible:f} of the {wish[1]:f} wanted")


def _ends_exposure(intent: OrderIntent) -> bool:
    """Tell whether an order hedges or gives back what a job has filled: how much of it is judged apart (G3)."""
    return intent.job is not None and intent.job.role is not LegRole.PRIMARY
