"""Holds what an engine believes against its own journal and, when all is quiet, against the venues' truth."""

from decimal import Decimal

from core.engine.fold import EngineFold
from core.jobs.limits import JobLimits
from core.jobs.rulebook import Rulebook
from core.journal.facts import AnyFact
from core.risk.limits import RiskLimits
from core.types.control import RiskMode
from core.types.instrument import InstrumentId
from core.types.order import OrderIntent
from strategies.simulation.evidence import Evidence
from strategies.simulation.venue_account import WIDE

ZERO = Decimal(0)
NO_MONEY = Decimal("1e-15")
RULES = Rulebook(JobLimits(), RiskLimits())


class Beliefs:
    """Looks at an engine from outside; changes nothing."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence

    def against_journal(self) -> None:
        """Compare positions and money with the second fold of the journal."""
        evidence, engine = self._evidence, self._evidence.engine
        if engine is None or not engine.parts.fold.ledger.is_whole or engine.parts.recorder.failed_reason is not None:
            return
        ledger = engine.parts.fold.ledger
        for instrument_id in evidence.world.instrument_ids:
            ours, theirs = ledger.quantity(instrument_id), evidence.shadow.position(instrument_id)
            if ours != theirs:
                evidence.blame("G1", f"{instrument_id} is {ours:f} in the ledger, {theirs:f} by its journal")
            bound = engine.parts.fold.capital.position(instrument_id)
            if (ZERO if bound is None else bound.quantity) != theirs:
                evidence.blame("G5", f"{instrument_id} is {theirs:f}, capital is bound for {bound}")
        for venue, account in evidence.shadow.accounts.items():
            for asset, total in account.cash.items():
                cash = ledger.cash_of(venue, asset)
                if cash is not None and cash.is_reported and cash.total != total:
                    evidence.blame("G1", f"{asset} at {venue} is {cash.total} in the ledger, {total} by its journal")

    def no_phantom_end(self) -> None:
        """Demand that no order that lives at a venue is taken for ended: it would count for nothing (F08)."""
        engine = self._evidence.engine
        if engine is None:
            return
        for name, exchange in self._evidence.world.exchanges.items():
            for client_order_id in exchange.live:
                order = engine.parts.fold.orders.get(client_order_id)
                if order is not None and order.status.is_final:
                    self._evidence.blame("F08", f"{client_order_id} lives at {name} and is {order.status} here")

    def against_truth(self) -> None:
        """Demand that the engine and the venues agree: nothing is under way any more."""
        if self._evidence.engine is None:
            return
        for name in self._evidence.world.exchanges:
            self._compare_positions(name)
            self._compare_money(name)
            self._compare_orders(name)
            self._count_money(name)

    def _fold(self) -> EngineFold:
        assert self._evidence.engine is not None, "asked for with an engine only"
        return self._evidence.engine.parts.fold

    def _compare_positions(self, name: str) -> None:
        exchange, ledger = self._evidence.world.exchanges[name], self._fold().ledger
        for symbol in exchange.instruments:
            ours, theirs = ledger.quantity(InstrumentId(name, symbol)), exchange.account.quantity(symbol)
            if ours != theirs:
                self._evidence.blame("G10", f"{symbol}@{name} is {ours:f} here, {theirs:f} at the venue")

    def _compare_money(self, name: str) -> None:
        for asset, total in self._evidence.world.exchanges[name].account.cash.items():
            cash = self._fold().ledger.cash_of(name, asset)
            # A venue says average prices in 28 digits; what is lost behind them is no money.
            if cash is None or abs(WIDE.subtract(cash.total, total)) > NO_MONEY:
                known = "unknown" if cash is None else str(cash.total)
                self._evidence.blame("G10", f"{asset} at {name} is {known} here, {total} at the venue")

    def _compare_orders(self, name: str) -> None:
        live = self._evidence.world.exchanges[name].live.values()
        ours = sorted(_terms(order.intent) for order in self._fold().orders.live() if order.intent.venue == name)
        theirs = sorted(_terms(order.intent) for order in live)
        if ours != theirs:
            self._evidence.blame("G10", f"open orders at {name}: {ours} here, {theirs} at the venue")

    def _count_money(self, name: str) -> None:
        """Count the venue's own money again, from its lists."""
        exchange = self._evidence.world.exchanges[name]
        account, rules = exchange.account, exchange.instruments
        expected = WIDE.add(account.start["USDT"], account.realised)
        for fill in account.fills:
            expected = WIDE.subtract(expected, fill.fee)
            if rules[fill.symbol].funding_interval_s is None:
                expected = WIDE.subtract(expected, fill.side.sign * fill.price * fill.quantity)
        for amount in (*(paid.amount for paid in account.funding), *(each for _, each in account.transfers)):
            expected = WIDE.add(expected, amount)
        if expected != account.cash["USDT"]:
            self._evidence.blame("G1", f"money of {name} is {account.cash['USDT']}, its movements give {expected}")

    def replay(self, fold: EngineFold, facts: list[AnyFact], where: str) -> None:
        """Fold every fact again and demand the same state (G7)."""
        again = EngineFold(self._evidence.shadow.rules.get, RiskMode.BALANCED, RULES)
        for fact in facts:
            again.apply(fact)
        if again.to_bytes() != fold.to_bytes():
            text = f"{where}: the journal's {len(facts)} facts give another state than the engine's"
            self._evidence.blame("G7", text)

    def alerts(self) -> None:
        """Demand a standing alert for everything that is not as it should be (G9)."""
        engine = self._evidence.engine
        if engine is None:
            return
        texts = " ".join(f"{alert.name} {alert.text}" for alert in engine.monitoring().alerts)
        has_failed = engine.parts.recorder.failed_reason is not None
        wanted = ["storage"] if has_failed else [cause for _, cause in self._evidence.shadow.halts]
        wanted += [blocker.cause for blocker in engine.parts.conditions.blockers()]
        wanted += [order.intent.client_order_id for order in engine.parts.fold.orders.live() if order.is_in_doubt]
        for name in wanted:
            if name not in texts:
                self._evidence.blame("G9", f"nothing alerts to {name}")


def _terms(intent: OrderIntent) -> tuple[str, Decimal, Decimal]:
    return intent.client_order_id, intent.quantity, intent.limit_price or ZERO
