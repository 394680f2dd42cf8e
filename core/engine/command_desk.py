"""Carries out commands. Every failure is a result with a text that says what is allowed; none is an exception."""

import asyncio
import math
from collections.abc import Callable
from typing import Final

from core.control import commands
from core.control.commands import AnyCommand, CommandResult, Outcome
from core.engine.amend_desk import AmendEnd
from core.engine.explaining.explainer import FORMS, Explainer
from core.engine.explaining.jobs import job_sections
from core.engine.held_placing import HeldPlacing, is_held
from core.engine.job_views import check_views
from core.engine.kill_switch import KillSwitch
from core.engine.manual_orders import SENSIBLE, ManualOrders, intent_of, is_sensible
from core.engine.narrator import describe, plain
from core.engine.order_rehearsal import OrderRehearsal
from core.engine.parts import EngineParts
from core.engine.raisings import Raisings
from core.engine.risk_desk import RiskDesk
from core.engine.way_to_close import WayToClose
from core.io.redaction import mask_known
from core.journal.facts import BlockerLifted, EquityPeaked, RiskModeChanged
from core.ports.strategy import RunningStrategy
from core.ports.venue import SendOutcome
from core.risk.halts import GLOBAL, Cause, pause
from core.risk.verdict import Refused
from core.state.monitoring import MonitoringState
from core.types.control import RiskMode
from core.types.held_order import HeldKind
from core.types.order import OrderIntent, OrderStatus, OrderType, Side, TimeInForce

MARKET_PATIENCE_S: Final = 2.0

_OUTCOME_OF_AMEND: Final = {
    AmendEnd.DONE: Outcome.DONE,
    AmendEnd.REFUSED: Outcome.REFUSED,
    AmendEnd.INVALID: Outcome.INVALID,
    AmendEnd.FAILED: Outcome.FAILED,
    AmendEnd.IN_DOUBT: Outcome.FAILED,
}

StrategyMaker = Callable[[str, dict[str, str]], RunningStrategy]


