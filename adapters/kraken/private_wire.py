"""Kraken's private messages: answers of REST, and the executions and answers of the websocket (version 2).

https://docs.kraken.com/api/docs/rest-api, https://docs.kraken.com/api/docs/websocket-v2/executions
"""

from decimal import Decimal
from typing import Final, Literal

import msgspec

ZERO: Final = Decimal(0)


class Envelope(msgspec.Struct, frozen=True):
    """Every REST answer; with an error there is no result, or an empty one."""

    error: list[str] | str
    result: msgspec.Raw = msgspec.Raw()

    @property
    def errors(self) -> list[str]:
        return [self.error] if isinstance(self.error, str) else self.error


class ExtendedBalance(msgspec.Struct, frozen=True):
    balance: Decimal
    hold_trade: Decimal = ZERO


class OrderDescription(msgspec.Struct, frozen=True):
    pair: str
    type: Literal["buy", "sell"]
    ordertype: str
    price: str = "0"


class RestOrder(msgspec.Struct, frozen=True):
    status: str  # pending, open, closed, canceled, expired
    opentm: Decimal
    descr: OrderDescription
    vol: Decimal
    vol_exec: Decimal
    cost: Decimal = ZERO
    oflags: str = ""
    timeinforce: str | None = None
    cl_ord_id: str | None = None
    reason: str | None = None
    closetm: Decimal | None = None


class OpenOrders(msgspec.Struct, frozen=True):
    open: dict[str, RestOrder]


class RestTrade(msgspec.Struct, frozen=True):
    """One trade; `fee` is in the quote currency, whatever it was paid in."""

    ordertxid: str
    pair: str
    time: Decimal
    type: Literal["buy", "sell"]
    price: Decimal
    fee: Decimal
    vol: Decimal
    maker: bool | None = None
    ordertype: str = ""


class TradesHistory(msgspec.Struct, frozen=True):
    trades: dict[str, RestTrade]
    count: int


class Count(msgspec.Struct, frozen=True):
    count: int = 0


class WebSocketsToken(msgspec.Struct, frozen=True):
    token: str

    def __repr__(self) -> str:
        return "WebSocketsToken(***)"


class DeadManAnswer(msgspec.Struct, frozen=True, rename="camel"):
    current_time: str
    trigger_time: str  # "0" where it is off


class KeyInformation(msgspec.Struct, frozen=True):
    permissions: list[str]


class TickerRow(msgspec.Struct, frozen=True):
    c: tuple[Decimal, ...]  # price of the last trade, its volume


# the websocket ----------------------------------------------------------------------------------------


class Fee(msgspec.Struct, frozen=True, gc=False):
    asset: str
    qty: Decimal


class Execution(msgspec.Struct, frozen=True):
    """What happened to an order; which fields are there depends on what it was."""

    exec_type: str
    order_id: str
    timestamp: str
    order_status: str = ""
    cl_ord_id: str | None = None
    symbol: str | None = None
    side: Literal["buy", "sell"] | None = None
    exec_id: str | None = None
    last_qty: Decimal | None = None
    last_price: Decimal | None = None
    liquidity_ind: str | None = None  # m, t
    fees: list[Fee] | None = None
    reason: str | None = None


class ExecutionsMessage(msgspec.Struct, frozen=True):
    type: Literal["snapshot", "update"]
    data: list[Execution]
    sequence: int
    channel: Literal["executions"] = "executions"


class MethodResult(msgspec.Struct, frozen=True):
    order_id: str | list[str] | None = None
    channel: str | None = None
    count: int | None = None

    @property
    def venue_order_id(self) -> str | None:
        return self.order_id if isinstance(self.order_id, str) else None


class MethodAnswer(msgspec.Struct, frozen=True):
    """The answer to a request of ours; `time_in` and `time_out` are of the venue's clock."""

    method: str
    req_id: int | None = None
    success: bool = True
    error: str = ""
    result: MethodResult | None = None
    time_in: str | None = None
    time_out: str | None = None


class _Kind(msgspec.Struct, frozen=True, gc=False):
    channel: str = ""
    method: str = ""
    req_id: int | None = None


decode_envelope = msgspec.json.Decoder(Envelope).decode
decode_balances = msgspec.json.Decoder(dict[str, ExtendedBalance]).decode
decode_open_orders = msgspec.json.Decoder(OpenOrders).decode
decode_orders = msgspec.json.Decoder(dict[str, RestOrder]).decode
decode_trades = msgspec.json.Decoder(TradesHistory).decode
decode_count = msgspec.json.Decoder(Count).decode
decode_token = msgspec.json.Decoder(WebSocketsToken).decode
decode_dead_man = msgspec.json.Decoder(DeadManAnswer).decode
decode_key_information = msgspec.json.Decoder(KeyInformation).decode
decode_ticker = msgspec.json.Decoder(dict[str, TickerRow]).decode
decode_kind = msgspec.json.Decoder(_Kind).decode
decode_executions = msgspec.json.Decoder(ExecutionsMessage).decode
decode_answer = msgspec.json.Decoder(MethodAnswer).decode
