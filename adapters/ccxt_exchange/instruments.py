"""Instruments from ccxt's markets: what can be booked exactly here, and why the others cannot."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from adapters.ccxt_exchange.exact_number import MalformedError, exact, exact_or_none
from adapters.ccxt_exchange.library import DECIMAL_PLACES, TICK_SIZE
from adapters.ccxt_exchange.rows import Row, demanded_text, part, row_of, text
from core.types.instrument import AssetType, Instrument

_ZERO: Final = Decimal(0)
_DOLLARS: Final = frozenset({"USD", "USDC", "USDT", "USDE", "DAI", "FDUSD"})
"""Between these a contract may be quoted in one and settled in another at one to one."""


class UnsupportedMarketError(ValueError):
    """A market of the exchange cannot be booked here; the text says which and why."""


def read_markets(
    markets: object, exchange: str, precision_mode: int
) -> tuple[dict[str, Instrument], Mapping[str, str]]:
    """Return instruments by the exchange's symbol, and by unified symbol why the rest is left out."""
    found: dict[str, Instrument] = {}
    left_out: dict[str, str] = {}
    for symbol, market in row_of(markets, "the table of markets").items():
        try:
            instrument = instrument_of(row_of(market, f"market {symbol}"), exchange, precision_mode)
        except (UnsupportedMarketError, MalformedError) as error:
            left_out[symbol] = str(error)
        else:
            found[_key(found, instrument)] = instrument
    return found, left_out


def instrument_of(market: Row, exchange: str, precision_mode: int) -> Instrument:
    """Return one market's rules; raise UnsupportedMarketError or MalformedError where they do not fit here."""
    symbol = demanded_text(market, "symbol", "a market")
    if market.get("active") is False:
        raise UnsupportedMarketError(f"{symbol} is not traded now")
    is_spot = market.get("spot") is True
    if not is_spot:
        _demand_linear(market, symbol)
    limits = part(market, "limits")
    lot = _step(market, "amount", precision_mode, symbol)
    maker = exact_or_none(market.get("maker"), f"maker fee of {symbol}")
    taker = exact_or_none(market.get("taker"), f"taker fee of {symbol}")
    return Instrument(
        venue=exchange,
        symbol=symbol,
        venue_symbol=demanded_text(market, "id", symbol),
        asset_type=AssetType.CRYPTO_SPOT if is_spot else AssetType.PERPETUAL,
        base=demanded_text(market, "base", symbol),
        # a contract is booked in what it settles in
        quote=demanded_text(market, "quote" if is_spot else "settle", symbol),
        tick_size=_step(market, "price", precision_mode, symbol),
        lot_size=lot,
        min_quantity=_least(limits, "amount") or lot,
        min_notional=_least(limits, "cost") or _ZERO,
        contract_size=Decimal(1) if is_spot else _positive(market.get("contractSize"), f"contract size of {symbol}"),
        maker_fee_rate=maker or _ZERO,
        taker_fee_rate=taker or _ZERO,
        has_fee_rates=maker is not None and taker is not None,
        max_leverage=max(exact_or_none(part(limits, "leverage").get("max"), "leverage") or Decimal(1), Decimal(1)),
        underlying=text(market, "base"),
    )


def _demand_linear(market: Row, symbol: str) -> None:
    if market.get("swap") is not True:
        raise UnsupportedMarketError(f"{symbol} is neither spot nor a perpetual: {text(market, 'type')}")
    if market.get("linear") is not True or market.get("quanto") is True:
        kind = "inverse" if market.get("inverse") is True else "quanto"
        raise UnsupportedMarketError(
            f"{symbol} is an {kind} contract: its value is not price times quantity, so it cannot be booked here"
        )
    quote, settle = text(market, "quote"), text(market, "settle")
    if quote != settle and not {quote, settle} <= _DOLLARS:
        raise UnsupportedMarketError(f"{symbol} is quoted in {quote} and settled in {settle}")


def _step(market: Row, name: str, precision_mode: int, symbol: str) -> Decimal:
    precision = part(market, "precision").get(name)
    if precision is None:
        raise UnsupportedMarketError(f"ccxt does not tell the {name} precision of {symbol}")
    if precision_mode == TICK_SIZE:
        return _positive(precision, f"{name} precision of {symbol}")
    if precision_mode == DECIMAL_PLACES:
        places = exact(precision, f"{name} precision of {symbol}")
        if places != int(places):
            raise MalformedError(f"{name} precision of {symbol} is {places}, no number of digits")
        return Decimal(1).scaleb(-int(places))
    raise UnsupportedMarketError(f"{symbol}: a {name} is told in significant digits, which is no fixed step")


def _least(limits: Row, name: str) -> Decimal | None:
    return exact_or_none(part(limits, name).get("min"), f"least {name}")


def _positive(value: object, what: str) -> Decimal:
    number = exact(value, what)
    if number <= 0:
        raise MalformedError(f"{what} is {number}")
    return number


def _key(found: Mapping[str, Instrument], instrument: Instrument) -> str:
    """Return the exchange's symbol, or the unified one where a spot market and a contract share it."""
    return instrument.symbol if instrument.venue_symbol in found else instrument.venue_symbol
