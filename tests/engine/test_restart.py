"""After a crash the same engine goes on: nothing lost, nothing twice, nothing renamed."""

import sqlite3
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from core.control.commands import Kill, Outcome, Pause, SetRiskMode
from core.engine.fold import EngineFold
from core.engine.settings import EngineSettings
from core.io.inline_journal import InlineJournal
from core.io.virtual_loop import VirtualLoop
from core.jobs.limits import JobLimits
from core.jobs.rulebook import Rulebook
from core.journal.facts import AnyFact, FundingBooked, InstrumentNoted, OrderFilled, PositionAdopted
from core.ports.journal import JournalError, JournalRow
from core.risk.limits import RiskLimits
from core.state.desk import DeskRequest
from core.types.account import FundingPayment
from core.types.control import RiskMode
from core.types.instrument import Instrument, InstrumentId
from core.types.order import OrderStatus, Side
from tests.engine.rig import PERP, EngineRig, JournalInTheWay, ScriptedStrategy, buy, in_virtual_time
from tests.engine.venues import Answer, Speech, perpetual

BTC = InstrumentId("v1", PERP)
Lookup = Callable[[InstrumentId], Instrument | None]


async def trade_a_while(rig: EngineRig) -> None:
    """Leave some of everything behind: positions, live and final orders, halts, refusals, a mode."""
    await rig.place(quantity="3")
    await rig.place("sell", "1", "100.5")
    await rig.place(quantity="4", venue="v2")
    await rig.elapse(2)
    await rig.place("sell", "1")
    await rig.place(price="95", quantity="2")
    await rig.place(quantity="500")
    rig.venue.answers.append(Answer.LOSE_ANSWER)
    await rig.place(price="96", venue="v2")
    await rig.place(price="94", venue="v2")
    await rig.execute(SetRiskMode(mode="aggressive"))
    await rig.execute(Pause(reason="lunch"))
    await rig.elapse(40)


async def stopped_dead(rig: EngineRig) -> None:
    await rig.crash()
    if isinstance(rig.journal, InlineJournal):
        await rig.journal.close()


def picture(rig: EngineRig) -> dict[str, object]:
    state = rig.engine.monitoring()
    return {
        "equity": state.global_.equity_usd,
        "pnl": state.global_.today_pnl_usd,
        "trades": state.global_.total_trades,
        "mode": state.global_.risk_mode,
        "halts": [(blocker.cause, blocker.level, blocker.since_ns, blocker.who) for blocker in state.risk.blockers],
        "positions": {str(held.instrument_id): (held.quantity, held.realised) for held in rig.fold.ledger.positions()},
        "orders": sorted((o.intent.client_order_id, o.status, o.filled_quantity) for o in rig.fold.orders.live()),
    }


def test_after_a_crash_positions_orders_profit_and_halts_are_the_same(tmp_path: Path):
    async def work(loop: VirtualLoop) -> None:
        path = tmp_path / "journal.sqlite"
        rig = await EngineRig(loop, ["v1", "v2"], journal=InlineJournal(path)).start()
        await trade_a_while(rig)
        before = picture(rig)
        await stopped_dead(rig)
        again = EngineRig(loop, ["v1", "v2"], journal=InlineJournal(path), world=rig)
        await again.start(warm_up_s=1)
        assert picture(again) == before
        assert again.agrees_with_venues()
        assert again.facts(PositionAdopted) == []
        assert before["mode"] == RiskMode.AGGRESSIVE

    in_virtual_time(work)


def test_a_snapshot_in_the_form_of_another_version_costs_time_and_nothing_else(tmp_path: Path):
    async def work(loop: VirtualLoop) -> None:
        path = tmp_path / "journal.sqlite"
        rig = await EngineRig(loop, ["v1", "v2"], journal=InlineJournal(path)).start()
        await trade_a_while(rig)
        before = picture(rig)
        await rig.journal.save_snapshot(b'{"orders": {}, "of": "another version"}')
        await stopped_dead(rig)
        again = EngineRig(loop, ["v1", "v2"], journal=InlineJournal(path), world=rig)
        await again.start(warm_up_s=1)
        assert picture(again) == before
        assert again.agrees_with_venues()

    in_virtual_time(work)


def test_ids_of_one_run_are_never_used_by_the_next(tmp_path: Path):
    async def work(loop: VirtualLoop) -> None:
        seen: list[str] = []
        world: EngineRig | None = None
        for _ in range(3):
            rig = EngineRig(loop, journal=InlineJournal(tmp_path / "journal.sqlite"), world=world)
            await rig.start()
            seen += [str((await rig.place(price=price)).data["client_order_id"]) for price in ("95", "96")]
            await stopped_dead(rig)
            world = rig
        assert len(set(seen)) == len(seen) == 6

    in_virtual_time(work)


