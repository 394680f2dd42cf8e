"""The watchlist: instruments found by a part of their name, in the trader's order, kept, one key from the ladder."""

from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from core.control.commands import CancelOrders
from core.state.monitoring import MarketState
from tests.console.driving import LARGE, MEDIUM, SMALL, Desk, run_console
from tests.console.fake_link import FakeLink
from tests.console.fake_market import market_state
from tui.console.files import ConsoleFiles
from tui.console.memory import ConsoleMemory, MemoryFile
from tui.console.settings import ConsoleSettings
from tui.present.ink import text_of
from tui.present.symbol_search import SymbolIndex
from tui.present.table import table_lines
from tui.present.watchlist import day_change, spread_bps, watch_table

DAY_NS = 86_400_000_000_000
BTC, ETH = "BTC/USDT@sim-a", "ETH/USDT:USDT@sim-b"
NAMES = [
    f"{base}/{quote}@{venue}" for venue in ("okx", "kraken") for quote in ("USDT", "USD") for base in ("BTC", "ETH")
]


def kept(folder: Path, *watchlist: str) -> ConsoleFiles:
    files = ConsoleFiles(MemoryFile(folder / "console.json"), folder / "exports")
    assert files.memory.save(ConsoleMemory(watchlist=watchlist, desk=3)) == ""
    return files


def state(**more: object) -> MarketState:
    return msgspec.structs.replace(market_state(), **more)


def test_a_word_counts_most_as_the_base_then_at_the_beginning_then_inside() -> None:
    index = SymbolIndex(["WBTC/USDT@okx", "ETHBTC/USDT@okx", "BTCDOM/USDT@okx", "BTC/USDT@okx", "SOL/USDT@okx"])
    assert index.find("btc", 5) == ["BTC/USDT@okx", "BTCDOM/USDT@okx", "WBTC/USDT@okx", "ETHBTC/USDT@okx"]


@pytest.mark.parametrize("typed", ["eth kraken usdt", "kraken ethusdt", "ETH/USDT  Kraken", "eth/usdt@kraken"])
def test_words_come_in_any_order_and_spelling(typed: str) -> None:
    assert SymbolIndex(NAMES).find(typed, 1) == ["ETH/USDT@kraken"]


def test_letters_may_be_left_out_where_no_name_has_them_beside_each_other() -> None:
    assert SymbolIndex(NAMES).find("btsd", 1) == ["BTC/USDT@okx"]
    assert SymbolIndex(NAMES).find("zzz", 5) == []


def test_without_a_word_the_first_instruments_show_in_the_engines_order() -> None:
    assert SymbolIndex(NAMES).find("  ", 3) == NAMES[:3]


def test_among_many_thousands_the_wanted_one_is_first() -> None:
    many = [f"{chr(65 + n % 26)}{n}X/USDT@venue-{n % 7}" for n in range(30_000)]
    index = SymbolIndex([*many, "BTC/USDT:USDT@okx"])
    assert index.find("btc", 9)[0] == "BTC/USDT:USDT@okx"
    assert len(index.find("u", 9)) == 9


def test_the_change_of_the_day_counts_from_its_first_price() -> None:
    change = day_change(state(bid=Decimal(101), ask=Decimal(103), day_price=Decimal(100), day_price_ns=5 * DAY_NS))
    assert change is not None
    assert (change.percent, change.is_whole) == (Decimal(2), True)


def test_a_day_whose_beginning_nobody_saw_is_marked() -> None:
    later = state(day_price=Decimal(60_000), day_price_ns=5 * DAY_NS + 3_600_000_000_000)
    change = day_change(later)
    assert change is not None
    assert not change.is_whole
    table = watch_table(["BTC@x"], {"x": {"BTC": later}}, 0.0)
    assert table.rows[0].cells[6].text.endswith("%*")


def test_what_is_unknown_is_not_shown_as_a_number() -> None:
    empty = state(last=None, bid=None, ask=None, spread=None, age_s=None, validity="syncing")
    cells = watch_table(["BTC@x"], {"x": {"BTC": empty}}, 0.0).rows[0].cells
    assert [cell.text for cell in cells[2:]] == ["—", "—", "—", "—", "—", "syncing"]
    assert day_change(empty) is None
    assert spread_bps(empty) is None


PICTURE = """\
symbol     venue          last       bid       ask   bps      day     age
BTC/USDT   sim-a      64,010.5  64,010.5  64,011.0  0.08  ▲+1.60%  <0.5 s
GONE/USDT  sim-b  not followed         —         —     —        —       —
"""


def test_at_80_columns_a_watchlist_is_read_at_a_glance() -> None:
    known = state(day_price=Decimal(63_000), day_price_ns=0)
    table = watch_table(["BTC/USDT@sim-a", "GONE/USDT@sim-b"], {"sim-a": {"BTC/USDT": known}}, 0.0)
    header, rows = table_lines(table, 78)
    lines = [header, *rows]
    assert "".join(f"{text_of(line).rstrip()}\n" for line in lines) == PICTURE


