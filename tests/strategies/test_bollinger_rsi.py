"""Mean reversion buys oversold below the band, leaves at the middle, and never loses much more than its stop."""

from decimal import Decimal
from random import Random

import numpy as np
import pytest

from core.indicators.bollinger import bollinger
from core.indicators.rsi import rsi
from core.types.order import OrderStatus, Side
from tests.strategies.strategy_desk import BTC, Desk, Quote, start

SMALL = {"length": "5", "rsi_length": "3", "width": "1.5"}
CALM = [Decimal(100), Decimal(101), Decimal(100), Decimal(101), Decimal(100), Decimal(101)]
DROP = Decimal(98)
Q98 = Decimal("10.204")  # 1000 USD at 98, rounded down


def run(desk: Desk, strategy, closes: list[Decimal], first: int = 0) -> None:
    for number, close in enumerate(closes, start=first):
        desk.close_bar(strategy, number, close)


def bought(parameters: dict[str, str] | None = None, *, fills_at_once: bool = True):
    desk = Desk(fills_at_once=fills_at_once)
    strategy = start(desk, "bollinger_rsi", SMALL | (parameters or {}))
    run(desk, strategy, [*CALM, DROP])
    assert desk.sent == [(Side.BUY, Q98, False)]
    return desk, strategy


def test_a_close_below_the_band_while_oversold_buys_with_a_confidence_by_the_stated_formula() -> None:
    desk, _ = bought()
    closes = [float(close) for close in [*CALM, DROP]]
    bands, strength = bollinger(closes, 5, 1.5), rsi(closes, 3)[-1]
    spread = (bands.upper[-1] - bands.middle[-1]) / 1.5
    expected = 0.5 + 0.25 * min(1, (bands.lower[-1] - 98) / spread) + 0.25 * (30 - strength) / 30
    assert desk.signals[0].confidence == pytest.approx(expected, rel=1e-12)
    assert 0.5 < expected < 1


def test_a_close_below_the_band_that_is_not_oversold_buys_nothing() -> None:
    desk = Desk()
    run(desk, start(desk, "bollinger_rsi", SMALL | {"oversold": "1"}), [*CALM, DROP])
    assert desk.sent == []


def test_the_middle_of_the_bands_ends_the_trade() -> None:
    desk, strategy = bought()
    run(desk, strategy, [Decimal(99), Decimal(100)], first=7)
    assert desk.sent[1:] == [(Side.SELL, Q98, True)]
    assert desk.held == 0


def test_an_overbought_rsi_ends_the_trade_below_the_middle() -> None:
    desk, strategy = bought({"overbought": "35"})
    run(desk, strategy, [Decimal(99)], first=7)
    assert float(99) < strategy.indicators(BTC.id).value("bands.middle")
    assert desk.sent[1:] == [(Side.SELL, Q98, True)]


def test_no_order_is_sent_while_warming_up() -> None:
    desk = Desk()
    run(desk, start(desk, "bollinger_rsi", SMALL), [Decimal(100), Decimal(99), Decimal(80), Decimal(60)])
    assert desk.sent == []


def test_history_warms_up_so_that_the_first_live_bar_can_enter() -> None:
    desk = Desk()
    desk.load_history(CALM)
    run(desk, start(desk, "bollinger_rsi", SMALL), [DROP], first=6)
    assert desk.sent == [(Side.BUY, Q98, False)]


@pytest.mark.parametrize(("close", "is_stopped"), [("96.05", False), ("96.04", True), ("90", True)])
def test_a_close_two_percent_below_the_cost_stops_the_loss(close: str, is_stopped: bool) -> None:
    desk, strategy = bought()
    run(desk, strategy, [Decimal(close)], first=7)
    assert desk.sent[1:] == ([(Side.SELL, Q98, True)] if is_stopped else [])


@pytest.mark.parametrize(("bid", "is_stopped"), [("96.05", False), ("96.04", True)])
def test_the_stop_is_watched_between_bars_at_the_price_the_position_can_be_closed_at(
    bid: str, is_stopped: bool
) -> None:
    desk, strategy = bought()
    desk.quote = Quote(Decimal(bid), Decimal(100))
    desk.see_book(strategy)
    assert desk.sent[1:] == ([(Side.SELL, Q98, True)] if is_stopped else [])


