"""What the journal says, folded a second time by other code: orders, halts, positions and money."""

from dataclasses import dataclass, field
from decimal import Decimal

from core.journal.facts import (
    AnyFact,
    BalanceReported,
    BlockerLifted,
    BlockerRaised,
    FundingBooked,
    OrderFilled,
    OrderIntended,
    OverrideEnded,
    OverrideGranted,
    PositionAdopted,
)
from core.types.control import HaltLevel
from core.types.instrument import Instrument, InstrumentId
from core.types.order import Fill, OrderIntent
from strategies.simulation.venue_account import WIDE, Holding, VenueAccount

ZERO = Decimal(0)
CLOCK_ERROR_NS = 35_000_000_000  # as far as an engine's clock may be behind
LIFTED = ("order_failures", "consecutive_failures")


@dataclass(slots=True)
class Shadow:
    """State after the facts appended so far; `accounts` is counted from what the journal says alone."""

    rules: dict[InstrumentId, Instrument]
    intents: dict[str, OrderIntent] = field(default_factory=dict[str, OrderIntent])
    halts: dict[tuple[str, str], HaltLevel] = field(default_factory=dict[tuple[str, str], HaltLevel])
    accounts: dict[str, VenueAccount] = field(default_factory=dict[str, VenueAccount])
    seen: dict[tuple[str, str], Fill | None] = field(default_factory=dict[tuple[str, str], "Fill | None"])
    override_until_ns: int = 0
    filled: dict[str, Decimal] = field(default_factory=dict[str, Decimal])

    def apply(self, fact: AnyFact) -> None:
        match fact:
            case OrderIntended():
                self.intents[fact.intent.client_order_id] = fact.intent
            case BlockerRaised():
                key = (fact.blocker.scope, fact.blocker.cause)
                self.halts[key] = max(fact.blocker.level, self.halts.get(key, HaltLevel.NORMAL))
            case BlockerLifted():
                self.halts.pop((fact.scope, fact.cause), None)
            case OverrideGranted():
                self.override_until_ns = fact.until_ns
            case OverrideEnded():
                self.override_until_ns = 0
            case OrderFilled():
                self._fill(fact.fill)
            case FundingBooked():
                payment = fact.payment
                if self._is_new(payment.instrument_id.venue, f"funding {payment.payment_id}", None):
                    rules = self.rules[payment.instrument_id]
                    self.account(payment.instrument_id.venue).pay_funding(rules, payment)
            case BalanceReported():
                self.account(fact.venue).cash[fact.asset] = fact.total
            case PositionAdopted():
                size = self.rules[InstrumentId(fact.venue, fact.symbol)].contract_size
                cost = WIDE.multiply(WIDE.multiply(fact.quantity, fact.average_price), size)
                held = Holding(fact.quantity, cost)
                self.account(fact.venue).holdings[fact.symbol] = held
            case _:
                pass

    def _fill(self, fill: Fill) -> None:
        if self._is_new(fill.venue, fill.fill_id, fill):
            self.account(fill.venue).book(self.rules[fill.instrument_id], fill)
            self.filled[fill.client_order_id] = self.filled.get(fill.client_order_id, ZERO) + fill.quantity

    def _is_new(self, venue: str, name: str, fill: Fill | None) -> bool:
        if (venue, name) in self.seen:
            return False
        self.seen[(venue, name)] = fill
        return True

    def account(self, venue: str) -> VenueAccount:
        return self.accounts.setdefault(venue, VenueAccount({}))

    def position(self, instrument_id: InstrumentId) -> Decimal:
        return self.account(instrument_id.venue).quantity(instrument_id.symbol)

    def level(self, intent: OrderIntent, now_ns: int) -> HaltLevel:
        """Return the tightest journaled halt that bears on an order; an override lets some past the failures'."""
        scopes = {"global", f"venue:{intent.venue}"}
        kind, _, name = intent.source.partition(":")
        if kind == "strategy":
            scopes.add(f"strategy:{name}")
        if intent.job is not None:
            scopes.add(f"strategy:{intent.job.strategy}")
        bearing = (
            level
            for (scope, cause), level in self.halts.items()
            if scope in scopes and not (cause in LIFTED and now_ns < self.override_until_ns + CLOCK_ERROR_NS)
        )
        return max(bearing, default=HaltLevel.NORMAL)
