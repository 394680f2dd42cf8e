"""The moving-average cross trades at crosses, once, whatever the venue does with its orders."""

from decimal import Decimal
from random import Random

import numpy as np
import pytest

from core.indicators.exponential import ema
from core.indicators.sma import sma
from core.types.order import OrderStatus, Side
from tests.strategies.strategy_desk import BTC, Desk, bar_at, start

SMALL = {"fast": "2", "slow": "3", "notional_usd": "1000"}
FALL = ["110", "108", "106", "104"]  # fast below slow
Q100 = Decimal("9.090")  # 1000 USD at 110, rounded down to lots


def run(desk: Desk, strategy, closes: list[str], first: int = 0) -> None:
    for number, close in enumerate(closes, start=first):
        desk.close_bar(strategy, number, close)


def test_a_cross_up_buys_the_notional_rounded_down_and_a_cross_down_sells_all_of_it() -> None:
    desk = Desk()
    run(desk, start(desk, "ma_cross", SMALL), [*FALL, "110", "112", "100", "90"])
    assert desk.sent == [(Side.BUY, Q100, False), (Side.SELL, Q100, True)]
    assert desk.held == 0
    assert desk.signals[0].reason.startswith("sma 2/3 above by ")


def test_no_order_is_sent_while_warming_up() -> None:
    desk = Desk()
    strategy = start(desk, "ma_cross", SMALL)
    run(desk, strategy, ["100", "90", "120"])  # the first value of the slow average has no bar before it to cross
    assert desk.sent == []
    assert desk.lines == [
        "BTC/USDT@sim-a: warming up with 0 bars of 1m; after 4 the indicators no longer depend on where they began"
    ]


def test_history_warms_up_so_that_the_first_live_bar_can_be_a_cross() -> None:
    desk = Desk()
    desk.load_history([Decimal(close) for close in FALL])
    strategy = start(desk, "ma_cross", SMALL)
    assert desk.sent == []
    run(desk, strategy, ["110"], first=4)
    assert desk.sent == [(Side.BUY, Q100, False)]
    assert desk.lines == []


def test_a_cross_inside_history_is_no_signal() -> None:
    desk = Desk()
    desk.load_history([Decimal(close) for close in [*FALL, "110"]])
    run(desk, start(desk, "ma_cross", SMALL), ["112", "114"], first=5)
    assert desk.sent == []


def test_a_bar_of_history_given_again_is_not_counted_twice() -> None:
    desk, twice = Desk(), Desk()
    for each in (desk, twice):
        each.load_history([Decimal(close) for close in FALL])
    strategy, other = start(desk, "ma_cross", SMALL), start(twice, "ma_cross", SMALL)
    other.handle_bar(twice, bar_at(3, "104"))
    for strategy_, desk_ in ((strategy, desk), (other, twice)):
        desk_.close_bar(strategy_, 4, "105")
    assert strategy.indicators(BTC.id).value("slow") == other.indicators(BTC.id).value("slow")


@pytest.mark.parametrize("bars_later", [1, 3])
def test_a_late_fill_never_doubles_the_order(bars_later: int) -> None:
    desk = Desk(fills_at_once=False)
    strategy = start(desk, "ma_cross", SMALL)
    run(desk, strategy, [*FALL, "110"])
    run(desk, strategy, ["90", "120", "80"][:bars_later], first=5)
    assert desk.sent == [(Side.BUY, Q100, False)]


def test_an_order_reported_filled_before_its_fill_arrives_is_not_sent_again() -> None:
    desk = Desk(fills_at_once=False)
    strategy = start(desk, "ma_cross", SMALL)
    run(desk, strategy, [*FALL, "110"])
    desk.report(strategy, "o1", OrderStatus.FILLED)
    run(desk, strategy, ["90", "120"], first=5)
    assert len(desk.sent) == 1
    desk.book_fill(strategy, "o1", Decimal(110))
    run(desk, strategy, ["50"], first=7)
    assert desk.sent == [(Side.BUY, Q100, False), (Side.SELL, Q100, True)]