def test_a_stop_that_is_refused_is_sent_again_at_the_next_bar_and_not_at_every_book() -> None:
    desk, strategy = bought()
    desk.fills_at_once = False
    desk.quote = Quote(Decimal(90), Decimal(91))
    for _ in range(5):
        desk.see_book(strategy)
    assert len(desk.sent) == 2
    desk.report(strategy, "o2", OrderStatus.REJECTED)
    desk.see_book(strategy)
    assert len(desk.sent) == 2
    run(desk, strategy, [Decimal(90)], first=7)
    assert len(desk.sent) == 3


def test_a_book_that_cannot_be_read_stops_nothing_and_breaks_nothing() -> None:
    desk, strategy = bought()
    desk.see_book(strategy)
    assert len(desk.sent) == 1


def test_after_a_stop_the_close_must_come_back_between_the_bands_before_the_next_entry() -> None:
    desk, strategy = bought()
    run(desk, strategy, [Decimal(90), Decimal(80), Decimal(65)], first=7)
    assert [side for side, _, _ in desk.sent] == [Side.BUY, Side.SELL]
    run(desk, strategy, [Decimal(70), Decimal(71), Decimal(70), Decimal(71), Decimal(70), Decimal(64)], first=10)
    assert [side for side, _, _ in desk.sent] == [Side.BUY, Side.SELL, Side.BUY]


def test_a_late_fill_never_doubles_the_order() -> None:
    desk, strategy = bought(fills_at_once=False)
    run(desk, strategy, [Decimal(95), Decimal(90), Decimal(85)], first=7)
    assert len(desk.sent) == 1
    desk.fill(strategy, "o1", DROP)
    run(desk, strategy, [Decimal(84)], first=10)
    assert desk.sent[1:] == [(Side.SELL, Q98, True)]


def test_a_position_whose_cost_nobody_knows_is_stopped_from_the_first_close_seen() -> None:
    desk = Desk()
    desk.held = Decimal(2)
    strategy = start(desk, "bollinger_rsi", SMALL)
    run(desk, strategy, [Decimal(100)])
    run(desk, strategy, [Decimal(98)], first=1)
    assert desk.sent == [(Side.SELL, Decimal(2), True)]


def test_a_short_mirrors_a_long() -> None:
    desk = Desk()
    strategy = start(desk, "bollinger_rsi", SMALL | {"direction": "long_short"})
    run(desk, strategy, [200 - close for close in [*CALM, DROP]])
    assert desk.sent == [(Side.SELL, Decimal("9.803"), False)]
    run(desk, strategy, [Decimal("104.04")], first=7)
    assert desk.sent[1:] == [(Side.BUY, Decimal("9.803"), True)]


def test_entries_fall_on_the_bars_that_the_batch_indicators_name() -> None:
    chance = Random(21)
    ticks = [10_000]
    for _ in range(1_500):
        ticks.append(ticks[-1] + chance.randint(-30, 30))
    prices = [BTC.ticks_to_price(each) for each in ticks]
    closes = np.array([float(price) for price in prices])
    bands, strength = bollinger(closes, 20, 2.0), rsi(closes, 14)
    is_entry = (closes < bands.lower) & (strength < 30)
    is_exit = (closes >= bands.middle) | (strength > 70)
    expected, held = [], False
    for number in range(len(closes)):
        if not held and is_entry[number]:
            expected.append((number, Side.BUY))
            held = True
        elif held and is_exit[number]:
            expected.append((number, Side.SELL))
            held = False
    desk = Desk()
    strategy = start(desk, "bollinger_rsi", {"stop_loss_pct": "99"})
    found = []
    for number, price in enumerate(prices):
        before = len(desk.sent)
        desk.close_bar(strategy, number, price)
        found += [(number, side) for side, _, _ in desk.sent[before:]]
    assert len(expected) > 5
    assert found == expected
