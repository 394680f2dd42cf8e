"""The whole engine, composed from a configuration, over each venue's own protocol: it books what is true there."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path

import pytest

from core.config.load import load_config
from core.control.commands import CommandResult, Kill, Outcome, PlaceOrder
from core.io.system_clock import SystemClock
from core.ledger.ledger import Cash
from core.paths import Paths
from core.state.desk import BookView, DeskRequest, DeskSnapshot
from core.types.credentials import Credentials
from core.types.instrument import InstrumentId
from core.types.order import OrderStatus
from tests.engine.venue_worlds import WORLDS, World
from tests.venues.news import LIMIT_S
from tui.compose.engine_process import EngineProcess
from tui.compose.start_terms import StartTerms

D = Decimal
STEPS = 7  # of a second, until the market's volatility can be told


class HandClock(SystemClock):
    """The machine's clocks: the day's shifted to where a venue is open, the steady one ahead of its time."""

    def __init__(self, shift_ns: int) -> None:
        self.shift_ns, self.ahead_ns = shift_ns, 0

    def utc_ns(self) -> int:
        return super().utc_ns() + self.shift_ns

    def monotonic_ns(self) -> int:
        return super().monotonic_ns() + self.ahead_ns


class OneKey:
    def __init__(self, key: Credentials | None) -> None:
        self._key = key

    def read(self, venue: str, account: str) -> Credentials | None:
        del venue, account
        return self._key


class Desk:
    """An engine over a world; engines come and go, the world and what the journal holds stay."""

    def __init__(self, world: World, folder: Path, clock: HandClock) -> None:
        self.world, self.clock, self.paths = world, clock, Paths.under(folder)
        self.paths.ensure()
        self.instrument_id = InstrumentId(world.venue, world.symbol)
        self.paths.config_file.write_text('[engine]\nmode = "live"\ntrading_enabled = true\n' + world.config())

    async def start(self) -> None:
        """Start an engine and let it look on until it may take risk."""
        terms = StartTerms(keys=OneKey(self.world.key()), is_confirmed=True)
        self.process = EngineProcess(load_config(self.paths.config_file), self.paths, terms)
        await self.process.start()
        await self.until(lambda: self.is_reconciled and self.is_up)
        for n in range(STEPS):
            await self.second(n)
        assert self.is_fresh

    async def second(self, n: int) -> None:
        """Let a second pass in which the market moves."""
        self.clock.ahead_ns += 1_000_000_000
        book = self.engine.parts.market.books[self.instrument_id]
        before = book.received_ns
        await self.world.beat(n)
        await self.until(lambda: book.received_ns > before)

    async def stop(self) -> None:
        await self.process.stop("a test", cancel_orders=False)

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(LIMIT_S):
            while not condition():  # noqa: ASYNC110 # the engine tells nobody
                await asyncio.sleep(0)

    async def place(self, quantity: str, price: str | None) -> CommandResult:
        kind = "market" if price is None else "limit"
        result = await self.engine.execute(
            PlaceOrder(
                venue=self.world.venue, symbol=self.world.symbol, side="buy", quantity=D(quantity), order_type=kind,
                limit_price=None if price is None else D(price),
            )
        )  # fmt: skip
        await self.world.tell()
        assert result.outcome is Outcome.DONE, result
        return result

    # what is seen ----------------------------------------------------------------------------------------

    @property
    def engine(self):
        return self.process.engine

    @property
    def is_reconciled(self) -> bool:
        return self.engine.monitoring().venues[self.world.venue].reconciled

    @property
    def is_up(self) -> bool:
        return self.engine.monitoring().venues[self.world.venue].feed_state == "up"

    @property
    def is_fresh(self) -> bool:
        return self.engine.parts.market.is_fresh(self.instrument_id)

    @property
    def view(self) -> DeskSnapshot:
        """Return what a console is shown."""
        name = str(self.instrument_id)
        return self.engine.desk(DeskRequest(books=(name,), chart=name))

    @property
    def book(self) -> BookView:
        return self.view.books[str(self.instrument_id)]

    @property
    def printed(self) -> tuple[Decimal | None, Decimal]:
        """Return the last price and the volume that the console has seen of the market's trades."""
        view, book = self.view, self.book
        assert view.chart is not None
        last = None if book.last_ticks is None else book.last_ticks * book.tick_size
        return last, D(str(sum(bar.volume for bar in view.chart.bars))).quantize(book.lot_size)

    @property
    def fills(self) -> list[tuple[str, Decimal, Decimal, Decimal]]:
        oldest_first = reversed(self.view.fills)
        return [(fill.client_order_id, fill.price, fill.quantity, fill.fee) for fill in oldest_first]

    @property
    def resting(self) -> list[str]:
        return [order.intent.client_order_id for order in self.engine.parts.fold.orders.live()]

    @property
    def position(self) -> Decimal:
        return self.engine.parts.fold.ledger.quantity(self.instrument_id)

    @property
    def cash(self) -> Decimal:
        cash: Cash | None = self.engine.parts.fold.ledger.cash_of(self.world.venue, self.world.cash_asset)
        assert cash is not None
        return cash.total

    def agrees(self) -> None:
        """Check that books and venue say the same, to the last digit."""
        truth = self.world.truth()
        assert sorted(self.fills) == sorted(truth.fills)
        assert self.resting == truth.resting
        assert (self.position, self.cash) == (truth.position, truth.cash)
        assert self.engine.parts.fold.orders.quarantine == ()


