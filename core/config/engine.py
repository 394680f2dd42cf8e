"""[engine]: what the engine trades with and how often it saves itself."""

from typing import Annotated

from pydantic import Field

from core.config.section import Seconds, Section, Switch
from core.types.control import TradingMode

BudgetMs = Annotated[int, Field(strict=True, ge=1, le=1000)]


class EngineConfig(Section):
    mode: TradingMode = Field(
        default=TradingMode.PAPER,
        description="paper trades no money; live also needs trading_enabled and a confirmation at the start",
    )
    trading_enabled: Switch = Field(
        default=False, description="allow live orders; without it mode = live watches and sends nothing"
    )
    snapshot_interval_s: Seconds = Field(default=30.0, description="how often the engine's state is saved whole")
    strategy_budget_ms: BudgetMs = Field(
        default=50, description="longest a strategy callback may run before it is ended and the strategy stopped"
    )
    in_doubt_after_s: Seconds = Field(
        default=5.0, description="an order without an answer for this long is in doubt and its leg frozen"
    )
