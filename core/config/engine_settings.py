"""From the configuration to what the engine is told."""

import math

from core.capital.limits import CapitalLimits, PoolShares
from core.config.config import Config
from core.config.job_limits import job_limits
from core.config.risk_limits import risk_limits
from core.config.venues import ReplayVenueConfig
from core.engine.settings import PICTURE_LIVES_S, EngineSettings
from core.risk.view import LiveTrading
from core.types.control import TradingMode


def engine_settings(config: Config, version: str, *, is_live_confirmed: bool = False) -> EngineSettings:
    """Return the engine's settings; the sections have been checked by the configuration's own types."""
    risk, capital = config.risk, config.capital
    return EngineSettings(
        version=version,
        trading_mode=config.engine.mode,
        live_trading=_live_trading(config, is_confirmed=is_live_confirmed),
        risk_mode=risk.mode,
        limits=risk_limits(risk),
        capital=CapitalLimits(
            pools=PoolShares(hedge=capital.pools.hedge, arb=capital.pools.arb, reserve=capital.pools.reserve),
            max_single_reserve_pct=capital.max_single_reserve_pct,
            max_total_notional_pct=capital.max_total_notional_pct,
        ),
        jobs=job_limits(config),
        in_doubt_after_s=config.engine.in_doubt_after_s,
        picture_lives_s=_picture_lives_s(config),
        snapshot_every_s=max(1, round(config.engine.snapshot_interval_s)),
    )


def _picture_lives_s(config: Config) -> float:
    """Return how old a picture may be; a replay's time runs at a speed of its own, and nothing there is money."""
    is_replay = any(isinstance(venue, ReplayVenueConfig) for venue in config.venues.values())
    return math.inf if is_replay else PICTURE_LIVES_S


def _live_trading(config: Config, *, is_confirmed: bool) -> LiveTrading:
    if config.engine.mode is TradingMode.PAPER or not config.engine.trading_enabled:
        return LiveTrading.OFF
    return LiveTrading.CONFIRMED if is_confirmed else LiveTrading.ENABLED
