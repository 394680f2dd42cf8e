"""The whole configuration, typed. Without a file it is the three simulated venues and two strategies on paper."""

from typing import Annotated

from pydantic import Field

from core.config.alerts import AlertsConfig
from core.config.capital import CapitalConfig
from core.config.console import ConsoleConfig
from core.config.engine import EngineConfig
from core.config.first_run import default_strategies, default_venues
from core.config.jobs import JobsConfig
from core.config.keys import KeysConfig
from core.config.logs import LoggingConfig
from core.config.paper import PaperConfig
from core.config.risk import RiskConfig
from core.config.section import Section
from core.config.sim import SimConfig
from core.config.strategies import StrategyConfig
from core.config.venues import VenueConfig

# Part of file names, journal rows and SYMBOL@venue, so kept plain.
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]


class Config(Section):
    """Every section; made by `core.config.load.load_config`, which also checks the sections against each other."""

    engine: EngineConfig = Field(default=EngineConfig(), description="mode and timing of the engine")
    risk: RiskConfig = Field(default=RiskConfig(), description="limits of the order rules")
    capital: CapitalConfig = Field(default=CapitalConfig(), description="split of each venue's equity")
    jobs: JobsConfig = Field(default=JobsConfig(), description="the scheduler and execution of jobs")
    sim: SimConfig = Field(default=SimConfig(), description="the embedded market")
    paper: PaperConfig = Field(default=PaperConfig(), description="assumptions of paper execution")
    console: ConsoleConfig = Field(default=ConsoleConfig(), description="the screen")
    alerts: AlertsConfig = Field(default=AlertsConfig(), description="who is told of alerts beside the screen")
    keys: KeysConfig = Field(default=KeysConfig(), description="where API keys are kept")
    logging: LoggingConfig = Field(default=LoggingConfig(), description="the log file")
    venues: dict[Name, VenueConfig] = Field(
        default_factory=default_venues, min_length=1, description="venues by name; a name is yours to choose"
    )
    strategies: dict[Name, StrategyConfig] = Field(
        default_factory=default_strategies, description="strategies by name; a name is yours to choose"
    )
