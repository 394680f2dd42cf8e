"""What a venue symbol of Binance names, told from its letters: ``BTCUSDT``, ``BTCUSD_PERP``, ``ETHUSD_210924``."""

import re
from typing import Final, NamedTuple

# Longest first, so that BTCFDUSD is not read as BTCFD/USD.
_QUOTES: Final = sorted(
    [
        "AEUR", "ARS", "AUD", "BFUSD", "BIDR", "BKRW", "BNB", "BRL", "BTC", "BUSD", "BVND", "COP", "CZK", "DAI", "DOGE",
        "DOT", "ETH", "EUR", "EURI", "FDUSD", "GBP", "IDRT", "JPY", "MXN", "NGN", "PAX", "PLN", "RLUSD", "RON", "RUB",
        "SOL", "TRX", "TRY", "TUSD", "UAH", "USD", "USD1", "USD4", "USDC", "USDP", "USDS", "USDT", "VAI", "XRP", "XUSD",
        "ZAR",
    ],
    key=len,
    reverse=True,
)  # fmt: skip
# BNBUSD is BNB against the dollar of binance.us, not BN against BUSD.
_BASES_ENDING_LIKE_A_QUOTE: Final = frozenset({"BNB", "SHIB"})
_EXPIRY: Final = re.compile(r"(?P<pair>.+)_(?P<end>PERP|\d{6})")
_PERPETUAL: Final = "PERP"


class SymbolName(NamedTuple):
    """The currencies of a symbol; `expiry` is yymmdd of a delivery contract, `is_coin_margined` true of COIN-M."""

    base: str
    quote: str
    expiry: str | None = None
    is_coin_margined: bool = False


def read_symbol_name(venue_symbol: str) -> SymbolName | None:
    """Return the currencies of a symbol, None where its quote currency cannot be told."""
    ended = _EXPIRY.fullmatch(venue_symbol)
    pair = venue_symbol if ended is None else ended["pair"]
    quote = next((each for each in _QUOTES if _is_quote(pair, each)), None)
    if quote is None:
        return None
    base = pair.removesuffix(quote)
    if ended is None:
        return SymbolName(base, quote)
    # Contracts with an expiry or _PERP are quoted in USD at COIN-M and in a stablecoin at USD-M.
    expiry = None if ended["end"] == _PERPETUAL else ended["end"]
    return SymbolName(base, quote, expiry, is_coin_margined=quote == "USD")


def unified_name(name: SymbolName, *, is_contract: bool) -> str:
    """Name a market the way every venue's symbols are named here: ``BTC/USDT``, ``BTC/USD:BTC-210924``."""
    pair = f"{name.base}/{name.quote}"
    if not is_contract:
        return pair
    expiry = "" if name.expiry is None else f"-{name.expiry}"
    return f"{pair}:{name.base if name.is_coin_margined else name.quote}{expiry}"


def _is_quote(pair: str, quote: str) -> bool:
    if not pair.endswith(quote) or pair == quote:
        return False
    return quote == "USD" or not any(pair == f"{base}USD" for base in _BASES_ENDING_LIKE_A_QUOTE)
