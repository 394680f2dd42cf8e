"""The simulated market: full books, the same for the same seed, untouched in its draws by own orders."""

import asyncio
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from adapters.sim.bar_history import SimHistory
from adapters.sim.config import SimConfig
from adapters.venue_desk.settings import Faults
from adapters.venue_store.store import VenueStore
from core.bars.timeframe import Timeframe
from core.book.book import BookState
from core.types.instrument import InstrumentId
from core.types.market import FeedState
from core.types.order import Side
from tests.adapters.sim_rig import START_NS, Rig, only, with_rig

ROOT = Path(__file__).parents[2]
HOUR_S = 3_600


def test_the_same_seed_gives_the_same_market_in_processes_with_other_hash_seeds() -> None:
    def digest(hash_seed: str, seed: str) -> str:
        command = [sys.executable, "-m", "tests.adapters.market_digest", seed, "20"]
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        return subprocess.run(
            command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True, timeout=120
        ).stdout.strip()

    first = digest("1", "5")
    assert len(first) == 64
    assert digest("4242", "5") == first
    assert digest("1", "6") != first


def test_books_are_full_at_the_first_look_and_trading_starts_at_once() -> None:
    async def look(rig: Rig) -> None:
        assert len(rig.records.books) == 14
        for book in rig.records.books.values():
            bid_ticks, _, ask_ticks, _ = book.top(25)
            assert book.state is BookState.VALID
            assert len(bid_ticks) == len(ask_ticks) == 25
        await asyncio.sleep(3)
        trading = {trade.instrument_id.venue for trade in rig.records.trades}
        assert {"sim-a", "sim-b"} <= trading

    with_rig(SimConfig(seed=3), look)


