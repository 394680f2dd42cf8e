"""Rehearsals as an engine answers them, for those that show one."""

from decimal import Decimal
from typing import Any

from core.state.desk import CheckView
from core.state.rehearsal import ExpectedFillView, FeesView, FundingView, OrderRehearsalView, RoomView

D = Decimal


def room(rule: str = "day_loss", **changes: Any) -> RoomView:
    fields: dict[str, Any] = {
        "scope": "account", "of": "", "unit": "USD", "is_hard": True, "limit": D(500), "left_now": D(500),
        "left_after": D("499.7"), "note": "",
    }  # fmt: skip
    return RoomView(rule=rule, **(fields | changes))


def some_rooms() -> list[RoomView]:
    return [
        room(),
        room("capital_pool", scope="venue", of="arb sim-a", limit=D(20_000), left_now=D(20_000), left_after=D(19_360)),
        room("invested_share", unit="% of equity", is_hard=False, limit=D(70), left_now=D(70), left_after=D("69.36")),
        room("directional_sum", limit=D(10_000), left_now=D(10_000), left_after=D("9359.87")),
    ]


def fill(**changes: Any) -> ExpectedFillView:
    fields: dict[str, Any] = {
        "problem": "", "age_s": 0.1, "bid": D("64012.5"), "ask": D("64013"), "taken": D("0.01"),
        "average_price": D("64013"), "worst_price": D("64013"), "levels": 1, "slippage_bps": D(0),
        "mid_cost_bps": D("0.04"), "rests": D(0), "beyond_depth": D(0),
    }  # fmt: skip
    return ExpectedFillView(**(fields | changes))


def unknown_fill(problem: str = "the book is stale, 3.2 s old") -> ExpectedFillView:
    nothing = dict.fromkeys(("bid", "ask", "taken", "average_price", "worst_price", "slippage_bps", "mid_cost_bps",
                             "rests", "beyond_depth"))  # fmt: skip
    return fill(problem=problem, levels=0, **nothing)


def fees(**changes: Any) -> FeesView:
    fields: dict[str, Any] = {
        "currency": "USDT", "maker_rate": D("0.0002"), "taker_rate": D("0.0005"), "taken": D("0.320065"),
        "resting": D(0),
    }  # fmt: skip
    return FeesView(**(fields | changes))


def rehearsal(**changes: Any) -> OrderRehearsalView:
    """Return the answer to a small market order that would be sent."""
    fields: dict[str, Any] = {
        "at_ns": 1, "order": "BUY 0.01 BTC/USDT:USDT@sim-a market", "verdict": "approved", "reason": "",
        "is_under_override": False, "is_held": False, "value": D("640.13"), "value_usd": D("640.13"), "fill": fill(),
        "fees": fees(),
        "funding": FundingView(kind="margin", unit="USD", needed=D("213.37"), available=D(100_000), left=D(99_786)),
        "rooms": some_rooms(),
        "checks": [CheckView(rule="order_form", is_hard=True, unit="", limit="complete", observed="is", passed=True)],
        "notes": [],
    }  # fmt: skip
    return OrderRehearsalView(**(fields | changes))
