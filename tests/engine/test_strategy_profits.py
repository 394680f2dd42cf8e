"""What each strategy earned, by its own fills: exact, the same after a restart, and honest about what is not known."""

from decimal import Decimal

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from core.engine.directional_positions import DirectionalPositions
from core.engine.source_positions import SourcePositions, SourcePositionsState
from core.io.inline_journal import InlineJournal
from core.io.virtual_loop import VirtualLoop
from core.journal.facts import AnyFact, FundingBooked, OrderFilled, OrderIntended, PositionAdopted
from core.ledger.ledger import Ledger
from core.ledger.position import Position
from core.orders.tracker import OrderTracker
from core.state.monitoring import StrategyProfit
from core.types.account import FundingPayment
from core.types.instrument import InstrumentId
from core.types.order import Fill, Liquidity, OrderIntent, OrderType, Side
from tests.engine.rig import PERP, EngineRig, ScriptedStrategy, buy, in_virtual_time
from tests.engine.venues import perpetual

D = Decimal
BOOK = InstrumentId("v1", PERP)
MA, ARB = "strategy:ma", "strategy:arb"


class Account:
    """Fold fills and funding payments, as the engine's fold does."""

    def __init__(self) -> None:
        rules = perpetual("v1")
        self.size = rules.contract_size
        self.orders, self.directional, self.sources = OrderTracker(), DirectionalPositions(), SourcePositions()
        self.ledger = Ledger({BOOK: rules}.get)
        self._number = 0

    def fill(self, source: str, signed: str | Decimal, price: str | Decimal, fee: str = "0") -> None:
        self._number += 1
        name, quantity, side = f"o{self._number}", abs(D(signed)), Side.BUY if D(signed) > 0 else Side.SELL
        intent = OrderIntent(
            client_order_id=name, venue=BOOK.venue, symbol=BOOK.symbol, side=side, quantity=quantity,
            order_type=OrderType.MARKET, source=source, created_ns=0,
        )  # fmt: skip
        self._apply(OrderIntended(at_ns=0, intent=intent, checks=()))
        fill = Fill(
            fill_id=f"f{self._number}", client_order_id=name, venue=BOOK.venue, symbol=BOOK.symbol, side=side,
            price=D(price), quantity=quantity, fee=D(fee), liquidity=Liquidity.TAKER, venue_ns=self._number,
            received_ns=0,
        )  # fmt: skip
        self._apply(OrderFilled(at_ns=0, fill=fill))

    def pay(self, amount: str, *, at_ns: int | None = None) -> None:
        self._number += 1
        at_ns = self._number if at_ns is None else at_ns
        payment = FundingPayment(f"p{self._number}", BOOK, D(amount), 0.0001, at_ns)
        self._apply(FundingBooked(at_ns=0, payment=payment))

    def pay_again(self, amount: str) -> None:
        payment = FundingPayment(f"p{self._number}", BOOK, D(amount), 0.0001, self._number)
        self._apply(FundingBooked(at_ns=0, payment=payment))

    def adopt(self, quantity: str) -> None:
        self._apply(
            PositionAdopted(
                at_ns=0, venue=BOOK.venue, symbol=BOOK.symbol, quantity=D(quantity), average_price=D(1), cause=""
            )
        )

    def _apply(self, fact: AnyFact) -> None:
        moved = self.orders.apply(fact)
        self.sources.apply(moved, self.directional.apply(fact, moved))
        self.sources.apply_booked(fact, self.ledger.apply(fact), self.ledger)

    def of(self, source: str) -> Position:
        found = self.sources.of(source, BOOK)
        assert found is not None
        return found

    def unattributed(self, source: str) -> Decimal:
        return self.sources.unattributed_funding(source).get(str(BOOK), D(0))


def test_each_strategy_realises_what_its_own_fills_did_whatever_others_trade() -> None:
    account = Account()
    account.fill(MA, "2", "100", fee="0.2")
    account.fill(ARB, "-2", "110", fee="0.3")
    account.fill(MA, "-1", "130", fee="0.1")
    assert (account.of(MA).realised, account.of(MA).fees) == (D(30), D("0.3"))
    assert (account.of(ARB).realised, account.of(ARB).fees) == (D(0), D("0.3"))


def test_a_stop_realises_for_those_whose_positions_it_closed_with_their_part_of_its_fee() -> None:
    account = Account()
    account.fill(MA, "1", "100")
    account.fill(ARB, "3", "100")
    account.fill("protection", "-4", "90", fee="0.8")
    assert (account.of(MA).realised, account.of(MA).fees) == (D(-10), D("0.2"))
    assert (account.of(ARB).realised, account.of(ARB).fees) == (D(-30), D("0.6"))


def test_funding_is_divided_by_who_held_what() -> None:
    account = Account()
    account.fill(MA, "3", "100")
    account.fill(ARB, "-1", "100")
    account.pay("-4")
    assert (account.of(MA).funding, account.of(ARB).funding) == (D(-6), D(2))
    account.pay_again("-4")
    assert account.of(MA).funding == D(-6), "a payment told twice counts once"
    assert account.unattributed(MA) == 0


def test_what_the_account_holds_from_elsewhere_keeps_its_own_part_of_the_funding() -> None:
    account = Account()
    account.fill(MA, "1", "100")
    account.adopt("4")
    account.pay("-8")
    assert account.of(MA).funding == D(-2)


