"""The built-in first run fits the strategies that it names."""

from core.config.first_run import default_strategies
from strategies.loading import load_shipped
from strategies.registry import REGISTRY


def test_first_run_starts_shipped_strategies_with_parameters_they_take():
    load_shipped()
    for name, strategy in default_strategies().items():
        raw = {**strategy.parameters, "instruments": list(strategy.instruments)}
        assert REGISTRY.create(strategy.kind, raw, run_as=name).name == name
