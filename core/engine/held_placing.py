"""Takes in what is to be held: form, sense at this moment, and those rules of the gate that can be asked beforehand."""

import asyncio
from decimal import Decimal
from typing import Final, NamedTuple

import msgspec

from core.control.commands import CommandResult, Outcome, PlaceOrder
from core.engine.manual_orders import ManualOrders, intent_of, is_sensible
from core.engine.narrator import describe, describe_held, plain
from core.engine.parts import EngineParts
from core.held.arming import MOST_HELD, arming_problems
from core.held.standing import status_of
from core.risk.gate import RiskGate
from core.risk.verdict import Approved, Check, Refused
from core.types.control import HaltLevel
from core.types.held_order import HeldKind, HeldOrder, StopTrigger, TriggerBy
from core.types.held_tag import HeldRole, HeldTag
from core.types.order import OrderIntent, OrderType, Side, TimeInForce

HELD_TYPES: Final = ("stop", "stop_limit", "oco")
FORM_RULES: Final = (
    "known_instrument", "order_form", "known_source", "quantity_grid", "min_quantity", "min_notional", "mode_gate",
    "reconciled",
)  # fmt: skip
NEW_RISK_RULES: Final = ("halt_level", "restricted", "max_quantity", "order_value")
"""Asked beforehand of what may open a position; every rule is asked again when the order leaves."""
MARKET_PATIENCE_S: Final = 2.0
BEFOREHAND_ID: Final = "beforehand"  # of orders that the gate is only asked about


def is_held(command: PlaceOrder) -> bool:
    """Tell whether an order is to be held, or protected by one that is."""
    extras = (command.stop_price, command.take_profit, command.stop_loss)
    return command.order_type in HELD_TYPES or any(each is not None for each in extras)


class HeldRehearsal(NamedTuple):
    """What would become of an order that is to be held.

    `intent` is what it is valued by: the entry of a bracket, which is sent at once, else what the trigger would send.
    """

    words: str
    refusal: str | None
    intent: OrderIntent
    is_sent_now: bool


