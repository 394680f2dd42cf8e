"""Rules out of ccxt's markets: exact steps, and a reason for everything that cannot be booked here."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from adapters.ccxt_exchange.instruments import instrument_of, read_markets
from adapters.ccxt_exchange.library import DECIMAL_PLACES, SIGNIFICANT_DIGITS, TICK_SIZE
from adapters.ccxt_exchange.settings import ExchangeSettings
from adapters.ccxt_exchange.venue import list_instruments, support_of
from core.types.instrument import AssetType
from tests.adapters.ccxt_exchange.fake_exchange import market
from tests.adapters.ccxt_exchange.rig import Rig, run

D = Decimal


def test_a_linear_perpetual_has_its_rules_to_the_last_digit():
    found = instrument_of(market(contractSize=0.01, precision={"price": 1e-08, "amount": 0.1}), "bybit", TICK_SIZE)
    assert (found.symbol, found.venue_symbol, found.asset_type) == ("BTC/USDT:USDT", "BTCUSDT", AssetType.PERPETUAL)
    assert (found.tick_size, found.lot_size, found.contract_size) == (D("1E-8"), D("0.1"), D("0.01"))
    assert (found.min_quantity, found.min_notional) == (D("0.001"), D("5.0"))
    assert (found.maker_fee_rate, found.taker_fee_rate, found.max_leverage) == (D("0.0002"), D("0.00055"), D(100))


def test_decimal_places_are_a_step_too():
    found = instrument_of(market(precision={"price": 2, "amount": 0}), "somewhere", DECIMAL_PLACES)
    assert (found.tick_size, found.lot_size) == (D("0.01"), D(1))


def test_a_contract_is_booked_in_what_it_settles_in():
    found = instrument_of(market(symbol="BTC/USD:USDC", quote="USD", settle="USDC"), "paradex", TICK_SIZE)
    assert found.quote == "USDC"


@pytest.mark.parametrize(
    ("changes", "mode", "words"),
    [
        ({"linear": False, "inverse": True, "settle": "BTC"}, TICK_SIZE, "inverse contract"),
        ({"linear": False, "inverse": False}, TICK_SIZE, "quanto contract"),
        ({"swap": False, "type": "future"}, TICK_SIZE, "neither spot nor a perpetual"),
        ({"settle": "EUR"}, TICK_SIZE, "quoted in USDT and settled in EUR"),
        ({"active": False}, TICK_SIZE, "not traded now"),
        ({}, SIGNIFICANT_DIGITS, "significant digits"),
        ({"precision": {"price": None, "amount": 0.1}}, TICK_SIZE, "does not tell the price precision"),
        ({"precision": {"price": 0.0, "amount": 0.1}}, TICK_SIZE, "price precision of"),
        ({"precision": {"price": float("nan"), "amount": 0.1}}, TICK_SIZE, "no number"),
        ({"precision": {"price": 0.5, "amount": 1}}, DECIMAL_PLACES, "no number of digits"),
        ({"contractSize": None}, TICK_SIZE, "contract size"),
        ({"contractSize": -1.0}, TICK_SIZE, "contract size"),
    ],
)
def test_a_market_that_cannot_be_booked_is_left_out_with_the_reason(changes: dict[str, Any], mode: int, words: str):
    symbol = market()["symbol"]
    found, left_out = read_markets({symbol: market(**changes)}, "somewhere", mode)
    assert found == {}
    assert words in left_out[symbol]


def test_a_spot_market_and_a_contract_may_share_the_exchanges_symbol():
    spot = market(symbol="BTC/USDT", settle=None, spot=True, swap=False, linear=None, type="spot")
    found, _ = read_markets({"BTC/USDT": spot, "BTC/USDT:USDT": market()}, "bybit", TICK_SIZE)
    assert {each.symbol for each in found.values()} == {"BTC/USDT", "BTC/USDT:USDT"}


def test_instruments_are_listed_without_keys():
    async def scenario(rig: Rig) -> None:
        listed = await list_instruments(rig.exchange)
        assert {each.symbol for each in listed} >= {rig.symbol}

    run("usdm", scenario)


@pytest.mark.parametrize("exchange", ["bybit", "krakenfutures", "paradex"])
def test_the_exchanges_that_come_first_have_what_trading_needs(exchange: str):
    settings = ExchangeSettings(exchange=exchange, symbols=("BTC/USDT:USDT",))
    rows = {row.what: row for row in asyncio.run(support_of(settings))}
    assert {what for what, row in rows.items() if not row.is_there} <= {"amend"}
    assert rows["amend"].is_there is (exchange == "bybit")
