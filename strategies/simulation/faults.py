"""Every fault that a simulated world knows, and which of them strike in one run."""

from enum import StrEnum
from typing import Final

from strategies.simulation.chance import Dice


class Fault(StrEnum):
    """A fault by its id; the name says what happens."""

    ANSWER_LOST = "F01"
    REQUEST_LOST = "F02"
    APPEARS_LATE = "F03"
    STREAM_BEFORE_RETRY = "F04"
    ACCOUNT_UNREACHABLE = "F05"
    FILL_DURING_CANCEL = "F06"
    CANCEL_REFUSED = "F07"
    NEW_VENUE_ID = "F08"
    FILL_REPEATED = "F09"
    FILL_FRAME_LOST = "F10"
    FILL_BEFORE_ACK = "F11"
    UNKNOWN_STATUS = "F12"
    ORDER_REJECTED = "F13"
    DUST_LEFT = "F14"
    BAD_BOOK = "F15"
    SEQUENCE_GAP = "F16"
    OLD_SNAPSHOT = "F17"
    GHOST_LEVELS = "F18"
    SILENT_SOCKET = "F19"
    PRIVATE_STREAM_DEAD = "F20"
    CLOCK_STEP = "F21"
    EARLIER_CLOCK_AT_START = "F22"
    RATE_LIMITED = "F23"
    KILLED = "F24"
    DISK = "F25"
    SECOND_INSTANCE = "F26"
    FOREIGN = "F27"
    HALT_IN_FLIGHT = "F28"
    OVERRIDE_AT_LIMIT = "F29"
    LOSS_JUMP = "F30"
    LIQUIDATION = "F31"
    FUNDING_EDGE = "F32"
    OPPOSING_STRATEGIES = "F33"
    MANY_RESERVATIONS = "F34"
    RULES_CHANGED = "F35"
    BURST = "F36"
    MALFORMED = "F37"
    MARKET_CLOSED = "F38"
    DEAD_ALERT_SINK = "F39"
    SNAPSHOT_OR_REPLAY = "F40"


RARE: Final = {Fault.LOSS_JUMP: 0.15, Fault.BURST: 0.15, Fault.MARKET_CLOSED: 0.2, Fault.OVERRIDE_AT_LIMIT: 0.2}
"""Share of the runs with a fault that stops most of the trading that follows it, or costs much to run."""
USUAL_SHARE: Final = 0.45
ALONE: Final = 3.0  # how much more often a fault strikes that is the only one of a run


class FaultPlan:
    """Which faults are on in one run, and how often each has struck. Each fault has dice of its own."""

    def __init__(self, seed: int, only: Fault | None = None) -> None:
        choice = Dice(seed, "faults")
        drawn = {fault: choice.chance(RARE.get(fault, USUAL_SHARE)) for fault in Fault}
        self.active = [fault for fault in Fault if (fault is only if only else drawn[fault])]
        self.only = only
        self.counts: dict[Fault, int] = {}
        self.are_over = False
        self._dice = {fault: Dice(seed, f"fault {fault.value}") for fault in Fault}

    def is_on(self, fault: Fault) -> bool:
        return not self.are_over and fault in self.active

    def strikes(self, fault: Fault, likelihood: float) -> bool:
        """Decide whether a fault happens here and now, and count it where it does."""
        likely = likelihood * ALONE if self.only is fault else likelihood
        if not self.is_on(fault) or not self._dice[fault].chance(likely):
            return False
        self.note(fault)
        return True

    def note(self, fault: Fault) -> None:
        self.counts[fault] = self.counts.get(fault, 0) + 1

    def dice(self, fault: Fault) -> Dice:
        """Return the dice for the details of a fault."""
        return self._dice[fault]
