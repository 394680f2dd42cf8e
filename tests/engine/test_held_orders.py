"""Stops, pairs and brackets in a whole engine over scripted venues."""

from decimal import Decimal
from typing import Any

from core.control.commands import CommandResult, Outcome, PlaceOrder
from core.io.inline_journal import InlineJournal
from core.io.virtual_loop import VirtualLoop
from core.journal.facts import HeldOrderEnded
from core.types.order import OrderIntent
from tests.engine.rig import PERP, EngineRig, in_virtual_time

D = Decimal


class HeldRig(EngineRig):
    """A rig with words for what is held."""

    async def stop(self, side: str, price: str, quantity: str = "1", **more: Any) -> CommandResult:
        order_type = "stop" if "limit_price" not in more else "stop_limit"
        if "limit_price" in more:
            more["limit_price"] = D(more["limit_price"])
        return await self.held(side, quantity, order_type=order_type, stop_price=D(price), **more)

    async def oco(self, side: str, limit: str, stop: str, quantity: str = "1", **more: Any) -> CommandResult:
        return await self.held(side, quantity, order_type="oco", limit_price=D(limit), stop_price=D(stop), **more)

    async def bracket(
        self, side: str = "buy", quantity: str = "1", price: str | None = None, profit: str | None = "103",
        loss: str | None = "97", **more: Any,
    ) -> CommandResult:  # fmt: skip
        return await self.held(
            side, quantity, order_type="market" if price is None else "limit",
            limit_price=None if price is None else D(price), take_profit=None if profit is None else D(profit),
            stop_loss=None if loss is None else D(loss), **more,
        )  # fmt: skip

    async def held(self, side: str, quantity: str, **more: Any) -> CommandResult:
        return await self.execute(PlaceOrder(venue="v1", symbol=PERP, side=side, quantity=D(quantity), **more))

    async def market_at(self, mid: str, seconds: float = 0.2) -> None:
        middle = D(mid)
        self.feed.quote(PERP, str(middle - D("0.1")), str(middle + D("0.1")))
        await self.elapse(seconds)

    def sent(self) -> list[tuple[str, str, str, str]]:
        """Return what reached the venue: side, type, quantity, role."""
        return [
            (i.side.value, i.order_type.value, f"{i.quantity:f}", "-" if i.held is None else i.held.role.value)
            for i in self.venue.submitted
        ]

    def role(self, role: str) -> list[OrderIntent]:
        return [i for i in self.venue.submitted if i.held is not None and i.held.role == role]

    def ends(self) -> list[tuple[str, str]]:
        return [(fact.outcome.value, fact.reason) for fact in self.facts(HeldOrderEnded)]


def run(journal: InlineJournal, work: Any) -> None:
    async def play(loop: VirtualLoop) -> None:
        rig = HeldRig(loop, journal=journal)
        await rig.start()
        await work(rig)
        await rig.crash()
        await journal.close()

    in_virtual_time(play)


def done(result: CommandResult) -> str:
    assert result.outcome is Outcome.DONE, result.message
    return str(result.data["client_order_id"])


def test_a_sell_stop_waits_for_its_price_and_then_sends_a_market_order(journal: InlineJournal):
    async def work(rig: HeldRig) -> None:
        await rig.place("buy", "2")
        held_id = done(await rig.stop("sell", "98", "2", reduce_only=True))
        await rig.market_at("98.5")
        assert len(rig.venue.submitted) == 1
        await rig.market_at("97.9")
        assert rig.sent()[1:] == [("sell", "market", "2", "stop")]
        assert rig.position() == 0
        assert rig.ends() == [("done", "filled 2")]
        assert rig.fold.held.get(held_id).trigger.price == D("97.9")

    run(journal, work)


def test_a_bracket_protects_exactly_what_its_entry_has_filled(journal: InlineJournal):
    async def work(rig: HeldRig) -> None:
        done(await rig.bracket(quantity="2"))
        await rig.settle()
        assert rig.sent() == [("buy", "market", "2", "entry"), ("sell", "limit", "2", "limit")]
        assert rig.venue.submitted[1].reduce_only
        await rig.market_at("96.9", 0.5)
        assert rig.sent()[2:] == [("sell", "market", "2", "stop")]
        assert rig.position() == 0
        assert not rig.venue.open_orders
        assert rig.ends() == [("done", "filled 2")]

    run(journal, work)
