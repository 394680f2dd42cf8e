"""The venue's truth in the venue's JSON."""

from datetime import UTC, datetime
from decimal import Decimal

from tests.venues.coinbase.exchange import Product, PublicTrade, VenueFill, VenueOrder


def iso(ns: int) -> str:
    """Write a moment with nine decimals."""
    seconds, rest = divmod(ns, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09d}Z"


def text(number: Decimal) -> str:
    return f"{number:f}"


def product_row(product: Product) -> dict:
    best = product.book.best_bid() or 0
    return {
        "product_id": product.product_id, "price": text(best * product.tick), "product_type": "SPOT",
        "base_currency_id": product.base, "quote_currency_id": product.quote,
        "base_increment": text(product.lot), "quote_increment": text(product.tick),
        "price_increment": text(product.tick), "base_min_size": text(product.lot), "base_max_size": "100000",
        "quote_min_size": text(product.quote_min), "quote_max_size": "100000000", "status": "online",
        "alias": product.alias, "is_disabled": False, "trading_disabled": False, "view_only": False,
        "cancel_only": False, "limit_only": False, "post_only": False, "auction_mode": False, "new": False,
        "price_percentage_change_24h": "0", "volume_24h": "0", "volume_percentage_change_24h": "0",
    }  # fmt: skip


def level(side: str, product: Product, ticks: int, lots: int, at_ns: int) -> dict:
    return {
        "side": side, "event_time": iso(at_ns),
        "price_level": text(ticks * product.tick), "new_quantity": text(lots * product.lot),
    }  # fmt: skip


def snapshot_event(product: Product, shown_as: str, at_ns: int) -> dict:
    updates = []
    for side, ladder in (("bid", product.book.bids), ("offer", product.book.asks)):
        ticks, lots = ladder.depth(len(ladder.keys)) if ladder.keys else ([], [])
        updates += [level(side, product, *pair, at_ns) for pair in zip(ticks, lots, strict=True)]
    return {"type": "snapshot", "product_id": shown_as, "updates": updates}


def trade_row(trade: PublicTrade) -> dict:
    return {
        "trade_id": str(trade.trade_id), "product_id": trade.product.product_id, "price": text(trade.price),
        "size": text(trade.size), "side": trade.maker_side.value.upper(), "time": iso(trade.at_ns),
    }  # fmt: skip


def account_row(number: int, currency: str, total: Decimal, held: Decimal) -> dict:
    return {
        "uuid": f"account-{number}", "name": f"{currency} Wallet", "currency": currency, "active": True, "ready": True,
        "available_balance": {"value": text(total - held), "currency": currency},
        "hold": {"value": text(held), "currency": currency},
        "default": True, "type": "ACCOUNT_TYPE_CRYPTO", "deleted_at": None,
        "created_at": iso(0), "updated_at": iso(0),
    }  # fmt: skip


def order_row(order: VenueOrder) -> dict:
    terms: dict[str, object] = {"base_size": text(order.size)}
    if order.price is not None:
        terms |= {"limit_price": text(order.price)}
    if order.kind == "limit_limit_gtc":
        terms |= {"post_only": order.post_only}
    return {
        "order_id": order.order_id, "client_order_id": order.client_order_id, "user_id": order.user,
        "product_id": order.product.product_id, "side": order.side.value.upper(), "status": order.status,
        "order_configuration": {order.kind: terms},
        "order_type": "MARKET" if order.price is None else "LIMIT",
        "time_in_force": "GOOD_UNTIL_CANCELLED" if order.kind == "limit_limit_gtc" else "IMMEDIATE_OR_CANCEL",
        "created_time": iso(order.created_ns), "filled_size": text(order.filled),
        "average_filled_price": text(order.average), "filled_value": text(order.value), "fee": "",
        "number_of_fills": str(order.fills), "total_fees": text(order.fees), "completion_percentage": "0",
        "reject_reason": "REJECT_REASON_UNSPECIFIED", "cancel_message": "", "product_type": "SPOT",
        "size_in_quote": False, "pending_cancel": False, "settled": order.status == "FILLED", "last_fill_time": None,
    }  # fmt: skip


def user_row(order: VenueOrder) -> dict:
    return {
        "order_id": order.order_id, "client_order_id": order.client_order_id,
        "cumulative_quantity": text(order.filled), "leaves_quantity": text(order.size - order.filled),
        "avg_price": text(order.average), "total_fees": text(order.fees), "status": order.status,
        "product_id": order.product.product_id, "creation_time": iso(order.created_ns),
        "order_side": order.side.value.upper(), "order_type": "Limit" if order.price is not None else "Market",
        "cancel_reason": "", "reject_Reason": "", "number_of_fills": str(order.fills),
    }  # fmt: skip


def fill_row(fill: VenueFill) -> dict:
    return {
        "entry_id": f"entry-{fill.trade_id}", "trade_id": fill.trade_id, "order_id": fill.order.order_id,
        "trade_time": iso(fill.at_ns), "trade_type": "FILL", "price": text(fill.price), "size": text(fill.size),
        "commission": text(fill.fee), "product_id": fill.order.product.product_id,
        "sequence_timestamp": iso(fill.at_ns), "liquidity_indicator": "MAKER" if fill.is_maker else "TAKER",
        "size_in_quote": False, "user_id": fill.order.user, "side": fill.order.side.value.upper(),
    }  # fmt: skip
