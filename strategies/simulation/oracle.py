"""Judges an engine by the venues' truth, at every step: what it appends, what it sends, what it believes."""

from decimal import Decimal
from typing import Final

from core.engine.engine import Engine
from core.engine.fold import EngineFold
from core.journal.facts import AnyFact, EngineStarted, OrderFilled, OrderIntended
from core.types.control import HaltLevel
from core.types.instrument import InstrumentId
from core.types.order import Fill, OrderIntent, OrderStatus, OrderType, Side
from strategies.simulation.market_feed import MarketFeed
from strategies.simulation.shadow import Shadow
from strategies.simulation.timeline import NS_PER_S
from strategies.simulation.venue_account import WIDE
from strategies.simulation.violation import Violation
from strategies.simulation.world import World

ZERO = Decimal(0)
MOST_KEPT: Final = 20
STALE_AFTER_NS: Final = 2 * NS_PER_S


class Oracle:
    """Keeps its own fold of the journal and its own list of what is on the wire."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.violations: list[Violation] = []
        self.shadow = Shadow({})
        self.wishes: dict[str, tuple[str, Decimal]] = {}  # by client order id: what it is for, and how much in all
        self._durable: dict[str, OrderIntent] = {}
        self._on_wire: dict[str, OrderIntent] = {}  # everything ever sent
        self._in_flight: dict[str, None] = {}
        self._compared: dict[str, None] = {}
        self._feeds: dict[str, MarketFeed] = {}
        self._engine: Engine | None = None
        self._has_failed_disk = False
        self._run = 0

    @property
    def sent(self) -> dict[str, OrderIntent]:
        """Return every order that ever left, by client order id."""
        return self._on_wire

    def blame(self, invariant: str, text: str) -> None:
        if len(self.violations) < MOST_KEPT:
            self.violations.append(Violation(invariant=invariant, text=text, at_s=round(self._world.elapsed_s, 6)))

    # lives -----------------------------------------------------------------------------------------------

    def engine_begins(self, engine: Engine, feeds: dict[str, MarketFeed], durable: list[AnyFact]) -> None:
        """Take over what the journal holds: what was appended and not durable never was."""
        self._engine, self._feeds = engine, feeds
        self._compared, self._has_failed_disk = {}, False
        for instrument_id in self._world.instrument_ids:
            self.shadow.rules[instrument_id] = self._world.instrument(instrument_id)
        self.shadow = Shadow(self.shadow.rules)
        self._durable = {}
        for fact in durable:
            self.shadow.apply(fact)
            if isinstance(fact, OrderIntended):
                self._durable[fact.intent.client_order_id] = fact.intent

    # the journal -----------------------------------------------------------------------------------------

    def appended(self, fact: AnyFact) -> None:
        match fact:
            case OrderIntended():
                self._look_at_intent(fact.intent)
            case OrderFilled():
                self._look_at_fill(fact.fill)
            case EngineStarted():
                if fact.run <= self._run:
                    self.blame("G8", f"run {fact.run} began after run {self._run}: order ids repeat")
                self._run = fact.run
            case _:
                pass
        self.shadow.apply(fact)

    def committed(self, facts: list[AnyFact]) -> None:
        for fact in facts:
            if isinstance(fact, OrderIntended):
                self._durable[fact.intent.client_order_id] = fact.intent

    def disk_failed(self) -> None:
        self._has_failed_disk = True

    def _look_at_intent(self, intent: OrderIntent) -> None:
        if intent.client_order_id in self.shadow.intents:
            self.blame("G8", f"client order id {intent.client_order_id} is used again")
        if self._reduces(intent):
            return
        feed = self._feeds[intent.venue]
        age_ns = self._world.timeline.now_ns - feed.shown_ns.get(intent.symbol, 0)
        if age_ns > STALE_AFTER_NS:
            what = f"{intent.side} {intent.quantity:f} {intent.instrument_id}"
            self.blame("F19", f"{what} approved on a book not shown for {age_ns / NS_PER_S:.1f} s")

    def _look_at_fill(self, fill: Fill) -> None:
        true = next((f for f in self._world.exchanges[fill.venue].account.fills if f.fill_id == fill.fill_id), None)
        if true != fill:
            self.blame("G1", f"fill {fill.fill_id} is booked as {fill}, at the venue it is {true}")

    # the wire --------------------------------------------------------------------------------------------

    def submitted(self, intent: OrderIntent) -> None:
        """Judge an order at the moment it leaves."""
        client_order_id = intent.client_order_id
        if client_order_id in self._on_wire:
            self.blame("G8", f"client order id {client_order_id} was sent before")
        if self._durable.get(client_order_id) != intent:
            self.blame("F24", f"order {client_order_id} left without a durable intent")
        if self._has_failed_disk:
            self.blame("F25", f"order {client_order_id} left although the journal had failed")
        if intent.venue not in self._compared:
            self.blame("F20", f"order {client_order_id} left before {intent.venue} was reconciled")
        self._judge_halt(intent)
        self._judge_crossing(intent)
        self._judge_doubt(intent)
        self._on_wire[client_order_id] = intent
        self._in_flight[client_order_id] = None
        self._judge_wish(intent)

    def arrived(self, client_order_id: str) -> None:
        self._in_flight.pop(client_order_id, None)

    def compared(self, venue: str) -> None:
        self._compared[venue] = None

    def _judge_halt(self, intent: OrderIntent) -> None:
        level = self.shadow.level(intent)
        is_open = {
            HaltLevel.NORMAL: True,
            HaltLevel.REDUCE_ONLY: self._reduces(intent),
            HaltLevel.CANCEL_ONLY: False,
            HaltLevel.HALTED: intent.source == "flatten" and self._reduces(intent),
            HaltLevel.FLATTEN: intent.source == "flatten" and self._reduces(intent),
        }[level]
        if not is_open:
            self.blame("G6", f"{_words(intent)} left in {level.name}")

    def _judge_crossing(self, intent: OrderIntent) -> None:
        for other in self._possibly_live(intent):
            if other.side is not intent.side and _meet(intent, other):
                self.blame("G4", f"{_words(intent)} crosses own {_words(other)}")

    def _judge_doubt(self, intent: OrderIntent) -> None:
        if self._engine is None or self._reduces(intent):
            return
        for order in self._engine.parts.fold.orders.live(intent.instrument_id):
            if order.status is OrderStatus.IN_DOUBT and order.updated_ns < intent.created_ns:
                self.blame("F05", f"{_words(intent)} left while {order.intent.client_order_id} was in doubt")

    def _judge_wish(self, intent: OrderIntent) -> None:
        wish = self.wishes.get(intent.client_order_id)
        if wish is None:
            return
        orders = [each for each, (name, _) in self.wishes.items() if name == wish[0] and each in self._on_wire]
        possible = sum((self._possible_quantity(each) for each in orders), ZERO)
        if possible > wish[1]:
            self.blame("G2", f"{', '.join(orders)} may fill {possible:f} of the {wish[1]:f} wanted")

    def _possible_quantity(self, client_order_id: str) -> Decimal:
        """Return what an order has filled or may still fill."""
        intent = self._on_wire[client_order_id]
        order = self._world.exchanges[intent.venue].orders.get(client_order_id)
        if order is None:
            return intent.quantity if client_order_id in self._in_flight else ZERO
        return intent.quantity if order.is_live else order.filled

    def _possibly_live(self, intent: OrderIntent) -> list[OrderIntent]:
        """Return own orders that live, or are on their way, in the matching engine of an order."""
        book = self._world.exchanges[intent.venue].books[intent.symbol]
        found: list[OrderIntent] = []
        for exchange, symbol in self._world.sharing(book):
            found += [
                order.intent
                for order in exchange.live.values()
                if order.intent.symbol == symbol and not order.is_foreign
            ]
            for client_order_id in self._in_flight:
                sent = self._on_wire[client_order_id]
                if (sent.venue, sent.symbol) == (exchange.name, symbol):
                    found.append(sent)
        return found

    def _reduces(self, intent: OrderIntent) -> bool:
        """Tell whether an order closes no more than the journal's position, own orders of that side counted."""
        held = self.shadow.position(intent.instrument_id)
        if held * intent.side.sign >= 0:
            return False
        waiting = sum(
            (
                order.left
                for order in self._world.exchanges[intent.venue].live.values()
                if order.intent.symbol == intent.symbol and order.intent.side is intent.side and not order.is_foreign
            ),
            ZERO,
        )
        return waiting + intent.quantity <= abs(held)

    # beliefs ---------------------------------------------------------------------------------------------

    def look(self) -> None:
        """Compare what the engine believes with the second fold of its journal."""
        engine = self._engine
        if engine is None or not engine.parts.fold.ledger.is_whole or engine.parts.recorder.failed_reason is not None:
            return
        ledger = engine.parts.fold.ledger
        for instrument_id in self._world.instrument_ids:
            ours, theirs = ledger.quantity(instrument_id), self.shadow.position(instrument_id)
            if ours != theirs:
                self.blame("G1", f"{instrument_id} is {ours:f} in the ledger, {theirs:f} by its journal")
        for venue, account in self.shadow.accounts.items():
            for asset, total in account.cash.items():
                cash = ledger.cash_of(venue, asset)
                if cash is not None and cash.is_reported and cash.total != total:
                    self.blame("G1", f"{asset} at {venue} is {cash.total} in the ledger, {total} by its journal")

    def look_at_truth(self) -> None:
        """Demand that the engine and the venues agree: nothing is under way any more."""
        engine = self._engine
        if engine is None:
            return
        fold = engine.parts.fold
        for name, exchange in self._world.exchanges.items():
            for symbol in exchange.instruments:
                ours, theirs = fold.ledger.quantity(InstrumentId(name, symbol)), exchange.account.quantity(symbol)
                if ours != theirs:
                    self.blame("G10", f"{symbol}@{name} is {ours:f} here, {theirs:f} at the venue")
            for asset, total in exchange.account.cash.items():
                cash = fold.ledger.cash_of(name, asset)
                if cash is None or cash.total != total:
                    known = "unknown" if cash is None else str(cash.total)
                    self.blame("G10", f"{asset} at {name} is {known} here, {total} at the venue")
            ours = sorted(o.intent.client_order_id for o in fold.orders.live() if o.intent.venue == name)
            theirs = sorted(exchange.live)
            if ours != theirs:
                self.blame("G10", f"open orders at {name}: {ours} here, {theirs} at the venue")
            self._look_at_money(name)

    def _look_at_money(self, name: str) -> None:
        """Count the venue's own money again, from its lists."""
        account = self._world.exchanges[name].account
        rules = self._world.exchanges[name].instruments
        expected = WIDE.add(account.start["USDT"], account.realised)
        for fill in account.fills:
            expected = WIDE.subtract(expected, fill.fee)
            if rules[fill.symbol].funding_interval_s is None:
                expected = WIDE.subtract(expected, fill.side.sign * fill.price * fill.quantity)
        for amount in (*(paid.amount for paid in account.funding), *(each for _, each in account.transfers)):
            expected = WIDE.add(expected, amount)
        if expected != account.cash["USDT"]:
            self.blame("G1", f"money of {name} is {account.cash['USDT']}, its movements give {expected}")

    def replay(self, fold: EngineFold, facts: list[AnyFact], where: str) -> None:
        """Fold every fact again and demand the same state (G7)."""
        again = EngineFold(self.shadow.rules.get, fold.risk_mode)
        for fact in facts:
            again.apply(fact)
        if again.to_bytes() != fold.to_bytes():
            self.blame("G7", f"{where}: the journal's {len(facts)} facts give another state than the engine's")

    def look_at_alerts(self) -> None:
        """Demand a standing alert for everything that is not as it should be (G9)."""
        engine = self._engine
        if engine is None:
            return
        alerts = engine.monitoring().alerts
        texts = " ".join(f"{alert.name} {alert.text}" for alert in alerts)
        has_failed = engine.parts.recorder.failed_reason is not None
        wanted = ["storage"] if has_failed else [cause for _, cause in self.shadow.halts]
        wanted += [
            order.intent.client_order_id
            for order in engine.parts.fold.orders.live()
            if order.status is OrderStatus.IN_DOUBT
        ]
        for name in wanted:
            if name not in texts:
                self.blame("G9", f"nothing alerts to {name}")


def _words(intent: OrderIntent) -> str:
    price = "market" if intent.limit_price is None else f"{intent.limit_price:f}"
    return (
        f"{intent.side} {intent.quantity:f} {intent.instrument_id} {price} ({intent.client_order_id}, {intent.source})"
    )


def _meet(one: OrderIntent, other: OrderIntent) -> bool:
    if OrderType.MARKET in {one.order_type, other.order_type} or one.limit_price is None or other.limit_price is None:
        return True
    buy, sell = (one, other) if one.side is Side.BUY else (other, one)
    assert buy.limit_price is not None, "market orders are dealt with above"
    assert sell.limit_price is not None, "market orders are dealt with above"
    return buy.limit_price >= sell.limit_price
