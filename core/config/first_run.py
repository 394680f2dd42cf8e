"""What runs without a configuration: three simulated venues, two strategies and two job sources, all quick."""

from core.config.strategies import StrategyConfig
from core.config.venues import SIM_VENUE_NAMES, SimVenueConfig, VenueConfig


def default_venues() -> dict[str, VenueConfig]:
    return {name: SimVenueConfig(kind="sim") for name in SIM_VENUE_NAMES}


def default_strategies() -> dict[str, StrategyConfig]:
    return {
        "ma_cross": StrategyConfig(
            kind="ma_cross",
            instruments=("BTC/USDT:USDT@sim-a",),
            parameters={"fast": 10, "slow": 30, "timeframe": "1s", "notional_usd": 200},
        ),
        "bollinger_rsi": StrategyConfig(
            kind="bollinger_rsi",
            instruments=("ETH/USDT:USDT@sim-b",),
            parameters={"timeframe": "5s", "notional_usd": 200},
        ),
        "spread_arb": StrategyConfig(
            kind="spread_arb",
            instruments=("SOL/USDT:USDT@sim-a", "SOL/USDT:USDT@sim-b"),
            parameters={"notional_usd": 500, "max_position_usd": 2000},
        ),
        "hedged_volume": StrategyConfig(
            kind="hedged_volume",
            instruments=("ETH/USDT:USDT@sim-a", "ETH/USDT:USDT@sim-b"),
            parameters={"notional_usd": 500, "max_position_usd": 2000},
        ),
    }
