"""What TWS says, typed: money in Decimal, times in ns, nothing of the library's own classes."""

from datetime import UTC, datetime
from decimal import Decimal
from math import isfinite
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

if TYPE_CHECKING:
    from ib_async.contract import Contract
    from ib_async.objects import BarData, CommissionReport, Execution
    from ib_async.order import Order as IbOrder
    from ib_async.order import OrderState

_DATE: Final = 8  # digits
_UNSET_ID: Final = 2**31 - 1
_UNSET: Final = 1e300  # IB writes "no value" as the largest double


class StockName(NamedTuple):
    """What TWS calls an instrument."""

    contract_id: int
    symbol: str
    security_type: str
    currency: str
    local_symbol: str


class OpenOrderSaid(msgspec.Struct, frozen=True, kw_only=True):
    """TWS shows an order that it works on, or what one would need (`what_if`)."""

    order_id: int
    client_id: int
    permanent_id: int
    reference: str
    account: str
    name: StockName
    is_buy: bool
    order_type: str
    quantity: Decimal
    limit_price: Decimal | None
    time_in_force: str
    status: str


class OrderStatusSaid(msgspec.Struct, frozen=True, kw_only=True):
    order_id: int
    client_id: int
    permanent_id: int
    status: str
    filled: Decimal
    remaining: Decimal
    average_price: Decimal
    why_held: str


class ExecutionSaid(msgspec.Struct, frozen=True, kw_only=True):
    request_id: int  # -1 for a live one
    execution_id: str
    order_id: int
    client_id: int
    permanent_id: int
    reference: str
    account: str
    name: StockName
    is_buy: bool
    price: Decimal
    quantity: Decimal
    added_liquidity: bool
    venue_ns: int


class CommissionSaid(NamedTuple):
    execution_id: str
    amount: Decimal | None  # None where IB does not know it yet
    currency: str


class PositionSaid(NamedTuple):
    account: str
    name: StockName
    quantity: Decimal
    average_cost: Decimal


class AccountValueSaid(NamedTuple):
    account: str
    tag: str
    value: str
    currency: str


class BarSaid(NamedTuple):
    begin_ns: int  # of a day: midnight of its date in UTC
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: int
    trades: int


class MarginPreview(msgspec.Struct, frozen=True, kw_only=True):
    """What an order would do to the account's margin, in the account's base currency."""

    initial_change: Decimal
    maintenance_change: Decimal
    equity_change: Decimal
    commission: Decimal | None
    commission_currency: str
    warning: str


def exact(value: float | Decimal | str) -> Decimal:
    """Convert a number through its shortest text; raise ValueError for one that IB left unset."""
    number = float(value)
    if not isfinite(number) or abs(number) >= _UNSET:
        raise ValueError(f"TWS sent {value} where a number is needed")
    found = Decimal(value if isinstance(value, str) else repr(number))
    return Decimal(int(found)) if found == int(found) else found


def exact_or_none(value: float | Decimal | str | None) -> Decimal | None:
    if value is None or value == "" or not isfinite(float(value)) or abs(float(value)) >= _UNSET:
        return None
    return exact(value)


def utc_ns(moment: datetime) -> int:
    if moment.tzinfo is None:
        raise ValueError(f"TWS sent the time {moment} without its time zone")
    return int(moment.timestamp()) * 1_000_000_000 + moment.microsecond * 1_000


def name_of(contract: "Contract") -> StockName:
    return StockName(
        contract.conId, contract.symbol, contract.secType, contract.currency, contract.localSymbol or contract.symbol
    )


def _given(order_id: int) -> int:
    """Return the id that a client gave its order, 0 for none: TWS leaves that of manual orders unset."""
    return order_id if 0 < order_id < _UNSET_ID else 0


def read_open_order(contract: "Contract", order: "IbOrder", state: "OrderState") -> OpenOrderSaid:
    return OpenOrderSaid(
        order_id=_given(order.orderId),
        client_id=order.clientId,
        permanent_id=order.permId,
        reference=order.orderRef,
        account=order.account,
        name=name_of(contract),
        is_buy=order.action == "BUY",
        order_type=order.orderType,
        quantity=exact(order.totalQuantity),
        # TWS fills the limit of a market order with 0
        limit_price=(exact_or_none(order.lmtPrice) or None) if "LMT" in order.orderType else None,
        time_in_force=order.tif,
        status=state.status,
    )


def read_margin(state: "OrderState") -> MarginPreview:
    return MarginPreview(
        initial_change=exact(state.initMarginChange),
        maintenance_change=exact(state.maintMarginChange),
        equity_change=exact(state.equityWithLoanChange),
        commission=exact_or_none(state.commission),
        commission_currency=state.commissionCurrency,
        warning=state.warningText,
    )


def read_execution(request_id: int, contract: "Contract", execution: "Execution") -> ExecutionSaid:
    return ExecutionSaid(
        request_id=request_id,
        execution_id=execution.execId,
        order_id=_given(execution.orderId),
        client_id=execution.clientId,
        permanent_id=execution.permId,
        reference=execution.orderRef,
        account=execution.acctNumber,
        name=name_of(contract),
        is_buy=execution.side == "BOT",
        price=exact(execution.price),
        quantity=exact(execution.shares),
        added_liquidity=execution.lastLiquidity == 1,
        venue_ns=utc_ns(execution.time),
    )


def read_bar(bar: "BarData") -> BarSaid:
    """Read a bar asked for with times in seconds since 1970; days come as dates all the same."""
    text = str(bar.date)  # the library's wire client leaves it as it came
    moment = datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC) if len(text) == _DATE else None
    return BarSaid(
        begin_ns=int(text) * 1_000_000_000 if moment is None else utc_ns(moment),
        open=exact(bar.open),
        high=exact(bar.high),
        low=exact(bar.low),
        close=exact(bar.close),
        volume=max(0, int(exact(bar.volume))),  # -1 where IB does not know it
        trades=max(0, bar.barCount),
    )


def read_commission(report: "CommissionReport") -> CommissionSaid:
    return CommissionSaid(report.execId, exact_or_none(report.commission), report.currency)
