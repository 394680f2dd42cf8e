from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.state.desk import (
    BarView,
    BookView,
    ChartView,
    LogLine,
    NetPositionView,
    OrderView,
    OwnLevel,
    PnlPoint,
    PositionView,
    ProtectionView,
)
from core.state.monitoring import LimitUse, RateLimitState
from tests.console.fake_link import FakeLink
from tui.present import numbers
from tui.present.bars import leftward, nice_ceiling, rightward, room_bar
from tui.present.candles import chart_lines
from tui.present.cells import fit, left, line_width, number, right, safe, width_of, wrap
from tui.present.curve import braille_rows, pnl_lines
from tui.present.explanation import order_explanation
from tui.present.frame import frame_look, framed
from tui.present.freshness import Freshness, book_freshness, freshness
from tui.present.ink import Decor, Ink, Span, plain, text_of
from tui.present.ladder import ladder_lines
from tui.present.ladder_window import (
    LadderWindow,
    Recentring,
    ask_bucket,
    bid_bucket,
    centred,
    followed,
    moved_cursor,
    touch_is_visible,
)
from tui.present.orders import order_price, orders_table, status_span
from tui.present.positions import positions_table
from tui.present.price_grids import grids_of
from tui.present.risk import limit_line
from tui.present.table import Align, Column, Row, Table, TableLayout, table_lines
from tui.present.venues import venues_table

TEXTS = st.text(max_size=40)


@given(TEXTS, st.integers(0, 60))
def test_aligned_text_takes_exactly_its_width(text: str, width: int) -> None:
    assert width_of(left(safe(text), width)) == width
    assert width_of(right(safe(text), width)) == width


@given(st.lists(TEXTS, max_size=6), st.integers(0, 80))
def test_a_fitted_line_takes_exactly_its_width(texts: list[str], width: int) -> None:
    assert line_width(fit(tuple(Span(safe(text)) for text in texts), width)) == width


@given(TEXTS)
def test_no_control_character_gets_through(text: str) -> None:
    assert safe(text).isprintable()


def test_an_escape_sequence_of_a_venue_does_not_steer_the_terminal() -> None:
    assert "\x1b" not in safe("order \x1b[2J rejected")


def test_a_number_that_does_not_fit_is_never_cut() -> None:
    assert number("12,345.67", 6) == "######"
    assert number("1.5", 6) == "   1.5"


def test_wrapped_text_keeps_every_word() -> None:
    text = "one two three four five six"
    assert " ".join(text_of(line) for line in wrap(text, 9)) == text


@pytest.mark.parametrize(
    ("value", "shown"),
    [("2588.99", "2,588"), ("99.999", "99.99"), ("-0.001", "-0.01"), ("0", "0"), ("415.6", "415"), ("56", "56")],
)
def test_room_is_cut_and_never_rounded_up(value: str, shown: str) -> None:
    assert numbers.room(Decimal(value)) == shown


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=4))
def test_shown_room_is_never_more_than_there_is(value: Decimal) -> None:
    assert Decimal(numbers.room(value).replace(",", "")) <= value


@given(st.integers(1, 10**9), st.sampled_from([Decimal("0.5"), Decimal("0.01"), Decimal(1), Decimal("0.00001")]))
def test_a_grid_price_reads_back_as_itself(ticks: int, tick: Decimal) -> None:
    assert Decimal(numbers.grid_price(ticks, tick).replace(",", "")) == ticks * tick


def test_ages_do_not_flicker_below_half_a_second() -> None:
    assert numbers.age(0.1) == numbers.age(0.4) == "<0.5 s"
    assert numbers.age(3.21) == "3.2 s"
    assert numbers.age(75.0) == "1 min 15 s"
    assert numbers.age(None) == "no data"


def test_freshness_turns_late_then_stale_and_missing_is_stale() -> None:
    assert [freshness(age) for age in (0.1, 1.5, 6.0, None)] == [
        Freshness.FRESH,
        Freshness.LATE,
        Freshness.STALE,
        Freshness.STALE,
    ]


def test_an_invalid_book_is_stale_however_young() -> None:
    assert book_freshness("invalid", 0.0, 0.0) is Freshness.STALE
    assert book_freshness("valid", 0.1, 0.1) is Freshness.FRESH
    assert book_freshness("valid", 0.1, 2.0) is Freshness.LATE