class CommandDesk:
    """One method a command."""

    def __init__(
        self,
        parts: EngineParts,
        kill_switch: KillSwitch,
        make_strategy: StrategyMaker,
        judge_health: Callable[[], object],
        monitoring: Callable[[], MonitoringState],
    ) -> None:
        self._parts = parts
        self._kill_switch = kill_switch
        self._make_strategy = make_strategy
        self._judge_health = judge_health  # raises at once what must stand
        self._risk_desk = RiskDesk(parts)
        self._manual = ManualOrders(parts.market)
        self._held_placing = HeldPlacing(parts, self._manual)
        self._way_to_close = WayToClose(parts)
        self._rehearsal = OrderRehearsal(parts, self._manual, self._held_placing, self._way_to_close)
        self._explainer = Explainer(parts, monitoring)
        self._raisings = Raisings(parts.clock)
        parts.recorder.on_fact(self._raisings.look)

    def on_second(self) -> None:
        """Do what time alone asks for."""
        self._risk_desk.on_second()
        self._parts.consoles.on_second()

    async def execute(self, command: AnyCommand) -> CommandResult:
        try:
            return await self._execute(command)
        except Exception as error:  # a command must be answered, whatever happens
            self._parts.log.error("control", f"{type(command).__name__}: {type(error).__name__}: {error}")
            return _failed(mask_known(f"unexpected {type(error).__name__}: {error}"))

    async def _execute(self, command: AnyCommand) -> CommandResult:
        refusal = self._parts.consoles.guard(command)
        if refusal is not None:
            # Whoever gave it may have given up waiting: the log tells what became of it.
            self._parts.log.warning("control", f"{command.who}: {type(command).__name__} refused: {refusal}")
            return CommandResult(outcome=Outcome.REFUSED, message=refusal)
        match command:
            case commands.Pause():
                return await self._when_durable(self._pause(command))
            case commands.Resume():
                return await self._when_durable(self._resume(command))
            case commands.SetRiskMode():
                return await self._when_durable(self._set_risk_mode(command))
            case commands.Kill():
                return await self._kill(command)
            case commands.PlaceOrder():
                return await self._place(command)
            case commands.RehearseOrder():
                return self._rehearsal.answer(command)
            case commands.AmendOrder():
                return await self._amend(command)
            case commands.CancelOrder():
                return await self._cancel(command.client_order_id)
            case commands.CancelOrders():
                return await self._cancel_many(command)
            case commands.StartStrategy():
                return await self._when_durable(await self._start_strategy(command))
            case commands.StopStrategy():
                problem = self._parts.strategies.stop(command.name, f"stopped by {command.who}")
                done = _invalid(problem) if problem else _done(f"strategy {command.name} stopped")
                return await self._when_durable(done)
            case commands.Halt():
                result = self._risk_desk.halt(command)
                if result.outcome is Outcome.DONE:
                    self._raisings.note(command.scope, Cause.MANUAL)
                self._kill_switch.go_on()
                return await self._when_durable(result)
            case commands.ManualOverride():
                return await self._when_durable(self._risk_desk.override(command))
            case commands.EndOverride():
                return await self._when_durable(self._risk_desk.end_override(command))
            case commands.SetSafeMode():
                return await self._when_durable(self._risk_desk.safe_mode(command))
            case commands.CancelJob():
                return await self._when_durable(self._cancel_job(command))
            case commands.ExplainJob():
                return self._explain_job(command)
            case commands.Explain():
                return self._explain(command)
            case commands.Arm():
                return await self._when_durable(self._parts.consoles.arm(command))
            case commands.Disarm():
                return await self._when_durable(self._parts.consoles.disarm(command))
            case commands.ProbeAlertSink():
                return await self._test_sink(command.sink)
            case commands.AcknowledgeAlarms() | commands.ShelveAlarm() | commands.UnshelveAlarm():
                return await self._when_durable(self._parts.alarms.execute(command))
            case commands.SetPriceAlert() | commands.RemovePriceAlert():
                return await self._when_durable(self._parts.price_alerts.execute(command))

    async def _when_durable(self, result: CommandResult) -> CommandResult:
        """Answer once a restart would know of what was recorded, or say that it would not."""
        if await self._parts.recorder.flushed(self._parts.settings.in_doubt_after_s):
            return result
        return _failed(f"{result.message}; but it is not in the journal, a restart would not know of it")

    # new risk on and off ---------------------------------------------------------------------------

    def _pause(self, command: commands.Pause) -> CommandResult:
        at_ns = self._parts.clock.utc_ns()
        self._raisings.note(GLOBAL, Cause.PAUSE)
        if self._parts.fold.halts.get(GLOBAL, Cause.PAUSE) is not None:
            return _done("paused already")
        self._parts.recorder.record(pause(who=command.who, reason=command.reason, at_ns=at_ns))
        return _done("paused: no new risk; cancels and reducing orders go on")

    def _resume(self, command: commands.Resume) -> CommandResult:
        at_ns, scope = self._parts.clock.utc_ns(), command.scope
        if scope and (problem := self._risk_desk.scope_problem(scope)):
            return _invalid(problem)
        lifting = self._parts.fold.halts.resume(
            who=command.who,
            reason=command.reason,
            word=command.word,
            at_ns=at_ns,
            scope=scope,
            unseen=self._raisings.unseen(self._seen_ns(command)),
        )
        for fact in lifting.lifted:
            self._parts.recorder.record(fact)
        if lifting.lifted:
            self._count_anew(lifting.lifted)
            if any(fact.cause == Cause.DRAWDOWN for fact in lifting.lifted):
                self._count_drawdown_anew(at_ns)
            self._judge_health()
        again = [fact for fact in lifting.lifted if self._parts.fold.halts.get(fact.scope, fact.cause) is not None]
        passing = [f"{each.cause} ({each.scope}, {each.level.name})" for each in self._parts.conditions.blockers()]
        message = lifting.message
        if passing:
            told = f"no word lifts {', '.join(passing)}: it ends with its cause"
            message = f"{message}; {told}" if lifting.lifted or lifting.standing else told
        if again:
            lasting = ", ".join(f"{fact.cause} ({fact.scope})" for fact in again)
            return _failed(f"{message}; but raised again at once, because its cause lasts: {lasting}")
        if lifting.unseen:
            return CommandResult(outcome=Outcome.REFUSED, message=message)
        # What stays is only what takes more than was given: the message says what.
        return (_invalid if lifting.standing else _done)(message)

    def _seen_ns(self, command: AnyCommand) -> int | None:
        """Return the time of the picture behind a command, None where it binds nobody: a replay's time is its own."""
        return None if math.isinf(self._parts.settings.picture_lives_s) else command.as_of_ns

    def _count_anew(self, lifted: tuple[BlockerLifted, ...]) -> None:
        """Count what raised a blocker from here on: a person has looked. The end of a pause forgives nothing."""
        for fact in lifted:
            match fact.cause:
                case Cause.ORDER_FAILURES:
                    self._parts.statistics.forget_failures()
                case Cause.VENUE_FAILURES:
                    self._parts.statistics.forget_trouble(fact.scope.partition(":")[2])
                case Cause.REPEATED_EXECUTION:
                    self._parts.recent.forget_fills(fact.scope.partition(":")[2])
                case _:
                    pass

    def _count_drawdown_anew(self, at_ns: int) -> None:
        """Measure the drawdown from the equity of now: against the old peak it would halt again at once, for ever."""
        equity_usd = self._parts.views.valuation().equity_usd
        if equity_usd is not None:
            self._parts.recorder.record(EquityPeaked(at_ns=at_ns, equity_usd=equity_usd))

    def _set_risk_mode(self, command: commands.SetRiskMode) -> CommandResult:
        wanted = command.mode.strip().lower()
        if wanted not in list(RiskMode):
            return _invalid(f"risk mode {command.mode!r} is not one of {', '.join(RiskMode)}")
        now, modes = self._parts.fold.risk_mode, list(RiskMode)  # from the safest to the riskiest
        if command.only_safer and modes.index(RiskMode(wanted)) > modes.index(now):
            message = f"risk mode is {now} already, which is safer than {wanted}: it stays"
            return CommandResult(outcome=Outcome.REFUSED, message=message)
        fact = RiskModeChanged(at_ns=self._parts.clock.utc_ns(), mode=RiskMode(wanted), who=command.who)
        self._parts.recorder.record(fact)
        return _done(f"risk mode is {wanted}")

    async def _kill(self, command: commands.Kill) -> CommandResult:
        reason = command.reason or "kill switch"
        self._raisings.note(GLOBAL, Cause.KILL)
        answers, is_journaled = await self._kill_switch.kill(who=command.who, reason=reason, flatten=command.flatten)
        left = [order for order in self._parts.fold.orders.live() if order.status.may_live]
        data: dict[str, object] = {
            "is_halted": True,
            "is_journaled": is_journaled,
            "open_orders": len(left),
            "venues": answers,
        }
        troubled = [f"{venue} {answer}" for venue, answer in answers.items() if answer != "cancelled"]
        if not is_journaled:
            troubled.append("the halt is not in the journal")
        if troubled:
            text = "HALTED, but not everything was confirmed: " + "; ".join(troubled)
            return CommandResult(outcome=Outcome.FAILED, message=text, data=data)
        flattening = ", flattening" if command.flatten else ""
        return _done(f"HALTED: orders cancelled on {len(answers)} venues{flattening}", data)

    # orders ----------------------------------------------------------------------------------------

    async def _place(self, command: commands.PlaceOrder) -> CommandResult:
        if is_held(command):
            return await self._held_placing.place(command)
        problem = self._manual.problem(command)
        if problem is not None:
            return _invalid(problem)
        intent = intent_of(command, self._parts.ids.next_order_id(), self._parts.clock.utc_ns())
        way = await self._way_to_close.clear(intent)
        if way.problem is not None:
            return _failed(f"{describe(intent)} is not sent: {way.problem}{way.words}")
        verdict = self._parts.desk.decide(way.intent)
        if isinstance(verdict, Refused):
            data: dict[str, object] = {
                "client_order_id": intent.client_order_id,
                "refused_by": _refused_by(verdict),
            }
            message = f"refused by risk: {verdict.reason}{way.words}"
            return CommandResult(outcome=Outcome.REFUSED, message=message, data=data)
        intent = verdict.intent
        await asyncio.shield(self._parts.desk.send(verdict))
        if intent.order_type is OrderType.MARKET or intent.time_in_force is TimeInForce.IOC:
            # Such an order ends within moments; a trader wants to read how, not that it was sent.
            await self._parts.desk.end_of(intent.client_order_id, MARKET_PATIENCE_S)
        self._way_to_close.end_protection(way)
        return self._order_result(intent, way.words)

    def _order_result(self, intent: OrderIntent, more: str) -> CommandResult:
        order = self._parts.fold.orders.get(intent.client_order_id)
        status = OrderStatus.IN_DOUBT if order is None else order.status
        data: dict[str, object] = {"client_order_id": intent.client_order_id, "status": status.value}
        text = f"{intent.client_order_id} {describe(intent)}: {status.value.replace('_', ' ')}"
        if order is not None and order.average_price is not None:
            data |= {"filled_quantity": order.filled_quantity, "average_price": order.average_price}
            text += f" {plain(order.filled_quantity)} at {plain(order.average_price)}"
        if order is not None and order.reason:
            text += f" ({order.reason})"
        text += more
        if status in {OrderStatus.REJECTED, OrderStatus.IN_DOUBT}:
            return CommandResult(outcome=Outcome.FAILED, message=text, data=data)
        return _done(text, data)

    async def _amend(self, command: commands.AmendOrder) -> CommandResult:
        if command.limit_price is None and command.quantity is None:
            return _invalid("an amend names a limit_price, a quantity, or both")
        for name, value in (("limit_price", command.limit_price), ("quantity", command.quantity)):
            if value is not None and not is_sensible(value):
                return _invalid(f"{name} {value} is not allowed: {SENSIBLE}")
        amending = self._parts.amends.amend(command.client_order_id, command.limit_price, command.quantity)
        answer = await asyncio.shield(amending)
        data: dict[str, object] = {"client_order_id": answer.client_order_id, "amend": answer.end.value}
        if answer.refused is not None:
            data["refused_by"] = _refused_by(answer.refused)
        order = self._parts.fold.orders.get(answer.client_order_id)
        if order is not None:
            data |= {
                "status": order.status.value,
                "limit_price": order.intent.limit_price,
                "quantity": order.intent.quantity,
                "filled_quantity": order.filled_quantity,
            }
        return CommandResult(outcome=_OUTCOME_OF_AMEND[answer.end], message=answer.text, data=data)

    async def _cancel(self, client_order_id: str) -> CommandResult:
        if self._parts.fold.held.get(client_order_id) is not None:
            return await self._cancel_held(client_order_id)
        if self._parts.fold.orders.get(client_order_id) is None and client_order_id not in self._parts.desk.waiting:
            return _invalid(f"there is no order {client_order_id}")
        result = await self._parts.desk.cancel(client_order_id)
        if result.outcome is SendOutcome.ACCEPTED:
            more = f": {result.reason}" if result.reason else ""
            return _done(f"{client_order_id} cancelled{more}", {"client_order_id": client_order_id})
        return _failed(f"cancel of {client_order_id}: {result.outcome.value.replace('_', ' ')}, {result.reason}")

    async def _cancel_held(self, held_id: str) -> CommandResult:
        run = self._parts.fold.held.get(held_id)
        open_orders = self._parts.held.end(held_id, "cancelled by a person")
        if run is None or open_orders is None:
            return _failed(f"{held_id} has ended already")
        results = await asyncio.gather(*(self._cancel(client_order_id) for client_order_id in open_orders))
        text = "; ".join([f"{held_id} cancelled", *(result.message for result in results)])
        if run.order.kind is HeldKind.BRACKET and run.rest > 0:
            text += f"; {plain(run.rest)} {run.order.instrument_id} stays without protection"
        has_failed = any(result.outcome is not Outcome.DONE for result in results)
        data: dict[str, object] = {"client_order_id": held_id, "orders": open_orders}
        return await self._when_durable(
            CommandResult(outcome=Outcome.FAILED if has_failed else Outcome.DONE, message=text, data=data)
        )

    async def _cancel_many(self, command: commands.CancelOrders) -> CommandResult:
        if command.venue is not None and command.venue not in self._parts.desk.executions:
            return _invalid(f"venue {command.venue!r} is not one of {', '.join(self._parts.desk.executions)}")
        if command.side is not None and command.side not in list(Side):
            return _invalid(f"side {command.side!r} is not one of {', '.join(Side)}")
        side = None if command.side is None else Side(command.side)
        held = self._parts.held.end_all("cancelled by a person", command.venue, command.symbol, side)
        chosen = [
            order.intent.client_order_id
            for order in self._parts.fold.orders.live()
            if order.status.may_live
            and not order.is_external
            and command.venue in {None, order.intent.venue}
            and command.symbol in {None, order.intent.symbol}
            and side in {None, order.intent.side}
        ]
        waiting = self._parts.desk.waiting.chosen(command.venue, command.symbol, side)
        chosen += [client_order_id for client_order_id in waiting if client_order_id not in chosen]
        # At once: a venue that hangs must not keep the others' orders open.
        results = await asyncio.gather(*(self._cancel(client_order_id) for client_order_id in chosen))
        failed = [result.message for result in results if result.outcome is not Outcome.DONE]
        data: dict[str, object] = {"cancelled": len(results) - len(failed), "failed": len(failed)}
        data |= {"held": held} if held else {}
        if failed:
            return CommandResult(outcome=Outcome.FAILED, message="; ".join(failed), data=data)
        return _done(f"{len(results)} orders cancelled" + (f", {held} held ones" if held else ""), data)

    # jobs ------------------------------------------------------------------------------------------

    def _cancel_job(self, command: commands.CancelJob) -> CommandResult:
        if self._parts.jobs.cancel(command.job_id, f"cancelled by {command.who}: {command.reason}".rstrip(": ")):
            return _done(f"{command.job_id} is brought to its end")
        return _invalid(f"no job {command.job_id} waits or runs")

    def _explain_job(self, command: commands.ExplainJob) -> CommandResult:
        found = self._parts.jobs.explain(command.job_id)
        if found is None:
            return _invalid(f"there is no job {command.job_id}, or it ended too long ago")
        standing = found.reason if found.status in {"dropped", "finished"} else found.waits_for or found.status
        data: dict[str, object] = {
            "job_id": command.job_id,
            "status": found.status,
            "standing": standing,
            "rank": found.rank,
            "pending_count": found.pending_count,
            "safety": found.safety,
            "volume": found.volume,
            "final": found.final,
            "safety_weight": found.safety_weight,
            "checks": check_views(found.checks),
            "sections": job_sections(found, self._parts),
        }
        return _done(f"{command.job_id} is {found.status}: {standing}", data)

    def _explain(self, command: commands.Explain) -> CommandResult:
        found = self._explainer.explain(command.subject)
        if found is None:
            return _invalid(f"nothing is known by the name {command.subject!r}; it is one of {FORMS}")
        data: dict[str, object] = {
            "subject": found.subject,
            "headline": found.headline,
            "standing": found.standing,
            "is_trouble": found.is_trouble,
            "sections": found.sections,
        }
        return _done(f"{found.headline}: {found.standing}", data)

    # alerts ----------------------------------------------------------------------------------------

    async def _test_sink(self, sink: str) -> CommandResult:
        names = [state.name for state in self._parts.alerts.sinks()]
        if sink not in names:
            known = f"is not one of {', '.join(names)}" if names else "is not there: [alerts.sinks] names none"
            return _invalid(f"sink {sink!r} {known}")
        error = await self._parts.alerts.test(sink)
        return _failed(f"sink {sink}: {error}") if error else _done(f"sink {sink} took a test message")

    # strategies ------------------------------------------------------------------------------------

    async def _start_strategy(self, command: commands.StartStrategy) -> CommandResult:
        try:
            strategy = self._make_strategy(command.name, command.parameters)
        except ValueError as error:
            return _invalid(str(error))
        problem = await self._parts.strategies.start(strategy)
        return _failed(problem) if problem else _done(f"strategy {command.name} started")


def _refused_by(refused: Refused) -> list[dict[str, str]]:
    return [{"rule": c.rule, "unit": c.unit, "limit": c.limit, "observed": c.observed} for c in refused.failed]


def _done(message: str, data: dict[str, object] | None = None) -> CommandResult:
    return CommandResult(outcome=Outcome.DONE, message=message, data=data or {})


def _invalid(message: str) -> CommandResult:
    return CommandResult(outcome=Outcome.INVALID, message=message)


def _failed(message: str) -> CommandResult:
    return CommandResult(outcome=Outcome.FAILED, message=message)
