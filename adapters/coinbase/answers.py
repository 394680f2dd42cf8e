"""Coinbase's answers to signed requests and the messages of its private channel, as they are on the wire.

Numbers are decimal texts, an empty one where there is none: they are read with `number`, never as floats.
"""

from decimal import Decimal
from typing import Final

import msgspec

ZERO: Final = Decimal(0)
_NS_PER_MS: Final = 1_000_000


class Money(msgspec.Struct, frozen=True):
    value: Decimal
    currency: str


class AccountAnswer(msgspec.Struct, frozen=True):
    uuid: str
    currency: str
    available_balance: Money
    hold: Money


class AccountsPage(msgspec.Struct, frozen=True):
    accounts: list[AccountAnswer]
    cursor: str = ""
    has_next: bool = False


class OrderAnswer(msgspec.Struct, frozen=True):
    order_id: str
    product_id: str
    side: str
    status: str
    client_order_id: str = ""
    order_configuration: dict[str, msgspec.Raw] | None = None
    order_type: str = ""
    time_in_force: str = ""
    created_time: str = ""
    filled_size: str = ""
    filled_value: str = ""
    average_filled_price: str = ""
    reject_reason: str = ""
    cancel_message: str = ""
    reject_message: str = ""


class OrdersPage(msgspec.Struct, frozen=True):
    orders: list[OrderAnswer]
    cursor: str = ""
    has_next: bool = False


class OneOrder(msgspec.Struct, frozen=True):
    order: OrderAnswer


class OrderTerms(msgspec.Struct, frozen=True):
    """What is common to the configurations that an order may have."""

    base_size: Decimal | None = None
    quote_size: Decimal | None = None
    limit_price: Decimal | None = None
    post_only: bool = False


class FillAnswer(msgspec.Struct, frozen=True):
    trade_id: str
    order_id: str
    product_id: str
    side: str
    price: Decimal
    size: Decimal
    commission: Decimal
    trade_time: str
    liquidity_indicator: str = ""
    trade_type: str = "FILL"
    size_in_quote: bool = False


class FillsPage(msgspec.Struct, frozen=True):
    fills: list[FillAnswer]
    cursor: str = ""


class SubmitSuccess(msgspec.Struct, frozen=True):
    order_id: str
    product_id: str = ""
    side: str = ""
    client_order_id: str = ""


class SubmitError(msgspec.Struct, frozen=True):
    error: str = ""
    message: str = ""
    error_details: str = ""
    preview_failure_reason: str = ""
    new_order_failure_reason: str = ""


class SubmitAnswer(msgspec.Struct, frozen=True):
    success: bool
    failure_reason: str = ""
    success_response: SubmitSuccess | None = None
    error_response: SubmitError | None = None


class CancelResult(msgspec.Struct, frozen=True):
    success: bool
    order_id: str = ""
    failure_reason: str = ""


class CancelAnswer(msgspec.Struct, frozen=True):
    results: list[CancelResult]


class GatewayError(msgspec.Struct, frozen=True):
    """The body of a refused request: of the interface itself, or of the one in front of it."""

    error: str = ""
    message: str = ""
    error_details: str = ""
    error_description: str = ""


class TimeAnswer(msgspec.Struct, frozen=True):
    epoch_millis: str = msgspec.field(name="epochMillis")


class PermissionsAnswer(msgspec.Struct, frozen=True):
    can_view: bool = False
    can_trade: bool = False
    can_transfer: bool = False
    portfolio_type: str = ""


class UserOrder(msgspec.Struct, frozen=True):
    """An order as the private channel tells it: totals, no single fills."""

    order_id: str
    status: str
    product_id: str = ""
    client_order_id: str = ""
    cumulative_quantity: str = ""
    cancel_reason: str = ""
    reject_reason: str = ""


class UserEvent(msgspec.Struct, frozen=True):
    type: str
    orders: list[UserOrder] = []


class SubscriptionsEvent(msgspec.Struct, frozen=True):
    """What a connection is subscribed to, by channel."""

    subscriptions: dict[str, msgspec.Raw] = {}


decode_accounts = msgspec.json.Decoder(AccountsPage).decode
decode_orders = msgspec.json.Decoder(OrdersPage).decode
decode_order = msgspec.json.Decoder(OneOrder).decode
decode_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
decode_terms = msgspec.json.Decoder(OrderTerms).decode
decode_fills = msgspec.json.Decoder(FillsPage).decode
decode_submit = msgspec.json.Decoder(SubmitAnswer).decode
decode_cancel = msgspec.json.Decoder(CancelAnswer).decode
decode_gateway_error = msgspec.json.Decoder(GatewayError).decode
_decode_time = msgspec.json.Decoder(TimeAnswer).decode
decode_permissions = msgspec.json.Decoder(PermissionsAnswer).decode
decode_subscriptions = msgspec.json.Decoder(list[SubscriptionsEvent]).decode
decode_user_events = msgspec.json.Decoder(list[UserEvent]).decode


def server_ns(body: bytes) -> int:
    """Return the time that the venue tells."""
    return int(_decode_time(body).epoch_millis) * _NS_PER_MS


def number(text: str) -> Decimal:
    """Read a decimal text, nothing as 0; raise ArithmeticError or ValueError for one that is none."""
    value = Decimal(text or 0)
    if not value.is_finite():
        raise ValueError(f"{text!r} is not a number")
    return value