def test_an_order_in_doubt_blocks_until_it_is_resolved() -> None:
    desk = Desk(fills_at_once=False)
    strategy = start(desk, "ma_cross", SMALL)
    run(desk, strategy, [*FALL, "110"])
    desk.report(strategy, "o1", OrderStatus.IN_DOUBT)
    run(desk, strategy, ["80", "130", "70", "140"], first=5)
    assert len(desk.sent) == 1
    desk.report(strategy, "o1", OrderStatus.REJECTED)
    run(desk, strategy, ["60", "70", "100"], first=9)
    assert len(desk.sent) == 2


def test_an_order_that_ended_without_a_word_blocks_until_the_next_bar_only() -> None:
    desk = Desk(fills_at_once=False)
    strategy = start(desk, "ma_cross", SMALL)
    run(desk, strategy, [*FALL, "110"])
    desk.orders["o1"].status = OrderStatus.REJECTED  # and nobody tells the strategy
    run(desk, strategy, ["80", "150"], first=5)
    assert "order o1 on BTC/USDT@sim-a has ended without a word" in desk.lines
    assert desk.sent[1:] == [(Side.BUY, Decimal("6.666"), False)]


def test_a_refused_entry_is_not_chased_and_a_refused_exit_is_tried_again_at_each_bar() -> None:
    desk = Desk(fills_at_once=False)
    strategy = start(desk, "ma_cross", SMALL)
    run(desk, strategy, [*FALL, "110"])
    desk.report(strategy, "o1", OrderStatus.REJECTED)
    run(desk, strategy, ["112", "114"], first=5)
    assert len(desk.sent) == 1
    desk.held = Decimal("2")
    run(desk, strategy, ["90"], first=7)
    desk.report(strategy, "o2", OrderStatus.REJECTED)
    run(desk, strategy, ["80"], first=8)
    assert desk.sent[1:] == [(Side.SELL, Decimal(2), True)] * 2


def test_a_partly_filled_entry_that_ends_is_left_whole_and_closed_by_the_cross_down() -> None:
    desk = Desk(fills_at_once=False)
    strategy = start(desk, "ma_cross", SMALL)
    run(desk, strategy, [*FALL, "110"])
    desk.fill(strategy, "o1", Decimal(110), Decimal("1.5"))
    run(desk, strategy, ["112"], first=5)
    desk.report(strategy, "o1", OrderStatus.CANCELLED)
    run(desk, strategy, ["114", "90"], first=6)
    assert desk.sent[1:] == [(Side.SELL, Decimal("1.5"), True)]


def test_a_reversal_closes_first_and_opens_the_other_side_only_when_flat() -> None:
    desk = Desk(fills_at_once=False)
    strategy = start(desk, "ma_cross", SMALL | {"direction": "long_short"})
    run(desk, strategy, [*FALL, "110"])
    desk.fill(strategy, "o1", Decimal(110))
    run(desk, strategy, ["90"], first=5)
    assert desk.sent[1:] == [(Side.SELL, Q100, True)]
    desk.fill(strategy, "o2", Decimal(90), Decimal(3))
    assert len(desk.sent) == 2
    desk.fill(strategy, "o2", Decimal(90))
    assert desk.sent[2:] == [(Side.SELL, Decimal("11.111"), False)]


def test_a_position_found_at_the_start_is_left_when_the_averages_say_so() -> None:
    desk = Desk()
    desk.load_history([Decimal(close) for close in FALL])
    desk.held = Decimal(1)
    run(desk, start(desk, "ma_cross", SMALL), ["103"], first=4)
    assert desk.sent == [(Side.SELL, Decimal(1), True)]


def test_dust_counts_as_flat() -> None:
    desk = Desk()
    desk.held = Decimal("0.0004")
    run(desk, start(desk, "ma_cross", SMALL), [*FALL, "110"])
    assert desk.sent == [(Side.BUY, Q100, False)]


