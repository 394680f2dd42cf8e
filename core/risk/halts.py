"""What stops new risk, folded from facts. Tightening is instant; loosening is a person's word, journaled."""

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Final

import msgspec

from core.journal.facts import AnyFact, BlockerLifted, BlockerRaised
from core.types.control import Blocker, HaltLevel

GLOBAL: Final = "global"
RESUME_WORD: Final = "resume"


class Cause(StrEnum):
    """Why a blocker stands. Others may be named by whoever raises them."""

    PAUSE = "pause"
    KILL = "kill"
    DAILY_LOSS = "daily_loss"
    DRAWDOWN = "drawdown"
    ORDER_FAILURES = "order_failures"
    REPEATED_EXECUTION = "repeated_execution"
    VENUE_FAILURES = "venue_failures"
    CONSECUTIVE_FAILURES = "consecutive_failures"
    RECONCILIATION = "reconciliation"
    MANUAL = "manual"


LIFTABLE: Final = frozenset(cause.value for cause in Cause if cause is not Cause.RECONCILIATION)
"""Causes of what is journaled and takes a person to lift; every other one passes by itself."""


class HaltsState(msgspec.Struct, frozen=True):
    """The standing blockers, for snapshots."""

    blockers: list[Blocker]


def venue_scope(venue: str) -> str:
    return f"venue:{venue}"


def strategy_scope(strategy: str) -> str:
    return f"strategy:{strategy}"


class Lifting(msgspec.Struct, frozen=True, kw_only=True):
    """What a resume does: facts to journal, and what stands on with the way to lift it."""

    lifted: tuple[BlockerLifted, ...]
    standing: tuple[Blocker, ...]
    unseen: tuple[Blocker, ...]  # of those that stand on, what the person had not seen
    message: str


class Halts:
    """The blockers that stand, one for each scope and cause."""

    def __init__(self) -> None:
        self._blockers: dict[tuple[str, str], Blocker] = {}
        self.raised = 0  # facts of blockers folded so far, for those who must not miss one that was lifted again

    def apply(self, fact: AnyFact) -> None:
        """Fold one fact; facts of other kinds change nothing."""
        match fact:
            case BlockerRaised():
                self.raised += 1
                self._raise(fact.blocker)
            case BlockerLifted():
                self._blockers.pop((fact.scope, fact.cause), None)
            case _:
                pass

    def _raise(self, blocker: Blocker) -> None:
        key = (blocker.scope, blocker.cause)
        standing = self._blockers.get(key)
        if standing is None or blocker.level > standing.level:  # raising again never loosens
            self._blockers[key] = blocker

    # reading ---------------------------------------------------------------------------------------

    @property
    def blockers(self) -> tuple[Blocker, ...]:
        return tuple(self._blockers.values())

    def get(self, scope: str, cause: str) -> Blocker | None:
        return self._blockers.get((scope, cause))

    def level(self, venue: str | None = None, strategy: str | None = None) -> HaltLevel:
        """Return the tightest level that bears on a venue and strategy, the global one without either."""
        return tightest(bearing_on(self.blockers, venue, strategy))

    # loosening -------------------------------------------------------------------------------------

    def resume(
        self,
        *,
        who: str,
        reason: str,
        word: str,
        at_ns: int,
        scope: str = "",
        unseen: Callable[[Blocker], str | None] = lambda _: None,
    ) -> Lifting:
        """Work out what a person's `resume` lifts; nothing changes until the facts are folded.

        A bare word lifts pauses. With a reason it lifts every other blocker short of HALTED. HALTED and
        FLATTEN take a reason and the typed word. With a scope only what stands there is looked at. What the person
        has not seen is never lifted: `unseen` says why a blocker is such.
        """
        lifted: list[BlockerLifted] = []
        standing: list[Blocker] = []
        needs: list[str] = []
        newer: list[Blocker] = []
        meant = [blocker for blocker in self._blockers.values() if scope in {"", blocker.scope}]
        for blocker in meant:
            why_unseen = unseen(blocker)
            if why_unseen is not None:
                newer.append(blocker)
            need = why_unseen or _need(blocker, reason.strip(), word.strip())
            if need is None:
                text = reason.strip() or "resume"
                lifted.append(
                    BlockerLifted(at_ns=at_ns, scope=blocker.scope, cause=blocker.cause, who=who, reason=text)
                )
            else:
                standing.append(blocker)
                needs.append(f"{blocker.cause} ({blocker.scope}, {blocker.level.name}) {need}")
        message = _message(lifted, needs, scope)
        elsewhere = [f"{x.cause} ({x.scope}, {x.level.name})" for x in self._blockers.values() if x not in meant]
        if elsewhere:
            message += f"; not looked at: {', '.join(elsewhere)}"
        return Lifting(lifted=tuple(lifted), standing=tuple(standing), unseen=tuple(newer), message=message)

    # snapshots -------------------------------------------------------------------------------------

    def to_state(self) -> HaltsState:
        return HaltsState(list(self._blockers.values()))

    def restore(self, state: HaltsState) -> None:
        self._blockers = {(blocker.scope, blocker.cause): blocker for blocker in state.blockers}


