"""From [risk] of the configuration to the limits the gate works with."""

from core.config.risk import RiskConfig
from core.risk.limits import RiskLimits
from core.types.control import RiskMode


def risk_limits(risk: RiskConfig) -> RiskLimits:
    """Return the gate's limits; every one of them is set from the configuration."""
    by_mode = {
        RiskMode.CONSERVATIVE: risk.modes.conservative,
        RiskMode.BALANCED: risk.modes.balanced,
        RiskMode.AGGRESSIVE: risk.modes.aggressive,
    }
    same = {name: getattr(risk, name) for name in RiskLimits.__struct_fields__ if name != "max_volatility_pct"}
    return RiskLimits(
        **same, max_volatility_pct={mode: float(limits.max_volatility_pct) for mode, limits in by_mode.items()}
    )
