"""What each strategy earned, by its own fills: exact, the same after a restart, and honest about what is not known."""

from decimal import Decimal

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from core.control.commands import Halt, Outcome
from core.engine.fold import EngineFold
from core.engine.source_positions import SourcePositions, SourcePositionsState
from core.engine.strategy_profits import StrategyProfits
from core.io.inline_journal import InlineJournal
from core.io.system_clock import SystemClock
from core.io.virtual_loop import VirtualLoop
from core.jobs.limits import JobLimits
from core.jobs.rulebook import Rulebook
from core.journal.facts import AnyFact, FundingBooked, InstrumentNoted, OrderFilled, OrderIntended, PositionAdopted
from core.ledger.position import Position
from core.market.market import Market
from core.risk.limits import RiskLimits
from core.state.monitoring import StrategyProfit
from core.types.account import FundingPayment
from core.types.control import RiskMode
from core.types.instrument import InstrumentId
from core.types.job_tag import JobTag, LegRole
from core.types.order import Fill, Liquidity, OrderIntent, OrderType, Side
from tests.engine.rig import PERP, EngineRig, ScriptedStrategy, buy, in_virtual_time
from tests.engine.venues import perpetual

D = Decimal
BOOK = InstrumentId("v1", PERP)
MA, ARB = "strategy:ma", "strategy:arb"
JOB = JobTag(job_id="1", strategy="j", leg=0, role=LegRole.PRIMARY)


class Account:
    """The engine's fold of fills and funding payments."""

    def __init__(self) -> None:
        self.rules = perpetual("v1")
        self.fold = EngineFold(lambda _: self.rules, RiskMode.BALANCED, Rulebook(JobLimits(), RiskLimits()))
        self.sources, self.ledger = self.fold.source_positions, self.fold.ledger
        self._number = 0

    def size_is(self, size: str) -> None:
        """Let the venue tell of another size of its contracts."""
        self.rules = msgspec.structs.replace(self.rules, contract_size=D(size))

    def note(self) -> None:
        """Note the rules, as happens before the next order."""
        self._apply(InstrumentNoted(at_ns=0, instrument=self.rules))

    @property
    def profit(self) -> StrategyProfit:
        """What `ma` earned; nothing it holds has to be valued, the quote is a dollar."""
        clock = SystemClock()
        market = Market(clock, stale_after_ns=1, volatility_window_s=1, on_trade=print, on_book=print)
        found = StrategyProfits(self.fold, market, clock).of("ma")
        assert found is not None
        return found

    def fill(
        self, source: str, signed: str | Decimal, price: str | Decimal, fee: str = "0", job: JobTag | None = None
    ) -> None:
        self._number += 1
        name, quantity, side = f"o{self._number}", abs(D(signed)), Side.BUY if D(signed) > 0 else Side.SELL
        intent = OrderIntent(
            client_order_id=name, venue=BOOK.venue, symbol=BOOK.symbol, side=side, quantity=quantity,
            order_type=OrderType.MARKET, source=source, created_ns=0, job=job,
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
        self.fold.apply(fact)

    def closable(self, closer: str) -> Decimal:
        """Return what a closing order may close at most, signed as it is held."""
        held = self.fold.directional.of(BOOK)
        if held is None:
            return D(0)
        if closer == "flatten":
            return held.total
        if closer == "protection":
            return held.closable
        position = self.sources.of("strategy:j", BOOK)
        return D(0) if position is None or position.quantity * held.total <= 0 else position.quantity

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


def test_a_flattening_takes_what_is_held_directly_and_then_the_legs_of_jobs_and_nothing_else() -> None:
    account = Account()
    account.fill("strategy:a", "5", "100")
    account.fill("manual", "-3", "100")
    account.fill("job:1", "2", "100", job=JOB)
    account.fill("flatten", "-4", "110")
    assert (account.of("strategy:a").quantity, account.of("strategy:a").realised) == (D(3), D(20))
    assert (account.of("strategy:j").quantity, account.of("strategy:j").realised) == (D(0), D(20))
    assert account.of("manual").quantity == D(-3)


def test_the_flattening_of_one_strategy_ends_its_legs_too() -> None:
    account = Account()
    account.fill("strategy:j", "1", "100")
    account.fill("job:1", "2", "100", job=JOB)
    account.fill("flatten:j", "-3", "110")
    account.fill("strategy:a", "2", "100")
    account.fill("strategy:j", "2", "100")
    account.fill("flatten", "-4", "110")
    assert (account.of("strategy:a").quantity, account.of("strategy:j").quantity) == (D(0), D(0))
    assert (account.of("strategy:a").realised, account.of("strategy:j").realised) == (D(20), D(50))


def test_what_was_earned_stays_the_same_money_when_a_venue_changes_the_size_of_its_contracts() -> None:
    account = Account()

    def trade() -> Decimal:
        account.note()
        account.fill(MA, "1", "100")
        account.fill(MA, "-1", "200")
        (position,) = account.ledger.positions()
        return position.realised

    account.size_is("1")
    assert trade() == D(100) == account.profit.realised_usd
    account.size_is("0.1")
    assert account.profit.realised_usd == D(100), "told, and no order sent by it"
    account.note()
    assert account.profit.realised_usd == D(100)
    assert trade() == D(110) == account.profit.realised_usd


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
    size = account.rules.contract_size
    found = [each for source in account.sources.sources() for each in account.sources.traded_by(source)]
    of_sources = sum(
        ((each.realised + mark * each.quantity - each.cost) * size - each.fees for each in found),
        D(0),
    )
    of_account = sum(
        (each.realised + mark * each.quantity * size - each.cost - each.fees for each in account.ledger.positions()),
        D(0),
    )
    assert of_sources == of_account
    encoded = msgspec.json.encode(account.sources.to_state(), order="deterministic")
    again = SourcePositions()
    again.restore(msgspec.json.decode(encoded, type=SourcePositionsState))
    assert msgspec.json.encode(again.to_state(), order="deterministic") == encoded


OPENERS = (MA, "strategy:j", "manual", "job:1")
CLOSINGS = ("flatten", "flatten:j", "protection")


@given(st.lists(st.tuples(st.sampled_from(OPENERS + CLOSINGS), SIZES), max_size=30))
def test_own_holdings_and_legs_are_what_is_protected_and_what_is_not(trades: list[tuple[str, Decimal]]) -> None:
    account = Account()
    for source, signed in trades:
        size = D(0) if source in OPENERS else account.closable(source)
        bounded = signed if source in OPENERS else min(abs(signed), abs(size)).copy_sign(-size)
        if not bounded:
            continue
        account.fill(source, bounded, "100", job=JOB if source == "job:1" else None)
        held = account.fold.directional.of(BOOK)
        assert held is not None
        if not held.total:
            break  # flat: from here on nobody holds anything that could be protected
        state = account.sources.to_state()
        legs = {owner: of_owner.get(str(BOOK), D(0)) for owner, of_owner in state.legs.items()}
        own = {owner: account.of(owner).quantity - legs.get(owner, D(0)) for owner in account.sources.sources()}
        assert {owner: size for owner, size in own.items() if size} == {k: v for k, v in held.owners.items() if v}
        assert sum(legs.values(), D(0)) == held.of_jobs


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
        halted = await again.execute(Halt(scope="strategy:ma", level="flatten", reason="nobody tends it"))
        assert halted.outcome is Outcome.DONE, halted.message
        await again.elapse(5)
        assert again.position() == 0
        assert again.engine.monitoring().strategies == []

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