def test_books_stay_full_and_uncrossed_for_hours() -> None:
    async def watch(rig: Rig) -> None:
        spreads: list[int] = []
        thin = 0

        def check(instrument_id: InstrumentId) -> None:
            nonlocal thin
            book = rig.records.books[instrument_id]
            bid, ask = book.best_bid(), book.best_ask()
            assert bid is not None
            assert ask is not None
            spreads.append(ask[0] - bid[0])
            if len(spreads) % 50 == 0:
                bid_ticks, _, ask_ticks, _ = book.top(20)
                thin += len(bid_ticks) < 20 or len(ask_ticks) < 20

        rig.records.on_change = check
        await asyncio.sleep(2 * HOUR_S)
        assert len(spreads) > 60_000
        assert min(spreads) >= 1
        assert sorted(spreads)[len(spreads) // 2] <= 3
        assert sorted(spreads)[len(spreads) * 99 // 100] <= 12
        assert thin == 0

    with_rig(only("sim-a", "BTC/USDT:USDT", step_ns=100_000_000), watch)


def test_the_feed_shows_exactly_the_market_it_comes_from() -> None:
    async def compare(rig: Rig) -> None:
        await asyncio.sleep(30)
        sim_book = rig.market.book(InstrumentId("sim-a", "ETH/USDT"))
        # Half a step later everything of the last step has arrived and nothing new has happened.
        await asyncio.sleep(0.025)
        book = rig.book("sim-a", "ETH/USDT")
        snapshot = sim_book.snapshot()
        got = book.top(1_000)
        assert [column.tolist() for column in got] == [column.tolist() for column in snapshot[:4]]
        assert book.sequence == snapshot.sequence

    with_rig(only("sim-a", "ETH/USDT"), compare)


def test_own_orders_do_not_change_what_the_crowd_draws() -> None:
    async def run(rig: Rig, *, trades: bool) -> tuple[object, float]:
        if trades:
            trader = rig.trader("sim-a")
            for _ in range(5):
                assert (await trader.send("BTC/USDT", Side.BUY, "0.2")).outcome == "accepted"
                assert (await trader.send("BTC/USDT", Side.SELL, "0.2")).outcome == "accepted"
        await asyncio.sleep(START_NS / 1e9 + 10 - rig.clock.utc_ns() / 1e9)
        sim_book = rig.market.book(InstrumentId("sim-a", "BTC/USDT"))
        return sim_book.flow.random_state(), sim_book.local_price

    async def quiet(rig: Rig) -> tuple[object, float]:
        return await run(rig, trades=False)

    async def busy(rig: Rig) -> tuple[object, float]:
        return await run(rig, trades=True)

    config = only("sim-a", "BTC/USDT")
    assert with_rig(config, quiet) == with_rig(config, busy)


def test_a_symbol_moves_the_same_whatever_else_is_listed() -> None:
    async def tape(rig: Rig) -> list:
        await asyncio.sleep(5)
        return [(t.price_ticks, t.quantity_lots) for t in rig.records.trades if t.instrument_id.symbol == "SOL/USDT"]

    alone = with_rig(only("sim-a", "SOL/USDT"), tape)
    assert alone
    assert with_rig(only("sim-a", "SOL/USDT", "BTC/USDT", "ETH/USDT"), tape) == alone


def test_a_closed_stock_market_shows_its_last_book_and_opens_with_the_bell() -> None:
    config = only("sim-x", "NVDA")

    async def before_and_after_the_bell(rig: Rig) -> None:
        assert rig.records.statuses[-1].state is FeedState.CLOSED
        assert rig.book("sim-x", "NVDA").best_bid() is not None
        assert len(rig.market.history(InstrumentId("sim-x", "NVDA"))) == 600
        refused = await rig.trader("sim-x").send("NVDA", Side.BUY, "1")
        assert refused.outcome == "rejected"
        assert "market closed" in refused.reason
        assert not rig.records.trades
        await asyncio.sleep(HOUR_S / 2 + 5)
        assert rig.records.statuses[-1].state is FeedState.UP
        assert rig.records.trades
        assert (await rig.trader("sim-x", "p").send("NVDA", Side.BUY, "1")).outcome == "accepted"

    with_rig(config, before_and_after_the_bell)


def test_a_stock_market_set_always_open_trades_at_night() -> None:
    async def look(rig: Rig) -> None:
        await asyncio.sleep(5)
        assert rig.records.statuses[-1].state is FeedState.UP
        assert rig.records.trades

    with_rig(only("sim-x", "NVDA", stock_always_open=True), look)


def test_a_lost_message_makes_the_book_invalid_until_the_next_snapshot() -> None:
    config = only("sim-a", "BTC/USDT")
    venue = config.venues["sim-a"]
    gappy = type(venue)(starting_cash=venue.starting_cash, faults=Faults(feed_gap=0.01))
    config = only("sim-a", "BTC/USDT", venues={"sim-a": gappy})

    async def watch(rig: Rig) -> None:
        states: list[BookState] = []
        rig.records.on_change = lambda instrument_id: states.append(rig.records.books[instrument_id].state)
        await asyncio.sleep(60)
        changes = [state for state, before in zip(states[1:], states, strict=False) if state is not before]
        assert changes[:2] == [BookState.INVALID, BookState.VALID]
        assert changes.count(BookState.INVALID) >= 3
        if rig.book("sim-a", "BTC/USDT").state is BookState.INVALID:
            await asyncio.sleep(0.6)
        await asyncio.sleep(0.025)
        expected = rig.market.book(InstrumentId("sim-a", "BTC/USDT")).snapshot()
        assert rig.book("sim-a", "BTC/USDT").top(50)[0].tolist() == expected.bid_ticks[:50].tolist()

    with_rig(config, watch)


def test_history_ends_at_the_price_the_market_starts_with() -> None:
    async def look(rig: Rig) -> None:
        bars = rig.market.history(InstrumentId("sim-a", "BTC/USDT"))
        assert len(bars) == 600
        assert {later.open_ns - bar.open_ns for bar, later in pairwise(bars)} == {60_000_000_000}
        assert bars[-1].open_ns + 60_000_000_000 <= START_NS < bars[-1].open_ns + 120_000_000_000
        assert all(bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high for bar in bars)
        assert all(later.open == bar.close for bar, later in pairwise(bars))
        assert all(bar.volume > 0 for bar in bars)
        bid = rig.book("sim-a", "BTC/USDT").best_bid()
        assert bid is not None
        assert abs(bars[-1].close - bid[0]) <= 5
        await asyncio.sleep(90)
        later = rig.market.history(InstrumentId("sim-a", "BTC/USDT"))
        assert later[:600] == bars
        assert [bar.open_ns for bar in later[600:]] == [START_NS, START_NS + 60_000_000_000]
        traded = [t for t in rig.records.trades if t.venue_ns < START_NS + 60_000_000_000]
        assert later[600].volume == sum(trade.quantity_lots for trade in traded)
        assert (later[600].open, later[600].close) == (traded[0].price_ticks, traded[-1].price_ticks)

    with_rig(only("sim-a", "BTC/USDT"), look)


def test_a_restarted_market_goes_on_at_its_last_prices_with_other_draws(tmp_path: Path) -> None:
    store = VenueStore(tmp_path / "venues.sqlite")

    async def end_price(rig: Rig) -> tuple[float, int]:
        await asyncio.sleep(600)
        book = rig.market.book(InstrumentId("sim-a", "BTC/USDT"))
        last_id = rig.records.trades[-1].trade_id
        return book.fair_price * (1 + book.basis_bps / 1e4), last_id

    async def begin_price(rig: Rig) -> tuple[float, int]:
        price = rig.market.book(InstrumentId("sim-a", "BTC/USDT")).local_price
        await asyncio.sleep(5)
        return price, rig.records.trades[0].trade_id

    config = only("sim-a", "BTC/USDT")
    (ended, last_id), (began, first_id) = with_rig(config, end_price, store), with_rig(config, begin_price, store)
    assert began == pytest.approx(ended, rel=1e-8)  # far below one tick
    assert abs(ended / 64_000 - 1) > 1e-6
    assert first_id > last_id


def test_a_long_stall_is_a_pause_and_a_short_one_is_caught_up_in_slices() -> None:
    async def stall(rig: Rig) -> None:
        steps = rig.market.steps
        rig.loop.advance(5.0)
        await asyncio.sleep(0.2)
        assert 100 <= rig.market.steps - steps <= 106
        steps = rig.market.steps
        rig.loop.advance(4 * HOUR_S)
        await asyncio.sleep(0.2)
        assert rig.market.steps - steps <= 10
        assert rig.book("sim-a", "SOL/USDT").state is BookState.VALID

    with_rig(only("sim-a", "SOL/USDT"), stall)


def test_the_engine_gets_closed_bars_of_every_length_from_a_minute_up() -> None:
    async def ask(rig: Rig) -> None:
        await asyncio.sleep(130)
        history = SimHistory(rig.market)
        instrument = rig.book("sim-a", "BTC/USDT").instrument
        minutes = history.bars(instrument, Timeframe.M1, 1_000)
        assert len(minutes) == 602
        assert minutes[-1].close_ns <= rig.clock.utc_ns()
        fives = history.bars(instrument, Timeframe.M5, 3)
        part = [bar for bar in minutes if fives[-1].open_ns <= bar.open_ns < fives[-1].close_ns]
        assert len(part) == 5
        assert fives[-1].high_ticks == max(bar.high_ticks for bar in part)
        assert fives[-1].volume_lots == sum(bar.volume_lots for bar in part)
        assert (fives[-1].open_ticks, fives[-1].close_ticks) == (part[0].open_ticks, part[-1].close_ticks)
        assert len(fives) == 3
        assert history.bars(instrument, Timeframe.S5, 3) == ()

    with_rig(only("sim-a", "BTC/USDT"), ask)