@given(st.integers(0, 10_000), st.integers(1, 10_000), st.integers(0, 40))
def test_bars_take_their_cells_and_show_the_smallest_size(value: int, scale: int, cells: int) -> None:
    bar = rightward(value, scale, cells, Ink.ASK)
    assert len(bar.text) == cells
    assert sum(len(span.text) for span in leftward(value, scale, cells, Ink.BID)) == cells
    if value and cells:
        assert bar.text.strip()


@given(st.integers(1, 10**12))
def test_a_scale_is_a_round_number_that_holds_the_value(value: int) -> None:
    scale = nice_ceiling(value)
    assert value <= scale < value * 10
    assert str(scale).rstrip("0") in {"1", "2", "5"}


@given(st.decimals(-100, 200, places=2), st.decimals(1, 100, places=2))
def test_a_room_bar_is_full_only_when_nothing_is_used(room: Decimal, limit: Decimal) -> None:
    used, rest = room_bar(room, limit, 10)
    assert len(used.text) + len(rest.text) == 10
    if room < limit:
        assert rest.text


def test_a_used_up_limit_is_alarming() -> None:
    limit = LimitUse(name="daily_loss", unit="USD", limit=Decimal(500), used=Decimal(510), left=Decimal(-10))
    line = limit_line(limit, 60)
    assert "-10 left of 500" in text_of(line)
    assert any(span.ink is Ink.ALARM for span in line)


def book(bid: int = 100, ask: int = 102, **more: object) -> BookView:
    facts: dict[str, object] = {
        "venue": "sim-a",
        "symbol": "BTC/USDT",
        "validity": "valid",
        "reason": "",
        "age_s": 0.1,
        "sequence": 1,
        "tick_size": Decimal("0.5"),
        "lot_size": Decimal("0.001"),
        "bid_ticks": [bid - level for level in range(10)],
        "bid_lots": [1000 + level for level in range(10)],
        "ask_ticks": [ask + level for level in range(10)],
        "ask_lots": [2000 + level for level in range(10)],
        "own": [],
        "last_ticks": bid,
        "last_side": "sell",
    }
    return BookView(**{**facts, **more})


def rows_of(view: BookView, window: LadderWindow, width: int = 40, height: int = 21) -> list[str]:
    return [text_of(line) for line in ladder_lines(view, window, width, height, 0.0)]


def test_the_ladder_shows_bids_left_asks_right_at_their_prices() -> None:
    rows = rows_of(book(), LadderWindow(top=110, group=1))
    ask_row, spread_row, bid_row = rows[1 + 8], rows[1 + 9], rows[1 + 10]
    assert ask_row.split() == ["51.0", "2.000", *ask_row.split()[2:]]
    assert spread_row.split() == ["50.5"]
    assert bid_row.split()[-2:] == ["1.000", "50.0▼"]
    assert "spr 1.0" in rows[0]


def test_own_orders_and_the_last_trade_are_marked_at_their_prices() -> None:
    own = [OwnLevel(client_order_id="a", side="buy", price_ticks=98, quantity_lots=250)]
    rows = rows_of(book(own=own), LadderWindow(top=110, group=1))
    assert "◂ 0.250" in rows[1 + 12]
    assert "49.0" in rows[1 + 12]
    assert [index for index, row in enumerate(rows) if "◂" in row] == [13]
    assert [index for index, row in enumerate(rows) if "▼" in row] == [11]


@given(st.integers(10, 10_000), st.integers(1, 200), st.sampled_from([1, 2, 5, 10, 50, 100]))
def test_grouped_bid_rows_stay_below_ask_rows(bid: int, spread: int, group: int) -> None:
    assert bid_bucket(bid, group) < ask_bucket(bid + spread, group)
    assert bid_bucket(bid, group) * group <= bid
    assert ask_bucket(bid + spread, group) * group >= bid + spread


@given(st.sampled_from([1, 2, 5, 10]))
def test_grouping_loses_no_size(group: int) -> None:
    view = book()
    window = centred(view, 60, group)
    assert window is not None
    rows = rows_of(view, window, width=60, height=61)
    assert sum(float(row.split()[-2]) for row in rows[1:] if _is_bid(row)) == pytest.approx(sum(view.bid_lots) / 1000)


def _is_bid(row: str) -> bool:
    return bool(row[:24].strip())


