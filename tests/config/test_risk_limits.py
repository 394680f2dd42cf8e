"""The configuration's limits are the gate's limits."""

from decimal import Decimal

from core.config.risk import ConservativeConfig, RiskConfig, RiskModesConfig
from core.config.risk_limits import risk_limits
from core.risk.limits import RiskLimits
from core.types.control import RiskMode


def test_defaults_of_configuration_and_gate_agree():
    assert risk_limits(RiskConfig()) == RiskLimits()


def test_changed_limits_reach_the_gate():
    limits = risk_limits(
        RiskConfig(
            daily_loss_usd=Decimal(123),
            restricted_symbols=("DOGE/USDT",),
            modes=RiskModesConfig(conservative=ConservativeConfig(max_volatility_pct=Decimal("0.2"))),
        )
    )
    assert limits.daily_loss_usd == 123
    assert limits.restricted_symbols == ("DOGE/USDT",)
    assert limits.max_volatility_pct[RiskMode.CONSERVATIVE] == 0.2
