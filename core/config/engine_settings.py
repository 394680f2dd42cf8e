"""From the configuration to what the engine is told."""

from core.config.config import Config
from core.config.risk_limits import risk_limits
from core.engine.settings import EngineSettings, PoolShares


def engine_settings(config: Config, version: str) -> EngineSettings:
    """Return the engine's settings; the sections have been checked by the configuration's own types."""
    risk, pools = config.risk, config.capital.pools
    return EngineSettings(
        version=version,
        trading_mode=config.engine.mode,
        risk_mode=risk.mode,
        limits=risk_limits(risk),
        pools=PoolShares(hedge=pools.hedge, arb=pools.arb, reserve=pools.reserve),
        in_doubt_after_s=config.engine.in_doubt_after_s,
        snapshot_every_s=max(1, round(config.engine.snapshot_interval_s)),
    )
