"""The venue's orders, fills and payments in the engine's types."""

from collections.abc import Mapping
from typing import Final

from adapters.hyperliquid.account_wire import AccountFill, FundingDelta, OpenOrder, OrderUpdate
from adapters.hyperliquid.instruments import FUNDING_INTERVAL_S, VENUE, Universe
from adapters.hyperliquid.order_names import OrderNames
from core.ports.venue import OrderReport
from core.types.account import FundingPayment
from core.types.instrument import InstrumentId
from core.types.order import Fill, Liquidity, Order, OrderIntent, OrderStatus, OrderType, Side, TimeInForce

NS_PER_MS: Final = 1_000_000
_MS_PER_HOUR: Final = FUNDING_INTERVAL_S * 1000
_SIDES: Final[Mapping[str, Side]] = {"B": Side.BUY, "A": Side.SELL}

RESTING: Final = frozenset({"open", "triggered"})
_REASONLESS: Final = frozenset({"open", "filled", "canceled", "triggered"})
# https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/info-endpoint#query-order-status-by-oid-or-cloid
_CANCELLED: Final = frozenset(
    {
        "canceled", "marginCanceled", "vaultWithdrawalCanceled", "openInterestCapCanceled", "selfTradeCanceled",
        "reduceOnlyCanceled", "siblingFilledCanceled", "delistedCanceled", "liquidatedCanceled", "scheduledCancel",
        "internalCancel",
    }
)  # fmt: skip
_REJECTED: Final = frozenset(
    {
        "rejected", "tickRejected", "minTradeNtlRejected", "perpMarginRejected", "reduceOnlyRejected",
        "badAloPxRejected", "iocCancelRejected", "badTriggerPxRejected", "marketOrderNoLiquidityRejected",
        "positionIncreaseAtOpenInterestCapRejected", "positionFlipAtOpenInterestCapRejected",
        "tooAggressiveAtOpenInterestCapRejected", "openInterestIncreaseRejected", "insufficientSpotBalanceRejected",
        "oracleRejected", "perpMaxPositionRejected",
    }
)  # fmt: skip


def side_of(text: str) -> Side:
    """Return the side; raise ValueError for anything but A and B."""
    side = _SIDES.get(text)
    if side is None:
        raise ValueError(f"side {text!r} is neither A nor B")
    return side


def fill_of(fill: AccountFill, universe: Universe, names: OrderNames, received_ns: int) -> Fill | None:
    """Return an execution of a perpetual, None for anything else; raise ValueError for one that cannot be true."""
    symbol = universe.symbol_of(fill.coin)
    if symbol is None:
        return None
    if fill.cloid is not None:
        names.note(fill.number, fill.cloid)
    return Fill(
        fill_id=f"{fill.coin}-{fill.time_ms}-{fill.trade_id}",
        client_order_id=names.client_id(fill.number, fill.cloid),
        venue=VENUE,
        symbol=symbol,
        side=side_of(fill.side),
        price=fill.price,
        quantity=fill.quantity,
        fee=fill.fee,
        liquidity=Liquidity.TAKER if fill.crossed else Liquidity.MAKER,
        venue_ns=fill.time_ms * NS_PER_MS,
        received_ns=received_ns,
        trade_id=fill.trade_id,
    )


def funding_of(funding: FundingDelta, time_ms: int, universe: Universe) -> FundingPayment | None:
    """Return a payment, named by its coin and hour: a coin pays once an hour, whoever tells of it."""
    symbol = universe.symbol_of(funding.coin)
    if symbol is None:
        return None
    return FundingPayment(
        payment_id=f"{funding.coin}-{time_ms // _MS_PER_HOUR * _MS_PER_HOUR}",
        instrument_id=InstrumentId(VENUE, symbol),
        amount=funding.amount,
        rate=float(funding.rate),
        venue_ns=time_ms * NS_PER_MS,
    )


def order_of(found: OpenOrder, universe: Universe, names: OrderNames) -> Order | None:
    """Return a resting order of a perpetual with its quantity in all, also what earlier numbers of it filled."""
    symbol = universe.symbol_of(found.coin)
    if symbol is None:
        return None
    names.note(found.number, found.cloid)
    client_order_id = names.client_id(found.number, found.cloid)
    carried = names.carried(found.number)
    intent = OrderIntent(
        client_order_id=client_order_id,
        venue=VENUE,
        symbol=symbol,
        side=side_of(found.side),
        order_type=OrderType.LIMIT,
        quantity=carried + found.quantity,
        limit_price=found.price,
        time_in_force=TimeInForce.IOC if found.tif == "Ioc" else TimeInForce.GTC,
        post_only=found.tif == "Alo",
        reduce_only=found.reduce_only,
        created_ns=found.timestamp * NS_PER_MS,
    )
    filled = carried + found.quantity - found.left
    return Order(
        intent=intent,
        status=OrderStatus.PARTIALLY_FILLED if filled else OrderStatus.OPEN,
        venue_order_id=str(found.number),
        filled_quantity=filled,
        updated_ns=found.timestamp * NS_PER_MS,
    )


def report_of(update: OrderUpdate, names: OrderNames) -> OrderReport:
    """Return what the venue says of an order; a status that nobody knows is doubt."""
    order = update.order
    names.note(order.number, order.cloid)
    status = status_of(update)
    reason = update.status
    if status is OrderStatus.IN_DOUBT:
        reason = f"unknown status {update.status[:60]!r} of the venue"
    return OrderReport(
        client_order_id=names.client_id(order.number, order.cloid),
        venue=VENUE,
        status=status,
        venue_order_id=str(order.number),
        reason=None if update.status in _REASONLESS else reason,
        venue_ns=update.status_timestamp * NS_PER_MS,
    )


def status_of(update: OrderUpdate) -> OrderStatus:
    """Return the engine's status of what the venue says."""
    order, status = update.order, update.status
    if status in RESTING:
        return OrderStatus.PARTIALLY_FILLED if order.left < order.quantity else OrderStatus.OPEN
    if status == "filled":
        # what an order that may not rest leaves over is gone, though the venue calls it filled
        return OrderStatus.CANCELLED if 0 < order.left < order.quantity else OrderStatus.FILLED
    if status in _CANCELLED:
        return OrderStatus.CANCELLED
    return OrderStatus.REJECTED if status in _REJECTED else OrderStatus.IN_DOUBT
