"""From the configuration to what the engine is told."""

from core.config.config import Config
from core.engine.settings import EngineSettings, PoolShares
from core.risk.limits import RiskLimits
from core.types.control import RiskMode

_MODE_FIELDS = {"mode", "modes", "max_leg_notional_usd"}


def engine_settings(config: Config, version: str) -> EngineSettings:
    """Return the engine's settings; the sections have been checked by the configuration's own types."""
    risk, pools = config.risk, config.capital.pools
    limits = {name: getattr(risk, name) for name in type(risk).model_fields if name not in _MODE_FIELDS}
    modes = risk.modes
    volatility = {
        RiskMode.CONSERVATIVE: float(modes.conservative.max_volatility_pct),
        RiskMode.BALANCED: float(modes.balanced.max_volatility_pct),
        RiskMode.AGGRESSIVE: float(modes.aggressive.max_volatility_pct),
    }
    return EngineSettings(
        version=version,
        trading_mode=config.engine.mode,
        risk_mode=risk.mode,
        limits=RiskLimits(**limits, max_volatility_pct=volatility),
        pools=PoolShares(hedge=pools.hedge, arb=pools.arb, reserve=pools.reserve),
        in_doubt_after_s=config.engine.in_doubt_after_s,
        venue_kinds={name: venue.kind for name, venue in config.venues.items()},
    )
