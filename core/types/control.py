"""States of the whole engine: trading mode, risk mode, halt levels and what blocks new risk."""

from enum import IntEnum, StrEnum

import msgspec


class TradingMode(StrEnum):
    PAPER = "paper"
    LIVE = "live"


class RiskMode(StrEnum):
    CONSERVATIVE = "conservative"
    BALANCED = "balanced"
    AGGRESSIVE = "aggressive"


class HaltLevel(IntEnum):
    """How far trading is closed; a higher level is tighter. Tightening is instant, loosening is not."""

    NORMAL = 0
    REDUCE_ONLY = 1
    CANCEL_ONLY = 2
    HALTED = 3
    FLATTEN = 4


class Blocker(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that stops new risk. `scope` is "global", "venue:<name>" or "strategy:<name>"."""

    scope: str
    cause: str  # e.g. "pause", "kill", "daily_loss", "storage", "reconciliation"
    level: HaltLevel
    since_ns: int
    who: str
    reason: str
