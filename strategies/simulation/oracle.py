"""Judges an engine by the venues' truth, at every step: what it appends, what it sends, what it believes."""

from decimal import Decimal
from typing import Final

import msgspec

from core.engine.engine import Engine
from core.journal.facts import AnyFact, EngineStarted, OrderAmendAsked, OrderFilled, OrderIntended, PositionAdopted
from core.types.instrument import InstrumentId
from core.types.order import Fill, OrderIntent
from strategies.simulation.alert_judge import AlertJudge
from strategies.simulation.beliefs import Beliefs
from strategies.simulation.capital_judge import CapitalJudge
from strategies.simulation.claim_judge import ClaimJudge
from strategies.simulation.evidence import Evidence, words
from strategies.simulation.job_judge import JobJudge
from strategies.simulation.loss_watch import LossWatch
from strategies.simulation.market_feed import MarketFeed, shown
from strategies.simulation.protection_judge import ProtectionJudge
from strategies.simulation.shadow import Shadow
from strategies.simulation.timeline import NS_PER_S
from strategies.simulation.violation import Violation
from strategies.simulation.wire_judge import WireJudge
from strategies.simulation.world import World

ZERO = Decimal(0)
STALE_AFTER_NS: Final = 2 * NS_PER_S


class Oracle:
    """Keeps its own fold of the journal and its own list of what is on the wire."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._evidence = Evidence(world)
        self._wire = WireJudge(self._evidence)
        self._loss = LossWatch(self._evidence)
        self._jobs = JobJudge(self._evidence)
        self._capital = CapitalJudge(self._evidence)
        self._claims = ClaimJudge(self._evidence)
        self._protection = ProtectionJudge(self._evidence)
        self._run = 0
        self.beliefs = Beliefs(self._evidence)
        self.alerts = AlertJudge(self._evidence)

    @property
    def violations(self) -> list[Violation]:
        return self._evidence.violations

    @property
    def evidence(self) -> Evidence:
        return self._evidence

    def blame(self, invariant: str, text: str) -> None:
        self._evidence.blame(invariant, text)

    def wished(self, client_order_id: str, wish: str, quantity: Decimal) -> None:
        """Take note of what an order is for, and how much that is for in all."""
        self._evidence.wishes[client_order_id] = (wish, quantity)

    def wanted(self, client_order_id: str, quantity: Decimal) -> None:
        """Take note that somebody wants an order to have another quantity in total."""
        self._evidence.wanted[client_order_id] = max(quantity, self._evidence.wanted.get(client_order_id, ZERO))

    # lives -----------------------------------------------------------------------------------------------

    def engine_begins(self, engine: Engine, feeds: dict[str, MarketFeed], durable: list[AnyFact]) -> None:
        """Take over what the journal holds: what was appended and not durable never was."""
        evidence, world = self._evidence, self._world
        evidence.engine, evidence.feeds = engine, feeds
        evidence.compared, evidence.durable = {}, {}
        evidence.shadow = Shadow({key: world.instrument(key) for key in world.instrument_ids})
        self._loss.forget()
        self._capital.forget()
        self._jobs.restart(durable)
        self._claims.restart(durable)
        for fact in durable:
            evidence.shadow.apply(fact)
            if isinstance(fact, OrderIntended):
                evidence.durable[fact.intent.client_order_id] = fact.intent
            elif isinstance(fact, OrderAmendAsked):
                evidence.asked[fact.client_order_id] = fact

    def look(self) -> None:
        """Look at a running engine; called every second."""
        self.beliefs.against_journal()
        self.beliefs.no_phantom_end()
        self._loss.look()
        self._capital.look()
        self._protection.look()

    def look_at_rest(self) -> None:
        """Demand that nothing runs and nothing is bound any more, but what positions bind (G5, G10)."""
        running = self._jobs.running
        if running:
            self.blame("G10", f"jobs still run: {', '.join(running)}")
        self._jobs.look_at_rest()
        self._look_at_books()
        self._protection.look_at_rest()
        self.alerts.look_at_rest()
        engine = self._evidence.engine
        if engine is None or any(True for _ in engine.parts.fold.orders.live()):
            return
        for venue in self._world.exchanges:
            bound = engine.parts.fold.capital.in_flight_usd(venue)
            if bound:
                self.blame("G5", f"{bound} is reserved at {venue} though nothing runs")

    def _look_at_books(self) -> None:
        """Demand that every book that is shown again is the venue's: no ghost, no gap is left in it (F16, F18)."""
        for name, feed in self._evidence.feeds.items():
            for symbol, book in self._world.exchanges[name].books.items():
                state, bids, asks = feed.levels(symbol)
                if (state, bids, asks) != ("valid", shown(book.bids), shown(book.asks)):
                    self.blame(
                        "F18", f"book {symbol}@{name} is {state} with {bids} and {asks}, the venue's {book.bids}"
                    )

    # the journal -----------------------------------------------------------------------------------------

    def appended(self, fact: AnyFact) -> None:
        self._capital.appended(fact)
        match fact:
            case OrderIntended():
                self._look_at_intent(fact.intent)
                self._protection.approved(fact.intent)
            case OrderAmendAsked():
                self._look_at_amend(fact)
            case OrderFilled():
                self._look_at_fill(fact.fill)
            case PositionAdopted():
                self._look_at_adoption(fact)
            case _:
                pass
        self._evidence.shadow.apply(fact)
        self._jobs.appended(fact)
        self._claims.appended(fact)

    def committed(self, facts: list[AnyFact]) -> None:
        for fact in facts:
            match fact:
                case OrderIntended():
                    self._evidence.durable[fact.intent.client_order_id] = fact.intent
                    self.alerts.committed(fact.intent.client_order_id)
                case OrderAmendAsked():
                    self._evidence.asked[fact.client_order_id] = fact
                case EngineStarted():
                    self._look_at_run(fact.run)
                case _:
                    pass

    def _look_at_run(self, run: int) -> None:
        """Demand that a run's number is new once it is durable: order ids hold it."""
        if run <= self._run:
            self.blame("G8", f"run {run} began after run {self._run}: order ids repeat")
        self._run = run

    def _look_at_intent(self, intent: OrderIntent) -> None:
        if intent.client_order_id in self._evidence.shadow.intents:
            self.blame("G8", f"client order id {intent.client_order_id} is used again")
        if intent.replaces is not None:
            self._look_at_replacement(intent, intent.replaces)
        reduces = self._evidence.reducing[intent.client_order_id] = self._evidence.reduces(intent)
        if reduces:
            return
        if intent.reduce_only:
            self.blame("G6", f"{words(intent)} says that it reduces and does not")
        self._look_at_age(intent)

    def _look_at_replacement(self, intent: OrderIntent, replaced: str) -> None:
        """Demand that an order is replaced once it is gone, by no more than was left of what was wanted (G2)."""
        evidence, client_order_id = self._evidence, intent.client_order_id
        known = evidence.on_wire.get(replaced)
        if known is None or replaced in self._world.exchanges[intent.venue].live:
            self.blame("G2", f"{words(intent)} replaces {replaced}, which may live")
            return
        wanted = max(known.quantity, evidence.wanted.get(replaced, ZERO))
        possible = evidence.possible_quantity(replaced) + intent.quantity
        if possible > wanted:
            self.blame("G2", f"{words(intent)} and {replaced} may fill {possible:f} of the {wanted:f} wanted")
        evidence.wishes[client_order_id] = (client_order_id, intent.quantity)

    def _look_at_amend(self, fact: OrderAmendAsked) -> None:
        intent = self._evidence.on_wire.get(fact.client_order_id)
        if intent is None:
            self.blame("F08", f"amend of {fact.client_order_id}, which was never sent")
            return
        if fact.client_order_id in self._evidence.wishes:
            name, most = self._evidence.wishes[fact.client_order_id]
            self._evidence.wishes[fact.client_order_id] = (name, max(most, fact.quantity))
        new = msgspec.structs.replace(intent, limit_price=fact.limit_price, quantity=fact.quantity)
        if not self._evidence.reduces(new) and not self._evidence.lowers(new):
            self._look_at_age(new)

    def _look_at_age(self, intent: OrderIntent) -> None:
        feed = self._evidence.feeds[intent.venue]
        age_ns = self._world.timeline.now_ns - feed.shown_ns.get(intent.symbol, 0)
        if age_ns > STALE_AFTER_NS:
            self.blame("F19", f"{words(intent)} approved on a book not shown for {age_ns / NS_PER_S:.1f} s")

    def _look_at_fill(self, fill: Fill) -> None:
        true = next((f for f in self._world.exchanges[fill.venue].account.fills if f.fill_id == fill.fill_id), None)
        if true != fill:
            self.blame("G1", f"fill {fill.fill_id} is booked as {fill}, at the venue it is {true}")

    def _look_at_adoption(self, fact: PositionAdopted) -> None:
        """Demand that no position is taken over as it is: a venue here tells every fill sooner or later."""
        instrument_id = InstrumentId(fact.venue, fact.symbol)
        known = self._evidence.shadow.position(instrument_id)
        if fact.quantity != known:
            self.blame("G1", f"{instrument_id} is taken over as {fact.quantity:f}, its fills give {known:f}")

    # the wire --------------------------------------------------------------------------------------------

    def submitted(self, intent: OrderIntent) -> None:
        """Judge an order at the moment it leaves."""
        self._protection.submitted(intent)
        self.alerts.submitted(intent.client_order_id)
        self._wire.judge(intent)
        self._jobs.submitted(intent)

    def amend_sent(self, intent: OrderIntent) -> None:
        """Judge other terms for an order at the moment they leave."""
        self._wire.judge_amend(intent)

    def amend_arrived(self, intent: OrderIntent) -> None:
        amends = self._evidence.amends_in_flight.pop(intent.client_order_id, [])
        left = [each for each in amends if each is not intent]
        if left:
            self._evidence.amends_in_flight[intent.client_order_id] = left

    def arrived(self, client_order_id: str) -> None:
        self._evidence.in_flight.pop(client_order_id, None)

    def compared(self, venue: str) -> None:
        self._evidence.compared[venue] = None
