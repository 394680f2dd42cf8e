"""Which fields of the engine's records go into an export, in a reader's order."""

from typing import Final

POSITION_COLUMNS: Final = (
    "venue", "symbol", "quantity", "average_price", "mark_price", "mark_age_s", "notional_usd", "unrealised_pnl_usd",
    "realised_pnl_usd", "fees_usd", "funding_usd",
)  # fmt: skip
ORDER_COLUMNS: Final = (
    "created_ns", "updated_ns", "venue", "symbol", "client_order_id", "side", "order_type", "quantity",
    "filled_quantity", "limit_price", "stop_price", "average_price", "status", "source", "reason",
)  # fmt: skip
FILL_COLUMNS: Final = (
    "at_ns", "venue", "symbol", "fill_id", "client_order_id", "side", "price", "quantity", "fee", "liquidity", "source",
)  # fmt: skip
JOB_COLUMNS: Final = (
    "created_ns", "started_ns", "ended_ns", "job_id", "status", "phase", "outcome", "strategy_type", "strategy",
    "symbol", "notional_usd", "expected_edge_bps", "safety", "volume", "final", "naked_usd", "naked_age_s", "pnl_usd",
    "fees_usd", "under_override", "waits_for", "reason",
)  # fmt: skip
ALARM_COLUMNS: Final = (
    "severity", "name", "since_ns", "text", "scope", "explained_by", "acknowledged", "acknowledged_by",
    "acknowledged_ns", "shelved_by", "shelved_until_ns",
)  # fmt: skip
LOG_COLUMNS: Final = ("at_ns", "level", "topic", "text")
BAR_COLUMNS: Final = ("open_ns", "open", "high", "low", "close", "volume")
STRATEGY_COLUMNS: Final = ("name", "status", "signals", "orders", "last_signal", "detail")
PROFIT_COLUMNS: Final = (
    "pnl_usd",
    "unrealised_usd",
    "realised_usd",
    "fees_usd",
    "funding_usd",
    "open_positions",
    "mark_age_s",
)