def test_fills_while_the_engine_was_down_are_booked_as_fills(tmp_path: Path):
    async def work(loop: VirtualLoop) -> None:
        path = tmp_path / "journal.sqlite"
        rig = await EngineRig(loop, journal=InlineJournal(path)).start()
        order_id = str((await rig.place(price="95", quantity="2")).data["client_order_id"])
        await stopped_dead(rig)
        rig.venue.execute(order_id)
        await rig.elapse(7_200)
        again = EngineRig(loop, journal=InlineJournal(path), world=rig)
        await again.start(warm_up_s=1)
        assert (again.status(order_id), again.position()) == (OrderStatus.FILLED, Decimal(2))
        assert again.facts(PositionAdopted) == []
        assert again.agrees_with_venues()

    in_virtual_time(work)


@pytest.mark.parametrize("arrived", [True, False])
def test_order_whose_answer_the_crash_swallowed_is_found_or_given_up_and_never_sent_again(
    tmp_path: Path, arrived: bool
):
    async def work(loop: VirtualLoop) -> None:
        path = tmp_path / "journal.sqlite"
        rig = await EngineRig(loop, journal=InlineJournal(path)).start()
        rig.venue.answers.append(Answer.LOSE_ANSWER if arrived else Answer.LOSE_REQUEST)
        rig.venue.speech = Speech.NOTHING
        loop.create_task(rig.place(price="95"))
        await rig.elapse(1)
        (order,) = rig.fold.orders.live()
        order_id = order.intent.client_order_id
        assert order.status is OrderStatus.INTENDED
        await stopped_dead(rig)
        again = EngineRig(loop, journal=InlineJournal(path), world=rig)
        await again.start(warm_up_s=1)
        assert again.status(order_id) is (OrderStatus.OPEN if arrived else OrderStatus.IN_DOUBT)
        await again.elapse(20)
        assert again.status(order_id) is (OrderStatus.OPEN if arrived else OrderStatus.REJECTED)
        assert len(again.venue.submitted) == 1
        assert again.agrees_with_venues()

    in_virtual_time(work)


def test_order_that_was_intended_and_never_sent_dies_after_a_restart(tmp_path: Path):
    async def work(loop: VirtualLoop) -> None:
        inner = InlineJournal()
        journal = JournalInTheWay(inner)
        rig = await EngineRig(loop, journal=journal).start()
        journal.hold()
        loop.create_task(rig.place(price="95"))
        await rig.settle()
        await rig.crash()
        journal.write_what_is_held()  # on disk, and nobody was told
        again = EngineRig(loop, journal=inner, world=rig)
        await again.start(warm_up_s=25)
        assert again.fold.orders.live_count == 0
        assert again.venue.submitted == []

    in_virtual_time(work)


def test_a_kill_survives_the_crash_and_goes_on_flattening(tmp_path: Path):
    async def work(loop: VirtualLoop) -> None:
        path = tmp_path / "journal.sqlite"
        rig = await EngineRig(loop, journal=InlineJournal(path)).start()
        await rig.place(quantity="3")
        await rig.elapse(2)
        rig.feed.invalidate(PERP)
        await rig.execute(Kill(flatten=True))
        await stopped_dead(rig)
        again = EngineRig(loop, journal=InlineJournal(path), world=rig)
        await again.start(warm_up_s=5)
        assert again.position() == 0
        assert (await again.place()).outcome is Outcome.REFUSED

    in_virtual_time(work)


def test_flattening_goes_on_only_with_the_position_that_the_venue_has_by_now(tmp_path: Path):
    async def work(loop: VirtualLoop) -> None:
        path = tmp_path / "journal.sqlite"
        rig = await EngineRig(loop, journal=InlineJournal(path)).start()
        await rig.place(quantity="3")
        await rig.elapse(2)
        rig.feed.invalidate(PERP)
        await rig.execute(Kill(flatten=True))
        await stopped_dead(rig)
        rig.venue.positions[PERP] = Decimal(1)  # somebody closed a part by hand
        rig.venue.account_fails = True
        sent = len(rig.venue.submitted)
        again = await EngineRig(loop, journal=InlineJournal(path), world=rig).start()
        assert rig.venue.submitted[sent:] == []
        assert again.log().count("its account has not been compared with the journal") == 1
        rig.venue.account_fails = False
        await again.elapse(5)
        assert [intent.quantity for intent in rig.venue.submitted[sent:]] == [1]
        assert again.position() == 0

    in_virtual_time(work)


