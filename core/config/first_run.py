"""What runs without a configuration: three simulated venues and two strategies, short enough to be seen to move."""

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
    }
