"""Orders as Kraken's websocket takes them; numbers go out as the digits they are."""

from decimal import Decimal
from typing import Final

import msgspec

from adapters.kraken.client_ids import to_kraken
from core.types.order import OrderIntent, OrderType, SelfTradePrevention, TimeInForce

Frame = dict[str, object]

ADD_ORDER: Final = "add_order"
AMEND_ORDER: Final = "amend_order"
CANCEL_ORDER: Final = "cancel_order"
CANCEL_ALL: Final = "cancel_all"
_STP_TYPES: Final = {SelfTradePrevention.CANCEL_NEWEST: "cancel_newest"}


def add_order(intent: OrderIntent, self_trade_prevention: SelfTradePrevention) -> Frame:
    """Return the parameters of a new order; raise ClientIdError for an id that Kraken cannot have.

    Fees are asked for in the quote currency. There is no margin, so a sell cannot exceed what is held; Kraken's own
    `reduce_only` is for margin positions and is not set.
    """
    frame: Frame = {
        "order_type": "market" if intent.order_type is OrderType.MARKET else "limit",
        "side": intent.side.value,
        "symbol": intent.symbol,
        "order_qty": number(intent.quantity),
        "cl_ord_id": to_kraken(intent.client_order_id),
        "stp_type": _STP_TYPES[self_trade_prevention],
        "fee_preference": "quote",
    }
    if intent.order_type is OrderType.LIMIT and intent.limit_price is not None:
        frame["limit_price"] = number(intent.limit_price)
        frame["time_in_force"] = "ioc" if intent.time_in_force is TimeInForce.IOC else "gtc"
        if intent.post_only:
            frame["post_only"] = True
    return frame


def amend_order(intent: OrderIntent) -> Frame:
    """Return the parameters that give an order the intent's price and total quantity."""
    frame: Frame = {"cl_ord_id": to_kraken(intent.client_order_id), "order_qty": number(intent.quantity)}
    if intent.limit_price is not None:
        frame["limit_price"] = number(intent.limit_price)
    if intent.post_only:
        frame["post_only"] = True
    return frame


def number(value: Decimal) -> msgspec.Raw:
    """Write a number without an exponent and without a float in between."""
    return msgspec.Raw(f"{value:f}".encode())