def test_a_strategy_finds_its_position_and_orders_again(tmp_path: Path):
    async def work(loop: VirtualLoop) -> None:
        def trade(ctx: object, *_: object) -> None:
            if strategy.ctx is not None and strategy.ctx.position(BTC) == 0:
                strategy.ctx.submit(buy(BTC, "2"))
                strategy.ctx.submit(buy(BTC, price="95"))

        path = tmp_path / "journal.sqlite"
        strategy = ScriptedStrategy("s", BTC, trade=trade)
        rig = await EngineRig(loop, journal=InlineJournal(path)).start(strategy)
        rig.feed.trade(PERP, "100", 1)
        await rig.settle()
        await stopped_dead(rig)
        reborn = ScriptedStrategy("s", BTC)
        again = EngineRig(loop, journal=InlineJournal(path), world=rig)
        await again.start(reborn, warm_up_s=1)
        assert reborn.ctx is not None
        assert reborn.ctx.position(BTC) == 2
        assert reborn.ctx.entry_price(BTC) == Decimal("100.1")
        (order,) = reborn.ctx.open_orders(BTC)
        again.venue.execute(order.intent.client_order_id)
        await again.settle()
        assert [fill.quantity for fill in reborn.fills] == [1]
        assert reborn.ctx.position(BTC) == 3

    in_virtual_time(work)


def test_the_newest_fills_are_shown_again_after_a_restart(tmp_path: Path):
    async def work(loop: VirtualLoop) -> None:
        path = tmp_path / "journal.sqlite"
        rig = await EngineRig(loop, journal=InlineJournal(path)).start()
        await rig.place(quantity="2")
        await rig.elapse(120)  # past the next snapshot
        shown = rig.engine.desk(DeskRequest()).fills
        await stopped_dead(rig)
        again = EngineRig(loop, journal=InlineJournal(path), world=rig)
        await again.start(warm_up_s=1)
        assert len(shown) == 1
        assert again.engine.desk(DeskRequest()).fills == shown

    in_virtual_time(work)


# the fold ------------------------------------------------------------------------------------------------


def folded(rows: list[JournalRow], lookup: Lookup, before: bytes | None = None) -> EngineFold:
    fold = EngineFold(lookup, RiskMode.BALANCED, Rulebook(JobLimits(), RiskLimits()))
    if before is not None:
        fold.restore(before)
    for row in rows:
        fold.apply(row.fact)
    return fold


def contract(instrument_id: InstrumentId) -> Instrument:
    return perpetual(*instrument_id)


async def rows_of_a_while(loop: VirtualLoop) -> tuple[EngineRig, list[JournalRow]]:
    rig = EngineRig(loop, ["v1", "v2"])
    rig.venue.place_foreign("theirs", PERP, Side.BUY, "1", "97")
    await rig.start()
    await trade_a_while(rig)
    rig.venue.execute("theirs")
    payment = FundingPayment("p1", BTC, Decimal("-0.25"), 0.0001, rig.clock.utc_ns())
    rig.engine.funding_payment(payment)
    rig.engine.funding_payment(payment)
    await rig.settle()
    return rig, list(rig.journal.rows(0))


def test_any_prefix_restored_from_its_snapshot_and_continued_is_the_full_fold():
    async def work(loop: VirtualLoop) -> None:
        rig, rows = await rows_of_a_while(loop)
        whole = folded(rows, contract).to_bytes()
        assert whole == rig.fold.to_bytes()
        for cut in range(len(rows) + 1):
            prefix = folded(rows[:cut], contract).to_bytes()
            assert folded(rows[cut:], contract, prefix).to_bytes() == whole

    in_virtual_time(work)


