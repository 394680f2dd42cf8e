"""What a strategy earned, part by part, and what of it cannot be said."""

from collections.abc import Iterator

from core.engine.explaining.rows import fact, number, usd
from core.state.explanation import ExplainedRow
from core.state.monitoring import StrategyProfit


def profit_rows(profit: StrategyProfit) -> Iterator[ExplainedRow]:
    yield fact("profit", f"{usd(profit.pnl_usd)} after fees")
    yield fact("realised", f"{usd(profit.realised_usd)} before fees")
    yield fact("unrealised", f"{usd(profit.unrealised_usd)} on {profit.open_positions} open positions")
    yield fact("fees", usd(profit.fees_usd))
    yield fact("funding", usd(profit.funding_usd))
    for name in profit.missing:
        yield fact("not known", name, mark="failed")
    for name, amount in profit.unattributed_funding.items():
        text = f"{number(amount)} were paid on {name} while it was not certain who held what: in none of these numbers"
        yield fact("funding apart", text, mark="warning")
    for name in profit.not_at_the_venue:
        text = f"the account holds less of {name} than was bought for it here: valued as if it were all there"
        yield fact("not there", text, mark="warning")
