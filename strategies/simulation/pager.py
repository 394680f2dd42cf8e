"""A sink of alerts as bad as they come: it hangs, breaks, or answers when nobody waits any more."""

import asyncio

from core.ports.alert_sink import AlertEvent, AlertMessage
from strategies.simulation.chance import Dice
from strategies.simulation.faults import Fault, FaultPlan
from strategies.simulation.timeline import Timeline

USUAL_S = (0.01, 0.3)
LATE_S = (1.0, 40.0)
SHARE = 0.4


class Pager:
    """An AlertSink; `told` has the alerts that it knows to stand."""

    def __init__(self, timeline: Timeline, dice: Dice, plan: FaultPlan | None) -> None:
        self._timeline = timeline
        self._dice = dice
        self._plan = plan
        self.told: dict[str, None] = {}
        self.under_way = 0

    async def deliver(self, message: AlertMessage) -> None:
        self.under_way += 1
        try:
            await self._travel()
        finally:
            self.under_way -= 1
        if message.event is AlertEvent.ENDED:
            self.told.pop(message.name, None)
        else:
            self.told[message.name] = None

    async def _travel(self) -> None:
        plan, fault = self._plan, Fault.DEAD_ALERT_SINK
        if plan is None or not plan.strikes(fault, SHARE):
            await self._wait(self._dice.between(*USUAL_S))
            return
        match plan.dice(fault).whole(1, 3):
            case 1:
                await asyncio.get_running_loop().create_future()
            case 2:
                raise ConnectionError("nobody there")
            case _:
                await self._wait(plan.dice(fault).between(*LATE_S))

    async def _wait(self, seconds: float) -> None:
        passed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._timeline.after(seconds, lambda: None if passed.done() else passed.set_result(None))
        await passed