def test_the_window_follows_only_an_unattended_touch_that_left() -> None:
    window = centred(book(), 20)
    assert window is not None
    near, far = book(bid=103, ask=105), book(bid=200, ask=202)
    assert followed(window, near, 20, Recentring.WHEN_TOUCH_LEAVES) == window
    moved = followed(window, far, 20, Recentring.WHEN_TOUCH_LEAVES)
    assert moved is not None
    assert touch_is_visible(moved, far, 20)
    assert followed(window, far, 20, Recentring.NEVER) == window
    attended = moved_cursor(window, book(), 1, 20)
    assert followed(attended, far, 20, Recentring.WHEN_TOUCH_LEAVES) == attended


@given(st.lists(st.sampled_from([1, -1, 10, -10]), max_size=40), st.integers(3, 40))
def test_the_cursor_stays_in_the_window_and_above_zero(steps: list[int], rows: int) -> None:
    window = centred(book(), rows)
    assert window is not None
    for step in steps:
        window = moved_cursor(window, book(), step, rows)
        assert window.cursor is not None
        assert window.cursor >= 1
        assert window.top - rows + 1 <= window.cursor <= window.top


def test_a_closed_market_says_when_it_opens() -> None:
    closed = book(validity="closed", next_open_ns=1_767_623_400_000_000_000)
    assert any("opens Mon 05 Jan 14:30 UTC" in row for row in rows_of(closed, LadderWindow(top=110, group=1)))


def test_a_one_sided_or_empty_book_is_drawn() -> None:
    assert rows_of(book(ask_ticks=[], ask_lots=[]), LadderWindow(top=110, group=1))
    empty = book(bid_ticks=[], bid_lots=[], ask_ticks=[], ask_lots=[], last_ticks=None, last_side=None)
    assert centred(empty, 20) is None
    assert any("no book yet" in text_of(line) for line in ladder_lines(empty, None, 30, 10, 0.0))


PRICES = st.floats(1, 10**6, allow_nan=False)


@given(
    st.lists(st.tuples(PRICES, PRICES, PRICES, PRICES, st.floats(0, 10**9)), min_size=1, max_size=80),
    st.integers(1, 120),
    st.integers(1, 40),
)
def test_any_bars_draw_inside_their_room(values: list[tuple[float, ...]], width: int, height: int) -> None:
    bars = [
        BarView(index * 60_000_000_000, first, max(prices), min(prices), last, volume)
        for index, (*prices, volume) in enumerate(values)
        for first, last in [(prices[0], prices[-1])]
    ]
    chart = ChartView(
        venue="v", symbol="S", timeframe="1m", bars=bars, price_decimals=2, fills=[(0, "buy", bars[0].low)]
    )
    lines = chart_lines(chart, width, height)
    if width > 40 and height > 8:
        assert len(lines) == height
        assert all(line_width(line) <= width for line in lines)


def test_an_up_candle_stands_above_a_down_wick() -> None:
    bars = [BarView(0, 10.0, 20.0, 10.0, 20.0, 1.0), BarView(60_000_000_000, 20.0, 20.0, 0.0, 18.0, 2.0)]
    chart = ChartView(venue="v", symbol="S", timeframe="1m", bars=bars, price_decimals=0, fills=[])
    text = "\n".join(text_of(line) for line in chart_lines(chart, 40, 12))
    assert "┃" in text
    assert "│" in text


def test_the_braille_line_shows_minimum_and_maximum_of_every_column() -> None:
    spike = [(index, 1.0 if index == 50 else 0.0) for index in range(100)]
    rows = braille_rows(spike, 0.0, 1.0, 10, 2)
    assert [cell != "\u2800" for cell in rows[0]].count(True) >= 1
    assert all(cell != "\u2800" for cell in rows[1])


@given(st.lists(st.floats(-(10**7), 10**7), min_size=2, max_size=200), st.integers(12, 100), st.integers(1, 12))
def test_any_profit_curve_draws_inside_its_room(values: list[float], width: int, height: int) -> None:
    points = [PnlPoint(index * 1_000_000_000, value) for index, value in enumerate(values)]
    lines = pnl_lines(points, width, height)
    assert len(lines) <= height
    assert all(line_width(line) <= max(width, 16) for line in lines)


@given(st.tuples(st.integers(1, 100), st.integers(1, 30)), TEXTS, TEXTS, st.booleans(), st.booleans())
def test_frames_take_exactly_their_room(
    size: tuple[int, int], title: str, note: str, is_live: bool, is_focused: bool
) -> None:
    width, height = size
    look = frame_look(is_live=is_live, is_focused=is_focused)
    rows = framed([plain("body")], plain(safe(title)), plain(safe(note)), width=width, height=height, look=look)
    assert len(rows) == height
    assert {line_width(row) for row in rows} == {width}


