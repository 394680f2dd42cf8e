"""What asks for the same thing every second while it is refused, a strategy or a flattening, must not fill the disk."""

from typing import Final

from core.risk.verdict import Refused

QUIET_NS: Final = 60_000_000_000


class RepeatedRefusals:
    """Tell the first refusal of its kind from the ones that only repeat it. A person's order is always worth a row."""

    def __init__(self) -> None:
        self._journaled_ns: dict[tuple[object, ...], int] = {}

    def is_worth_a_row(self, refused: Refused, at_ns: int) -> bool:
        intent = refused.intent
        if intent.source == "manual" or intent.held is not None:  # a held order's pauses are counted from these rows
            return True
        rules = tuple(check.rule for check in refused.failed)
        likeness = (intent.source, intent.instrument_id, intent.side, rules)
        known_ns = self._journaled_ns.get(likeness)
        if known_ns is not None and 0 <= at_ns - known_ns < QUIET_NS:  # not beyond a clock that was set back
            return False
        self._journaled_ns = {key: ns for key, ns in self._journaled_ns.items() if 0 <= at_ns - ns < QUIET_NS}
        self._journaled_ns[likeness] = at_ns
        return True
