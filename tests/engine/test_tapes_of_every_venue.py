"""What others trade with us and among themselves, from each venue's own protocol to the painted console."""

import asyncio
import re
from collections.abc import Callable
from decimal import Decimal
from importlib import import_module
from pathlib import Path

import msgspec
import pytest
from textual.pilot import Pilot

from adapters.ccxt_exchange.from_config import exchange_settings
from adapters.ccxt_exchange.settings import ExchangeSettings
from core.config.venues import CcxtVenueConfig
from tests.console.driving import MEDIUM, shown
from tests.engine.more_venue_worlds import MORE_WORLDS
from tests.engine.test_every_venue import Desk, play
from tests.engine.venue_worlds import WORLDS
from tests.venues.news import LIMIT_S
from tui.console.app import ConsoleApp
from tui.console.exit_choice import ExitChoice
from tui.hosted import HostedLink
from tui.present import numbers

BESIDE_WORDS = re.compile("([▲▼•│║┃])")  # marks and frames
EVERY_WORLD = {**WORLDS, **MORE_WORLDS}
# the others number fills unlike public trades, or do not say that they number both alike
TELLS_WHICH_ARE_OURS = {"okx", "binance", "binanceusdm", "hyperliquid"}


class Watcher:
    """A console on an engine of this process, looked at as a person does."""

    def __init__(self, app: ConsoleApp, pilot: Pilot[ExitChoice]) -> None:
        self._app, self._pilot = app, pilot

    async def until(self, pane: str, is_shown: Callable[[set[str]], bool]) -> str:
        """Draw until one line of a pane shows it; return that line. A line is given as its words."""
        async with asyncio.timeout(LIMIT_S):
            while True:
                await self._app.draw_frame()
                self._app.repaint()
                await self._pilot.pause()
                for line in shown(self._app.area.panes[pane]).split("\n"):
                    if is_shown(set(BESIDE_WORDS.sub(r" \1 ", line).split())):
                        return line

    async def until_words(self, pane: str, *words: str) -> str:
        return await self.until(pane, lambda found: found.issuperset(words))


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let ccxt send as fast as it is asked to: its pauses would be most of what is waited for here."""

    def in_haste(name: str, venue: CcxtVenueConfig) -> ExchangeSettings:
        return msgspec.structs.replace(exchange_settings(name, venue), rate_limit_share=Decimal(100))

    monkeypatch.setattr("tui.compose.kinds.ccxt_exchange.exchange_settings", in_haste)


@pytest.mark.parametrize(
    "name",
    # ccxt takes seconds to import: once is enough
    [pytest.param(name, marks=pytest.mark.xdist_group("ccxt") if name == "ccxt" else ()) for name in EVERY_WORLD],
)
def test_the_console_shows_what_both_sides_traded(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(desk: Desk) -> None:
        world, prices, link = desk.world, desk.world.prices, HostedLink(desk.process.access, desk.clock)
        tick, lot = desk.book.tick_size, desk.book.lot_size

        def price(text: str) -> str:
            return numbers.grid_price(int(Decimal(text) / tick), tick)

        def size(text: str) -> str:
            return numbers.grid_quantity(int(Decimal(text) / lot), lot)

        app = ConsoleApp(link, clock=desk.clock, who="console:test", native_colours=True)
        async with app.run_test(size=MEDIUM) as pilot:
            watcher = Watcher(app, pilot)
            await pilot.press("2")
            await desk.place(prices.quantity, prices.rests)
            await desk.until(lambda: len(desk.resting) == 1)
            await world.somebody_sells(prices.rests, prices.sold)
            await watcher.until_words("tape", "▼", price(prices.rests), size(prices.sold))
            await watcher.until_words("fills", "▲", "buy", price(prices.rests), prices.sold)
            await world.somebody_buys(prices.ask, prices.taken)
            theirs = await watcher.until_words("tape", "▲", price(prices.ask), size(prices.taken))
            ours = await watcher.until_words("tape", "▼", price(prices.rests), size(prices.sold))
            assert ("•" in ours, "•" in theirs) == (name in TELLS_WHICH_ARE_OURS, False)

    if name == "ccxt":
        import_module(
            "ccxt.pro"
        )  # takes seconds, in which an engine that runs reads no book: it would distrust the clock
    play(EVERY_WORLD[name], tmp_path, monkeypatch, scenario)