TABLE = Table(
    (Column("name", shrinks_to=4), Column("qty", Align.NUMBER), Column("extra", Align.NUMBER, rank=2)),
    [Row("a", (Span("alphabet"), Span("1,234.50"), Span("7"))), Row("b", (Span("b"), Span("-2"), Span("8")))],
    ("nothing",),
)


def test_a_narrow_table_drops_the_least_important_column_and_keeps_numbers_whole() -> None:
    wide, narrow = (text_of(table_lines(TABLE, width)[1][0]) for width in (40, 16))
    assert wide.split() == ["alphabet", "1,234.50", "7"]
    assert narrow.split()[-1] == "1,234.50"
    assert "extra" not in text_of(table_lines(TABLE, 16)[0])


def test_the_selected_row_is_marked_without_colour() -> None:
    line = TableLayout(TABLE, 40).line(TABLE.rows[1], "b")
    assert all(span.decor & Decor.REVERSED for span in line)


def test_a_limit_that_is_not_known_says_so_and_alarms() -> None:
    limit = LimitUse(name="daily_loss", unit="USD", limit=Decimal(500), used=None, left=None)
    line = limit_line(limit, 60)
    assert "unknown left of 500" in text_of(line)
    assert any(span.ink is Ink.ALARM for span in line)


def test_an_explanation_quotes_the_log_of_this_order_only() -> None:
    order = OrderView(
        client_order_id="run-1", venue="v", symbol="S", side="buy", order_type="limit", quantity=Decimal(1),
        filled_quantity=Decimal(0), limit_price=Decimal(5), average_price=None, status="refused", source="manual",
        reason="price_band: 12 %, allowed 5 %", is_external=False, created_ns=0, updated_ns=0,
    )  # fmt: skip
    log = [
        LogLine(sequence=index, at_ns=0, level="info", topic="order", text=text)
        for index, text in enumerate(("run-1 open", "run-10 open", "xrun-1 open", "cancel run-1: done"))
    ]
    text = "\n".join(text_of(line) for line in order_explanation(order, log, 70))
    assert "run-1 open" in text
    assert "cancel run-1: done" in text
    assert "run-10" not in text
    assert "xrun-1" not in text
    assert "price_band: 12 %, allowed 5 %" in text


def test_a_curve_with_few_points_is_one_line() -> None:
    rows = braille_rows([(0, 0.0), (50, 1.0), (100, 1.0)], 0.0, 1.0, 20, 2)
    columns = ["".join(row[column] for row in rows) for column in range(20)]
    assert all(set(column) != {"\u2800"} for column in columns)


@pytest.mark.parametrize(
    ("average", "shown"),
    [("64012.333333", "64,012.33"), ("2.5", "2.50000"), ("0.123456789", "0.123457"), ("0.0000123456", "0.0000123456")],
)
def test_the_price_a_market_order_got_keeps_its_digits_however_small_it_is(average: str, shown: str) -> None:
    order = OrderView(
        client_order_id="s1-1", venue="v", symbol="S", side="buy", order_type="market", quantity=Decimal(1),
        filled_quantity=Decimal(1), limit_price=None, average_price=Decimal(average), status="filled",
        source="manual", reason=None, is_external=False, created_ns=0, updated_ns=0,
    )  # fmt: skip
    assert order_price(order) == shown


@pytest.mark.parametrize(
    ("amend", "words"), [("asked", "amending… to 64,004.5"), ("in_doubt", "amend in doubt to 64,004.5")]
)
def test_an_amend_that_is_not_settled_is_shown_with_what_was_asked_for(amend: str, words: str) -> None:
    order = OrderView(
        client_order_id="o-1", venue="sim-a", symbol="BTC/USDT", side="buy", order_type="limit", quantity=Decimal(1),
        filled_quantity=Decimal(0), limit_price=Decimal("64004.0"), average_price=None, status="open", source="manual",
        reason=None, is_external=False, created_ns=0, updated_ns=0, amend=amend, new_price=Decimal("64004.5"),
        new_quantity=Decimal(2),
    )  # fmt: skip
    assert words in status_span(order).text
    assert any("2 at 64,004.5" in text_of(line) for line in order_explanation(order, [], 100))


