"""What happened while somebody's consoles were away, as a value to show."""

from decimal import Decimal

import msgspec


class AwayEvent(msgspec.Struct, frozen=True, kw_only=True):
    at_ns: int
    text: str


class AwaySymbol(msgspec.Struct, frozen=True, kw_only=True):
    """The fills of one instrument; fees are in its quote currency."""

    instrument: str
    fills: int
    quantity: Decimal  # bought less sold
    fees: Decimal


class AwayReport(msgspec.Struct, frozen=True, kw_only=True):
    """From the end of a person's last console to `until_ns`; what is not known is None."""

    who: str
    console: str  # that came back at `until_ns`; empty while nobody has
    since_ns: int
    until_ns: int
    was_here: bool  # False: nobody of that name was here before, counted from the engine's start
    symbols: list[AwaySymbol]  # most fills first
    jobs: dict[str, int]  # ended ones, by outcome
    blockers_raised: int
    blockers_lifted: int
    restarts: int
    events: list[AwayEvent]  # the newest halts, lifts and starts, oldest first
    alarms_raised: int
    alarms_cleared: int
    alarms_since_ns: int  # later than `since_ns` where the engine was started anew: it remembers none from before
    alarms: list[AwayEvent]  # the newest, oldest first
    pnl_then_usd: Decimal | None  # since the first start
    pnl_now_usd: Decimal | None
    orders_then: int | None
    orders_now: int

    @property
    def fills(self) -> int:
        return sum(symbol.fills for symbol in self.symbols)

    @property
    def is_quiet(self) -> bool:
        """Tell that nothing happened but that a price may have moved."""
        counts = (self.fills, self.blockers_raised, self.blockers_lifted, self.restarts, len(self.jobs))
        return not any((*counts, self.alarms_raised, self.alarms_cleared)) and self.orders_then in {
            None,
            self.orders_now,
        }
