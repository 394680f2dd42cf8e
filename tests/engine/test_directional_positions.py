"""Who holds what beside the legs of jobs: the part of an account that a stop may close."""

from decimal import Decimal

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from core.engine.directional_positions import Directional, DirectionalPositions
from core.engine.source_positions import SourcePositions
from core.journal.facts import AnyFact, OrderAdopted, OrderFilled, OrderIntended, PositionAdopted
from core.orders.tracker import OrderTracker
from core.types.instrument import InstrumentId
from core.types.job_tag import JobTag, LegRole
from core.types.order import Fill, Liquidity, OrderIntent, OrderType, Side

D = Decimal
BOOK = InstrumentId("v1", "BTC/USDT:USDT")


class Story:
    """Fold fills of orders from any source."""

    def __init__(self) -> None:
        self.orders = OrderTracker()
        self.positions = DirectionalPositions()
        self.sources = SourcePositions()
        self.total = D(0)
        self._number = 0

    def fill(self, source: str, signed: str | Decimal, price: str = "100", *, is_external: bool = False) -> None:
        self._number += 1
        quantity, side = abs(D(signed)), Side.BUY if D(signed) > 0 else Side.SELL
        job = JobTag(job_id="j", strategy="arb", leg=0, role=LegRole.PRIMARY) if source == "job:j" else None
        intent = OrderIntent(
            client_order_id=f"o{self._number}", venue=BOOK.venue, symbol=BOOK.symbol, side=side, quantity=quantity,
            order_type=OrderType.MARKET, source=source, job=job, created_ns=0,
        )  # fmt: skip
        if is_external:
            self._apply(OrderAdopted(at_ns=0, intent=intent, venue_order_id=None))
        else:
            self._apply(OrderIntended(at_ns=0, intent=intent, checks=()))
        fill = Fill(
            fill_id=f"f{self._number}", client_order_id=intent.client_order_id, venue=BOOK.venue, symbol=BOOK.symbol,
            side=side, price=D(price), quantity=quantity, fee=D(0), liquidity=Liquidity.TAKER, venue_ns=self._number,
            received_ns=0,
        )  # fmt: skip
        self.total += D(signed)
        self._apply(OrderFilled(at_ns=0, fill=fill))

    def adopt(self, quantity: str) -> None:
        fact = PositionAdopted(
            at_ns=0, venue=BOOK.venue, symbol=BOOK.symbol, quantity=D(quantity), average_price=D(1), cause=""
        )
        self._apply(fact)

    def _apply(self, fact: AnyFact) -> None:
        moved = self.orders.apply(fact)
        self.sources.apply(moved, self.positions.apply(fact, moved))

    @property
    def held(self) -> Directional:
        found = self.positions.of(BOOK)
        assert found is not None
        return found

    def of(self, source: str) -> Decimal:
        position = self.sources.of(source, BOOK)
        return D(0) if position is None else position.quantity


def test_a_leg_of_a_job_is_nobodys_to_close():
    story = Story()
    story.fill("job:j", "3")
    assert story.held.closable == 0
    story.fill("manual", "1", "110")
    assert (story.held.closable, story.held.entry_price) == (D(1), D(110))


def test_a_position_that_a_jobs_leg_balances_cannot_be_closed_reduce_only():
    story = Story()
    story.fill("strategy:ma", "2")
    story.fill("job:j", "-2")
    assert (story.held.net.quantity, story.held.closable) == (D(2), D(0))


def test_a_close_comes_off_those_who_hold_that_side():
    story = Story()
    story.fill("strategy:b", "2")
    story.fill("strategy:a", "-1")
    story.fill("manual", "2")
    story.fill("protection", "-3")
    assert (story.of("manual"), story.of("strategy:a"), story.of("strategy:b")) == (D(0), D(-1), D(1))
    assert story.held.net.quantity == 0


def test_a_flattening_leaves_nothing_of_anybody():
    story = Story()
    story.fill("strategy:ma", "2")
    story.fill("job:j", "1")
    story.fill("flatten", "-3")
    assert (story.of("strategy:ma"), story.of("strategy:arb")) == (D(0), D(0))
    story.fill("manual", "1")
    assert story.held.closable == 1


def test_what_others_took_away_is_not_closed_again():
    story = Story()
    story.fill("manual", "2")
    story.fill("manual", "-1", is_external=True)
    assert story.held.closable == 1
    story.fill("manual", "-1", is_external=True)
    assert story.held.net.quantity == 0


def test_a_position_that_the_venue_says_is_gone_is_gone():
    story = Story()
    story.fill("manual", "2")
    story.adopt("0")
    assert story.held.closable == 0


STEPS = st.tuples(
    st.sampled_from(["manual", "strategy:a", "strategy:b", "job:j", "flatten", "protection", "theirs"]),
    st.sampled_from(["-3", "-1", "-0.5", "0.5", "1", "2"]),
)


@given(st.lists(STEPS, max_size=25))
def test_whatever_was_traded_a_close_stays_within_the_account_and_within_what_no_job_holds(
    steps: list[tuple[str, str]],
):
    story = Story()
    for source, signed in steps:
        if source == "protection":  # as the engine does: never more than what may be closed
            may = story.positions.of(BOOK)
            if may is None or not may.closable:
                continue
            story.fill(source, -may.closable)
        elif source == "flatten":
            if not story.total:
                continue
            story.fill(source, -story.total)
        else:
            story.fill(source, signed, is_external=source == "theirs")
        held = story.held
        assert held.total == story.total
        assert sum(held.owners.values(), D(0)) == held.net.quantity
        assert abs(held.closable) <= min(abs(held.net.quantity), abs(story.total))
        assert held.closable * story.total >= 0
        encoded = msgspec.json.encode(story.positions.to_state(), order="deterministic")
        assert msgspec.json.decode(encoded, type=dict[str, Directional]) == story.positions.to_state()
