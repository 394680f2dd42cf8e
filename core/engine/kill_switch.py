"""The kill switch: block first, cancel everywhere, flatten if asked. Works with strategy code hung or gone."""

import asyncio

from core.engine.parts import EngineParts
from core.engine.tasks import TaskGroup
from core.ports.venue import SendOutcome, SendResult
from core.risk.halts import kill, tightest
from core.risk.kill import plan_flatten
from core.risk.verdict import Approved
from core.types.control import HaltLevel


class KillSwitch:
    """Halting, and what a halt goes on doing every second until nothing is left."""

    def __init__(self, parts: EngineParts, tasks: TaskGroup) -> None:
        self._parts = parts
        self._tasks = tasks
        self._busy = False
        self._said: dict[str, None] = {}

    async def kill(self, *, who: str, reason: str, flatten: bool) -> dict[str, str]:
        """Block new risk now, cancel every order on every venue, begin to flatten; return what each venue said."""
        level = HaltLevel.FLATTEN if flatten else HaltLevel.HALTED
        # Not awaited: blocking counts from this line on, and cancels wait for no disk.
        self._parts.recorder.record(kill(who=who, reason=reason, at_ns=self._parts.clock.utc_ns(), level=level))
        answers = await self.cancel_everything()
        if flatten:
            self._flatten()
        return answers

    async def cancel_everything(self) -> dict[str, str]:
        """Cancel all orders of all venues at once; return, by venue, `cancelled` or what went wrong."""
        venues = list(self._parts.desk.executions)
        results = await asyncio.gather(*(self._parts.desk.cancel_venue(venue) for venue in venues))
        return {venue: _text(result) for venue, result in zip(venues, results, strict=True)}

    def storage_failed(self, reason: str) -> None:
        """Nothing can be journaled any more: only cancels leave from here on."""
        self._parts.conditions.hold("global", "storage", HaltLevel.CANCEL_ONLY, reason)

    def second(self) -> None:
        """While halted, cancel what is still open; while flattening, close what is still held."""
        blockers = (*self._parts.fold.halts.blockers, *self._parts.conditions.blockers())
        level = tightest(blocker for blocker in blockers if blocker.scope == "global")
        if level < HaltLevel.HALTED or self._busy:
            if level < HaltLevel.HALTED:
                self._said.clear()
            return
        if any(order.status.may_live for order in self._parts.fold.orders.live()):
            self._tasks.spawn(self._cancel_again())
        elif level is HaltLevel.FLATTEN:
            self._flatten()

    async def _cancel_again(self) -> None:
        self._busy = True
        try:
            await self.cancel_everything()
        finally:
            self._busy = False

    def _flatten(self) -> None:
        parts = self._parts
        plan = plan_flatten(
            venues=parts.desk.executions,
            live=parts.fold.orders.live(),
            positions=parts.fold.ledger.positions(),
            instruments=parts.market.instruments.get,
            books=parts.market.books.get,
            next_order_id=parts.ids.next_order_id,
            limits=parts.settings.limits,
            now_ns=parts.clock.utc_ns(),
        )
        for left in plan.not_flattened:
            self._say(f"{left.instrument_id} is not flattened: {left.quantity:f} is left, {left.reason}")
        for intent in plan.flatten:
            if not isinstance(parts.desk.place(intent), Approved):
                self._say(f"{intent.instrument_id} is not flattened: the risk gate refused the order")

    def _say(self, text: str) -> None:
        if text not in self._said:
            self._said[text] = None
            self._parts.log.warning("risk", text)


def _text(result: SendResult) -> str:
    return "cancelled" if result.outcome is SendOutcome.ACCEPTED else f"{result.outcome.value}: {result.reason}"
