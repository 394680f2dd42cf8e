"""A console that stands still over a scripted engine, to take its picture as text."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal

import msgspec
from textual.strip import Strip
from textual.widgets import Input

from core.alarms.limit_rates import MOMENTARY
from core.control.commands import AnyCommand, CommandResult, Explain, Outcome
from core.state.desk import DeskSnapshot
from core.state.monitoring import LimitUse
from tests.console.driving import MEDIUM, Desk
from tests.console.fake_link import FakeLink
from tests.console.fake_rehearsals import RehearsingLink
from tests.console.manual_clock import ManualClock
from tests.console.screen_text import ATTRIBUTES, MEANINGS, attributes_of, marked, meanings_of, rows_of
from tests.console.test_explaining import WHY
from tests.console.whole_link import WholeLink, watch_some
from tui.console.app import ConsoleApp
from tui.console.files import ConsoleFiles

_VENUES = ("sim-a", "sim-b")
Size = tuple[int, int]
Script = Callable[[Desk], Awaitable[None]]


def some_limits(loss_in_s: int | None = None) -> list[LimitUse]:
    """Return limits under the engine's own names and in its order."""

    def use(name: str, unit: str, limit: str, left: str, reached_in_s: int | None = None) -> LimitUse:
        used = Decimal(limit) - Decimal(left)
        return LimitUse(
            name=name, unit=unit, limit=Decimal(limit), used=used, left=Decimal(left), reached_in_s=reached_in_s
        )

    return [
        use("day loss", "USD", "500", "415.60", loss_in_s),
        use("drawdown", "%", "10", "9.2"),
        use("order", "USD", "2000", "2000"),
        use("directional", "USD", "10000", "6256.12"),
        use("invested", "%", "70", "35.64"),
        use("open orders", "orders", "50", "47"),
        use("running jobs", "jobs", "10", "8"),
        use("failures", "in a row", "5", "5"),
        *(use(f"{kind} {venue}", MOMENTARY, "20", "20") for venue in _VENUES for kind in ("new messages", "messages")),
        use("orders", MOMENTARY, "10", "10"),
        *(
            use(f"{kind} {venue}", "USD", limit, left)
            for venue in _VENUES
            for kind, limit, left in (
                ("in flight", "30000", "26800"), ("jobs", "10000", "6799.45"), ("gross", "50000", "33997.37"),
                ("net", "20000", "16256.12"), ("reserve", "10000", "1450"),
            )
        ),
    ]  # fmt: skip


@dataclass
class SceneLink(WholeLink, RehearsingLink):
    """A scripted engine with something to show in every pane, and an answer to every question."""

    nears_its_loss: bool = False  # at the rate of the last minutes

    def snapshot(self) -> DeskSnapshot:
        found = super().snapshot()
        found.monitoring.risk.limits = some_limits(loss_in_s=720 if self.nears_its_loss else None)
        return found

    async def execute(self, command: AnyCommand) -> CommandResult:
        result = await super().execute(command)
        if isinstance(command, Explain):
            return CommandResult(outcome=Outcome.DONE, message="why", data=msgspec.structs.asdict(WHY))
        return result


class StillConsole(ConsoleApp):
    """A console that draws when a test says so, and at no other time."""

    def _time_frames(self) -> None:
        pass


class StillDesk(Desk):
    """A trader whose console draws as often as it should while keys are pressed: it is never late."""

    async def press(self, *keys: str) -> None:
        for key in keys:
            for _ in range(3):
                await self.frame()
            await self.pilot.press(key)
            await self.redraw()


def picture(script: Script, size: Size, link: FakeLink | None = None, files: ConsoleFiles | None = None) -> str:
    """Let a trader do something at a console of this size; return what stands on the screen then."""
    engine, clock = link or SceneLink(), ManualClock()
    app = StillConsole(engine, clock=clock, who="console:test", native_colours=True, files=files)
    app.looks = marked()

    async def main() -> str:
        async with app.run_test(size=size) as pilot:
            desk = StillDesk(app, pilot, engine, clock)
            watch_some(app)
            await desk.frame()
            await desk.frame()
            await script(desk)
            for field in app.query(Input):
                field.cursor_blink = False
            await desk.redraw()
            return drawn(app.screen._compositor.render_strips(), size)

    return asyncio.run(main())


def drawn(strips: list[Strip], size: Size) -> str:
    """Return a screen as text; on the usual size with what its colours and attributes say."""
    parts = [(f"{size[0]} columns, {size[1]} rows", rows_of(strips))]
    if size == MEDIUM:
        parts += [(f"colours: {MEANINGS}", meanings_of(strips)), (f"set off: {ATTRIBUTES}", attributes_of(strips))]
    return "".join(f"--- {title}\n" + "".join(f"{row}\n" for row in rows) for title, rows in parts)
