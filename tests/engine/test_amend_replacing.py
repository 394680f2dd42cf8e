"""Where a venue cannot amend: cancel, confirmed end, account read, new order; never two live ones."""

import pytest

from core.control.commands import Outcome
from core.io.virtual_loop import VirtualLoop
from core.journal.facts import OrderIntended
from core.ports.venue import AmendSupport
from core.types.order import OrderStatus
from tests.engine.rig import EngineRig, in_virtual_time
from tests.engine.test_amends import LONG_ENOUGH_S, D, amend, resting, terms
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
