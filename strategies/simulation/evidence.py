"""What the oracle knows: the world, its own fold of the journal, everything ever sent, and what was found wrong."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from core.engine.engine import Engine
from core.journal.facts import OrderAmendAsked
from core.types.order import Fill, OrderIntent, OrderType, Side
from strategies.simulation.market_feed import MarketFeed
from strategies.simulation.shadow import Shadow
from strategies.simulation.violation import Violation
from strategies.simulation.world import World

ZERO = Decimal(0)
MOST_KEPT: Final = 20


@dataclass(slots=True)
class Evidence:
    """State that the judges of the oracle share."""

    world: World
    violations: list[Violation] = field(default_factory=list[Violation])
    shadow: Shadow = field(default_factory=lambda: Shadow({}))
    wishes: dict[str, tuple[str, Decimal]] = field(default_factory=dict[str, tuple[str, Decimal]])
    durable: dict[str, OrderIntent] = field(default_factory=dict[str, OrderIntent])
    on_wire: dict[str, OrderIntent] = field(default_factory=dict[str, OrderIntent])
    in_flight: dict[str, None] = field(default_factory=dict[str, None])
    wanted: dict[str, Decimal] = field(default_factory=dict[str, Decimal])  # most that anybody asked an order to be
    asked: dict[str, OrderAmendAsked] = field(default_factory=dict[str, OrderAmendAsked])  # durable, the newest
    amends_in_flight: dict[str, list[OrderIntent]] = field(default_factory=dict[str, list[OrderIntent]])
    reducing: dict[str, bool] = field(default_factory=dict[str, bool])  # as orders were when they were approved
    compared: dict[str, None] = field(default_factory=dict[str, None])
    feeds: dict[str, MarketFeed] = field(default_factory=dict[str, MarketFeed])
    engine: Engine | None = None

    def blame(self, invariant: str, text: str) -> None:
        if len(self.violations) < MOST_KEPT:
            self.violations.append(Violation(invariant=invariant, text=text, at_s=round(self.world.elapsed_s, 6)))

    def possibly_live(self, venue: str, symbol: str) -> list[OrderIntent]:
        """Return own orders that live, or are on their way, in the matching engine of an instrument.

        One with an amend on its way is there on both terms.
        """
        book = self.world.exchanges[venue].books[symbol]
        found: list[OrderIntent] = []
        for exchange, shared in self.world.sharing(book):
            found += [
                order.intent
                for order in exchange.live.values()
                if order.intent.symbol == shared and not order.is_foreign
            ]
            for client_order_id in self.in_flight:
                sent = self.on_wire[client_order_id]
                if (sent.venue, sent.symbol) == (exchange.name, shared):
                    found.append(sent)
            for client_order_id, amends in self.amends_in_flight.items():
                if client_order_id in exchange.live and amends[0].symbol == shared:
                    found += amends
        return found

    def possible_quantity(self, client_order_id: str) -> Decimal:
        """Return what an order has filled or may still fill, by the venue's truth."""
        intent = self.on_wire[client_order_id]
        order = self.world.exchanges[intent.venue].orders.get(client_order_id)
        if order is None:
            return intent.quantity if client_order_id in self.in_flight else ZERO
        amends = self.amends_in_flight.get(client_order_id, [])
        return max(each.quantity for each in (order.intent, *amends)) if order.is_live else order.filled

    def filled_quantity(self, client_order_id: str) -> Decimal:
        """Return what an order has filled, by the venue's truth."""
        intent = self.on_wire.get(client_order_id)
        order = None if intent is None else self.world.exchanges[intent.venue].orders.get(client_order_id)
        return ZERO if order is None else order.filled

    def fills_of(self, client_order_id: str) -> list[Fill]:
        """Return what an order has traded, by the venue's truth."""
        intent = self.on_wire.get(client_order_id)
        fills = [] if intent is None else self.world.exchanges[intent.venue].account.fills
        return [fill for fill in fills if fill.client_order_id == client_order_id]

    def reduces(self, intent: OrderIntent) -> bool:
        """Tell whether an order closes no more than the journal's position, own orders of that side counted.

        An order that is amended counts on its new terms alone.
        """
        held = self.shadow.position(intent.instrument_id)
        if held * intent.side.sign >= 0:
            return False
        waiting = sum(
            (
                order.left
                for order in self.world.exchanges[intent.venue].live.values()
                if order.intent.symbol == intent.symbol
                and order.intent.side is intent.side
                and not order.is_foreign
                and order.intent.client_order_id != intent.client_order_id
            ),
            ZERO,
        )
        filled = self.shadow.filled.get(intent.client_order_id, ZERO)
        return waiting + intent.quantity - filled <= abs(held)

    def lowers(self, intent: OrderIntent) -> bool:
        """Tell whether an amend leaves no more to fill than the venue has, at a price that is no more eager."""
        order = self.world.exchanges[intent.venue].orders.get(intent.client_order_id)
        if order is None or intent.limit_price is None or order.intent.limit_price is None:
            return False
        eager = intent.side.sign * (intent.limit_price - order.intent.limit_price)
        return intent.quantity <= order.intent.quantity and eager <= 0


def words(intent: OrderIntent) -> str:
    """Say what an order is, for the text of a violation."""
    price = "market" if intent.limit_price is None else f"{intent.limit_price:f}"
    name = f"{intent.client_order_id}, {intent.source}"
    return f"{intent.side} {intent.quantity:f} {intent.instrument_id} {price} ({name})"


def can_meet(one: OrderIntent, other: OrderIntent) -> bool:
    """Tell whether two orders of opposite sides could trade with each other."""
    if OrderType.MARKET in {one.order_type, other.order_type} or one.limit_price is None or other.limit_price is None:
        return True
    buy, sell = (one, other) if one.side is Side.BUY else (other, one)
    assert buy.limit_price is not None, "market orders are dealt with above"
    assert sell.limit_price is not None, "market orders are dealt with above"
    return buy.limit_price >= sell.limit_price
