"""The table of risk rules. A new rule is one function and one line here."""

from collections.abc import Callable
from enum import StrEnum
from typing import Final, NamedTuple

from core.risk.case import Case
from core.risk.rules import account, conduct, market, order, pools, size
from core.risk.rules.finding import Finding
from core.risk.verdict import Hardness


class AppliesTo(StrEnum):
    """Which orders a rule judges. A rule that would trap a trader in a position judges new risk only."""

    EVERY_ORDER = "every order"
    NEW_RISK = "orders that neither reduce a position nor complete a hedge, amends that do not lower"
    ALL_BUT_FLATTEN = "orders other than the kill switch's reduce-only flattening"


class Rule(NamedTuple):
    name: str
    unit: str
    hardness: Hardness
    applies_to: AppliesTo
    judge: Callable[[Case], Finding]


HARD, SOFT = Hardness.HARD, Hardness.SOFT
EVERY, NEW, NOT_FLATTEN = AppliesTo.EVERY_ORDER, AppliesTo.NEW_RISK, AppliesTo.ALL_BUT_FLATTEN

RULES: Final[tuple[Rule, ...]] = (
    Rule("known_instrument", "", HARD, EVERY, order.known_instrument),
    Rule("order_form", "", HARD, EVERY, order.order_form),
    Rule("known_source", "", HARD, EVERY, order.known_source),
    Rule("unused_order_id", "", HARD, EVERY, order.unused_order_id),
    Rule("price_grid", "", HARD, EVERY, order.price_grid),
    Rule("quantity_grid", "", HARD, EVERY, order.quantity_grid),
    Rule("min_quantity", "units", HARD, EVERY, order.min_quantity),
    Rule("min_notional", "quote", HARD, EVERY, order.min_notional),
    Rule("mode_gate", "", HARD, EVERY, conduct.mode_gate),
    Rule("halt_level", "", HARD, EVERY, conduct.halt_level),
    Rule("reconciled", "", HARD, EVERY, conduct.reconciled),
    Rule("child_quantity", "units", HARD, EVERY, conduct.child_quantity),
    Rule("reduce_only_truth", "units", HARD, EVERY, conduct.reduce_only_truth),
    Rule("self_cross", "", HARD, EVERY, conduct.self_cross),
    Rule("price_collar", "%", HARD, EVERY, market.price_collar),
    Rule("fresh_book", "", HARD, EVERY, market.fresh_book),
    Rule("market_hours", "", HARD, EVERY, market.market_hours),
    Rule("capital", "", HARD, EVERY, account.capital),
    Rule("capital_pool", "USD", HARD, EVERY, pools.capital_pool),
    Rule("single_reserve", "USD", HARD, EVERY, pools.single_reserve),
    Rule("in_flight", "USD", HARD, EVERY, pools.in_flight),
    Rule("message_rate", "messages/s", HARD, NOT_FLATTEN, conduct.message_rate),
    Rule("order_rate", "orders/s", HARD, NOT_FLATTEN, conduct.order_rate),
    Rule("duplicate_order", "", SOFT, NOT_FLATTEN, conduct.duplicate_order),
    Rule("strategy_running", "", HARD, NEW, conduct.strategy_running),
    Rule("venue_breaker", "", HARD, NEW, conduct.venue_breaker),
    Rule("auto_halt", "", SOFT, NEW, conduct.auto_halt),
    Rule("in_doubt", "", HARD, NEW, conduct.in_doubt),
    Rule("restricted", "", HARD, NEW, conduct.restricted),
    Rule("open_orders", "orders", HARD, NEW, conduct.open_orders),
    Rule("clock_offset", "ms", HARD, NEW, market.clock_offset),
    Rule("equity_known", "", HARD, NEW, account.equity_known),
    Rule("day_loss", "USD", HARD, NEW, account.day_loss),
    Rule("drawdown", "%", SOFT, NEW, account.drawdown),
    Rule("window_collar", "%", HARD, NEW, market.window_collar),
    Rule("max_quantity", "units", HARD, NEW, size.max_quantity),
    Rule("order_value", "USD", HARD, NEW, size.order_value),
    Rule("order_share", "% of equity", SOFT, NEW, size.order_share),
    Rule("directional_sum", "USD", HARD, NEW, size.directional_sum),
    Rule("instrument_gross", "USD", HARD, NEW, size.instrument_gross),
    Rule("instrument_net", "USD", HARD, NEW, size.instrument_net),
    Rule("venue_gross", "USD", HARD, NEW, size.venue_gross),
    Rule("venue_net", "USD", HARD, NEW, size.venue_net),
    Rule("total_gross", "USD", HARD, NEW, size.total_gross),
    Rule("concentration", "% of equity", SOFT, NEW, size.concentration),
    Rule("invested_share", "% of equity", SOFT, NEW, size.invested_share),
    Rule("leverage", "x", HARD, NEW, size.leverage),
    Rule("trade_loss", "USD", SOFT, NEW, size.trade_loss),
    Rule("liquidity", "of visible depth", SOFT, NEW, market.liquidity),
    Rule("volatility", "%", SOFT, NEW, market.volatility),
    Rule("confidence", "", SOFT, NEW, conduct.confidence),
    Rule("repeated_execution", "fills", SOFT, NEW, conduct.repeated_execution),
)