class HeldPlacing:
    """Place stops, pairs and brackets."""

    def __init__(self, parts: EngineParts, manual: ManualOrders) -> None:
        self._parts = parts
        self._manual = manual
        self._gate = RiskGate(parts.settings.limits)

    async def place(self, command: PlaceOrder) -> CommandResult:
        problem = self.problem(command)
        if problem is not None:
            return CommandResult(outcome=Outcome.INVALID, message=problem)
        order = self._order(command, f"held-{self._parts.ids.next_order_id()}")
        refusal = self._refusal(order, command)
        if refusal is not None:
            return refusal
        if order.kind is HeldKind.BRACKET:
            return await self._place_bracket(order, command)
        self._parts.held.hold(order)
        return await self._answer(order)

    def problem(self, command: PlaceOrder) -> str | None:
        """Say what is wrong with the form of what is to be held, None where nothing is."""
        problem = _form_problem(command) or self._manual.problem(_plain_part(command))
        if problem is None and len(self._parts.fold.held) >= MOST_HELD:
            problem = f"{MOST_HELD} orders are held already; cancel some of them"
        return problem

    def rehearse(self, command: PlaceOrder) -> HeldRehearsal:
        """Say whether an order of the right form would be held now; nothing is held, sent or journaled."""
        order = self._order(command, BEFOREHAND_ID)
        refusal = self._refusal(order, command)
        is_bracket = order.kind is HeldKind.BRACKET
        intent = self._entry(order, command, BEFOREHAND_ID) if is_bracket else self._valued(order)
        words = describe_held(order)
        if is_bracket:
            words = f"{describe(intent)}; then {words}"
        return HeldRehearsal(words, None if refusal is None else refusal.message, intent, is_bracket)

    def _order(self, command: PlaceOrder, held_id: str) -> HeldOrder:
        is_bracket = command.order_type not in HELD_TYPES
        stop_price = command.stop_loss if is_bracket else command.stop_price
        stop_limit = command.limit_price if command.order_type == "stop_limit" else None
        stop = None
        if stop_price is not None:
            stop = StopTrigger(price=stop_price, by=TriggerBy(command.trigger), limit_price=stop_limit)
        side = Side(command.side)
        resting = command.limit_price if command.order_type == "oco" else None
        return HeldOrder(
            held_id=held_id,
            kind=HeldKind.BRACKET if is_bracket else HeldKind.OCO if resting is not None else HeldKind.STOP,
            venue=command.venue,
            symbol=command.symbol,
            side=side.opposite if is_bracket else side,
            quantity=command.quantity,
            stop=stop,
            limit_price=command.take_profit if is_bracket else resting,
            reduce_only=is_bracket or command.reduce_only,
            created_ns=self._parts.clock.utc_ns(),
        )

    # whether it may be held ------------------------------------------------------------------------

    def _refusal(self, order: HeldOrder, command: PlaceOrder) -> CommandResult | None:
        level = self._parts.views.halt_level(order.venue, None)
        if level >= HaltLevel.CANCEL_ONLY:
            return _refused(order, (), f"nothing is held while {order.venue} is {level.name}")
        look = self._parts.held.look(order)
        entry_price = command.limit_price if order.kind is HeldKind.BRACKET else None
        problems = arming_problems(order, look, entry_price=entry_price)
        if problems:
            return _refused(order, (), "; ".join(problems))
        failed = self._failed_beforehand(order)
        if failed:
            return _refused(order, failed, None)
        if order.kind is HeldKind.OCO and order.limit_price is not None and look.is_within_collar(order.limit_price):
            intent = self._parts.held.intents.plain(order, HeldRole.LIMIT, order.quantity, BEFOREHAND_ID)
            verdict = self._gate.decide(intent, self._parts.views.view_for(intent))
            if isinstance(verdict, Refused):
                return _refused(order, verdict.failed, None)
        return None

    def _failed_beforehand(self, order: HeldOrder) -> tuple[Check, ...]:
        """Ask the gate about the order that the trigger would send, valued at its trigger."""
        intent = self._valued(order)
        verdict = self._gate.decide(intent, self._parts.views.view_for(intent))
        asked = FORM_RULES if order.reduce_only else (*FORM_RULES, *NEW_RISK_RULES)
        return tuple(check for check in verdict.checks if check.refuses and check.rule in asked)

    def _valued(self, order: HeldOrder) -> OrderIntent:
        """Return the order that the trigger would send, priced at its trigger."""
        price = order.limit_price if order.stop is None else order.stop.limit_price or order.stop.price
        role = HeldRole.LIMIT if order.stop is None else HeldRole.STOP
        sent = self._parts.held.intents.plain(order, role, order.quantity, BEFOREHAND_ID)
        return msgspec.structs.replace(sent, order_type=OrderType.LIMIT, limit_price=price, reduce_only=False)

    def _entry(self, order: HeldOrder, command: PlaceOrder, client_order_id: str) -> OrderIntent:
        tag = HeldTag(held_id=order.held_id, role=HeldRole.ENTRY)
        return intent_of(command, client_order_id, self._parts.clock.utc_ns(), held=tag)

    # placing ---------------------------------------------------------------------------------------

    async def _place_bracket(self, order: HeldOrder, command: PlaceOrder) -> CommandResult:
        intent = self._entry(order, command, self._parts.ids.next_order_id())
        verdict = self._parts.desk.decide(intent)
        if not isinstance(verdict, Approved):
            return _refused(order, verdict.failed, None)
        answer = self._parts.held.hold(order, verdict)
        if answer is not None:
            await asyncio.shield(answer)
        if intent.order_type is OrderType.MARKET or intent.time_in_force is TimeInForce.IOC:
            await self._parts.desk.end_of(intent.client_order_id, MARKET_PATIENCE_S)
        return await self._answer(order, intent)

    async def _answer(self, order: HeldOrder, entry: OrderIntent | None = None) -> CommandResult:
        """Say what is held once a restart would know of it, or say that it would not."""
        is_durable = await self._parts.recorder.flushed(self._parts.settings.in_doubt_after_s)
        run = self._parts.fold.held.get(order.held_id)
        status = "unknown" if run is None else status_of(run).value
        data: dict[str, object] = {"held_id": order.held_id, "client_order_id": order.held_id, "status": status}
        message = f"{order.held_id} {status}: {describe_held(order)}"
        has_failed = run is not None and run.end is not None and not run.done
        if entry is not None:
            data["entry_id"] = entry.client_order_id
            message = f"{self._entry_words(entry)}; {message}"
        if run is not None and run.end is not None:
            message += f" ({run.end.reason})"
        elif not order.reduce_only:
            message += "; when it triggers it must pass every risk rule"
        if not is_durable:
            message += "; but it is not in the journal, a restart would not know of it"
        outcome = Outcome.DONE if is_durable and not has_failed else Outcome.FAILED
        return CommandResult(outcome=outcome, message=message, data=data)

    def _entry_words(self, entry: OrderIntent) -> str:
        order = self._parts.fold.orders.get(entry.client_order_id)
        if order is None:
            return f"{entry.client_order_id} {describe(entry)}: unknown"
        text = f"{entry.client_order_id} {describe(entry)}: {order.status.replace('_', ' ')}"
        if order.average_price is not None:
            text += f" {plain(order.filled_quantity)} at {plain(order.average_price)}"
        return text + (f" ({order.reason})" if order.reason else "")


