"""Prices of one symbol stand digit under digit, whatever zeros they end in."""

from decimal import Decimal

import msgspec

from tests.console.fake_link import FakeLink
from tui.present.orders import fills_table, orders_table
from tui.present.table import Table


def prices(table: Table) -> list[str]:
    at = [column.title for column in table.columns].index("price")
    return [row.cells[at].text for row in table.rows]


def test_fills_have_as_many_decimals_as_the_longest_price_of_their_symbol() -> None:
    fill = FakeLink().snapshot().fills[0]
    shown = [("A/USD", "150.6"), ("A/USD", "150.43"), ("B/USD", "64154"), ("A/USD", "150.00")]
    fills = [msgspec.structs.replace(fill, symbol=symbol, price=Decimal(price)) for symbol, price in shown]
    assert prices(fills_table(fills)) == ["150.60", "150.43", "64,154", "150.00"]


def test_limits_of_orders_have_as_many_decimals_as_the_longest_of_their_symbol() -> None:
    order = FakeLink().snapshot().orders[0]
    shown = [("A/USD", "150.5"), ("A/USD", "150.43"), ("B/USD", "64154")]
    orders = [
        msgspec.structs.replace(order, symbol=symbol, limit_price=Decimal(price), client_order_id=f"o-{price}")
        for symbol, price in shown
    ]
    assert prices(orders_table(orders)) == ["150.50", "150.43", "64,154"]
