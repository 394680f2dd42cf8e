"""What an intent is at IB, and what IB's working orders are here."""

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from adapters.interactive_brokers.instruments import ListedStock, unified_symbol
from adapters.interactive_brokers.library import make_order
from adapters.interactive_brokers.order_index import KnownOrder
from adapters.interactive_brokers.wire import OpenOrderSaid, StockName
from core.types.order import Order, OrderIntent, OrderStatus, OrderType, Side, TimeInForce

if TYPE_CHECKING:
    from ib_async.order import Order as IbOrder

WORKING: Final = frozenset({"PreSubmitted", "Submitted"})
CANCELLED: Final = frozenset({"Cancelled", "ApiCancelled"})
FILLED: Final = "Filled"
INACTIVE: Final = "Inactive"  # rejected, or held back and perhaps taken up later
PENDING_CANCEL: Final = "PendingCancel"


def term_fault(stock: ListedStock | None, intent: OrderIntent) -> str | None:
    """Return why IB would not take these terms, or would take them for others; None where they can be sent."""
    if stock is None:
        return f"{intent.instrument_id} is not followed"
    if intent.post_only:
        return "IB has no post-only orders for stocks"
    if intent.quantity <= 0 or intent.quantity % stock.instrument.lot_size:
        return f"quantity {intent.quantity} is not a multiple of {stock.instrument.lot_size}"
    if intent.order_type is OrderType.LIMIT and (intent.limit_price is None or intent.limit_price <= 0):
        return f"a limit order needs a price above 0, not {intent.limit_price}"
    return None if intent.limit_price is None else stock.price_fault(intent.limit_price)


def ib_order(intent: OrderIntent, account: str, *, what_if: bool = False) -> "IbOrder":
    is_limit = intent.order_type is OrderType.LIMIT
    # A market order that could not trade today must not trade at tomorrow's opening.
    resting = "GTC" if is_limit else "DAY"
    return make_order(
        reference=intent.client_order_id,
        account=account,
        is_buy=intent.side is Side.BUY,
        quantity=intent.quantity,
        limit_price=intent.limit_price if is_limit else None,
        time_in_force="IOC" if intent.time_in_force is TimeInForce.IOC else resting,
        what_if=what_if,
    )


def symbol_of(name: StockName, symbols: dict[int, str]) -> str:
    """Return the symbol of what is followed; others by a name that nothing followed has."""
    known = symbols.get(name.contract_id)
    if known is not None:
        return known
    symbol = unified_symbol(name.symbol) if name.security_type == "STK" else name.local_symbol
    return f"{symbol}#{name.contract_id}" if symbol in symbols.values() else symbol


def order_of(said: OpenOrderSaid, known: KnownOrder, venue: str, symbol: str, at_ns: int) -> Order:
    """Return a working order as the core knows orders; one with a stop price only counts as a market order."""
    intent = OrderIntent(
        client_order_id=known.client_order_id,
        venue=venue,
        symbol=symbol,
        side=Side.BUY if said.is_buy else Side.SELL,
        order_type=OrderType.MARKET if said.limit_price is None else OrderType.LIMIT,
        quantity=said.quantity,
        limit_price=said.limit_price,
        time_in_force=TimeInForce.IOC if said.time_in_force == "IOC" else TimeInForce.GTC,
        created_ns=at_ns,
    )
    filled: Decimal = known.filled
    return Order(
        intent=intent,
        status=OrderStatus.PARTIALLY_FILLED if filled else OrderStatus.OPEN,
        venue_order_id=known.venue_order_id,
        filled_quantity=filled,
        filled_notional=filled * known.average_price,
        updated_ns=at_ns,
    )
