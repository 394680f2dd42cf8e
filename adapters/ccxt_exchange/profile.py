"""What is known of single exchanges that ccxt does not tell: how each takes our ids, and what its amends keep."""

from collections.abc import Mapping
from typing import Final

import msgspec


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """How orders of one exchange are named and changed through ccxt.

    `create_param` carries a client order id into ccxt; `id_field` is what the exchange calls it in its own messages.
    """

    id_field: str
    create_param: str = "clientOrderId"
    cancel_param: str | None = None  # by which a cancel names it; None: the exchange's own id has to be found first
    ioc: str = "IOC"
    keeps_amended: bool = False  # editOrder changes price and total quantity of the same order under the same ids
    all_symbols_at_once: bool = True  # cancelAllOrders takes no symbol
    per_settle: bool = False  # open orders and positions are told for one currency of settlement at a time
    tells_older_fills_by: str | None = None  # parameter of fetchMyTrades for what was before a moment, as ISO text
    cancels_newest_by: Mapping[str, object] = {}  # parameters of an order: of two own ones that meet the newcomer goes
    has_reduce_only: bool = False  # whatever ccxt's table says
    funding_interval_s: int | None = None  # where funding rates do not tell it


PROFILES: Final[Mapping[str, Profile]] = {
    "binance": Profile(
        id_field="clientOrderId",
        cancel_param="clientOrderId",
        all_symbols_at_once=False,
        cancels_newest_by={"selfTradePreventionMode": "EXPIRE_TAKER"},
    ),
    "binanceusdm": Profile(
        id_field="clientOrderId",
        cancel_param="clientOrderId",
        all_symbols_at_once=False,
        keeps_amended=True,
        cancels_newest_by={"selfTradePreventionMode": "EXPIRE_TAKER"},
    ),
    "bybit": Profile(
        id_field="orderLinkId",
        cancel_param="orderLinkId",
        keeps_amended=True,
        per_settle=True,
        cancels_newest_by={"smpType": "CancelTaker"},
    ),
    # only a lower-case ioc is read by ccxt: anything else would rest
    "krakenfutures": Profile(
        id_field="cliOrdId", ioc="ioc", tells_older_fills_by="lastFillTime", funding_interval_s=3600
    ),
    # ccxt's table denies reduce-only here, and its code sets the flag
    "paradex": Profile(
        id_field="client_id",
        cancel_param="clientOrderId",
        all_symbols_at_once=False,
        cancels_newest_by={"stp": "EXPIRE_TAKER"},
        has_reduce_only=True,
    ),
    "okx": Profile(id_field="clOrdId", cancel_param="clOrdId", cancels_newest_by={"stpMode": "cancel_taker"}),
    "kraken": Profile(id_field="cl_ord_id"),
    # ccxt drops clientOrderId without a word
    "coinbase": Profile(id_field="client_order_id", create_param="client_order_id"),
}


def profile_of(exchange: str, client_order_id_param: str | None) -> Profile | None:
    """Return how an exchange is traded; None where nobody has said how it takes client order ids."""
    known = PROFILES.get(exchange)
    if known is not None or client_order_id_param is None:
        return known
    return Profile(id_field=client_order_id_param, create_param=client_order_id_param, all_symbols_at_once=False)
