"""From [jobs] and [risk] of the configuration to the limits of jobs."""

from core.config.config import Config
from core.jobs.limits import JobLimits
from core.types.control import RiskMode


def job_limits(config: Config) -> JobLimits:
    """Return the limits of jobs; every one of them is set from the configuration."""
    modes = config.risk.modes
    by_mode = {
        RiskMode.CONSERVATIVE: modes.conservative,
        RiskMode.BALANCED: modes.balanced,
        RiskMode.AGGRESSIVE: modes.aggressive,
    }
    elsewhere = {"min_edge_bps", "safety_weight", "max_leg_notional_usd"}
    same = {name: getattr(config.jobs, name) for name in JobLimits.__struct_fields__ if name not in elsewhere}
    return JobLimits(
        **same,
        min_edge_bps={mode: limits.min_edge_bps for mode, limits in by_mode.items()},
        safety_weight={mode: float(limits.safety_weight) for mode, limits in by_mode.items()},
        max_leg_notional_usd=config.risk.max_leg_notional_usd,
    )
