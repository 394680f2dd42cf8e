"""The parts of one engine, for those that show or command it."""

from dataclasses import dataclass

from core.capital.hub import CapitalHub
from core.engine.account_reads import AccountReads
from core.engine.alarm_desk import AlarmDesk
from core.engine.alert_delivery import AlertDelivery
from core.engine.amend_desk import AmendDesk
from core.engine.bar_store import BarStore
from core.engine.chart_studies import ChartStudies
from core.engine.console_desk import ConsoleDesk
from core.engine.engine_log import EngineLog
from core.engine.feed_watch import FeedWatch
from core.engine.first_comparisons import FirstComparisons
from core.engine.fold import EngineFold
from core.engine.held_desk import HeldDesk
from core.engine.job_desk import JobDesk
from core.engine.order_desk import OrderDesk
from core.engine.passing_conditions import PassingConditions
from core.engine.pnl_curve import PnlCurve
from core.engine.price_alert_desk import PriceAlertDesk
from core.engine.protection import ProtectionWatch
from core.engine.queue_watch import QueueWatch
from core.engine.recent_orders import RecentOrders
from core.engine.recorder import Recorder
from core.engine.risk_views import RiskViews
from core.engine.settings import EngineSettings
from core.engine.statistics import LagMeter, SendStatistics
from core.engine.strategy_host import StrategyHost
from core.market.market import Market
from core.ports.clock import Clock
from core.ports.ids import IdSource


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineParts:
    settings: EngineSettings
    clock: Clock
    ids: IdSource
    log: EngineLog
    market: Market
    feed_watch: FeedWatch
    bars: BarStore
    fold: EngineFold
    recorder: Recorder
    views: RiskViews
    recent: RecentOrders
    conditions: PassingConditions
    desk: OrderDesk
    amends: AmendDesk
    strategies: StrategyHost
    jobs: JobDesk
    held: HeldDesk
    protection: ProtectionWatch
    queues: QueueWatch
    alerts: AlertDelivery
    alarms: AlarmDesk
    price_alerts: PriceAlertDesk
    capital: CapitalHub
    consoles: ConsoleDesk
    account_reads: AccountReads
    first_comparisons: FirstComparisons
    statistics: SendStatistics
    lag: LagMeter
    studies: ChartStudies
    pnl_curve: PnlCurve