def test_funding_is_not_attributed_where_it_is_not_certain_who_held_what() -> None:
    account = Account()
    account.fill(MA, "1", "100")
    account.fill(MA, "1", "100")
    account.pay("-3", at_ns=1)  # settled before the second fill, told after it
    assert (account.of(MA).funding, account.unattributed(MA)) == (D(0), D(-3))
    account.adopt("1")
    account.pay("-5")
    assert (account.of(MA).funding, account.unattributed(MA)) == (D(0), D(-8)), "the account holds less than it should"


def test_a_strategy_that_was_long_flat_has_no_part_in_what_cannot_be_attributed() -> None:
    account = Account()
    account.fill(ARB, "1", "100")
    account.fill(ARB, "-1", "100")
    account.fill(MA, "1", "100")
    account.pay("-3", at_ns=3)
    assert (account.unattributed(ARB), account.unattributed(MA)) == (D(0), D(-3))


SOURCES = st.sampled_from([MA, ARB, "manual"])
SIZES = st.integers(-30, 30).filter(bool).map(lambda lots: D(lots) / 10)
PRICES = st.integers(900, 1100).map(lambda ticks: D(ticks) / 10)


@given(st.lists(st.tuples(SOURCES, SIZES, PRICES, st.sampled_from(["0", "0.01", "-0.003"])), max_size=30), PRICES)
def test_what_all_earned_together_is_what_the_account_earned_to_the_last_digit(
    trades: list[tuple[str, Decimal, Decimal, str]], mark: Decimal
) -> None:
    account = Account()
    for source, signed, price, fee in trades:
        account.fill(source, signed, price, fee)
    found = [each for source in account.sources.sources() for each in account.sources.traded_by(source)]
    of_sources = sum(
        ((each.realised + mark * each.quantity - each.cost) * account.size - each.fees for each in found), D(0)
    )
    of_account = sum(
        (
            each.realised + mark * each.quantity * account.size - each.cost - each.fees
            for each in account.ledger.positions()
        ),
        D(0),
    )
    assert of_sources == of_account
    encoded = msgspec.json.encode(account.sources.to_state(), order="deterministic")
    again = SourcePositions()
    again.restore(msgspec.json.decode(encoded, type=SourcePositionsState))
    assert msgspec.json.encode(again.to_state(), order="deterministic") == encoded


async def with_a_position(loop: VirtualLoop, journal: InlineJournal) -> EngineRig:
    """Return an engine whose strategy `ma` has bought 3."""
    rig = await EngineRig(loop, journal=journal).start(warm_up_s=8)
    strategy = ScriptedStrategy("ma", BOOK, start=lambda ctx: ctx.submit(buy(BOOK, "3")))
    assert await rig.engine.parts.strategies.start(strategy) is None
    await rig.elapse(1)
    return rig


def profit_of(rig: EngineRig, name: str) -> StrategyProfit | None:
    return next(each for each in rig.engine.monitoring().strategies if each.name == name).profit


def test_the_engine_shows_what_a_strategy_earned_and_again_after_a_crash(journal: InlineJournal) -> None:
    async def work(loop: VirtualLoop) -> None:
        rig = await with_a_position(loop, journal)
        await rig.place(quantity="2")
        profit = profit_of(rig, "ma")
        assert profit is not None
        assert profit.pnl_usd is not None
        assert (profit.open_positions, profit.missing, profit.not_at_the_venue) == (1, [], [])
        assert profit.mark_age_s is not None
        assert profit.fees_usd is not None
        assert profit.fees_usd > 0
        assert profit.pnl_usd == (profit.unrealised_usd or 0) - profit.fees_usd
        await rig.crash()
        again = await EngineRig(loop, journal=journal, world=rig).start(ScriptedStrategy("ma", BOOK), warm_up_s=8)
        after = profit_of(again, "ma")
        assert after is not None
        assert (after.fees_usd, after.realised_usd) == (profit.fees_usd, profit.realised_usd)
        assert after.pnl_usd == profit.pnl_usd

    in_virtual_time(work)


def test_a_strategy_that_nobody_started_again_is_shown_while_it_holds_something(journal: InlineJournal) -> None:
    async def work(loop: VirtualLoop) -> None:
        rig = await with_a_position(loop, journal)
        await rig.crash()
        again = await EngineRig(loop, journal=journal, world=rig).start(warm_up_s=8)
        (left,) = again.engine.monitoring().strategies
        assert (left.name, left.status, left.instruments) == ("ma", "stopped", [str(BOOK)])
        assert left.profit is not None
        assert left.profit.open_positions == 1

    in_virtual_time(work)


def test_without_a_price_the_profit_is_unknown_and_says_what_is_missing(journal: InlineJournal) -> None:
    async def work(loop: VirtualLoop) -> None:
        rig = await with_a_position(loop, journal)
        rig.engine.parts.market.marks._marks.clear()
        profit = profit_of(rig, "ma")
        assert profit is not None
        assert (profit.pnl_usd, profit.unrealised_usd, profit.mark_age_s) == (None, None, None)
        assert profit.missing == [f"price of {BOOK}"]
        assert profit.fees_usd is not None

    in_virtual_time(work)
