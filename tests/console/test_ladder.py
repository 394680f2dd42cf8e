"""What a ladder shows at each of its prices, at every width."""

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.console.fake_link import FakeLink
from tests.console.ladders import D, at, book, buy, long_position, rows_of
from tui.present.cells import line_width
from tui.present.ink import Decor
from tui.present.ladder import ladder_lines, ladder_rows
from tui.present.ladder_book import ladder_book
from tui.present.ladder_columns import LadderColumns, SideColumns
from tui.present.ladder_position import held_position
from tui.present.ladder_window import GROUPS, LadderWindow, centred
from tui.present.quantities import fitting_decimals, short_quantity

WINDOW = LadderWindow(top=111, group=1)
KRAKEN = {"lot_size": D("0.00000001"), "bid_lots": [123_456_789 * (level + 1) for level in range(10)],
          "ask_lots": [987_654_321 * (level + 1) for level in range(10)]}  # fmt: skip


# cumulative size ----------------------------------------------------------------------------------------


def test_cumulative_size_counts_from_the_touch_outward_on_both_sides():
    rows = rows_of(book(), WINDOW)
    assert at(rows, WINDOW, 100).split()[0] == "1.000"
    assert at(rows, WINDOW, 98).split()[0] == "3.003"
    assert at(rows, WINDOW, 102).split()[-1] == "2.000"
    assert at(rows, WINDOW, 104).split()[-1] == "6.003"
    assert rows[0].count("Σ") == 2


def test_a_narrow_ladder_leaves_the_cumulative_size_out_and_keeps_its_bars():
    rows = rows_of(book(), WINDOW, width=31)
    assert "Σ" not in rows[0]
    assert "█" in at(rows, WINDOW, 100)


def test_the_columns_show_size_or_cumulative_size_alone():
    size = rows_of(book(), WINDOW, columns=LadderColumns(SideColumns.SIZE))
    assert at(size, WINDOW, 98).split()[-2:] == ["1.002", "49.0"]
    assert "Σ" not in size[0]
    total = rows_of(book(), WINDOW, columns=LadderColumns(SideColumns.CUMULATIVE))
    assert at(total, WINDOW, 98).split()[-2:] == ["3.003", "49.0"]
    assert "Σbids" in total[0]


@given(st.sampled_from(GROUPS), st.integers(1, 5_000), st.integers(1, 50))
def test_grouping_conserves_the_lots_of_each_side(group: int, bid: int, spread: int):
    view = book(bid + 20, bid + 20 + spread)
    rows = ladder_book(view, LadderWindow(top=1, group=group), 20)
    for side, lots in ((rows.bids, view.bid_lots), (rows.asks, view.ask_lots)):
        assert sum(side.lots.values()) == sum(lots)
        assert max(side.sums.values()) == sum(lots)


# quantities in few cells --------------------------------------------------------------------------------


@pytest.mark.parametrize("columns", SideColumns)
def test_bars_never_vanish_also_with_eight_decimals(columns: SideColumns):
    view = book(tick_size=D("0.1"), **KRAKEN)
    for width in range(28, 120):
        rows = rows_of(view, WINDOW, width=width, columns=LadderColumns(columns))
        assert any(block in at(rows, WINDOW, 111) for block in "█▉▊▋▌▍▎▏")
        assert "#" not in "".join(rows)


def test_a_ladder_never_takes_more_than_its_width():
    view = book(own=[buy(98, ahead=600), buy(98, ahead=400, name="b")], **KRAKEN)
    window = LadderWindow(top=111, group=1, cursor=98)
    for width in range(12, 130):
        for line in ladder_lines(view, window, width, 22, 0.0, held=long_position()):
            assert line_width(line) <= width


def test_cut_quantities_are_said_to_be_cut_and_the_cursor_has_them_exact():
    window = LadderWindow(top=111, group=1, cursor=100)
    rows = rows_of(book(**KRAKEN), window, width=31)
    assert "≈bids" in rows[0]
    assert "1.23456789" not in at(rows, window, 100)
    assert "size 1.23456789" in rows[-2] + rows[-1]