def test_snapshot_and_tail_is_the_full_fold_when_rules_become_known_only_afterwards():
    async def work(loop: VirtualLoop) -> None:
        rig, rows = await rows_of_a_while(loop)
        whole = rig.fold.to_bytes()
        for cut in (0, len(rows) // 3, len(rows)):
            known: dict[InstrumentId, Instrument] = {}
            prefix = folded(rows[:cut], contract).to_bytes()
            late = folded(rows[cut:], known.get, prefix if cut else None)
            for venue in ("v2", "v1"):  # not in the order in which they traded
                known[InstrumentId(venue, PERP)] = perpetual(venue)
                late.ledger.instrument_known(InstrumentId(venue, PERP))
            assert late.to_bytes() == whole

    in_virtual_time(work)


def test_the_same_payment_and_fill_told_again_change_nothing():
    async def work(loop: VirtualLoop) -> None:
        rig, rows = await rows_of_a_while(loop)
        again: list[AnyFact] = [row.fact for row in rows if isinstance(row.fact, OrderFilled | FundingBooked)]
        before = picture(rig)
        for fact in again:
            rig.engine.parts.recorder.record(fact)
        assert picture(rig) == before

    in_virtual_time(work)


def test_a_damaged_journal_refuses_to_start(tmp_path: Path):
    async def work(loop: VirtualLoop) -> None:
        path = tmp_path / "journal.sqlite"
        rig = await EngineRig(loop, journal=InlineJournal(path)).start()
        await rig.place()
        await stopped_dead(rig)
        with sqlite3.connect(path) as database:
            database.execute("UPDATE rows SET body = replace(body, '100.1', '100.2')")
        database.close()
        with pytest.raises(JournalError, match=r"journal\.sqlite"):
            EngineRig(loop, journal=InlineJournal(path), world=rig)

    in_virtual_time(work)


@pytest.mark.parametrize("with_snapshot", [True, False])
def test_a_configuration_changed_after_the_first_start_changes_no_risk_mode(with_snapshot: bool):
    """Else a restart that passes the snapshot over, as after an update, would trade at another risk than before."""

    async def work(loop: VirtualLoop) -> None:
        careful = EngineSettings(version="0", risk_mode=RiskMode.CONSERVATIVE)
        rig = await EngineRig(loop, settings=careful).start()
        if with_snapshot:
            rig.engine.parts.recorder.save_snapshot()
        await rig.crash()
        bold = EngineRig(loop, world=rig, settings=EngineSettings(version="1", risk_mode=RiskMode.AGGRESSIVE))
        assert (rig.journal.load_snapshot() is not None) is with_snapshot
        assert bold.fold.risk_mode is bold.fold.risk_hub.mode is RiskMode.CONSERVATIVE

    in_virtual_time(work)


def total_pnl(rig: EngineRig) -> Decimal | None:
    return rig.engine.parts.views.valuation().total_pnl_usd


def symbols(*names: str) -> tuple[str, list[Instrument]]:
    return "v1", [perpetual("v1", name) for name in names]


def test_a_flat_symbol_that_is_no_longer_configured_keeps_nothing_from_trading(tmp_path: Path):
    async def work(loop: VirtualLoop) -> None:
        journal = InlineJournal(tmp_path / "journal.sqlite")
        rig = await EngineRig(loop, [symbols(PERP, "ETH/USDT:USDT")], journal=journal).start()
        await rig.place(symbol="ETH/USDT:USDT", quantity="2")
        await rig.settle()
        await rig.place("sell", symbol="ETH/USDT:USDT", quantity="2")
        await rig.elapse(1)
        earned = total_pnl(rig)
        assert earned is not None
        assert earned < 0  # the spread, twice, and fees
        await rig.crash()
        again = await EngineRig(loop, [symbols(PERP)], journal=journal, world=rig).start()
        assert (total_pnl(again), again.engine.monitoring().global_.equity_usd) == (earned, rig.venue.cash)
        await again.place(quantity="1")
        await again.settle()
        assert again.position() == 1

    in_virtual_time(work)


def test_a_position_in_a_symbol_that_is_no_longer_configured_leaves_equity_unknown(tmp_path: Path):
    async def work(loop: VirtualLoop) -> None:
        journal = InlineJournal(tmp_path / "journal.sqlite")
        rig = await EngineRig(loop, [symbols(PERP, "ETH/USDT:USDT")], journal=journal).start()
        await rig.place(symbol="ETH/USDT:USDT", quantity="2")
        await rig.settle()
        await rig.crash()
        again = await EngineRig(loop, [symbols(PERP)], journal=journal, world=rig).start()
        assert again.engine.monitoring().global_.equity_usd is None
        refused = await again.place(quantity="1")
        assert refused.outcome is Outcome.REFUSED
        assert "no equity" in refused.message

    in_virtual_time(work)


def test_rules_are_noted_once_and_again_when_what_money_is_counted_by_changes(tmp_path: Path):
    async def work(loop: VirtualLoop) -> None:
        journal = InlineJournal(tmp_path / "journal.sqlite")
        rig = await EngineRig(loop, journal=journal).start()
        await rig.place(quantity="2")
        await rig.place(quantity="1")
        await rig.settle()
        assert [fact.instrument.contract_size for fact in rig.facts(InstrumentNoted)] == [1]
        await rig.place("sell", quantity="3")
        await rig.elapse(1)
        before = rig.fold.ledger.position(BTC).realised
        await rig.crash()
        again = await EngineRig(
            loop, [("v1", [perpetual("v1", contract_size=Decimal(10))])], journal=journal, world=rig
        ).start()
        assert again.fold.ledger.position(BTC).realised == before  # by the rules of then, whatever they are now

    in_virtual_time(work)
