"""Where a venue cannot amend: cancel, confirmed end, account read, new order; never two live ones."""

import pytest

from core.control.commands import AnyCommand, CancelOrder, CancelOrders, CommandResult, Kill, Outcome, Resume
from core.io.virtual_loop import VirtualLoop
from core.journal.facts import OrderIntended
from core.ports.venue import AmendSupport
from core.risk.limits import RiskLimits
from core.types.order import OrderStatus
from tests.engine.rig import PERP, EngineRig, ScriptedStrategy, buy, in_virtual_time
from tests.engine.test_amends import KEY, LONG_ENOUGH_S, D, amend, resting, terms
from tests.engine.venues import Answer, Speech


def test_where_the_venue_cannot_amend_the_order_is_replaced_after_its_confirmed_end():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        rig.venue.amend_support = AmendSupport.REPLACE
        order_id = await resting(rig)
        rig.venue.execute(order_id, "0.3")
        most_live = 0

        def count(_: object) -> None:
            nonlocal most_live
            most_live = max(most_live, len(rig.venue.open_orders))

        rig.venue.on_submit = count
        result = await amend(rig, order_id, "98", "2")
        new_id = str(result.data["client_order_id"])
        assert result.outcome is Outcome.DONE
        assert rig.status(order_id) is OrderStatus.CANCELLED
        assert terms(rig, new_id) == (D("1.7"), D(98))
        assert rig.order(new_id).intent.replaces == order_id
        assert most_live == 0
        assert rig.venue.amended == []

    in_virtual_time(work)


def test_fill_that_nobody_told_of_is_in_the_remainder_of_a_replacement():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        rig.venue.amend_support = AmendSupport.REPLACE
        order_id = await resting(rig)
        rig.venue.speech = Speech.NO_FILLS
        rig.venue.on_cancelled = lambda _: rig.venue.execute_late(order_id, "0.4", "97")
        result = await amend(rig, order_id, "98")
        assert terms(rig, str(result.data["client_order_id"])) == (D("0.6"), D(98))

    in_virtual_time(work)


@pytest.mark.parametrize("answer", [Answer.LOSE_REQUEST, Answer.REJECT])
def test_nothing_replaces_an_order_whose_end_is_not_confirmed(answer: Answer):
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        rig.venue.amend_support = AmendSupport.REPLACE
        order_id = await resting(rig)
        rig.venue.cancel_answers.append(answer)
        result = await amend(rig, order_id, "98")
        assert result.outcome is Outcome.FAILED
        assert "not replaced" in result.message
        await rig.elapse(LONG_ENOUGH_S)
        assert len(rig.venue.submitted) == len(rig.facts(OrderIntended)) == 1

    in_virtual_time(work)


def test_nothing_is_replaced_where_the_account_cannot_be_read():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        rig.venue.amend_support = AmendSupport.REPLACE
        order_id = await resting(rig)
        rig.venue.account_fails = True
        assert "could not be read" in (await amend(rig, order_id, "98")).message
        assert (len(rig.venue.submitted), rig.status(order_id)) == (1, OrderStatus.CANCELLED)

    in_virtual_time(work)


def test_replacement_that_risk_would_refuse_costs_no_order():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        rig.venue.amend_support = AmendSupport.REPLACE
        order_id = await resting(rig)
        assert (await amend(rig, order_id, quantity="1000000")).outcome is Outcome.REFUSED
        assert (rig.venue.cancelled, rig.status(order_id)) == ([], OrderStatus.OPEN)

    in_virtual_time(work)


def test_an_order_that_is_moved_and_moved_back_at_once_is_not_taken_for_a_duplicate_of_itself():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        rig.venue.amend_support = AmendSupport.REPLACE
        order_id = await resting(rig)
        for price in ("97.1", "97"):
            moved = await amend(rig, order_id, price)
            assert moved.outcome is Outcome.DONE, moved.message
            order_id = str(moved.data["client_order_id"])
        assert [order.intent.limit_price for order in rig.venue.open_orders] == [D(97)]

    in_virtual_time(work)


def test_an_order_that_is_moved_when_the_rate_of_orders_is_used_up_is_replaced():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop, limits=RiskLimits(order_rate_per_s=2)).start()
        rig.venue.amend_support = AmendSupport.REPLACE
        order_id = await resting(rig)
        await resting(rig, price="96")
        moved = await amend(rig, order_id, "98")
        assert moved.outcome is Outcome.DONE, moved.message
        assert "order_rate" in (await rig.place(price="95.5")).message

    in_virtual_time(work)


# At a venue that takes a second for everything: the old order is being cancelled, it has ended and the account is being
# read, the new order is on its way.
MOMENTS = {"cancelling": 0.5, "account": 1.5, "sending": 2.5}


async def slowly(rig: EngineRig) -> str:
    rig.venue.amend_support = AmendSupport.REPLACE
    order_id = await resting(rig)
    rig.venue.latency_s = 1.0
    return order_id


async def replaced_with(rig: EngineRig, order_id: str, at_s: float, command: AnyCommand) -> list[CommandResult]:
    """Give a command at a moment of a move, and return the answers to both."""
    moving = rig.loop.create_task(amend(rig, order_id, "98"))
    await rig.elapse(at_s)
    cancelled = await rig.execute(command)
    return [cancelled, await moving]


