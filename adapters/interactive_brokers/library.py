"""The one place that knows ib_async: its wire client, with what it hears kept from its own bookkeeping.

The library's `IB` guesses an order's state from any error that names it (a refused cancel, a refused change and a
warning all end it there). So only its connection and its coding of messages are used, and TWS's own words are read.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, tzinfo
from decimal import Decimal
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

if TYPE_CHECKING:
    from ib_async.contract import Contract
    from ib_async.order import Order as IbOrder

Handler = Callable[..., None]
_EXECUTIONS_OF_ALL_CLIENTS: Final = 0


class WireClient(Protocol):
    """What is used of the library's client."""

    conn: Any
    decoder: Any

    async def connectAsync(self, host: str, port: int, clientId: int, timeout: float) -> None: ...
    def isReady(self) -> bool: ...
    def getReqId(self) -> int: ...
    def updateReqId(self, minReqId: int) -> None: ...
    def getAccounts(self) -> list[str]: ...
    def serverVersion(self) -> int: ...
    def disconnect(self) -> None: ...
    def send(self, *fields: object) -> None: ...
    def placeOrder(self, orderId: int, contract: "Contract", order: "IbOrder") -> None: ...
    def cancelOrder(self, orderId: int, manualCancelOrderTime: str = "") -> None: ...
    def reqGlobalCancel(self) -> None: ...
    def reqAllOpenOrders(self) -> None: ...
    def reqPositions(self) -> None: ...
    def reqCurrentTime(self) -> None: ...
    def reqMarketDataType(self, marketDataType: int) -> None: ...
    def reqMarketRule(self, marketRuleId: int) -> None: ...
    def reqAccountSummary(self, reqId: int, groupName: str, tags: str) -> None: ...
    def cancelAccountSummary(self, reqId: int) -> None: ...
    def reqExecutions(self, reqId: int, execFilter: object) -> None: ...
    def reqContractDetails(self, reqId: int, contract: "Contract") -> None: ...
    def cancelMktData(self, reqId: int) -> None: ...
    def reqMktData(
        self, reqId: int, contract: "Contract", genericTickList: str, snapshot: bool, regulatory: bool, options: str
    ) -> None: ...


class _Listener:
    """Stands where the library expects its wrapper: messages that nobody asked for are let go."""

    defaultTimezone = UTC

    def __init__(self, handlers: Mapping[str, Handler], time_zone: str) -> None:
        self.ib = SimpleNamespace(TimezoneTWS=time_zone)
        self._handlers = handlers

    def __getattr__(self, name: str) -> Handler:
        return self._handlers.get(name, _ignore)


class _FaultLog:
    """Stands where the decoder logs what it could not read: a lost message must not stay a line of log."""

    def __init__(self, on_fault: Callable[[str], None]) -> None:
        self._on_fault = on_fault

    def exception(self, text: str, *_: object) -> None:
        self._on_fault(text[:300])


def _ignore(*_: object) -> None:
    """Let a message go."""


async def load_library() -> None:
    """Import the library in a thread: it takes half a second."""
    await asyncio.to_thread(import_library)


def import_library() -> None:
    import ib_async  # noqa: PLC0415 - only where a venue needs it

    # What it logs of orders and rejects is said by this adapter in its own words; it must not reach the screen.
    logging.getLogger(ib_async.__name__).setLevel(logging.CRITICAL + 1)


def make_client(handlers: Mapping[str, Handler], time_zone: str, on_fault: Callable[[str], None]) -> WireClient:
    from ib_async.client import Client  # noqa: PLC0415 - only where a venue needs it

    client = cast("WireClient", Client(_Listener(handlers, time_zone)))
    client.decoder.logger = _FaultLog(on_fault)
    return client


def make_stock(symbol: str, currency: str, primary_exchange: str, contract_id: int = 0) -> "Contract":
    from ib_async.contract import Contract  # noqa: PLC0415 - only where a venue needs it

    return Contract(
        secType="STK",
        symbol=symbol,
        exchange="SMART",
        primaryExchange=primary_exchange,
        currency=currency,
        conId=contract_id,
    )


def make_order(
    *,
    reference: str,
    account: str,
    is_buy: bool,
    quantity: Decimal,
    limit_price: Decimal | None,
    time_in_force: str,
    what_if: bool = False,
) -> "IbOrder":
    from ib_async.order import Order as IbOrder  # noqa: PLC0415 - only where a venue needs it

    order = IbOrder(
        action="BUY" if is_buy else "SELL",
        orderType="MKT" if limit_price is None else "LMT",
        tif=time_in_force,
        orderRef=reference,
        account=account,
        whatIf=what_if,
    )
    # Sent as text by the library: a Decimal goes out digit by digit, a float might not.
    order.totalQuantity = cast("float", _plain(quantity))
    if limit_price is not None:
        order.lmtPrice = _plain(limit_price)
    return order


def _plain(number: Decimal) -> Decimal:
    """Return a number whose text has no exponent and no trailing zeros: TWS reads neither ``1E+2`` nor ``5.0`` well."""
    return Decimal(format(number.normalize(), "f"))


def execution_filter(account: str) -> object:
    from ib_async.objects import ExecutionFilter  # noqa: PLC0415 - only where a venue needs it

    return ExecutionFilter(clientId=_EXECUTIONS_OF_ALL_CLIENTS, acctCode=account)


def time_zone_named(name: str) -> tzinfo | None:
    """Return a time zone by IB's name, None where this machine does not know it."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415 - with the library only

    try:
        return ZoneInfo(name.partition(" ")[0])
    except (ZoneInfoNotFoundError, ValueError):
        return None
