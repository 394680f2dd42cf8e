"""An invariant that did not hold."""

import msgspec


class Violation(msgspec.Struct, frozen=True, kw_only=True):
    invariant: str  # G1 to G11, or the fault whose demand was not met
    text: str
    at_s: float  # virtual seconds since the run began
