"""Orders, executions and payments of ccxt in the engine's types."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from adapters.ccxt_exchange.exact_number import MalformedError, exact, exact_or_none
from adapters.ccxt_exchange.order_names import OrderNames
from adapters.ccxt_exchange.rows import Row, demanded_text, moment_ns, part, rows_of, side_of, text
from core.ports.venue import OrderReport
from core.types.account import FundingPayment, VenuePosition
from core.types.instrument import Instrument
from core.types.order import Fill, Liquidity, Order, OrderIntent, OrderStatus, OrderType, TimeInForce

_ZERO: Final = Decimal(0)
_RESTING: Final = frozenset({"open", "canceling"})
_ENDED: Final[Mapping[str, OrderStatus]] = {
    "canceled": OrderStatus.CANCELLED,
    "expired": OrderStatus.EXPIRED,
    "rejected": OrderStatus.REJECTED,
}


def status_of(row: Row) -> OrderStatus | None:
    """Return the engine's status, None where ccxt tells none; a status that nobody knows is doubt."""
    said = text(row, "status")
    if said is None:
        return None
    filled = exact_or_none(row.get("filled"), "filled") or _ZERO
    amount = exact_or_none(row.get("amount"), "amount")
    if said in _RESTING:
        return OrderStatus.PARTIALLY_FILLED if filled > 0 else OrderStatus.OPEN
    if said == "closed":
        # what an order that may not rest leaves over is gone, though ccxt calls it closed
        return OrderStatus.CANCELLED if amount is not None and filled < amount else OrderStatus.FILLED
    return _ENDED.get(said, OrderStatus.IN_DOUBT)


def report_of(row: Row, names: OrderNames, venue: str, now_ns: int) -> OrderReport | None:
    """Return what the exchange says of an order, None where it says no state."""
    status = status_of(row)
    if status is None:
        return None
    venue_order_id = demanded_text(row, "id", "an order")
    said = text(row, "status")
    return OrderReport(
        client_order_id=names.note(venue_order_id, text(row, "clientOrderId")),
        venue=venue,
        status=status,
        venue_order_id=venue_order_id,
        reason=f"unknown status {str(said)[:60]!r} of the exchange" if status is OrderStatus.IN_DOUBT else None,
        venue_ns=moment_ns(row, "lastUpdateTimestamp") or moment_ns(row) or now_ns,
    )


def order_of(row: Row, names: OrderNames, instrument: Instrument) -> Order:
    """Return a resting order; raise MalformedError for one that cannot be counted."""
    venue_order_id = demanded_text(row, "id", "an order")
    amount = exact(row.get("amount"), "amount of an order")
    filled = exact_or_none(row.get("filled"), "filled") or _ZERO
    if not 0 <= filled <= amount:
        raise MalformedError(f"order {venue_order_id} has {filled} of {amount} filled")
    price = exact_or_none(row.get("price"), "price of an order")
    created_ns = moment_ns(row) or 0
    is_ioc = str(row.get("timeInForce")).upper() == "IOC"
    intent = OrderIntent(
        client_order_id=names.note(venue_order_id, text(row, "clientOrderId")),
        venue=instrument.venue,
        symbol=instrument.symbol,
        side=side_of(row, "an order"),
        order_type=OrderType.MARKET if text(row, "type") == "market" else OrderType.LIMIT,
        quantity=amount,
        limit_price=price,
        time_in_force=TimeInForce.IOC if is_ioc else TimeInForce.GTC,
        post_only=row.get("postOnly") is True,
        reduce_only=row.get("reduceOnly") is True,
        created_ns=created_ns,
    )
    return Order(
        intent=intent,
        status=OrderStatus.PARTIALLY_FILLED if filled else OrderStatus.OPEN,
        venue_order_id=venue_order_id,
        filled_quantity=filled,
        updated_ns=created_ns,
    )


def fill_of(row: Row, client_order_id: str, instrument: Instrument, received_ns: int) -> Fill:
    """Return an execution; raise MalformedError for one that cannot be told from others or cannot be true."""
    trade_id = demanded_text(row, "id", "an execution")
    price, quantity = exact(row.get("price"), "price"), exact(row.get("amount"), "amount")
    venue_ns = moment_ns(row)
    if price <= 0 or quantity <= 0 or venue_ns is None:
        raise MalformedError(f"execution {trade_id} has quantity {quantity}, price {price}, moment {venue_ns}")
    maker = text(row, "takerOrMaker") == "maker"
    return Fill(
        fill_id=f"{instrument.venue_symbol}-{trade_id}",  # ids of some exchanges are unique in a market only
        client_order_id=client_order_id,
        venue=instrument.venue,
        symbol=instrument.symbol,
        side=side_of(row, "an execution"),
        price=price,
        quantity=quantity,
        fee=_fee_of(row, instrument, price, quantity, is_maker=maker),
        liquidity=Liquidity.MAKER if maker else Liquidity.TAKER,
        venue_ns=venue_ns,
        received_ns=received_ns,
    )


def positions_of(value: object, instruments: Mapping[str, Instrument]) -> tuple[VenuePosition, ...]:
    """Return net positions; raise MalformedError where long and short are held side by side."""
    found: dict[str, VenuePosition] = {}
    for row in rows_of(value, "positions"):
        contracts = exact_or_none(row.get("contracts"), "contracts") or _ZERO
        instrument = instruments.get(text(row, "symbol") or "")
        if not contracts or instrument is None:
            continue
        side = text(row, "side")
        if side not in ("long", "short"):
            raise MalformedError(f"position in {instrument.symbol} has side {side!r}")
        if instrument.symbol in found:
            raise MalformedError(f"{instrument.symbol} is held long and short at once: switch hedge mode off")
        quantity = abs(contracts) if side == "long" else -abs(contracts)
        average = exact_or_none(row.get("entryPrice"), "entry price") or _ZERO
        found[instrument.symbol] = VenuePosition(instrument.id, quantity, average)
    return tuple(found.values())


def funding_of(row: Row, instrument: Instrument) -> FundingPayment:
    """Return a payment; one without an id is named by its instrument and moment, at which it is paid once."""
    venue_ns = moment_ns(row)
    if venue_ns is None:
        raise MalformedError("a funding payment without a moment")
    return FundingPayment(
        payment_id=f"{instrument.venue_symbol}-{text(row, 'id') or venue_ns}",
        instrument_id=instrument.id,
        amount=exact(row.get("amount"), "amount of a funding payment"),
        rate=float(exact_or_none(row.get("rate"), "rate") or _ZERO),
        venue_ns=venue_ns,
    )


def _fee_of(row: Row, instrument: Instrument, price: Decimal, quantity: Decimal, *, is_maker: bool) -> Decimal:
    """Return the fee in the quote currency, by the instrument's rate where it is not told or in a third currency."""
    fee = part(row, "fee")
    cost, currency = exact_or_none(fee.get("cost"), "fee"), text(fee, "currency")
    if cost is not None and currency == instrument.quote:
        return cost
    if cost is not None and currency == instrument.base:
        return cost * price  # of base, whatever a contract is of
    rate = instrument.maker_fee_rate if is_maker else instrument.taker_fee_rate
    return instrument.notional(price, quantity) * rate