def test_on_a_narrow_pane_a_position_still_says_where_it_is_held() -> None:
    there = PositionView(
        venue="sim-b", symbol="SOL/USDT:USDT", quantity=Decimal("-13.29"), average_price=Decimal(150),
        mark_price=Decimal(150), mark_age_s=0.0, notional_usd=Decimal(1993), unrealised_pnl_usd=Decimal("-5.55"),
        realised_pnl_usd=Decimal(0), fees_usd=Decimal(0), funding_usd=Decimal(0),
    )  # fmt: skip
    here = msgspec.structs.replace(there, venue="sim-a", quantity=Decimal("13.29"))
    text = "\n".join(text_of(line) for line in table_lines(positions_table([here, there], [], 0.0), 40)[1])
    assert "sim-a" in text
    assert "sim-b" in text


def test_the_positions_table_shows_where_a_protected_position_is_closed_and_no_empty_columns_otherwise() -> None:
    bare = PositionView(
        venue="sim-a", symbol="BTC/USDT", quantity=Decimal(1), average_price=Decimal(100), mark_price=Decimal(99),
        mark_age_s=0.1, notional_usd=Decimal(99), unrealised_pnl_usd=Decimal(-1), realised_pnl_usd=Decimal(0),
        fees_usd=Decimal(0), funding_usd=Decimal(0),
    )  # fmt: skip
    protection = ProtectionView(
        quantity=Decimal(1), entry_price=Decimal(100), best_price=Decimal(100), stop_price=Decimal("98.0"),
        stop_distance_pct=Decimal("1.0101"), take_profit_price=None, take_profit_distance_pct=None,
        trailing_price=Decimal(97), trailing_distance_pct=None, state="watched", reason="",
    )  # fmt: skip
    assert "stop" not in text_of(table_lines(positions_table([bare], [], 0.0), 200)[0])
    net = NetPositionView(base="BTC", quantity=Decimal(1), notional_usd=Decimal(99), pnl_usd=None)
    table = positions_table([msgspec.structs.replace(bare, protection=protection), bare], [net], 0.0)
    assert text_of(table_lines(table, 200)[0]).split()[-3:] == ["stop", "trail", "profit"]
    shown = [tuple(cell.text for cell in row.cells[-3:]) for row in table.rows]
    assert shown == [("98.00 1.0%", "97.00 ?", "—"), ("—", "—", "—"), ("", "", "")]


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [("-500", "1000", "-50.00 %"), ("-500", "-100", "—"), ("500", "-100", "—"), ("1", "0", "—"), ("0", "9", "+0.00 %")],
)
def test_a_share_is_told_of_a_whole_that_is_there(part: str, whole: str, shown: str) -> None:
    assert numbers.share(Decimal(part), Decimal(whole)) == shown


@pytest.mark.parametrize(
    ("used_share", "closed_until_ns", "shown"),
    [
        (0.5, None, "6 books"),
        (0.81, None, "6 books rate limit 81% used"),
        (None, 1_700_000_000_000_000_000, "6 books RATE LIMIT until 22:13:20"),
    ],
)
def test_a_venue_says_when_its_rate_limit_is_near_or_it_asked_for_a_pause(
    used_share: float | None, closed_until_ns: int | None, shown: str
) -> None:
    snapshot = FakeLink().latest()
    assert snapshot is not None
    name, venue = next((name, each) for name, each in snapshot.monitoring.venues.items() if each.feed_state == "up")
    limit = RateLimitState(used_share=used_share, closed_until_ns=closed_until_ns)
    state = msgspec.structs.replace(
        snapshot.monitoring, venues={name: msgspec.structs.replace(venue, rate_limit=limit)}
    )  # fmt: skip
    (row,) = venues_table(state, 0.0).rows
    assert text_of(tuple(row.cells[-1:])) == shown


def test_prices_of_one_instrument_have_the_decimals_of_its_grid_and_lose_none_of_their_own() -> None:
    snapshot = FakeLink().snapshot()
    grids = grids_of(snapshot.instruments, snapshot.orders)

    def prices(orders: list[OrderView]) -> list[str]:
        return [row.cells[5].text for row in orders_table(orders, grids).rows]

    assert prices(snapshot.orders) == ["64,004.0", "64,018.5", "3,110.00", "63,990.33", "64,900.0"]
    finer = msgspec.structs.replace(snapshot.orders[0], limit_price=Decimal("64004.125"))
    assert prices([finer, snapshot.orders[1]]) == ["64,004.125", "64,018.500"]
