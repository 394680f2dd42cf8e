"""The rules of a symbol: as exchangeInfo lists them, and as a new order is held against them."""

from decimal import ROUND_DOWN, Decimal
from typing import Final

from adapters.sim.binance_protocol.api_error import ApiError, filter_failure
from adapters.sim.binance_protocol.market_kind import MarketKind, money
from adapters.sim.binance_protocol.symbol_book import SymbolBook
from core.types.order import Side

MOST_TICKS: Final = 1_000_000
MOST_LOTS: Final = 9_000_000
MOST_MARKET_LOTS: Final = 120_000
MOST_ORDERS: Final = 200
_SPOT_FACTOR: Final = Decimal(5)  # how far from the price a spot order may be, times and part
_USDM_UP: Final = Decimal("1.15")
_USDM_DOWN: Final = Decimal("0.85")


def most_market_quantity(book: SymbolBook) -> Decimal:
    return book.instrument.lots_to_quantity(MOST_MARKET_LOTS)


def spot_filters(book: SymbolBook) -> list[dict[str, object]]:
    rules = book.instrument
    tick, lot = money(rules.tick_size), money(rules.lot_size)
    return [
        {"filterType": "PRICE_FILTER", "minPrice": tick, "maxPrice": money(rules.tick_size * MOST_TICKS),
         "tickSize": tick},
        {"filterType": "LOT_SIZE", "minQty": money(rules.min_quantity), "maxQty": money(rules.lot_size * MOST_LOTS),
         "stepSize": lot},
        {"filterType": "ICEBERG_PARTS", "limit": 10},
        {"filterType": "MARKET_LOT_SIZE", "minQty": money(Decimal(0)), "maxQty": money(most_market_quantity(book)),
         "stepSize": money(Decimal(0))},
        {"filterType": "TRAILING_DELTA", "minTrailingAboveDelta": 10, "maxTrailingAboveDelta": 2000,
         "minTrailingBelowDelta": 10, "maxTrailingBelowDelta": 2000},
        {"filterType": "PERCENT_PRICE_BY_SIDE", "bidMultiplierUp": "5", "bidMultiplierDown": "0.2",
         "askMultiplierUp": "5", "askMultiplierDown": "0.2", "avgPriceMins": 5},
        {"filterType": "NOTIONAL", "minNotional": money(rules.min_notional), "applyMinToMarket": True,
         "maxNotional": "9000000.00000000", "applyMaxToMarket": False, "avgPriceMins": 5},
        {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": MOST_ORDERS},
        {"filterType": "MAX_NUM_ORDER_LISTS", "maxNumOrderLists": 20},
        {"filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": 5},
        {"filterType": "MAX_NUM_ORDER_AMENDS", "maxNumOrderAmends": 10},
    ]  # fmt: skip


def usdm_filters(book: SymbolBook) -> list[dict[str, object]]:
    rules = book.instrument
    lot, least = f"{rules.lot_size:f}", f"{rules.min_quantity:f}"
    return [
        {"filterType": "PRICE_FILTER", "minPrice": f"{rules.tick_size:f}",
         "maxPrice": f"{rules.tick_size * MOST_TICKS:f}", "tickSize": f"{rules.tick_size:f}"},
        {"filterType": "LOT_SIZE", "minQty": least, "maxQty": f"{rules.lot_size * MOST_LOTS:f}", "stepSize": lot},
        {"filterType": "MARKET_LOT_SIZE", "minQty": least, "maxQty": f"{most_market_quantity(book):f}",
         "stepSize": lot},
        {"filterType": "MAX_NUM_ORDERS", "limit": MOST_ORDERS},
        {"filterType": "MAX_NUM_ALGO_ORDERS", "limit": 10},
        {"filterType": "MIN_NOTIONAL", "notional": f"{rules.min_notional:f}"},
        {"filterType": "PERCENT_PRICE", "multiplierUp": f"{_USDM_UP}", "multiplierDown": f"{_USDM_DOWN}",
         "multiplierDecimal": "4"},
    ]  # fmt: skip


def check_order(
    kind: MarketKind,
    book: SymbolBook,
    side: Side,
    *,
    price: Decimal | None,
    quantity: Decimal,
    value: Decimal,
    reduce_only: bool = False,
) -> None:
    """Raise ApiError where a price or quantity breaks a rule; `value` is what the order would cost or bring."""
    if kind is MarketKind.SPOT:
        _check_spot(book, price=price, quantity=quantity, value=value)
    else:
        _check_usdm(book, side, price=price, quantity=quantity, value=value, reduce_only=reduce_only)


def _check_spot(book: SymbolBook, *, price: Decimal | None, quantity: Decimal, value: Decimal) -> None:
    rules = book.instrument
    if price is not None:
        if price <= 0 or price % rules.tick_size or price > rules.tick_size * MOST_TICKS:
            raise filter_failure("PRICE_FILTER")
        if not book.mark / _SPOT_FACTOR <= price <= book.mark * _SPOT_FACTOR:
            raise filter_failure("PERCENT_PRICE_BY_SIDE")
    if quantity < rules.min_quantity or quantity % rules.lot_size or quantity > rules.lot_size * MOST_LOTS:
        raise filter_failure("LOT_SIZE")
    if price is None and quantity > most_market_quantity(book):
        raise filter_failure("MARKET_LOT_SIZE")
    if value < rules.min_notional:
        raise filter_failure("NOTIONAL")


def _check_usdm(
    book: SymbolBook, side: Side, *, price: Decimal | None, quantity: Decimal, value: Decimal, reduce_only: bool
) -> None:
    rules, writing = book.instrument, book.writing
    if quantity <= 0:
        raise ApiError(-4003, "Quantity less than or equal to zero.")
    if not _has_decimals(quantity, writing.quantity_decimals):
        raise ApiError(-1111, "Precision is over the maximum defined for this asset.")
    if quantity < rules.min_quantity:
        raise ApiError(-4004, "Quantity less than min quantity.")
    if quantity % rules.lot_size:
        raise ApiError(-4023, "Qty not increased by step size.")
    if quantity > (rules.lot_size * MOST_LOTS if price is not None else most_market_quantity(book)):
        raise ApiError(-4005, "Quantity greater than max quantity.")
    if price is not None:
        _check_usdm_price(book, side, price)
    if value < rules.min_notional and not reduce_only:
        least = f"{rules.min_notional:f}"
        raise ApiError(-4164, f"Order's notional must be no smaller than {least} (unless you choose reduce only).")


def _check_usdm_price(book: SymbolBook, side: Side, price: Decimal) -> None:
    rules = book.instrument
    if price <= 0:
        raise ApiError(-4001, "Price less than 0.")
    if not _has_decimals(price, book.writing.price_decimals):
        raise ApiError(-1111, "Precision is over the maximum defined for this asset.")
    if price % rules.tick_size:
        raise ApiError(-4014, "Price not increased by tick size.")
    if price > rules.tick_size * MOST_TICKS:
        raise ApiError(-4002, "Price greater than max price.")
    most, least = book.mark * _USDM_UP, book.mark * _USDM_DOWN
    if side is Side.BUY and price > most:
        raise ApiError(-4016, f"Limit price can't be higher than {book.writing.price(most)}.")
    if side is Side.SELL and price < least:
        raise ApiError(-4024, f"Limit price can't be lower than {book.writing.price(least)}.")


def _has_decimals(value: Decimal, most: int) -> bool:
    return value == value.quantize(Decimal(1).scaleb(-most), ROUND_DOWN)
