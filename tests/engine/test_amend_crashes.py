"""The engine dies at every commit and every wire call around an amend: the next one knows which terms hold (F24)."""

from decimal import Decimal
from pathlib import Path

import pytest

from core.control.commands import AmendOrder, CancelOrder
from core.io.inline_journal import InlineJournal
from core.io.virtual_loop import VirtualLoop
from core.ports.venue import AmendSupport
from core.types.order import OrderStatus
from data.journal_audit.audit import audit
from tests.engine.job_rig import refolded
from tests.engine.mortality import Fate, MortalJournal, MortalLine
from tests.engine.rig import EngineRig, in_virtual_time
from tests.engine.venues import Answer, ScriptedVenue

D = Decimal
SETTLED_S = 45.0


class MortalRig(EngineRig):
    """An engine that dies when its fate says so."""

    def __init__(self, loop: VirtualLoop, inner: InlineJournal, fate: Fate, world: EngineRig | None = None) -> None:
        self.fate = fate
        super().__init__(loop, journal=MortalJournal(inner, fate), world=world)

    def executions(self) -> list[MortalLine]:
        return [MortalLine(venue, self.fate) for venue in self.venues.values()]


def renumbering(venue: ScriptedVenue) -> None:
    venue.amends_renumber = True


def losing_the_answer(venue: ScriptedVenue) -> None:
    venue.amend_answers.append(Answer.LOSE_ANSWER)
    venue.amends_renumber = True


def losing_the_request(venue: ScriptedVenue) -> None:
    venue.amend_answers.append(Answer.LOSE_REQUEST)


def refusing(venue: ScriptedVenue) -> None:
    venue.amend_answers.append(Answer.REJECT)


def replacing(venue: ScriptedVenue) -> None:
    venue.amend_support = AmendSupport.REPLACE


ARRANGEMENTS = (renumbering, losing_the_answer, losing_the_request, refusing, replacing)


async def until_dead(rig: MortalRig, seconds: float) -> None:
    for _ in range(int(seconds / 0.05)):
        if rig.fate.is_dead:
            return
        await rig.elapse(0.05)


async def play(loop: VirtualLoop, path: Path, fate: Fate, arrange: object) -> None:
    inner = InlineJournal(path)
    rig = MortalRig(loop, inner, fate)
    await rig.start()
    result = await rig.place(quantity="1", price="97")
    order_id = str(result.data["client_order_id"])
    assert callable(arrange)
    arrange(rig.venue)
    rig.fate.is_counting = True
    asking = loop.create_task(rig.execute(AmendOrder(client_order_id=order_id, limit_price=D(98), quantity=D(2))))
    await rig.elapse(0.02)
    if rig.venue.orders[order_id].status.may_live:
        rig.venue.execute(order_id, "0.25")
    await until_dead(rig, 30)
    rig.fate.is_counting = False
    if rig.fate.is_dead:
        await rig.crash()
        await loop.elapse(2)
        rig = MortalRig(loop, inner, Fate(), world=rig)
        await rig.start(warm_up_s=1)
    await rig.elapse(SETTLED_S)
    _everything_adds_up(rig)
    for order in list(rig.venue.open_orders):
        await rig.execute(CancelOrder(client_order_id=order.intent.client_order_id))
    await rig.elapse(SETTLED_S)
    assert not any(True for _ in rig.fold.orders.live())
    assert rig.fold.capital.in_flight_usd("v1") == 0
    await rig.crash()
    await inner.close()
    assert [f"row {each.row} {each.check}: {each.text}" for each in audit(path).findings] == []
    assert asking.done() or fate.is_dead, "who asked for the amend was never answered"


def _everything_adds_up(rig: EngineRig) -> None:
    """One order lives at most, on the same terms here as there, and what was wanted is not exceeded."""
    assert rig.agrees_with_venues()
    assert rig.fold.to_bytes() == refolded(rig)
    ids = [intent.client_order_id for intent in rig.venue.submitted]
    assert len(ids) == len(dict.fromkeys(ids)) <= 2
    assert len(rig.venue.open_orders) <= 1
    for theirs in rig.venue.open_orders:
        ours = rig.order(theirs.intent.client_order_id)
        assert ours.pending_amend is None
        assert (ours.intent.limit_price, ours.intent.quantity) == (theirs.intent.limit_price, theirs.intent.quantity)
        assert ours.status in {OrderStatus.OPEN, OrderStatus.PARTIALLY_FILLED}
    possible = sum((o.filled_quantity if o.status.is_final else o.intent.quantity) for o in rig.venue.orders.values())
    assert possible <= 2


@pytest.mark.parametrize("arrange", ARRANGEMENTS)
def test_f24_an_amend_survives_a_crash_at_every_commit_and_every_wire_call(tmp_path: Path, arrange: object):
    at, is_over = 0, False
    while not is_over:
        fate, path = Fate(at), tmp_path / f"{at}.sqlite"
        try:
            in_virtual_time(lambda loop: play(loop, path, fate, arrange))  # noqa: B023 - at once
        except Exception as error:
            raise AssertionError(f"died {fate.last_words} (moment {at})") from error
        is_over = not fate.is_dead
        at += 1
    assert at > 4, "an amend has as many moments to die at"
