"""What a person may tell the risk controls: tighten a scope, lift the soft rules for a time, end that."""

from typing import Final

from core.control import commands
from core.control.commands import CommandResult, Outcome
from core.engine.parts import EngineParts
from core.journal.facts import OverrideEnded, SafeModeSet
from core.risk.halts import GLOBAL, Cause, strategy_scope, tighten, venue_scope
from core.risk.override import Override, grant
from core.types.control import HaltLevel

LEVELS: Final = [level.name.lower() for level in HaltLevel if level is not HaltLevel.NORMAL]


class RiskDesk:
    """One method a command; each answers with a text that says what is allowed."""

    def __init__(self, parts: EngineParts) -> None:
        self._parts = parts
        self._ends: tuple[Override, int] | None = None  # the override that holds, and its end by the steady clock

    def on_second(self) -> None:
        """End an override whose time is over by either clock, for good: a clock set back may not revive it."""
        now_ns, steady_ns = self._parts.clock.utc_ns(), self._parts.clock.monotonic_ns()
        newest = self._parts.fold.overrides.newest
        if newest is None:
            self._ends = None
        elif not newest.is_active(now_ns) or self._is_over(newest, steady_ns):
            self._ends = None
            self._parts.recorder.record(OverrideEnded(at_ns=now_ns, who="engine", reason="its time is over"))
        elif self._ends is None or self._ends[0] != newest:
            self._ends = newest, steady_ns + newest.until_ns - now_ns

    def _is_over(self, override: Override, steady_ns: int) -> bool:
        return self._ends is not None and self._ends[0] == override and steady_ns >= self._ends[1]

    def halt(self, command: commands.Halt) -> CommandResult:
        """Tighten one scope; what stands there as tight already stays as it is."""
        problem = self.scope_problem(command.scope)
        if problem is not None:
            return _invalid(problem)
        wanted = command.level.strip().lower()
        if wanted not in LEVELS:
            return _invalid(f"level {command.level!r} of {command.scope} is not one of {', '.join(LEVELS)}")
        level, standing = HaltLevel[wanted.upper()], self._parts.fold.halts.get(command.scope, Cause.MANUAL)
        if standing is not None and standing.level >= level:
            return _done(f"{command.scope} is at {standing.level.name} already")
        at_ns = self._parts.clock.utc_ns()
        self._parts.recorder.record(
            tighten(scope=command.scope, level=level, who=command.who, reason=command.reason, at_ns=at_ns)
        )
        return _done(f"{command.scope} is at {level.name}")

    def override(self, command: commands.ManualOverride) -> CommandResult:
        max_s = self._parts.settings.limits.max_override_s
        at_ns = self._parts.clock.utc_ns()
        granted = grant(seconds=command.seconds, reason=command.reason, who=command.who, at_ns=at_ns, max_s=max_s)
        if isinstance(granted, str):
            return _invalid(granted)
        self._parts.recorder.record(granted)
        self.on_second()  # its time runs from here on
        return _done(f"soft rules are lifted for {command.seconds:g} s; hard rules and halts stand")

    def end_override(self, command: commands.EndOverride) -> CommandResult:
        at_ns = self._parts.clock.utc_ns()
        if self._parts.fold.overrides.active(at_ns) is None:
            return _done("no override is active")
        self._parts.recorder.record(OverrideEnded(at_ns=at_ns, who=command.who, reason=command.reason))
        return _done("override ended: soft rules count again")

    def safe_mode(self, command: commands.SetSafeMode) -> CommandResult:
        venues = list(self._parts.desk.executions)
        if command.venue not in venues:
            return _invalid(f"venue {command.venue!r} is not one of {', '.join(venues)}")
        if not command.is_on and not command.reason.strip():
            return _invalid("leaving safe mode takes a reason")
        if self._parts.fold.capital.is_safe_mode(command.venue) is command.is_on:
            return _done(f"{command.venue} is {'' if command.is_on else 'not '}in safe mode already")
        at_ns = self._parts.clock.utc_ns()
        self._parts.recorder.record(
            SafeModeSet(
                at_ns=at_ns, venue=command.venue, is_on=command.is_on, who=command.who, reason=command.reason.strip()
            )
        )
        if command.is_on:
            return _done(f"{command.venue} is in safe mode: only its hedge and reserve pools may be used")
        return _done(f"{command.venue} may use all its pools again")

    def scope_problem(self, scope: str) -> str | None:
        """Say that there is no such scope, None where there is, or where something stands at it all the same."""
        scopes = [*self._scopes(), *(blocker.scope for blocker in self._parts.fold.halts.blockers)]
        return None if scope in scopes else f"scope {scope!r} is not one of {', '.join(dict.fromkeys(scopes))}"

    def _scopes(self) -> list[str]:
        parts = self._parts
        venues = [venue_scope(venue) for venue in parts.desk.executions]
        hosted = [strategy_scope(state.name) for state in parts.strategies.states()]
        # Also what nobody started again since the engine began: what it holds may have to be closed.
        left = [scope for scope in parts.fold.source_positions.strategies_holding() if scope not in hosted]
        return [GLOBAL, *venues, *hosted, *left]


def _done(message: str) -> CommandResult:
    return CommandResult(outcome=Outcome.DONE, message=message)


def _invalid(message: str) -> CommandResult:
    return CommandResult(outcome=Outcome.INVALID, message=message)
