"""What every part of an engine stands on: time, state, journal, market, and what was seen lately."""

from dataclasses import dataclass

from core.engine.engine_log import EngineLog
from core.engine.fold import EngineFold
from core.engine.passing_conditions import PassingConditions
from core.engine.recent_orders import RecentOrders
from core.engine.recorder import Recorder
from core.engine.settings import EngineSettings
from core.engine.statistics import SendStatistics
from core.engine.tasks import TaskGroup
from core.jobs.rulebook import Rulebook
from core.market.market import Market
from core.ports.clock import Clock
from core.ports.ids import IdSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    settings: EngineSettings
    rules: Rulebook
    clock: Clock
    ids: IdSource
    log: EngineLog
    tasks: TaskGroup
    market: Market
    fold: EngineFold
    recorder: Recorder
    conditions: PassingConditions
    recent: RecentOrders
    statistics: SendStatistics
