"""Whatever the venue does and in whatever order it says so, a strategy holds at most one position's worth."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.bars.bar import Bar
from core.ports.strategy import StrategyContext
from core.types.order import OrderStatus
from strategies.directional import DirectionalParameters, DirectionalStrategy
from strategies.exposure import Exposure
from tests.strategies.strategy_desk import BTC, Desk, start

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("bar"), st.integers(60, 140)),
        st.tuples(st.just("bar"), st.integers(60, 140)),
        st.tuples(st.sampled_from(["fill", "part", "say filled", "late fill", "doubt", "reject", "lose", "cancel"]),
                  st.integers(1, 9)),
    ),
    min_size=20,
    max_size=120,
)  # fmt: skip


def happen(desk: Desk, strategy, what: str, share: int) -> None:
    """Let something happen to the oldest order that is not done."""
    waiting = [number for number, order in desk.orders.items() if order.remaining_quantity and is_open(desk, number)]
    if not waiting:
        return
    number, price = waiting[0], Decimal(100)
    order = desk.orders[number]
    part = max(Decimal("0.001"), (order.remaining_quantity * share / 10).quantize(Decimal("0.001")))
    says_filled = order.status is OrderStatus.FILLED
    actions: dict[str, Callable[[], None]] = {
        "fill": lambda: desk.fill(strategy, number, price),
        "part": lambda: desk.book_fill(strategy, number, price, min(part, order.remaining_quantity)),
        "late fill": lambda: desk.book_fill(strategy, number, price),
        "say filled": lambda: desk.report(strategy, number, OrderStatus.FILLED),
    }
    if what in actions:
        actions[what]()
        if not order.remaining_quantity and not order.status.is_final:
            desk.report(strategy, number, OrderStatus.FILLED)
    elif says_filled:
        return  # a venue that reported FILLED does not take it back
    elif what == "lose":
        order.status = OrderStatus.CANCELLED  # and nobody tells the strategy
    else:
        ends = {"doubt": OrderStatus.IN_DOUBT, "reject": OrderStatus.REJECTED, "cancel": OrderStatus.CANCELLED}
        desk.report(strategy, number, ends[what])


def is_open(desk: Desk, number: str) -> bool:
    return desk.orders[number] in desk.open_orders(desk.series.instrument.id)


def test_two_aims_in_one_callback_send_one_order() -> None:
    class Eager(DirectionalStrategy[DirectionalParameters]):
        def on_bar(self, ctx: StrategyContext, bar: Bar) -> None:
            for _ in range(2):
                self.go(ctx, bar.instrument_id, Exposure.LONG, price=self.close_of(bar), confidence=0.7, reason="eager")

    desk = Desk(fills_at_once=False)
    strategy = Eager("eager", DirectionalParameters(instruments=(BTC.id,)))
    strategy.handle_start(desk)
    desk.close_bar(strategy, 1, "100")
    assert len(desk.signals) == 1


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("ma_cross", {"fast": "2", "slow": "3", "direction": "long_short"}),
        ("bollinger_rsi", {"length": "4", "rsi_length": "2", "width": "1", "direction": "long_short"}),
    ],
)
@settings(deadline=None)
@given(STEPS)
def test_position_and_open_orders_never_exceed_one_entry(
    name: str, parameters: dict[str, str], steps: list[tuple[str, int]]
) -> None:
    desk = Desk(fills_at_once=False)
    strategy = start(desk, name, parameters)
    number = 0
    for what, value in steps:
        before, sent = desk.held, len(desk.signals)
        if what == "bar":
            desk.close_bar(strategy, number, Decimal(value))
            number += 1
        else:
            happen(desk, strategy, what, value)
        assert len(desk.open_orders(desk.series.instrument.id)) <= 1
        for signal in desk.signals[sent:]:
            assert signal.quantity is not None
            price = Decimal(value if what == "bar" else 60)
            if signal.reduce_only:
                assert signal.quantity <= abs(desk.held)
                assert signal.side.sign * desk.held < 0
            else:
                assert signal.quantity * price <= 1000
                assert abs(before) * 60 < 5 or desk.held == 0
    largest = Decimal(1000) / 60
    assert abs(desk.held) <= largest
