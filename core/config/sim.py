"""[sim]: the embedded market that all venues of kind sim belong to."""

from typing import Annotated

from pydantic import Field

from core.config.section import Section, Switch, Whole

FundingInterval = Annotated[int, Field(strict=True, ge=60, le=86_400)]


class SimConfig(Section):
    seed: Whole = Field(default=1, description="same seed, same market")
    stock_always_open: Switch = Field(default=False, description="ignore the opening hours of the stock exchange")
    funding_interval_s: FundingInterval = Field(default=28_800, description="time between two funding payments")