@given(st.integers(0, 10**13), st.sampled_from(["0.00000001", "0.001", "1", "100"]), st.integers(5, 12))
def test_a_short_quantity_is_never_more_than_there_is_and_never_a_zero_that_is_none(lots: int, lot: str, cells: int):
    size = Decimal(lot)
    decimals = fitting_decimals(max(lots, 1), size, cells)
    text = short_quantity(lots, size, decimals, cells)
    assert len(text) <= cells
    shown = text.replace(",", "").lstrip("<")
    scale = {"k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}.get(shown[-1], 1)
    value = Decimal(shown.rstrip("kMGT")) * scale
    if text.startswith("<"):
        assert 0 < lots * size < value
    else:
        assert value <= lots * size
        assert bool(value) is bool(lots)


def test_a_short_quantity_is_cut_and_not_rounded():
    assert short_quantity(129_999_999, D("0.00000001"), 2, 5) == "1.29"
    assert short_quantity(1, D("0.00000001"), 3, 6) == "<0.001"
    assert short_quantity(123_456_789, D(1), 0, 5) == "123M"


# own orders and their place in the queue ----------------------------------------------------------------


def test_an_own_order_shows_its_size_and_the_lots_ahead():
    rows = rows_of(book(own=[buy(98, ahead=600)]), WINDOW)
    assert "◂ 0.250 q 0.6" in at(rows, WINDOW, 98)
    assert "•" in at(rows, WINDOW, 98)


def test_a_place_nobody_saw_is_a_question_mark():
    assert "◂ 0.250 q ?" in at(rows_of(book(own=[buy(98)]), WINDOW), WINDOW, 98)


def test_several_orders_in_a_row_add_up_and_keep_the_smallest_queue():
    own = [buy(98, ahead=600), buy(98, ahead=400, name="b")]
    assert "◂ 0.500 q 0.4" in at(rows_of(book(own=own), WINDOW), WINDOW, 98)
    own.append(buy(98, name="c"))
    assert "◂ 0.750 q ≤0.4" in at(rows_of(book(own=own), WINDOW), WINDOW, 98)


def test_own_orders_are_shortened_in_a_narrow_ladder_and_never_cut_into_another_number():
    view = book(own=[buy(98, 25_000_000, 60_000_000)], **KRAKEN)
    row = at(rows_of(view, WINDOW, width=31), WINDOW, 98)
    assert "◂ 0.25 q 0.6" in row or "◂ 0.25" in row
    assert "…" not in row


# the position -------------------------------------------------------------------------------------------


def test_the_row_of_the_average_price_is_marked_by_shape():
    rows = rows_of(book(), WINDOW, held=long_position(average="49.2"))  # between 49.0 and 49.5, nearer to 49.0
    assert [row.split("◆")[1].split()[0] for row in rows[1:-1] if "◆" in row] == ["49.0"]
    both = rows_of(book(own=[buy(98)]), WINDOW, held=long_position(average="49.2"))
    assert "◈" in at(both, WINDOW, 98)


@pytest.mark.parametrize(
    ("quantity", "contract_size", "at_50", "at_48"), [("0.5", "1", "+0.40", "-0.60"), ("-4", "0.1", "-0.32", "+0.48")]
)
def test_profit_per_price_is_signed_and_knows_the_contract_size(
    quantity: str, contract_size: str, at_50: str, at_48: str
):
    rows = rows_of(book(), WINDOW, held=long_position(quantity, "49.2", contract_size))
    assert at(rows, WINDOW, 100).endswith(at_50)
    assert at(rows, WINDOW, 96).endswith(at_48)
    assert rows[0].endswith("PnL")


def test_profit_per_price_is_left_out_by_its_key_without_room_and_without_a_position():
    for width, columns, held in (
        (70, LadderColumns(shows_pnl=False), long_position()),
        (31, LadderColumns(), long_position()),
        (70, LadderColumns(), None),
    ):
        assert "PnL" not in rows_of(book(), WINDOW, width=width, columns=columns, held=held)[0]


@given(
    st.decimals("-1000", "1000", places=3),
    st.decimals("0.001", "100000", places=3),
    st.decimals("1", "99999", places=1),
)
def test_profit_is_exact_money(quantity: Decimal, contract_size: Decimal, average: Decimal):
    held = long_position(str(quantity), str(average), str(contract_size))
    price = average + 1
    assert held.pnl_at(price) == quantity * contract_size
    assert held.pnl_at(average) == 0


def test_an_inverse_contract_has_no_profit_in_the_quote_currency():
    snapshot = FakeLink().snapshot()
    perpetual = snapshot.instruments[0]
    assert held_position(perpetual, snapshot.positions) is not None
    inverse = msgspec.structs.replace(perpetual, symbol="BTC/USD:BTC")
    position = msgspec.structs.replace(snapshot.positions[0], symbol="BTC/USD:BTC")
    assert held_position(inverse, [position]) is None


# the detail line ----------------------------------------------------------------------------------------


def detail(ticks: int, **more: object) -> str:
    window = LadderWindow(top=111, group=1, cursor=ticks)
    return rows_of(book(own=[buy(98, ahead=600)]), window, width=120, **more)[-1]


def test_the_cursor_has_its_exact_facts_below_the_ladder():
    text = detail(98, held=long_position(), contract_size="2")
    assert text.startswith("49.0 ")
    assert "own ◂ 0.25 q 0.6" in text
    assert "size 1.002" in text
    assert "2 t 200.0 bps below bid" in text
    assert f"Σ 3.003 = {(D('50') * 1 + D('49.5') * D('1.001') + D('49') * D('1.002')) * 2:.0f}" in text
    assert "PnL ▼-0.10 USDT" in text


def test_the_cursor_says_where_the_touch_is():
    assert "at the touch" in detail(100)
    assert "in the spread" in detail(101)
    assert "98.0 bps above ask" in detail(103)
    assert "Σ ≥10.045" in detail(80)


def test_without_a_cursor_the_line_below_has_the_position_and_no_row_moves_when_one_is_set():
    without = rows_of(book(), WINDOW, held=long_position())
    assert "+0.5 @ 49.2" in without[-1]
    with_cursor = rows_of(book(), LadderWindow(top=111, group=1, cursor=98), held=long_position())
    assert with_cursor[1:-1] == without[1:-1]


# age ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("age_s", "decor"), [(1.5, Decor.DIM), (6.0, Decor.STRUCK)])
def test_old_numbers_are_dim_then_struck_in_every_column(age_s: float, decor: Decor):
    window = LadderWindow(top=111, group=1, cursor=98)
    view = book(age_s=age_s, own=[buy(98, ahead=1)])
    lines = ladder_lines(view, window, 90, 22, 0.0, held=long_position())
    assert all(span.decor & decor for line in lines[1:] for span in line if span.text.strip())


def test_a_centred_ladder_has_the_touch_in_sight_at_every_size():
    for width in (31, 35, 78, 118):
        for height in (8, 13, 21, 40):
            count = ladder_rows(width, height)
            window = centred(book(), count, 1)
            assert window is not None
            assert 0 <= window.row_of(102) < window.row_of(100) < count
            assert len(rows_of(book(), window, width, height)) == height
