"""Strategies with what they have earned: its age, its last minutes, and a star where something is not in it."""

import pytest

from core.state.monitoring import StrategyState
from tests.console.driving import LARGE, MEDIUM, SMALL, Desk, run_console
from tests.console.fake_link import FakeLink
from tests.console.fake_market import market_states
from tests.console.fake_profits import profit
from tui.present.ink import Decor, Ink, text_of
from tui.present.sparkline import CELL_NS, TITLE
from tui.present.strategies import pnl_by_row, strategies_table
from tui.present.table import table_lines
from tui.present.watchlist import middle_by_row


def strategy(found: object = None, name: str = "ma") -> StrategyState:
    return StrategyState(
        name=name, status="running", detail="", instruments=["BTC/USDT@x"], parameters={}, signals=1, orders=1,
        profit=found,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("mark_age_s", "decor"),
    [
        (0.2, Decor.NONE),
        (3.0, Decor.DIM),
        (9.0, Decor.DIM | Decor.STRUCK),
        (None, Decor.DIM | Decor.STRUCK),
    ],
)
def test_a_profit_that_rests_on_an_old_price_looks_old(mark_age_s: float | None, decor: Decor) -> None:
    cells = strategies_table([strategy(profit(mark_age_s=mark_age_s))]).rows[0].cells
    assert cells[2].text == "+5.12"
    assert cells[2].decor == decor


def test_without_an_open_position_no_price_can_make_a_profit_old() -> None:
    cells = strategies_table([strategy(profit(open_positions=0, mark_age_s=0.0))]).rows[0].cells
    assert (cells[2].decor, cells[3].text) == (Decor.NONE, "flat")


def test_a_strategy_without_a_fill_has_no_profit_and_an_unknown_one_is_no_zero() -> None:
    table = strategies_table([strategy(), strategy(profit(pnl_usd=None))])
    assert [row.cells[2].text for row in table.rows] == ["—", "—"]
    assert pnl_by_row([strategy(), strategy(profit(pnl_usd=None), "arb")]) == {"arb": None}


def test_what_is_not_in_a_profit_is_starred_and_the_frame_says_how_to_learn_it() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("5")
        assert "+5.12 " in desk.pane("strategies")
        assert "in part" not in desk.pane("strategies")
        desk.link.profit = profit(not_at_the_venue=["BTC/USDT:USDT@sim-a"])
        await desk.frame()
        assert "+5.12*" in desk.pane("strategies")
        assert "* in part: e" in desk.pane("strategies")

    run_console(script, size=LARGE)


@pytest.mark.parametrize(("size", "desk_key"), [(MEDIUM, "3"), (LARGE, "5"), (LARGE, "3")])
def test_the_last_minutes_of_each_strategys_profit_are_shown_unzoomed(size: tuple[int, int], desk_key: str) -> None:
    async def script(desk: Desk) -> None:
        await desk.press(desk_key)
        for pnl in ("5.12", "7.00", "6.00"):
            desk.link.profit = profit(pnl)
            desk.link.step += CELL_NS // 100_000_000
            await desk.frame()
        text = desk.pane("strategies")
        assert TITLE in text
        assert "█" in text
        assert "+6.00" in text

    run_console(script, size=size)


@pytest.mark.parametrize("size", [MEDIUM, LARGE], ids=["120x40", "200x60"])
def test_the_last_minutes_of_watched_prices_are_shown_unzoomed_with_an_age(size: tuple[int, int]) -> None:
    async def script(desk: Desk) -> None:
        desk.app.area.watchlist.names = ["BTC/USDT:USDT@sim-a"]
        await desk.press("2")
        for _ in range(3):
            desk.link.step += CELL_NS // 100_000_000
            await desk.frame()
        text = desk.pane("watchlist")
        assert TITLE in text
        assert "▁▁▁" in text
        assert "<0.5 s" in text

    run_console(script, size=size)


def test_a_line_of_prices_has_a_gap_where_the_book_is_none_to_trade_on() -> None:
    markets = market_states()
    name = "BTC/USDT:USDT@sim-a"
    assert middle_by_row([name, "GONE/USDT@sim-a"], markets) == {
        name: pytest.approx(64_010.5, abs=1),
        "GONE/USDT@sim-a": None,
    }
    markets["sim-a"]["BTC/USDT:USDT"].validity = "syncing"
    assert middle_by_row([name], markets) == {name: None}


def test_in_a_narrow_pane_name_state_profit_and_age_stay() -> None:
    header, rows = table_lines(strategies_table([strategy(profit(), "bollinger_rsi")]), 38)
    assert text_of(header).split() == ["strategy", "status", "PnL", "age"]
    assert "+5.12" in text_of(rows[0])
    assert rows[0][0].ink is Ink.STRONG


def test_at_80x24_the_profit_of_each_strategy_is_there() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("5")
        assert "+5.12" in desk.pane("strategies")

    run_console(script, FakeLink(), size=SMALL)