@pytest.mark.parametrize("notional", ["0.05", "4.99"])
def test_a_notional_below_the_venues_minimum_sends_nothing_and_says_so(notional: str) -> None:
    desk = Desk()
    run(desk, start(desk, "ma_cross", SMALL | {"notional_usd": notional}), [*FALL, "110"])
    assert desk.sent == []
    assert f"notional_usd {notional} buys" in desk.lines[-1]


def test_without_the_value_of_the_quote_currency_nothing_is_sent() -> None:
    desk = Desk()
    desk.usd = None
    run(desk, start(desk, "ma_cross", SMALL), [*FALL, "110"])
    assert desk.sent == []
    assert desk.lines[-1] == "no order on BTC/USDT@sim-a: the value of USDT in USD is unknown"


def test_a_signal_the_engine_does_not_take_leaves_the_strategy_able_to_go_on() -> None:
    desk = Desk()
    desk.takes_signals = False
    strategy = start(desk, "ma_cross", SMALL)
    run(desk, strategy, [*FALL, "110", "90", "80"])
    desk.takes_signals = True
    run(desk, strategy, ["120"], first=7)
    assert len(desk.sent) == 1


def test_a_corrected_bar_reaches_the_averages_at_the_next_bar() -> None:
    desk, right = Desk(), Desk()
    strategy, model = start(desk, "ma_cross", SMALL), start(right, "ma_cross", SMALL)
    run(desk, strategy, ["110", "108", "106", "999"])
    corrected = bar_at(3, "104", revision=1)
    desk.series.put(corrected)
    desk.series.put(bar_at(4, "103"))  # closed already, not handled yet: must not be counted twice
    strategy.handle_bar(desk, corrected)
    desk.close_bar(strategy, 4, "103")
    run(right, model, ["110", "108", "106", "104", "103"])
    for name in ("fast", "slow", "deviation"):
        assert strategy.indicators(BTC.id).value(name) == model.indicators(BTC.id).value(name)


def test_stopping_cancels_open_orders_and_keeps_the_position() -> None:
    desk = Desk(fills_at_once=False)
    strategy = start(desk, "ma_cross", SMALL)
    run(desk, strategy, [*FALL, "110"])
    strategy.handle_stop(desk)
    assert (desk.cancelled, len(desk.sent)) == (["o1"], 1)


@pytest.mark.parametrize(("kind", "average"), [("sma", sma), ("ema", ema)])
def test_signals_fall_on_the_crosses_of_the_batch_averages(kind: str, average) -> None:
    chance = Random(7)
    ticks = [10_000]
    for _ in range(600):
        ticks.append(ticks[-1] + chance.randint(-40, 40))
    closes = [str(BTC.ticks_to_price(each)) for each in ticks]
    gap = average([float(close) for close in closes], 10) - average([float(close) for close in closes], 30)
    ups = np.flatnonzero((gap[1:] > 0) & (gap[:-1] <= 0)) + 1
    downs = np.flatnonzero((gap[1:] < 0) & (gap[:-1] >= 0)) + 1
    desk = Desk()
    strategy = start(desk, "ma_cross", {"kind": kind})
    bought, sold = [], []
    for number, close in enumerate(closes):
        before = len(desk.sent)
        desk.close_bar(strategy, number, close)
        for side, _, _ in desk.sent[before:]:
            (bought if side is Side.BUY else sold).append(number)
    assert len(ups) > 5
    assert bought == ups.tolist()
    assert sold == [each for each in downs.tolist() if each > ups[0]]
    assert all(0.5 <= signal.confidence <= 1.0 for signal in desk.signals)


def test_the_same_bars_give_the_same_signals() -> None:
    def signals() -> list[object]:
        desk, chance = Desk(), Random(3)
        strategy = start(desk, "ma_cross", SMALL | {"direction": "long_short"})
        run(desk, strategy, [str(100 + chance.randint(-5, 5)) for _ in range(200)])
        return list(desk.signals)

    assert len(signals()) > 20
    assert signals() == signals()