@pytest.mark.parametrize("moment", list(MOMENTS))
def test_a_cancel_of_an_order_that_is_being_replaced_leaves_nothing(moment: str):
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        order_id = await slowly(rig)
        cancelled, _ = await replaced_with(rig, order_id, MOMENTS[moment], CancelOrder(client_order_id=order_id))
        assert cancelled.outcome is Outcome.DONE, cancelled.message
        await rig.elapse(LONG_ENOUGH_S)
        assert (rig.venue.open_orders, list(rig.fold.orders.live())) == ([], [])
        assert len(rig.venue.submitted) == (2 if moment == "sending" else 1)

    in_virtual_time(work)


@pytest.mark.parametrize("moment", list(MOMENTS))
@pytest.mark.parametrize(
    "command",
    [
        CancelOrders(),
        CancelOrders(symbol=PERP),
        CancelOrders(venue="v1"),
        CancelOrders(symbol=PERP, side="buy"),
    ],
    ids=["all", "symbol", "venue", "side"],
)
def test_cancels_of_many_count_an_order_that_is_being_replaced(moment: str, command: CancelOrders):
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        order_id = await slowly(rig)
        cancelled, _ = await replaced_with(rig, order_id, MOMENTS[moment], command)
        assert (cancelled.outcome, cancelled.data) == (Outcome.DONE, {"cancelled": 1, "failed": 0})
        await rig.elapse(LONG_ENOUGH_S)
        assert (rig.venue.open_orders, list(rig.fold.orders.live())) == ([], [])

    in_virtual_time(work)


@pytest.mark.parametrize(
    "command", [CancelOrders(side="sell"), CancelOrders(symbol="ETH/USDT:USDT"), CancelOrders(venue="v2")]
)
def test_cancels_of_other_orders_let_a_replacement_go(command: CancelOrders):
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop, venues=("v1", "v2")).start()
        order_id = await slowly(rig)
        cancelled, moved = await replaced_with(rig, order_id, MOMENTS["account"], command)
        assert (cancelled.data, moved.outcome) == ({"cancelled": 0, "failed": 0}, Outcome.DONE)
        assert [order.intent.limit_price for order in rig.venue.open_orders] == [D(98)]

    in_virtual_time(work)


def test_the_move_says_that_the_order_was_cancelled_meanwhile():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        order_id = await slowly(rig)
        cancel = CancelOrder(client_order_id=order_id)
        cancelled, moved = await replaced_with(rig, order_id, MOMENTS["account"], cancel)
        assert cancelled.message == f"{order_id} cancelled: nothing replaces it"
        assert (moved.outcome, moved.data["client_order_id"]) == (Outcome.FAILED, order_id)
        assert moved.message == f"{order_id} was cancelled meanwhile: nothing replaces it"

    in_virtual_time(work)


def test_a_cancel_that_fails_while_the_order_is_being_replaced_says_so_and_nothing_replaces_it():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        order_id = await slowly(rig)
        rig.venue.cancel_answers.extend((Answer.LOSE_REQUEST, Answer.REJECT))
        cancel = CancelOrder(client_order_id=order_id)
        cancelled, moved = await replaced_with(rig, order_id, MOMENTS["cancelling"], cancel)
        assert (cancelled.outcome, moved.outcome) == (Outcome.FAILED, Outcome.FAILED)
        assert "unknown order" in cancelled.message
        await rig.elapse(LONG_ENOUGH_S)
        assert [order.intent.client_order_id for order in rig.venue.open_orders] == [order_id]

    in_virtual_time(work)


def test_an_order_that_was_filled_before_its_replacement_is_not_told_as_cancelled():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        order_id = await slowly(rig)
        moving = loop.create_task(amend(rig, order_id, "98"))
        await rig.elapse(MOMENTS["cancelling"])
        rig.venue.execute(order_id)
        await rig.elapse(1)
        cancelled = await rig.execute(CancelOrder(client_order_id=order_id))
        assert (cancelled.outcome, (await moving).outcome) == (Outcome.FAILED, Outcome.FAILED)
        assert "filled already" in cancelled.message
        assert rig.position() == D(1)

    in_virtual_time(work)


def test_a_kill_gives_a_replacement_up_even_where_it_is_lifted_before_it_would_leave():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        order_id = await slowly(rig)
        rig.venue.report_delay_s = 2.0
        moving = loop.create_task(amend(rig, order_id, "98"))
        await rig.elapse(MOMENTS["account"])
        await rig.execute(Kill(reason="test"))
        assert (await rig.execute(Resume(reason="looked", word="resume"))).outcome is Outcome.DONE
        assert "was cancelled meanwhile" in (await moving).message
        await rig.elapse(LONG_ENOUGH_S)
        assert (len(rig.venue.submitted), rig.venue.open_orders) == (1, [])

    in_virtual_time(work)


@pytest.mark.parametrize("moment", list(MOMENTS))
def test_a_strategy_takes_back_an_order_that_is_being_replaced(moment: str):
    async def work(loop: VirtualLoop) -> None:
        strategy = ScriptedStrategy("s", KEY, book=lambda *_: None)
        rig = await EngineRig(loop).start(strategy)
        strategy.script("book", lambda ctx, _: ctx.open_orders(KEY) or ctx.submit(buy(KEY, "1", "97")))
        await rig.elapse(0.6)
        strategy.script("book", lambda *_: None)
        order_id = rig.venue.open_orders[0].intent.client_order_id
        rig.venue.amend_support, rig.venue.latency_s = AmendSupport.REPLACE, 1.0
        ctx = strategy.ctx
        assert ctx is not None
        moving = loop.create_task(amend(rig, order_id, "98"))
        await rig.elapse(MOMENTS[moment])
        ctx.cancel(order_id)
        await moving
        await rig.elapse(LONG_ENOUGH_S)
        assert rig.venue.open_orders == []

    in_virtual_time(work)
