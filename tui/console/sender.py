"""Send commands to the engine and never lose an answer."""

import asyncio
from collections.abc import Callable

import msgspec

from core.control.arming import is_bound_to_picture
from core.control.commands import AnyCommand, CommandResult, Outcome, PlaceOrder
from core.ports.control import EngineLink
from core.types.control import RiskMode

ANSWER_AFTER_S = 5.0
LEAVING_PATIENCE_S = 2.0

Report = Callable[[str, str], None]  # level (info, warning, error), text


class CommandSender:
    """Run commands as tasks of the loop: they go on when a dialog, or the console itself, closes."""

    def __init__(self, link: EngineLink, who: str, report: Report) -> None:
        self._link = link
        self._who = who
        self._report = report
        self._running: dict[asyncio.Task[CommandResult], str] = {}

    @property
    def waiting_for(self) -> list[str]:
        """Return what has been asked for and not been answered yet."""
        return list(self._running.values())

    def send(self, command: AnyCommand, what: str) -> asyncio.Task[CommandResult]:
        """Start a command; its result is reported in words, however late it comes."""
        signed = msgspec.structs.replace(command, who=self._who)
        task = asyncio.get_running_loop().create_task(self._carry_out(signed, what))
        self._running[task] = what
        task.add_done_callback(self._running.pop)
        return task

    async def finish(self) -> list[str]:
        """Wait a moment for the answers that are still to come; return what has none: nobody sees it afterwards."""
        if self._running:
            await asyncio.wait(self._running, timeout=LEAVING_PATIENCE_S)
        return self.waiting_for

    def ask(self, command: AnyCommand) -> asyncio.Task[CommandResult]:
        """Start a command that changes nothing; its answer is for whoever asked, and is told to nobody else."""
        signed = msgspec.structs.replace(command, who=self._who)
        return asyncio.get_running_loop().create_task(self._answer(signed))

    async def _answer(self, command: AnyCommand) -> CommandResult:
        try:
            return await self._link.execute(command)
        except Exception as error:  # a link that fails is an answer too
            return CommandResult(outcome=Outcome.FAILED, message=f"{type(error).__name__}: {error}")

    async def _carry_out(self, command: AnyCommand, what: str) -> CommandResult:
        warning = asyncio.get_running_loop().call_later(ANSWER_AFTER_S, self._warn, what)
        try:
            result = not_sent(self._link, command) or await self._link.execute(command)
        except Exception as error:  # a link that fails must be heard, not end the console
            result = failed_result(error)
        finally:
            warning.cancel()
        self._tell(what, result)
        return result

    def _warn(self, what: str) -> None:
        self._report("error", f"{what}: NO ANSWER for {ANSWER_AFTER_S:.0f} s; it may or may not have been done")

    def _tell(self, what: str, result: CommandResult) -> None:
        became = became_of(result)
        if result.outcome is Outcome.DONE:
            self._report("info", f"{became}: {what}" if became else f"{what}: {result.message or 'done'}")
        else:
            level = "warning" if result.outcome is Outcome.REFUSED else "error"
            word = result.outcome.value
            why = became or result.message.removeprefix(word).lstrip(" :")
            self._report(level, f"{word.upper()} {why} ({what})")  # the cause first: a narrow line cuts the end


def became_of(result: CommandResult) -> str:
    """Return what became of an order, such as `filled 0.02 at 64154`, out of an answer that repeats the order first."""
    order_id, status = result.data.get("client_order_id"), str(result.data.get("status", ""))
    if not status or not result.message.startswith(f"{order_id} "):
        return ""
    place = result.message.find(f": {status.replace('_', ' ')}")
    return "" if place < 0 else f"{result.message[place + 2 :]}, {order_id}"


def not_sent(link: EngineLink, command: AnyCommand) -> CommandResult | None:
    """Keep what trades or raises risk from an engine that nothing is heard of; what makes things safer is tried."""
    snapshot, lost = link.latest(), link.lost_reason
    mode = RiskMode.CONSERVATIVE if snapshot is None else RiskMode(snapshot.monitoring.global_.risk_mode)
    is_way_out = isinstance(command, PlaceOrder) and command.reduce_only
    if lost is None or is_way_out or not is_bound_to_picture(command, mode):
        return None
    return CommandResult(
        outcome=Outcome.REFUSED, message=f"not sent: {lost}; what makes things safer is sent all the same"
    )


def failed_result(error: Exception) -> CommandResult:
    """Return a link's fault as the answer that a trader reads."""
    return CommandResult(outcome=Outcome.FAILED, message=f"{type(error).__name__}: {error}")
