"""Paper trading over a real book object: what it takes, what it refuses, what it remembers."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path

import numpy as np

from adapters.paper.config import PaperConfig
from adapters.paper.execution import PaperExecution
from adapters.paper.market_tee import MarketTee
from adapters.sim.instruments import listings
from adapters.venue_desk.settings import Latency
from adapters.venue_store.store import MEMORY, VenueStore
from core.io.virtual_loop import VirtualClock, VirtualLoop
from core.ports.venue import SendOutcome
from core.types.market import FundingRate, MarkPrice, Trade
from core.types.order import Liquidity, Side, TimeInForce
from tests.adapters.sim_rig import Records, Trader, in_virtual_time

ACCEPTED, REJECTED = SendOutcome.ACCEPTED, SendOutcome.REJECTED
PERP = "BTC/USDT:USDT"
INSTRUMENT = next(item.instrument for item in listings(28_800)["sim-a"] if item.instrument.symbol == PERP)
Table = dict[int, int]


class PaperRig:
    """A paper venue behind a tee, and hands to write the book with."""

    def __init__(self, loop: VirtualLoop, store: VenueStore) -> None:
        self.clock = VirtualClock(loop)
        self.records = Records()
        latency = Latency(entry_ns=10_000_000, entry_jitter_ns=0, response_ns=5_000_000, response_jitter_ns=0)
        config = PaperConfig(starting_cash={"USDT": Decimal(100_000)}, latency=latency)
        self.paper = PaperExecution("sim-a", store, self.clock, config)
        self.tee = MarketTee(self.records, {"sim-a": self.paper})
        self.book = self.tee.add_instrument(INSTRUMENT)
        self.trader = Trader(self.paper)
        self.sequence = 0

    def show(self, bids: Table, asks: Table) -> None:
        self.sequence += 1
        now_ns = self.clock.utc_ns()
        columns = (list(bids), list(bids.values()), list(asks), list(asks.values()))
        self.book.apply_snapshot(
            *(np.array(column, dtype=np.int64) for column in columns),
            sequence=self.sequence,
            venue_ns=now_ns,
            received_ns=now_ns,
        )
        self.tee.book_changed(INSTRUMENT.id)

    def print_trade(self, ticks: int, lots: int, aggressor: Side) -> None:
        now_ns = self.clock.utc_ns()
        self.tee.trade(Trade(INSTRUMENT.id, self.sequence, ticks, lots, aggressor is Side.SELL, now_ns, now_ns))


def with_paper(work: Callable[[PaperRig], Awaitable[None]], store: VenueStore | None = None) -> None:
    async def run(loop: VirtualLoop) -> None:
        rig = PaperRig(loop, store or VenueStore(MEMORY))
        await rig.paper.start(rig.records)
        await work(rig)
        await rig.paper.stop()

    in_virtual_time(run)


def test_a_taker_meets_the_book_as_it_is_when_the_order_arrives_not_when_it_was_sent() -> None:
    async def buy(rig: PaperRig) -> None:
        rig.show({60_000: 500}, {60_001: 100, 60_002: 900})
        sending = asyncio.ensure_future(rig.trader.send(PERP, Side.BUY, "0.3"))
        await asyncio.sleep(0.005)
        rig.show({60_004: 500}, {60_005: 100, 60_006: 900})
        assert (await sending).outcome is ACCEPTED
        await asyncio.sleep(0.01)
        fills = [(fill.price, fill.quantity, fill.liquidity) for fill in rig.records.fills]
        taker = Liquidity.TAKER
        assert fills == [(Decimal(60_005), Decimal("0.1"), taker), (Decimal(60_006), Decimal("0.2"), taker)]
        assert rig.records.fills[0].fee == Decimal(60_005) * Decimal("0.1") * Decimal("0.0005")
        assert rig.records.statuses_of("o1")[-1] == "filled"

    with_paper(buy)


def test_an_invalid_or_stale_book_takes_no_orders() -> None:
    async def refuse(rig: PaperRig) -> None:
        first = await rig.trader.send(PERP, Side.BUY, "0.1")
        assert first.outcome is REJECTED
        assert first.reason == "book invalid: no snapshot yet"
        rig.show({60_000: 500}, {60_001: 500})
        await asyncio.sleep(3)
        stale = await rig.trader.send(PERP, Side.BUY, "0.1", 60_000)
        assert stale.outcome is REJECTED
        assert stale.reason.startswith("book stale")
        rig.show({60_000: 500}, {60_001: 500})
        rig.book.invalidate("sequence gap", rig.clock.utc_ns())
        gap = await rig.trader.send(PERP, Side.BUY, "0.1")
        assert gap.reason == "book invalid: sequence gap"
        assert not rig.records.reports

    with_paper(refuse)


def test_a_resting_order_waits_its_turn_and_pays_the_maker_fee() -> None:
    async def rest(rig: PaperRig) -> None:
        rig.show({60_000: 500}, {60_001: 500})
        assert (await rig.trader.send(PERP, Side.BUY, "0.1", 60_000, post_only=True)).outcome is ACCEPTED
        rig.print_trade(60_000, 450, Side.SELL)
        await asyncio.sleep(0.02)
        assert not rig.records.fills
        rig.print_trade(60_000, 90, Side.SELL)
        await asyncio.sleep(0.02)
        (fill,) = rig.records.fills
        assert (fill.quantity, fill.liquidity) == (Decimal("0.04"), Liquidity.MAKER)
        assert fill.fee == Decimal(60_000) * Decimal("0.04") * Decimal("0.0002")
        assert rig.records.statuses_of("o1") == ["open", "partially_filled"]
        rig.print_trade(59_990, 1, Side.SELL)
        await asyncio.sleep(0.02)
        assert rig.records.statuses_of("o1")[-1] == "filled"

    with_paper(rest)


def test_nothing_fills_while_the_book_is_invalid_and_the_next_valid_one_decides() -> None:
    async def gap(rig: PaperRig) -> None:
        rig.show({60_000: 500}, {60_001: 500})
        await rig.trader.send(PERP, Side.BUY, "0.1", 60_000)
        rig.book.invalidate("sequence gap", rig.clock.utc_ns())
        rig.tee.book_changed(INSTRUMENT.id)
        rig.print_trade(59_000, 900, Side.SELL)
        await asyncio.sleep(0.05)
        assert not rig.records.fills
        rig.show({58_990: 10}, {58_991: 500})
        await asyncio.sleep(0.05)
        assert [(fill.price, fill.quantity) for fill in rig.records.fills] == [(Decimal(60_000), Decimal("0.1"))]

    with_paper(gap)


def test_the_same_displayed_size_is_not_sold_twice() -> None:
    async def take(rig: PaperRig) -> None:
        rig.show({60_000: 500}, {60_001: 100})
        for _ in range(2):
            await rig.trader.send(PERP, Side.BUY, "0.08", 60_001, time_in_force=TimeInForce.IOC)
        await asyncio.sleep(0.02)
        assert sum(fill.quantity for fill in rig.records.fills) == Decimal("0.1")
        assert rig.records.statuses_of("o2")[-1] == "cancelled"

    with_paper(take)


def test_own_orders_never_meet_on_paper() -> None:
    async def cross(rig: PaperRig) -> None:
        rig.show({60_000: 500}, {60_010: 500})
        await rig.trader.send(PERP, Side.BUY, "0.1", 60_005)
        await rig.trader.send(PERP, Side.SELL, "0.1", 60_005)
        await asyncio.sleep(0.02)
        assert rig.records.statuses_of("o2") == ["open", "rejected"]
        assert rig.records.statuses_of("o1") == ["open"]

    with_paper(cross)


def test_a_reduce_only_order_never_turns_the_position() -> None:
    async def close(rig: PaperRig) -> None:
        rig.show({60_000: 900}, {60_001: 900})
        await rig.trader.send(PERP, Side.BUY, "0.2")
        await rig.trader.send(PERP, Side.SELL, "0.2", 60_050, reduce_only=True)
        await rig.trader.send(PERP, Side.SELL, "0.5", reduce_only=True)
        await asyncio.sleep(0.02)
        report = await rig.paper.account(0)
        assert (report.positions, report.open_orders) == ((), ())
        assert rig.records.statuses_of("o2")[-1] == "cancelled"

    with_paper(close)


def test_funding_is_paid_once_when_the_feed_turns_to_the_next_interval() -> None:
    async def hold(rig: PaperRig) -> None:
        rig.show({60_000: 900}, {60_001: 900})
        await rig.trader.send(PERP, Side.SELL, "0.5")
        rig.tee.mark_price(MarkPrice(INSTRUMENT.id, 60_000.0, None, 1))
        for rate, next_ns in ((0.0001, 1_000), (0.0002, 1_000), (0.0009, 2_000), (0.0009, 2_000)):
            rig.tee.funding_rate(FundingRate(INSTRUMENT.id, rate, 28_800, next_ns, 1))
        await asyncio.sleep(0.02)
        assert [payment.amount for payment in rig.records.payments] == [Decimal(6)]

    with_paper(hold)


def test_after_a_crash_orders_rejoin_at_the_back_once_their_book_is_valid(tmp_path: Path) -> None:
    path = tmp_path / "venues.sqlite"

    async def rest(rig: PaperRig) -> None:
        rig.show({60_000: 0}, {60_001: 500})
        await rig.trader.send(PERP, Side.BUY, "0.1", 60_000)

    async def rejoin(rig: PaperRig) -> None:
        report = await rig.paper.account(0)
        assert [order.intent.client_order_id for order in report.open_orders] == ["o1"]
        rig.print_trade(59_000, 10, Side.SELL)
        rig.show({60_000: 300}, {60_001: 500})
        rig.print_trade(60_000, 300, Side.SELL)
        await asyncio.sleep(0.02)
        assert not rig.records.fills
        rig.print_trade(60_000, 40, Side.SELL)
        await asyncio.sleep(0.02)
        assert [fill.quantity for fill in rig.records.fills] == [Decimal("0.04")]
        assert (await rig.paper.cancel("o1", PERP)).outcome is ACCEPTED
        assert (await rig.paper.account(0)).open_orders == ()

    with_paper(rest, VenueStore(path))
    with_paper(rejoin, VenueStore(path))


def test_the_tee_passes_everything_on_and_leaves_other_venues_alone() -> None:
    async def tee(rig: PaperRig) -> None:
        rig.show({60_000: 1}, {60_001: 1})
        rig.print_trade(60_000, 1, Side.SELL)
        other = next(item.instrument for item in listings(28_800)["sim-b"] if item.instrument.symbol == PERP)
        rig.tee.add_instrument(other)
        rig.tee.book_changed(other.id)
        assert rig.records.changes == {INSTRUMENT.id: 1, other.id: 1}
        assert len(rig.records.trades) == 1
        assert "unknown instrument" in (await rig.trader.send("ETH/USDT", Side.BUY, "1")).reason

    with_paper(tee)
