"""The engine dies in the middle of what it holds, at every commit and wire call: nothing is lost or doubled."""

from collections.abc import Callable, Coroutine
from decimal import Decimal
from pathlib import Path

import pytest

from core.io.inline_journal import InlineJournal
from core.io.virtual_loop import VirtualLoop
from core.journal.facts import HeldOrderPlaced
from core.ports.venue import ExecutionVenue
from data.journal_audit.audit import audit
from tests.engine.held_rig import WILD, HeldRig
from tests.engine.mortality import Fate, MortalJournal, MortalLine
from tests.engine.rig import in_virtual_time
from tests.engine.venues import Answer

D = Decimal
STRIDE = 4  # tests a scenario is divided into, so that they can run side by side


class MortalHeldRig(HeldRig):
    """A `HeldRig` whose engine dies when its fate says so."""

    def __init__(
        self, loop: VirtualLoop, inner: InlineJournal, fate: Fate, world: "MortalHeldRig | None" = None
    ) -> None:
        self.fate = fate
        super().__init__(loop, journal=MortalJournal(inner, fate), limits=WILD, world=world)

    def executions(self) -> list[ExecutionVenue]:
        return [MortalLine(venue, self.fate) for venue in self.venues.values()]


Story = Callable[[MortalHeldRig], Coroutine[None, None, None]]


async def stop(rig: MortalHeldRig) -> None:
    await rig.place("buy", "2")
    rig.fate.is_counting = True
    await rig.stop("sell", "98", "2", reduce_only=True)
    await rig.market_at("97", 2)


async def stop_that_opens(rig: MortalHeldRig) -> None:
    rig.fate.is_counting = True
    await rig.stop("sell", "98", "2")
    await rig.market_at("97", 2)


async def pair(rig: MortalHeldRig) -> None:
    await rig.place("buy", "2")
    rig.fate.is_counting = True
    await rig.oco("sell", "103", "97.5", "2", reduce_only=True)
    await rig.settle()
    for intent in rig.of_role("limit"):
        rig.venue.execute(intent.client_order_id, "0.5")
    await rig.market_at("97", 2)


async def bracket(rig: MortalHeldRig) -> None:
    rig.fate.is_counting = True
    await rig.bracket("buy", "2", loss="97.5")
    await rig.settle()
    await rig.market_at("97", 2)


async def bracket_in_part(rig: MortalHeldRig) -> None:
    rig.fate.is_counting = True
    await rig.bracket("buy", "2", price="99", loss="97.5")
    await rig.settle()
    for intent in rig.of_role("entry"):
        rig.venue.execute(intent.client_order_id, "1.25")
    await rig.market_at("97", 2)


async def bracket_rejected(rig: MortalHeldRig) -> None:
    rig.venue.answers.extend([Answer.TAKE, Answer.REJECT, Answer.REJECT])
    await bracket(rig)


STORIES = (stop, stop_that_opens, pair, bracket, bracket_in_part, bracket_rejected)


async def alive(loop: VirtualLoop, rig: MortalHeldRig, story: Story) -> None:
    """Tell the story until its engine is dead or it is told."""
    telling = loop.create_task(story(rig))
    for _ in range(400):
        if telling.done() or rig.fate.is_dead:
            break
        await loop.elapse(0.05)


def exits_never_exceed_the_entry(rig: HeldRig, first: int) -> None:
    """Judge by the venue: what was sent for a held order, and what was filled of it."""
    entered = exited = D(0)
    for fill in rig.venue.fills[first:]:
        intent = rig.venue.orders[fill.client_order_id].intent
        if intent.held is not None and intent.held.role != "entry":
            exited += fill.quantity
            assert exited <= (entered or D(2)), fill
        elif intent.held is not None:
            entered += fill.quantity
    ids = [intent.client_order_id for intent in rig.venue.submitted]
    assert len(ids) == len(dict.fromkeys(ids))


async def play(loop: VirtualLoop, path: Path, story: Story, fate: Fate) -> None:
    inner = InlineJournal(path)
    rig = MortalHeldRig(loop, inner, fate)
    await rig.start()
    await alive(loop, rig, story)
    fate.is_counting = False
    if fate.is_dead:
        await rig.crash()
        await loop.elapse(2)
        rig = MortalHeldRig(loop, inner, Fate(), world=rig)
        rig.quote_later("97")
        await rig.start(warm_up_s=1)
    await rig.elapse(75)
    await rig.market_at("96", 60)
    exits_never_exceed_the_entry(rig, 0)
    is_held = bool(rig.facts(HeldOrderPlaced))
    if is_held:
        end_of_story(rig, story)
    assert rig.agrees_with_venues()
    await rig.crash()
    await inner.close()
    assert [f"row {each.row} {each.check}: {each.text}" for each in audit(path).findings] == []


def end_of_story(rig: HeldRig, story: Story) -> None:
    """Once it is held it is brought to its end: no position is left behind, none is opened twice.

    What opens may stand refused instead: an engine that has just begun cannot judge new risk yet.
    """
    assert not rig.venue.open_orders
    if story is stop_that_opens and len(rig.fold.held):
        assert [status for status, _ in rig.rows().values()] == ["refused"]
        assert rig.position() == 0
        return
    assert len(rig.fold.held) == 0, rig.rows()
    assert rig.position() == (-2 if story is stop_that_opens else 0)


@pytest.mark.parametrize("first", range(STRIDE))
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_f24_what_is_held_survives_a_crash_at_every_commit_and_every_wire_call(
    tmp_path: Path, story: Story, first: int
):
    at, is_over = first, False
    while not is_over:
        fate = Fate(at)
        path = tmp_path / f"{at}.sqlite"
        try:
            in_virtual_time(lambda loop: play(loop, path, story, fate))  # noqa: B023 - called at once
        except Exception as error:
            raise AssertionError(f"died {fate.last_words} (moment {at})") from error
        is_over = not fate.is_dead
        at += STRIDE