def play(
    make_world: Callable[[], World],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    scenario: Callable[[Desk], Awaitable[None]],
) -> None:
    async def run() -> None:
        world = make_world()
        world.clock = clock = HandClock(world.shift_ns)
        monkeypatch.setattr("tui.compose.venues.SystemClock", lambda: clock)
        async with world.running(), asyncio.timeout(3 * LIMIT_S):
            desk = Desk(world, folder, clock)
            await desk.start()
            try:
                await scenario(desk)
            finally:
                await desk.stop()

    asyncio.run(run())


async def trade(desk: Desk) -> str:
    """Rest an order, let somebody sell to it, and take from the crowd; return the resting order's id."""
    prices = desk.world.prices
    assert desk.printed == (None, 0)
    rests = str((await desk.place(prices.quantity, prices.rests)).data["client_order_id"])
    await desk.until(lambda: desk.resting == [rests] == desk.world.truth().resting)
    await desk.until(lambda: desk.book.bid_ticks[0] * desk.book.tick_size == D(prices.rests))
    assert [(own.client_order_id, own.price_ticks) for own in desk.book.own] == [(rests, desk.book.bid_ticks[0])]

    await desk.world.somebody_sells(prices.rests, prices.sold)
    await desk.until(lambda: desk.position == D(prices.sold))
    await desk.until(lambda: desk.printed == (D(prices.rests), D(prices.sold)))

    await desk.place(prices.taken, None)
    both = D(prices.sold) + D(prices.taken)
    await desk.until(lambda: desk.position == both)
    await desk.until(lambda: desk.printed == (D(prices.ask), both))
    desk.agrees()
    return rests


@pytest.mark.parametrize("name", WORLDS)
def test_orders_rest_fill_and_are_booked_once_over_cuts_restarts_and_a_kill(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario(desk: Desk) -> None:
        rests, prices = await trade(desk), desk.world.prices

        await desk.world.cut()
        await desk.until(lambda: not desk.is_fresh)
        await desk.world.somebody_sells(prices.rests, prices.taken)
        filled = desk.world.truth().position
        await desk.until(lambda: desk.position == filled and desk.is_fresh)
        desk.agrees()

        await desk.stop()
        await desk.start()
        desk.agrees()
        assert desk.resting == [rests]

        killed = await desk.engine.execute(Kill(reason="a test", who="test"))
        assert killed.outcome is Outcome.DONE, killed
        await desk.until(lambda: desk.resting == [])
        assert desk.world.truth().resting == []
        desk.agrees()

        await desk.stop()
        await desk.start()
        desk.agrees()
        order = desk.engine.parts.fold.orders.get(rests)
        assert order is not None
        assert order.status is OrderStatus.CANCELLED

    play(WORLDS[name], tmp_path, monkeypatch, scenario)
