"""What the engine is told from outside, already checked."""

from typing import Final

import msgspec

from core.capital.limits import CapitalLimits
from core.jobs.limits import JobLimits
from core.risk.limits import RiskLimits
from core.risk.view import LiveTrading
from core.types.control import RiskMode, TradingMode

PICTURE_LIVES_S: Final = 5.0


class EngineSettings(msgspec.Struct, frozen=True, kw_only=True):
    version: str
    trading_mode: TradingMode = TradingMode.PAPER
    live_trading: LiveTrading = LiveTrading.OFF
    risk_mode: RiskMode = RiskMode.BALANCED  # of the first start; later the journal knows
    limits: RiskLimits = RiskLimits()
    capital: CapitalLimits = CapitalLimits()
    jobs: JobLimits = JobLimits()
    in_doubt_after_s: float = 5.0
    picture_lives_s: float = (
        PICTURE_LIVES_S  # how old what a trader saw may be when an order given by it is carried out
    )
    snapshot_every_s: int = 30
