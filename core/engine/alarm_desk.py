"""Acknowledge and shelve standing alarms, and end both when the alarm itself ends, gets worse or its time is up."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from core.alarms.causes import name_causes
from core.alarms.marks import CRITICAL, SHELVE_WORD, Shelf, Standing, is_worse, lapse_cause, standing_by_name
from core.control.commands import AcknowledgeAlarms, CommandResult, Outcome, ShelveAlarm, UnshelveAlarm
from core.engine.fold import EngineFold
from core.engine.recorder import Recorder
from core.journal.facts import AlarmAcknowledged, AlarmLapsed, AlarmShelved, AlarmUnshelved
from core.ports.alert_sink import Severity
from core.ports.clock import Clock
from core.state.monitoring import Alert
from core.types.calendar_day import NS_PER_DAY, utc_text

MIN_SHELVED_S: Final = 1.0
MAX_SHELVED_S: Final = 86_400.0
ENDED_AFTER_NS: Final = 5_000_000_000
"""An alarm that comes back sooner has not ended: it flickers."""
NS_PER_S: Final = 1_000_000_000
ENGINE: Final = "engine"


class AlarmDesk:
    """Keep what persons said of alarms beside what stands; one alarm is one name."""

    def __init__(self, *, clock: Clock, fold: EngineFold, recorder: Recorder) -> None:
        self._clock = clock
        self._marks = fold.alarms
        self._recorder = recorder
        self._alarms: Callable[[], Sequence[Alert]] = tuple
        self._since_ns: dict[str, int] = {}  # by name: since when it has stood
        self._gone_ns: dict[str, int] = {}  # by name: steady time since when it is not there
        self._shelf_ends: dict[str, tuple[Shelf, int]] = {}  # by name, and its end by the steady clock

    def connect(self, alarms: Callable[[], Sequence[Alert]]) -> None:
        """Say where the standing alarms are read."""
        self._alarms = alarms

    # shown -------------------------------------------------------------------------------------------

    def mark(self, alarms: Sequence[Alert], *, undated: Sequence[str], lost_venues: Sequence[str]) -> None:
        """Write into alarms what explains them and what persons said of them; into `undated` ones since when.

        Those are names whose `since_ns` is only when their cause last spoke.
        """
        standing, now_ns = standing_by_name(alarms), self._clock.utc_ns()
        for alarm in alarms:
            found = standing[alarm.name]
            if alarm.name in undated:
                alarm.since_ns = min(alarm.since_ns, self._since_ns.get(alarm.name, alarm.since_ns))
            seen = self._marks.acknowledged.get(alarm.name)
            if seen is not None and lapse_cause(seen, found) is None:
                alarm.acknowledged, alarm.acknowledged_by, alarm.acknowledged_ns = True, seen.who, seen.at_ns
            shelf = self._marks.shelved.get(alarm.name)
            if shelf is not None and shelf.holds(now_ns) and not is_worse(found.severity, shelf.severity):
                alarm.shelved_until_ns, alarm.shelved_by = shelf.until_ns, shelf.who
        name_causes(alarms, lost_venues)

    # every second --------------------------------------------------------------------------------------

    def look(self, alarms: Sequence[Alert], *, is_settled: bool) -> None:
        """Take note of what stands, and end what counts no more.

        Until an engine has settled, what has not stood since its start has not ended: it may be still to come.
        """
        standing, steady_ns = standing_by_name(alarms), self._clock.monotonic_ns()
        for alarm in alarms:
            self._since_ns.setdefault(alarm.name, alarm.since_ns)
            self._gone_ns.pop(alarm.name, None)
        from_before = (*self._marks.acknowledged, *self._marks.shelved) if is_settled else ()
        for name in dict.fromkeys((*self._since_ns, *from_before)):
            if name not in standing and steady_ns - self._gone_ns.setdefault(name, steady_ns) >= ENDED_AFTER_NS:
                self._forget(name)
        self._end_what_lapsed(standing)
        self._end_shelves(standing, steady_ns)

    def _forget(self, name: str) -> None:
        self._since_ns.pop(name, None)
        self._gone_ns.pop(name, None)
        if name in self._marks.acknowledged:
            self._lapse(name, "it ended")
        shelf = self._marks.shelved.get(name)
        if shelf is not None and shelf.severity == CRITICAL:
            self._unshelve(name, ENGINE, "it ended")

    def _end_what_lapsed(self, standing: Mapping[str, Standing]) -> None:
        for name, seen in list(self._marks.acknowledged.items()):
            cause = lapse_cause(seen, standing[name]) if name in standing else None
            if cause is not None:
                self._lapse(name, cause)

    def _end_shelves(self, standing: Mapping[str, Standing], steady_ns: int) -> None:
        now_ns = self._clock.utc_ns()
        for name, shelf in list(self._marks.shelved.items()):
            known = self._shelf_ends.get(name)
            if known is None or known[0] != shelf:
                known = self._shelf_ends[name] = shelf, steady_ns + shelf.until_ns - now_ns
            if name in standing and is_worse(standing[name].severity, shelf.severity):
                self._unshelve(name, ENGINE, f"it got worse, {standing[name].severity}")
            elif not shelf.holds(now_ns) or steady_ns >= known[1]:
                self._unshelve(name, ENGINE, "its time is over")
        for name in [name for name in self._shelf_ends if name not in self._marks.shelved]:
            del self._shelf_ends[name]

    def _lapse(self, name: str, cause: str) -> None:
        self._recorder.record(AlarmLapsed(at_ns=self._clock.utc_ns(), name=name, who=ENGINE, cause=cause))

    def _unshelve(self, name: str, who: str, cause: str) -> None:
        self._recorder.record(AlarmUnshelved(at_ns=self._clock.utc_ns(), name=name, who=who, cause=cause))

    # commands ------------------------------------------------------------------------------------------

    def execute(self, command: AcknowledgeAlarms | ShelveAlarm | UnshelveAlarm) -> CommandResult:
        match command:
            case AcknowledgeAlarms():
                return self._acknowledge(command)
            case ShelveAlarm():
                return self._shelve(command)
            case UnshelveAlarm():
                if command.name not in self._marks.shelved:
                    return _result(Outcome.DONE, f"{command.name!r} is not shelved")
                self._unshelve(command.name, command.who, f"by {command.who}")
                return _result(Outcome.DONE, f"{command.name!r} is back")

    def _acknowledge(self, command: AcknowledgeAlarms) -> CommandResult:
        """Acknowledge what stands as it was seen; say of the others why not."""
        if not command.alarms:
            return _result(Outcome.INVALID, "an acknowledgement names the alarms that were seen")
        standing = standing_by_name(self._alarms())
        problems: list[CommandResult] = []
        done: list[str] = []
        for name, severity in command.alarms.items():
            problem = _problem(name, severity, standing)
            if problem is not None:
                problems.append(problem)
                continue
            done.append(name)
            seen = self._marks.acknowledged.get(name)
            if seen is None or lapse_cause(seen, standing[name]) is not None:
                fact = AlarmAcknowledged(
                    at_ns=self._clock.utc_ns(),
                    name=name,
                    who=command.who,
                    severity=standing[name].severity,
                    standing=standing[name].count,
                )
                self._recorder.record(fact)
        said = [f"acknowledged {', '.join(done)}"] if done else []
        text = "; ".join([*said, *(problem.message for problem in problems)])
        return _result(problems[0].outcome if problems else Outcome.DONE, text)

    def _shelve(self, command: ShelveAlarm) -> CommandResult:
        standing, now_ns = standing_by_name(self._alarms()), self._clock.utc_ns()
        problem = _problem(command.name, command.severity, standing)
        if problem is not None:
            return problem
        until_ns = _shelved_until_ns(command, now_ns)
        if isinstance(until_ns, str):
            return _result(Outcome.INVALID, until_ns)
        severity = standing[command.name].severity
        if severity == CRITICAL and command.word.strip() != SHELVE_WORD:
            return _result(Outcome.INVALID, f"shelving a critical alarm takes the typed word {SHELVE_WORD!r}")
        fact = AlarmShelved(at_ns=now_ns, name=command.name, who=command.who, severity=severity, until_ns=until_ns)
        self._recorder.record(fact)
        seen = self._marks.acknowledged.get(command.name)
        is_unseen = seen is None or lapse_cause(seen, standing[command.name]) is not None
        blocks = severity == CRITICAL and is_unseen
        warning = "; it is not acknowledged and keeps everybody from arming" if blocks else ""
        return _result(Outcome.DONE, f"{command.name!r} is shelved until {utc_text(until_ns)}{warning}")


def _problem(name: str, severity: str, standing: Mapping[str, Standing]) -> CommandResult | None:
    """Say why an alarm that was seen at a severity cannot be spoken of, None where it can."""
    found = standing.get(name)
    if found is None:
        known = f"standing are {', '.join(repr(each) for each in standing)}" if standing else "none stands"
        return _result(Outcome.INVALID, f"no alarm {name!r} stands; {known}")
    if severity not in list(Severity):
        return _result(Outcome.INVALID, f"severity {severity!r} is not one of {', '.join(Severity)}")
    if is_worse(found.severity, severity):
        return _result(Outcome.REFUSED, f"{name!r} is {found.severity} now, not {severity} as you saw it: look again")
    return None


def _shelved_until_ns(command: ShelveAlarm, now_ns: int) -> int | str:
    """Return until when an alarm is put aside, or what is wrong with what was asked for."""
    if command.until_day_end == (command.seconds is not None):
        return "a shelf has either `seconds` or `until_day_end`"
    if command.seconds is None:
        return (now_ns // NS_PER_DAY + 1) * NS_PER_DAY
    if not (math.isfinite(command.seconds) and MIN_SHELVED_S <= command.seconds <= MAX_SHELVED_S):
        return f"`seconds` is {command.seconds:g}; allowed are {MIN_SHELVED_S:g} to {MAX_SHELVED_S:g}"
    return now_ns + int(command.seconds * NS_PER_S)


def _result(outcome: Outcome, message: str) -> CommandResult:
    return CommandResult(outcome=outcome, message=message)
