"""Instruments from Binance's exchangeInfo, and the naming of symbols."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Final

import msgspec

from adapters.binance.market import BinanceMarket
from adapters.binance.symbol_names import SymbolName, unified_name
from adapters.binance.wire import Filter, SymbolInformation, decode_exchange_information
from core.types.instrument import Instrument

_USUAL_FUNDING_S: Final = 8 * 3600
_LISTED: Final = "TRADING"
_PERPETUALS: Final = frozenset({"PERPETUAL", "TRADIFI_PERPETUAL"})  # of coins, and of stocks and metals

# books hold remainders of older, finer rules: three decimals below the lot, as far as Binance writes decimals
_DECIMALS_BELOW_LOT: Final = 3
_VENUE_DECIMALS: Final = 8


class FeeSchedule(msgspec.Struct, frozen=True, kw_only=True):
    """Fee rates of an account tier; Binance tells them only to signed requests."""

    maker_rate: Decimal
    taker_rate: Decimal


# tier without discounts: https://www.binance.com/en/fee/schedule
STANDARD_FEES: Final[Mapping[BinanceMarket, FeeSchedule]] = {
    BinanceMarket.SPOT: FeeSchedule(maker_rate=Decimal("0.001"), taker_rate=Decimal("0.001")),
    BinanceMarket.USDM: FeeSchedule(maker_rate=Decimal("0.0002"), taker_rate=Decimal("0.0005")),
}

# the lowest leverage cap of any bracket that is open to all accounts; the exact one needs a signed request
_USDM_MAX_LEVERAGE: Final = Decimal(20)


def read_instruments(
    market: BinanceMarket,
    exchange_information: bytes,
    *,
    fees: FeeSchedule | None = None,
    funding_intervals_s: Mapping[str, int] | None = None,
) -> dict[str, Instrument]:
    """Return the tradable instruments by the venue's symbol.

    Symbols that are not perpetual (USD-M delivery), not trading, or whose rules are incomplete are left out: without
    tick and lot nothing can be ordered.

    Raises
    ------
    msgspec.DecodeError
        The answer is not an exchangeInfo.
    """
    information = decode_exchange_information(exchange_information)
    schedule = STANDARD_FEES[market] if fees is None else fees
    found: dict[str, Instrument] = {}
    for symbol in information.symbols:
        if not _is_offered(market, symbol):
            continue
        interval_s = (funding_intervals_s or {}).get(symbol.symbol, _USUAL_FUNDING_S)
        instrument = _instrument(market, symbol, schedule, interval_s)
        if instrument is not None:
            found[symbol.symbol] = instrument
    return found


def with_finer_grid(instrument: Instrument, price_decimals: int, quantity_decimals: int) -> Instrument:
    """Return the instrument on a grid that also holds numbers of so many decimals; what orders keep to stays.

    A level placed before the venue coarsened the tick lies between two of today's ticks.
    """
    return msgspec.structs.replace(
        instrument,
        tick_size=_finer(instrument.tick_size, price_decimals),
        lot_size=_finer(instrument.lot_size, quantity_decimals),
        order_tick_size=instrument.order_tick,
        order_lot_size=instrument.order_lot,
    )


def _finer(step: Decimal, decimals: int) -> Decimal:
    if (step * 10**decimals) % 1 == 0 and step != Decimal(1).scaleb(-decimals):
        return Decimal(1).scaleb(-decimals)
    return step


def _quantity_grid(lot_size: Decimal) -> Decimal:
    decimals = decimals_of(lot_size)
    return Decimal(1).scaleb(-max(decimals, min(decimals + _DECIMALS_BELOW_LOT, _VENUE_DECIMALS)))


def decimals_of(step: Decimal) -> int:
    """Return how many decimals a step has: 2 for 0.25, 0 for 10."""
    exponent = step.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _is_offered(market: BinanceMarket, symbol: SymbolInformation) -> bool:
    if _LISTED not in (symbol.status, symbol.contract_status):
        return False
    return market is BinanceMarket.SPOT or symbol.contract_type in _PERPETUALS


def _instrument(
    market: BinanceMarket, symbol: SymbolInformation, fees: FeeSchedule, funding_interval_s: int
) -> Instrument | None:
    filters = {rule.filter_type: rule for rule in symbol.filters}
    price, lot = filters.get("PRICE_FILTER"), filters.get("LOT_SIZE")
    if price is None or lot is None:
        return None
    tick_size, lot_size = _positive(price.tick_size), _positive(lot.step_size)
    if tick_size is None or lot_size is None:
        return None
    is_perpetual = market is BinanceMarket.USDM
    is_coin_margined = symbol.margin_asset == symbol.base_asset
    name = SymbolName(symbol.base_asset, symbol.quote_asset, is_coin_margined=is_coin_margined)
    return Instrument(
        venue=market.value,
        symbol=unified_name(name, is_contract=is_perpetual),
        venue_symbol=symbol.symbol,
        asset_type=market.asset_type,
        base=symbol.base_asset,
        quote=symbol.quote_asset,
        tick_size=tick_size,
        lot_size=_quantity_grid(lot_size),
        order_tick_size=tick_size,
        order_lot_size=lot_size,
        min_quantity=_positive(lot.min_qty) or lot_size,
        min_notional=_min_notional(filters),
        maker_fee_rate=fees.maker_rate,
        taker_fee_rate=fees.taker_rate,
        max_leverage=_USDM_MAX_LEVERAGE if is_perpetual else Decimal(1),
        funding_interval_s=funding_interval_s if is_perpetual else None,
        underlying=symbol.base_asset,
    )


def _min_notional(filters: Mapping[str, Filter]) -> Decimal:
    for name in ("NOTIONAL", "MIN_NOTIONAL"):
        rule = filters.get(name)
        if rule is not None:
            return _positive(rule.min_notional) or _positive(rule.notional) or Decimal(0)
    return Decimal(0)


def _positive(text: str | None) -> Decimal | None:
    try:
        value = Decimal(text or "0").normalize()
    except InvalidOperation:
        return None
    if not (value.is_finite() and value > 0):
        return None
    # keep plain notation: 1E+1 would surprise whoever prints a tick
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else value
