"""What a symbol names, told from its letters."""

import pytest

from adapters.binance.instruments import read_instruments
from adapters.binance.market import BinanceMarket
from adapters.binance.symbol_names import read_symbol_name, unified_name


@pytest.mark.parametrize(
    ("venue_symbol", "unified"),
    [
        ("BTCUSDT", "BTC/USDT"),
        ("BTCFDUSD", "BTC/FDUSD"),
        ("BTCUSD", "BTC/USD"),
        ("BNBUSD", "BNB/USD"),
        ("BNBBUSD", "BNB/BUSD"),
        ("OMGBUSD", "OMG/BUSD"),
        ("SHIBUSD", "SHIB/USD"),
        ("ETHBTC", "ETH/BTC"),
        ("RUNEEUR", "RUNE/EUR"),
        ("1000SATSUSDT", "1000SATS/USDT"),
    ],
)
def test_spot_symbols(venue_symbol: str, unified: str) -> None:
    name = read_symbol_name(venue_symbol)
    assert name is not None
    assert unified_name(name, is_contract=False) == unified


@pytest.mark.parametrize(
    ("venue_symbol", "unified"),
    [
        ("BTCUSDT", "BTC/USDT:USDT"),
        ("BTCUSDT_240628", "BTC/USDT:USDT-240628"),
        ("BTCUSD_PERP", "BTC/USD:BTC"),
        ("ETHUSD_210924", "ETH/USD:ETH-210924"),
    ],
)
def test_contracts(venue_symbol: str, unified: str) -> None:
    name = read_symbol_name(venue_symbol)
    assert name is not None
    assert unified_name(name, is_contract=True) == unified


@pytest.mark.parametrize("venue_symbol", ["", "USDT", "BTCXYZ", "_PERP"])
def test_a_name_without_a_known_quote_currency_is_not_guessed(venue_symbol: str) -> None:
    assert read_symbol_name(venue_symbol) is None


def test_rules_of_coin_margined_contracts_say_what_they_are_paid_in() -> None:
    """The form of https://dapi.binance.com/dapi/v1/exchangeInfo: `contractStatus`, and filters as text."""
    body = b"""{"timezone":"UTC","serverTime":1633998511000,"rateLimits":[],"exchangeFilters":[],"symbols":[
    {"symbol":"BTCUSD_PERP","pair":"BTCUSD","contractType":"PERPETUAL","contractStatus":"TRADING","contractSize":100,
     "marginAsset":"BTC","baseAsset":"BTC","quoteAsset":"USD","filters":[
      {"filterType":"PRICE_FILTER","minPrice":"1000","maxPrice":"4520958","tickSize":"0.1"},
      {"filterType":"LOT_SIZE","minQty":"1","maxQty":"1000000","stepSize":"1"}]},
    {"symbol":"BTCUSD_211231","pair":"BTCUSD","contractType":"CURRENT_QUARTER","contractStatus":"TRADING",
     "contractSize":100,"marginAsset":"BTC","baseAsset":"BTC","quoteAsset":"USD","filters":[]},
    {"symbol":"ETHUSD_PERP","pair":"ETHUSD","contractType":"PERPETUAL","contractStatus":"PENDING_TRADING",
     "contractSize":10,"marginAsset":"ETH","baseAsset":"ETH","quoteAsset":"USD","filters":[]}]}"""
    (instrument,) = read_instruments(BinanceMarket.USDM, body).values()
    assert (instrument.venue_symbol, instrument.symbol) == ("BTCUSD_PERP", "BTC/USD:BTC")
    assert instrument.is_inverse
