"""Manual override: for a time, and for a reason, soft rules are lifted. Hard rules and halts stand.

One kind of halt is let through: what the engine raised because orders or jobs failed. A person who overrides has
looked at that; the halt stands on until somebody resumes.
"""

import math
from collections.abc import Iterable
from typing import Final

import msgspec

from core.journal.facts import AnyFact, OverrideEnded, OverrideGranted
from core.risk.halts import GLOBAL, Cause
from core.types.control import Blocker, HaltLevel

SUSPENDED_CAUSES: Final = frozenset({Cause.ORDER_FAILURES.value, Cause.CONSECUTIVE_FAILURES.value})
NS_PER_S: Final = 1_000_000_000


class Override(msgspec.Struct, frozen=True, kw_only=True):
    """One person's word, from `granted_ns` until `until_ns`."""

    who: str
    reason: str
    granted_ns: int
    until_ns: int

    def is_active(self, now_ns: int) -> bool:
        """Tell whether it holds; a clock set back before its beginning ends it rather than stretching it."""
        return self.granted_ns <= now_ns < self.until_ns


class OverridesState(msgspec.Struct, frozen=True):
    """The newest override, for snapshots."""

    newest: Override | None = None


class Overrides:
    """The newest override, folded from facts; a new one takes the place of the one before."""

    def __init__(self) -> None:
        self._newest: Override | None = None

    def apply(self, fact: AnyFact) -> None:
        """Fold one fact; facts of other kinds change nothing."""
        match fact:
            case OverrideGranted():
                self._newest = Override(who=fact.who, reason=fact.reason, granted_ns=fact.at_ns, until_ns=fact.until_ns)
            case OverrideEnded():
                self._newest = None
            case _:
                pass

    @property
    def newest(self) -> Override | None:
        """Return the newest override that nobody has ended, also where its time is over."""
        return self._newest

    def active(self, now_ns: int) -> Override | None:
        """Return the override that holds now."""
        return self._newest if self._newest is not None and self._newest.is_active(now_ns) else None

    def to_state(self) -> OverridesState:
        return OverridesState(self._newest)

    def restore(self, state: OverridesState) -> None:
        self._newest = state.newest


def grant(*, seconds: float, reason: str, who: str, at_ns: int, max_s: float) -> OverrideGranted | str:
    """Return the fact of an override, or what is wrong with what was asked for."""
    if not (math.isfinite(seconds) and 0 < seconds <= max_s):
        return f"an override lasts more than 0 and at most {max_s:g} s, not {seconds:g}"
    if not reason.strip():
        return "an override takes a reason"
    return OverrideGranted(at_ns=at_ns, who=who, reason=reason.strip(), until_ns=at_ns + int(seconds * NS_PER_S))


def is_suspended(blocker: Blocker) -> bool:
    """Tell whether an active override lets work continue past a blocker: an automatic pause for failures alone."""
    return blocker.cause in SUSPENDED_CAUSES and blocker.scope == GLOBAL and blocker.level is HaltLevel.REDUCE_ONLY


def still_standing(blockers: Iterable[Blocker], override: Override | None) -> tuple[Blocker, ...]:
    """Return the blockers that count, those that an active override suspends left out."""
    return tuple(blocker for blocker in blockers if override is None or not is_suspended(blocker))
