"""Who is attached, what they missed, and which console is armed."""

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from core.control.arming import (
    NS_PER_S,
    Lease,
    arming_blocker,
    is_bound_to_picture,
    lease_problem,
    minutes,
    picture_problem,
    raises_risk,
)
from core.control.commands import AnyCommand, Arm, CommandResult, Disarm, Outcome
from core.control.consoles import ConsoleHello, Presence
from core.engine.alarm_log import AlarmCount, AlarmLog
from core.engine.away_book import MAX_PERSONS, person_of
from core.engine.fold import EngineFold
from core.engine.passing_conditions import PassingConditions
from core.engine.recorder import Recorder
from core.journal.facts import ConsoleArmed, ConsoleAttached, ConsoleDetached, ConsoleDisarmed
from core.ledger.valuation import Valuation
from core.ports.clock import Clock
from core.risk.halts import bearing_on, tightest
from core.state.away import AwayReport
from core.state.desk import ArmingView, ConsoleView
from core.state.monitoring import Alert
from core.types.control import HaltLevel

LEFT_BEHIND_AFTER_S: Final = 5.0
"""An armed console that has read nothing for so long counts as gone: its trader sees an old market."""


class ConsoleDesk:
    """Keep the attached consoles and the lease of the armed one."""

    def __init__(
        self,
        *,
        clock: Clock,
        fold: EngineFold,
        recorder: Recorder,
        conditions: PassingConditions,
        valuation: Callable[[], Valuation],
        picture_lives_s: float,
    ) -> None:
        self._clock = clock
        self._fold = fold
        self._recorder = recorder
        self._conditions = conditions
        self._valuation = valuation
        self._picture_lives_s = picture_lives_s
        self._alarms: Callable[[], Sequence[Alert]] = tuple
        self._engine_id = ""
        self._present: list[Presence] = []
        self._lease: Lease | None = None
        self._halts_before = 0  # raised before the lease began
        self._is_open = False
        self._opened_ns = 0
        self._alarm_log = AlarmLog()
        self._alarms_then: dict[str, AlarmCount] = {}  # by person, when the last console went
        self._reports: dict[str, AwayReport] = {}  # by person, as of the return

    def connect(self, alarms: Callable[[], Sequence[Alert]], engine_id: str) -> None:
        """Say where the standing alarms are read, and which run this is."""
        self._alarms = alarms
        self._engine_id = engine_id

    # attaching ---------------------------------------------------------------------------------------

    def open(self) -> None:
        """Journal who is there already: nothing comes into the journal before the start of this run."""
        self._is_open, self._opened_ns = True, self._clock.utc_ns()
        for presence in self._present:
            self._note_attached(presence)

    def close(self) -> None:
        """Journal everybody's leaving while the journal still takes it."""
        self._end_lease("the engine stops")
        for presence in list(self._present):
            presence.end()
        self._is_open = False

    def attach(self, hello: ConsoleHello) -> Presence:
        """Take note of a console; one that is back while its lost stream still counts is there once, unarmed."""
        for older in [each for each in self._present if hello.console and each.hello.console == hello.console]:
            older.end()
        presence = Presence(hello, self._clock.utc_ns(), self._gone)
        self._present.append(presence)
        if self._is_open:
            self._note_attached(presence)
        return presence

    def _note_attached(self, presence: Presence) -> None:
        hello = presence.hello
        if not self._fold.away.is_present(hello.who):
            self._keep_report(hello)
        self._recorder.record(ConsoleAttached(at_ns=self._clock.utc_ns(), console=hello.console, who=hello.who))

    def _gone(self, presence: Presence) -> None:
        self._present.remove(presence)
        hello = presence.hello
        if self._lease is not None and self._lease.console == hello.console:
            self._end_lease("its console is gone")
        if self._is_open:
            self._recorder.record(
                ConsoleDetached(
                    at_ns=self._clock.utc_ns(),
                    console=hello.console,
                    who=hello.who,
                    total_pnl_usd=self._valuation().total_pnl_usd,
                    open_orders=self._open_orders(),
                )
            )
            self._alarms_then[person_of(hello.who)] = self._alarm_log.count

    def _open_orders(self) -> int:
        return sum(1 for _ in self._fold.orders.live())

    # away --------------------------------------------------------------------------------------------

    def look_at_alarms(self, alarms: Sequence[Alert]) -> None:
        self._alarm_log.look(alarms, self._clock.utc_ns())

    def away(self, who: str) -> AwayReport:
        """Return what this person missed: until the return where a console is there, else until now."""
        kept = self._reports.get(person_of(who)) if self._fold.away.is_present(who) else None
        return self._report(who, "") if kept is None else kept

    def away_of(self, console: str) -> AwayReport | None:
        """Return what the person at a console has missed."""
        hello = next((each.hello for each in self._present if each.hello.console == console), None)
        return None if hello is None else self._reports.get(person_of(hello.who))

    def _keep_report(self, hello: ConsoleHello) -> None:
        person = person_of(hello.who)
        self._reports.pop(person, None)
        self._reports[person] = self._report(hello.who, hello.console)
        while len(self._reports) > MAX_PERSONS:
            del self._reports[next(iter(self._reports))]

    def _report(self, who: str, console: str) -> AwayReport:
        before = self._alarms_then.get(person_of(who))
        change, alarms = self._alarm_log.since(before or AlarmCount(0, 0))
        report = self._fold.away.report(
            who,
            console=console,
            now_ns=self._clock.utc_ns(),
            pnl_now_usd=self._valuation().total_pnl_usd,
            orders_now=self._open_orders(),
        )
        return msgspec.structs.replace(
            report,
            alarms_raised=change.raised,
            alarms_cleared=change.cleared,
            alarms_since_ns=report.since_ns if before is not None else max(report.since_ns, self._opened_ns),
            alarms=alarms,
        )

    # arming ------------------------------------------------------------------------------------------

    def holder(self) -> Lease | None:
        """Return the lease that holds at this moment."""
        return None if self._lease is None or self._end_cause(self._lease) is not None else self._lease

    def guard(self, command: AnyCommand) -> str | None:
        """Say why a command is refused to the console that gave it, None where it may go on.

        Only consoles are held to the lease: what comes without one, from the command line or a script, is not. An
        order that lay before an engine which stood still meant another market, whoever gave it.
        """
        if command.engine not in {None, self._engine_id} and raises_risk(command, self._fold.risk_mode):
            return f"it was meant for {command.engine}, and this is {self._engine_id}: look at what is now"
        if is_bound_to_picture(command, self._fold.risk_mode):
            problem = picture_problem(command.as_of_ns, self._clock.utc_ns(), self._lives_s(command.console))
            if problem is not None:
                return problem
        lease = self.holder()
        if lease is None or command.console in {None, lease.console}:
            return None
        if (isinstance(command, Arm) and command.take_over) or not raises_risk(command, self._fold.risk_mode):
            return None
        left = minutes((lease.until_steady_ns - self._clock.monotonic_ns()) / NS_PER_S)
        return (
            f"{lease.who} is armed for another {left}: here only what makes things safer passes;"
            " it ends by itself, with a disarm, or when it is taken over"
        )

    def _lives_s(self, console: str | None) -> float:
        """Return how old a picture may be: a console that is sent one rarely has an older one."""
        intervals_ms = [each.hello.interval_ms for each in self._present if each.hello.console == console]
        return self._picture_lives_s + max(intervals_ms, default=0) / 1_000

    def arm(self, command: Arm) -> CommandResult:
        self.on_second()
        console = next((each.hello.console for each in self._present if each.hello.console == command.console), "")
        if not console:
            problem = "only an attached console can be armed; its id goes with the command as `console`"
            return CommandResult(outcome=Outcome.INVALID, message=problem)
        problem = lease_problem(command.seconds)
        if problem is not None:
            return CommandResult(outcome=Outcome.INVALID, message=problem)
        refusal = self._arming_refusal()
        if refusal is not None:
            return CommandResult(outcome=Outcome.REFUSED, message=f"not armed: {refusal}")
        if self._lease is not None and self._lease.console != console:
            self._end_lease(f"taken over by {command.who}")
        now_ns, length_ns = self._clock.utc_ns(), int(command.seconds * NS_PER_S)
        self._lease = Lease(
            console=console,
            who=command.who,
            since_ns=now_ns,
            until_ns=now_ns + length_ns,
            until_steady_ns=self._clock.monotonic_ns() + length_ns,
        )
        self._halts_before = self._fold.halts.raised
        self._recorder.record(ConsoleArmed(at_ns=now_ns, console=console, who=command.who, until_ns=now_ns + length_ns))
        text = (
            f"armed for {minutes(command.seconds)}: no other console raises risk; any halt, pause or lost link disarms"
        )
        return CommandResult(outcome=Outcome.DONE, message=text, data={"until_ns": self._lease.until_ns})

    def _arming_refusal(self) -> str | None:
        level = self._level()
        if level is not HaltLevel.NORMAL:
            return f"trading is closed ({level.name}); resume first"
        return arming_blocker(self._alarms())

    def disarm(self, command: Disarm) -> CommandResult:
        self.on_second()
        lease = self._lease
        if lease is None:
            return CommandResult(outcome=Outcome.DONE, message="no console is armed")
        self._end_lease(f"by {command.who}")
        return CommandResult(outcome=Outcome.DONE, message=f"the console of {lease.who} is disarmed")

    def on_second(self) -> None:
        """Journal the end of a lease that something has ended."""
        if self._lease is not None and (cause := self._end_cause(self._lease)) is not None:
            self._end_lease(cause)

    def _end_cause(self, lease: Lease) -> str | None:
        if self._clock.monotonic_ns() >= lease.until_steady_ns:
            return "its time is up"
        # Counted, so that a halt which is lifted again at once ends it too.
        if self._fold.halts.raised != self._halts_before or self._level() is not HaltLevel.NORMAL:
            return "a halt or a pause came"
        behind_s = max((each.behind_s for each in self._present if each.hello.console == lease.console), default=0.0)
        return "its console reads nothing" if behind_s >= LEFT_BEHIND_AFTER_S else None

    def _level(self) -> HaltLevel:
        standing = (*self._fold.halts.blockers, *self._conditions.blockers())
        return tightest(bearing_on(standing, None, None))

    def _end_lease(self, cause: str) -> None:
        lease, self._lease = self._lease, None
        if lease is not None:
            self._recorder.record(
                ConsoleDisarmed(at_ns=self._clock.utc_ns(), console=lease.console, who=lease.who, cause=cause)
            )

    # shown -------------------------------------------------------------------------------------------

    def arming_view(self) -> ArmingView | None:
        lease = self.holder()
        if lease is None:
            return None
        return ArmingView(console=lease.console, who=lease.who, since_ns=lease.since_ns, until_ns=self._until_ns(lease))

    def _until_ns(self, lease: Lease) -> int:
        """Return when a lease ends by the clock of now: a step of it since then moves what people are told, too."""
        began_steady_ns = lease.until_steady_ns - (lease.until_ns - lease.since_ns)
        passed_ns = self._clock.monotonic_ns() - began_steady_ns
        step_s = round((self._clock.utc_ns() - lease.since_ns - passed_ns) / NS_PER_S)
        return lease.until_ns + step_s * NS_PER_S

    def console_views(self) -> list[ConsoleView]:
        return [
            ConsoleView(
                console=each.hello.console,
                who=each.hello.who,
                since_ns=each.since_ns,
                interval_ms=each.hello.interval_ms,
                behind_s=float(int(each.behind_s)),
            )
            for each in self._present
        ]