def _form_problem(command: PlaceOrder) -> str | None:
    """Say what does not go together, None where everything does."""
    is_bracket = command.take_profit is not None or command.stop_loss is not None
    if command.trigger not in list(TriggerBy):
        return f"trigger {command.trigger!r} is not one of {', '.join(TriggerBy)}"
    if command.order_type in HELD_TYPES:
        if is_bracket:
            return "take_profit and stop_loss protect a market or limit order, not one that is held itself"
        if command.stop_price is None:
            return f"order_type {command.order_type} needs a stop_price"
        if (command.order_type == "stop") != (command.limit_price is None):
            return "a stop_limit and an oco, and no stop, have a limit_price"
        if command.post_only or command.time_in_force != TimeInForce.GTC:
            return "post_only and time_in_force do not go with an order that is held"
        return _size_problem("stop_price", command.stop_price)
    if command.stop_price is not None:
        return f"stop_price goes with the order types {', '.join(HELD_TYPES)}; a bracket has a stop_loss"
    if command.reduce_only:
        return "a bracket protects what its entry opens: the entry cannot be reduce-only"
    return _size_problem("take_profit", command.take_profit) or _size_problem("stop_loss", command.stop_loss)


def _size_problem(name: str, price: Decimal | None) -> str | None:
    if price is None or is_sensible(price):
        return None
    return f"{name} {price} is not a price"


def _plain_part(command: PlaceOrder) -> PlaceOrder:
    """Return the order without what is held, for the checks that every order has."""
    if command.order_type not in HELD_TYPES:
        return command
    order_type = OrderType.MARKET if command.limit_price is None else OrderType.LIMIT
    return msgspec.structs.replace(command, order_type=order_type.value)


def _refused(order: HeldOrder, failed: tuple[Check, ...], why: str | None) -> CommandResult:
    reason = why or "; ".join(
        f"{check.rule}: {check.observed} {check.unit}".rstrip() + f", allowed {check.limit}" for check in failed
    )
    data: dict[str, object] = {
        "held_id": order.held_id,
        "refused_by": [{"rule": c.rule, "unit": c.unit, "limit": c.limit, "observed": c.observed} for c in failed],
    }
    return CommandResult(outcome=Outcome.REFUSED, message=f"refused, nothing is held: {reason}", data=data)