def bearing_on(blockers: Iterable[Blocker], venue: str | None, strategy: str | None) -> tuple[Blocker, ...]:
    """Return the blockers that bear on an order at a venue, of a strategy where there is one."""
    scopes = [GLOBAL]
    if venue is not None:
        scopes.append(venue_scope(venue))
    if strategy is not None:
        scopes.append(strategy_scope(strategy))
    return tuple(blocker for blocker in blockers if blocker.scope in scopes)


def tightest(blockers: Iterable[Blocker]) -> HaltLevel:
    """Return the highest level of some blockers, NORMAL for none."""
    return max((blocker.level for blocker in blockers), default=HaltLevel.NORMAL)


def pause(*, who: str, reason: str, at_ns: int) -> BlockerRaised:
    """Return the fact of a pause: no new risk, cancels and reducing orders go on."""
    blocker = Blocker(
        scope=GLOBAL, cause=Cause.PAUSE, level=HaltLevel.REDUCE_ONLY, since_ns=at_ns, who=who, reason=reason
    )
    return BlockerRaised(at_ns=at_ns, blocker=blocker)


def kill(*, who: str, reason: str, at_ns: int, level: HaltLevel = HaltLevel.HALTED) -> BlockerRaised:
    """Return the fact of a kill, at HALTED or, to close positions as well, FLATTEN."""
    blocker = Blocker(scope=GLOBAL, cause=Cause.KILL, level=level, since_ns=at_ns, who=who, reason=reason)
    return BlockerRaised(at_ns=at_ns, blocker=blocker)


def tighten(*, scope: str, level: HaltLevel, who: str, reason: str, at_ns: int) -> BlockerRaised:
    """Return the fact of a person tightening one scope; a resume loosens it, with what its level takes."""
    blocker = Blocker(scope=scope, cause=Cause.MANUAL, level=level, since_ns=at_ns, who=who, reason=reason)
    return BlockerRaised(at_ns=at_ns, blocker=blocker)


def _need(blocker: Blocker, reason: str, word: str) -> str | None:
    """Say what is missing to lift a blocker, None where it can be lifted."""
    if blocker.cause == Cause.PAUSE:
        return None
    if not reason:
        return "takes a reason" if blocker.level < HaltLevel.HALTED else f"takes a reason and the word {RESUME_WORD!r}"
    if blocker.level >= HaltLevel.HALTED and word != RESUME_WORD:
        return f"takes the typed word {RESUME_WORD!r}"
    return None


def _message(lifted: list[BlockerLifted], needs: list[str], scope: str) -> str:
    parts = [f"lifted {', '.join(f'{fact.cause} ({fact.scope})' for fact in lifted)}" if lifted else "lifted nothing"]
    if not lifted and not needs:
        return f"nothing is blocked at {scope}" if scope else "nothing is blocked"
    if needs:
        parts.append(f"still standing: {'; '.join(needs)}")
    return "; ".join(parts)