def test_the_spread_is_of_the_middle_in_basis_points() -> None:
    assert spread_bps(state(bid=Decimal(9_999), ask=Decimal(10_001))) == 2


@pytest.mark.parametrize("size", [SMALL, MEDIUM, LARGE])
def test_an_instrument_is_found_while_typing_watched_and_shown_in_the_ladder(size: tuple[int, int]) -> None:
    async def script(desk: Desk) -> None:
        await desk.press("W")
        assert "Nothing is watched yet" in desk.pane("watchlist")
        await desk.press("W")
        await desk.type("eth")
        assert "ETH/USDT:USDT@sim-a" in desk.dialog()
        await desk.press("space")
        await desk.type("simb")
        await desk.press("enter")
        assert desk.app.area.watchlist.names == [ETH]
        assert "ETH/USDT" in desk.pane("watchlist")
        await desk.press("enter")
        assert desk.app.selection.selected == ETH
        assert any(ladder.instrument == ETH for ladder in desk.app.area.ladders if ladder in desk.app.area.shown())

    run_console(script, size=size)


def test_a_search_without_an_answer_says_what_the_engine_follows() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("W", "W")
        await desk.type("qqq")
        assert "None of the 13 instruments" in desk.dialog()
        await desk.press("enter")
        assert desk.app.area.watchlist.names == []
        assert desk.app.dialogs.top is not None

    run_console(script)


def test_rows_stay_in_the_traders_order_and_move_only_by_hand(tmp_path: Path) -> None:
    async def script(desk: Desk) -> None:
        await desk.press("W")
        pane = desk.app.area.watchlist
        assert pane.selected == BTC
        await desk.press("shift+down")
        assert pane.names == [ETH, BTC]
        assert pane.selected == BTC
        await desk.frame(30)
        assert desk.pane("watchlist").index("ETH/USDT") < desk.pane("watchlist").index("BTC/USDT")
        await desk.press("shift+up", "shift+up")
        assert pane.names == [BTC, ETH]
        assert desk.link.commands == []

    run_console(script, files=kept(tmp_path, BTC, ETH))


def test_the_list_is_kept_at_once_and_nothing_else_of_what_was_saved_changes(tmp_path: Path) -> None:
    files = kept(tmp_path, BTC, ETH)

    async def script(desk: Desk) -> None:
        await desk.press("1", "W", "delete")

    run_console(script, files=files)
    found, problem = files.memory.load()
    assert problem == ""
    assert found == ConsoleMemory(watchlist=(ETH,), desk=3)


def test_without_a_selection_nothing_is_taken_off(tmp_path: Path) -> None:
    async def script(desk: Desk) -> None:
        await desk.press("delete")
        assert desk.app.area.watchlist.names == [BTC]

    run_console(script, files=kept(tmp_path, BTC))


def test_buy_in_the_watchlist_is_for_the_instrument_under_the_cursor(tmp_path: Path) -> None:
    async def script(desk: Desk) -> None:
        await desk.press("W", "down", "b")
        top = desk.app.dialogs.top
        assert top is not None
        assert str(top.border_title).startswith("BUY ETH/USDT:USDT  sim-b")

    run_console(script, files=kept(tmp_path, BTC, ETH))


def test_cancel_in_the_watchlist_is_for_the_symbol_under_the_cursor(tmp_path: Path) -> None:
    async def script(desk: Desk) -> None:
        await desk.press("W", "X")

    link, _ = run_console(script, files=kept(tmp_path, ETH))
    assert [command.symbol for command in link.commands if isinstance(command, CancelOrders)] == ["ETH/USDT:USDT"]


def test_an_instrument_that_the_engine_no_longer_follows_stays_and_says_so(tmp_path: Path) -> None:
    async def script(desk: Desk) -> None:
        await desk.press("W")
        assert "not followed" in desk.pane("watchlist")
        await desk.press("b")
        assert desk.app.dialogs.top is None
        assert "does not follow GONE/USDT@sim-a" in desk.bar("message")

    run_console(script, files=kept(tmp_path, "GONE/USDT@sim-a"))


def test_quotes_grow_old_with_the_snapshot(tmp_path: Path) -> None:
    link = FakeLink()

    async def script(desk: Desk) -> None:
        await desk.press("W")
        link.is_silent = True
        await desk.frame(4.0)
        await desk.frame(4.0)
        assert "no data for" in desk.pane("watchlist")

    run_console(script, link, files=kept(tmp_path, BTC))


def test_market_prices_are_no_secret_and_can_be_read_in_sixteen_colours(tmp_path: Path) -> None:
    async def script(desk: Desk) -> None:
        await desk.press("W", "ctrl+y")
        assert "64,010.5" in desk.pane("watchlist")

    run_console(script, settings=ConsoleSettings(theme="sixteen"), files=kept(tmp_path, BTC))
