"""What a strategy earned, as an engine tells it."""

from decimal import Decimal

from core.state.monitoring import StrategyProfit


def profit(
    pnl: str = "5.12", *, open_positions: int = 1, mark_age_s: float | None = 0.1, **more: object
) -> StrategyProfit:
    """Return a profit whose parts add up to `pnl` after fees of 1.28 and funding of -0.10."""
    unrealised = Decimal("2.40") if open_positions else Decimal(0)
    found = StrategyProfit(
        pnl_usd=Decimal(pnl),
        realised_usd=Decimal(pnl) - unrealised + Decimal("1.38"),
        unrealised_usd=unrealised,
        fees_usd=Decimal("1.28"),
        funding_usd=Decimal("-0.10"),
        open_positions=open_positions,
        mark_age_s=mark_age_s,
    )
    for name, value in more.items():
        setattr(found, name, value)
    return found
