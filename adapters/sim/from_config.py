"""From the configuration to the simulated market."""

from typing import Final

import msgspec

from adapters.sim.config import SimConfig, VenueConfig
from core.config.config import Config
from core.config.venues import SimVenueConfig

NS_PER_MS: Final = 1_000_000


def sim_config(config: Config, *, seed: int | None = None) -> SimConfig:
    """Return the market that the configuration's venues of kind ``sim`` belong to."""
    defaults = SimConfig()
    venues = {
        name: _venue(defaults.venues[name], venue)
        for name, venue in config.venues.items()
        if isinstance(venue, SimVenueConfig)
    }
    return SimConfig(
        seed=config.sim.seed if seed is None else seed,
        stock_always_open=config.sim.stock_always_open,
        funding_interval_s=config.sim.funding_interval_s,
        venues=venues,
    )


def _venue(default: VenueConfig, wanted: SimVenueConfig) -> VenueConfig:
    latency = default.latency
    for field, milliseconds in (
        ("feed_ns", wanted.feed_latency_ms),
        ("entry_ns", wanted.entry_latency_ms),
        ("response_ns", wanted.response_latency_ms),
    ):
        if milliseconds is not None:
            latency = msgspec.structs.replace(latency, **{field: int(milliseconds * NS_PER_MS)})
    cash = default.starting_cash if wanted.starting_balances is None else wanted.starting_balances
    return msgspec.structs.replace(default, latency=latency, starting_cash=dict(cash))
