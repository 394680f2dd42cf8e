"""A rig with words for what the core holds."""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

from core.control.commands import CommandResult, Outcome, PlaceOrder
from core.held.run import HeldRun
from core.io.inline_journal import InlineJournal
from core.io.virtual_loop import VirtualLoop
from core.journal.facts import HeldOrderEnded
from core.risk.limits import RiskLimits
from core.state.desk import DeskRequest
from core.types.control import RiskMode
from core.types.order import OrderIntent
from tests.engine.rig import PERP, EngineRig, in_virtual_time

D = Decimal
WILD = RiskLimits(max_volatility_pct=dict.fromkeys(RiskMode, 100.0))  # the market of these tests jumps to its triggers


class HeldRig(EngineRig):
    """Places stops, pairs and brackets, and moves the market to them."""

    async def stop(self, side: str, price: str, quantity: str = "1", **more: Any) -> CommandResult:
        order_type = "stop"
        if "limit_price" in more:
            order_type, more["limit_price"] = "stop_limit", D(more["limit_price"])
        return await self.held(side, quantity, order_type=order_type, stop_price=D(price), **more)

    async def oco(self, side: str, limit: str, stop: str, quantity: str = "1", **more: Any) -> CommandResult:
        return await self.held(side, quantity, order_type="oco", limit_price=D(limit), stop_price=D(stop), **more)

    async def bracket(
        self,
        side: str = "buy",
        quantity: str = "1",
        price: str | None = None,
        profit: str | None = "103",
        loss: str | None = "97",
        **more: Any,
    ) -> CommandResult:
        return await self.held(
            side,
            quantity,
            order_type="market" if price is None else "limit",
            limit_price=None if price is None else D(price),
            take_profit=None if profit is None else D(profit),
            stop_loss=None if loss is None else D(loss),
            **more,
        )

    async def held(self, side: str, quantity: str, **more: Any) -> CommandResult:
        return await self.execute(PlaceOrder(venue="v1", symbol=PERP, side=side, quantity=D(quantity), **more))

    def quote_at(self, mid: str) -> None:
        middle = D(mid)
        self.feed.quote(PERP, str(middle - D("0.1")), str(middle + D("0.1")))

    def quote_later(self, mid: str) -> None:
        """Set what the feed of an engine that has not started yet shows first."""
        middle = D(mid)
        self.feed.set_quote(PERP, str(middle - D("0.1")), str(middle + D("0.1")))

    async def market_at(self, mid: str, seconds: float = 0.2) -> None:
        self.quote_at(mid)
        await self.elapse(seconds)

    def sent(self) -> list[tuple[str, str, str, str]]:
        """Return what reached the venue: side, type, quantity, role."""
        return [
            (i.side.value, i.order_type.value, f"{i.quantity:f}", "-" if i.held is None else i.held.role.value)
            for i in self.venue.submitted
        ]

    def of_role(self, role: str) -> list[OrderIntent]:
        return [i for i in self.venue.submitted if i.held is not None and i.held.role == role]

    def ends(self) -> list[tuple[str, str]]:
        return [(fact.outcome.value, fact.reason) for fact in self.facts(HeldOrderEnded)]

    def run_of(self, held_id: str) -> HeldRun:
        run = self.fold.held.get(held_id)
        assert run is not None, f"nothing is held as {held_id}"
        return run

    def rows(self) -> dict[str, tuple[str, str]]:
        """Return status and reason of what is held, by id, as a front end shows it."""
        desk = self.engine.desk(DeskRequest())
        return {
            row.client_order_id: (row.status, row.reason or "") for row in desk.orders if row.stop_price is not None
        }

    def alerts(self) -> str:
        return "\n".join(f"{a.severity} {a.name}: {a.text}" for a in self.engine.monitoring().alerts)


def play(journal: InlineJournal, work: Callable[[HeldRig], Awaitable[None]]) -> None:
    """Run one engine; at the end the journal gives its state again."""

    async def whole(loop: VirtualLoop) -> None:
        rig = HeldRig(loop, journal=journal, limits=WILD)
        await rig.start()
        await work(rig)
        await rig.crash()
        await journal.close()

    in_virtual_time(whole)


def held(result: CommandResult) -> str:
    """Return the id of what is held."""
    assert result.outcome is Outcome.DONE, result.message
    return str(result.data["held_id"])


def refused(result: CommandResult, words: str) -> None:
    assert result.outcome is Outcome.REFUSED, result.message
    assert words in result.message, result.message
