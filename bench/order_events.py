"""Seeded order events as an engine journals them: an intent with every control's check, its answer, its fill."""

import random
from collections.abc import Iterator
from decimal import Decimal

from core.journal.facts import AnyFact, OrderFilled, OrderIntended, OrderStatusChanged
from core.risk.table import RULES
from core.risk.verdict import Check
from core.types.order import Fill, Liquidity, OrderIntent, OrderStatus, OrderType, Side

FIRST_NS = 1_767_625_200_000_000_000


def make_events(seed: int, count: int) -> list[AnyFact]:
    """Return `count` facts, three an order."""
    chance = random.Random(seed)
    events: list[AnyFact] = []
    number = 0
    while len(events) < count:
        number += 1
        events.extend(_life(chance, number))
    return events[:count]


def _life(chance: random.Random, number: int) -> Iterator[AnyFact]:
    at_ns, order_id = FIRST_NS + number * 1_000_000, f"s0e77c0-0001-{number}"
    side = chance.choice((Side.BUY, Side.SELL))
    price = Decimal(chance.randint(600_000, 700_000)) / 10
    quantity = Decimal(chance.randint(1, 5_000)) / 1_000
    intent = OrderIntent(
        client_order_id=order_id, venue="sim-a", symbol="BTC/USDT:USDT", side=side, order_type=OrderType.LIMIT,
        quantity=quantity, limit_price=price, source="strategy:ma_cross", confidence=0.7, created_ns=at_ns,
    )  # fmt: skip
    checks = tuple(
        Check(
            rule=rule.name, hardness=rule.hardness, unit=rule.unit,
            limit=f"at most {chance.randint(1, 10_000)}", observed=str(chance.random())[:9], passed=True,
        )
        for rule in RULES
    )  # fmt: skip
    yield OrderIntended(at_ns=at_ns, intent=intent, checks=checks)
    yield OrderStatusChanged(
        at_ns=at_ns + 1, client_order_id=order_id, status=OrderStatus.OPEN, venue_order_id=f"sim-a-{number}"
    )
    fill = Fill(
        fill_id=f"sim-a-{number}", client_order_id=order_id, venue="sim-a", symbol="BTC/USDT:USDT", side=side,
        price=price, quantity=quantity, fee=price * quantity / 2_000, liquidity=Liquidity.TAKER,
        venue_ns=at_ns + 2, received_ns=at_ns + 2,
    )  # fmt: skip
    yield OrderFilled(at_ns=at_ns + 2, fill=fill)
