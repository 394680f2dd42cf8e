"""What leaves for the exchanges that come through ccxt first, by ccxt's own code and without any network."""

import asyncio
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from adapters.ccxt_exchange.client import open_client
from adapters.ccxt_exchange.exchange_choice import ExchangeRefusedError, demand_tradable
from adapters.ccxt_exchange.instruments import instrument_of
from adapters.ccxt_exchange.order_request import OrderRequest, UnsupportedOrderError, request_of
from adapters.ccxt_exchange.profile import PROFILES
from adapters.ccxt_exchange.settings import ExchangeSettings
from core.types.order import OrderIntent, OrderType, Side, TimeInForce
from tests.adapters.ccxt_exchange.fake_exchange import market

D = Decimal
FIRST = ("bybit", "krakenfutures", "paradex")
SYMBOLS = {"bybit": "BTC/USDT:USDT", "krakenfutures": "BTC/USD:USD", "paradex": "BTC/USD:USDC", "spot": "BTC/USDT"}
INTENT = OrderIntent(
    client_order_id="sab-0001-7", venue="x", symbol="", side=Side.BUY, order_type=OrderType.LIMIT, quantity=D("0.015"),
    limit_price=D("50000.5"), created_ns=0,
)  # fmt: skip


def sent(exchange: str, kind: str = "swap", **changes: object) -> dict[str, Any]:
    """Return the body that ccxt makes of an order."""

    async def main() -> dict[str, Any]:
        client, request = await requested(exchange, kind, **changes)
        try:
            made = client.create_order_request(
                request.symbol, request.type, request.side, request.amount, request.price, request.params
            )
        finally:
            await client.close()
        return dict(made)

    return asyncio.run(main())


async def requested(exchange: str, kind: str, **changes: object) -> tuple[Any, OrderRequest]:
    symbol = SYMBOLS["spot" if kind == "spot" else exchange]
    client: Any = await open_client(ExchangeSettings(exchange=exchange, symbols=(symbol,), may_replace_native=True))
    try:
        quote, _, settle = symbol.partition("/")[2].partition(":")
        is_spot = kind == "spot"
        listed = market(
            symbol=symbol, quote=quote, settle=settle or None, type=kind, spot=is_spot, swap=not is_spot,
            linear=None if is_spot else True, inverse=None if is_spot else False, contract=not is_spot,
        )  # fmt: skip
        client.set_markets([client.safe_market_structure(listed)], {})
        instrument = instrument_of(client.markets[symbol], exchange, client.precisionMode)
        intent = msgspec.structs.replace(INTENT, symbol=symbol, **changes)
        return client, request_of(intent, instrument, client, PROFILES[exchange])
    except BaseException:
        await client.close()
        raise


@pytest.mark.parametrize("exchange", FIRST)
def test_our_id_price_and_quantity_arrive_as_they_are(exchange: str):
    body = sent(exchange)
    assert body[PROFILES[exchange].id_field] == "sab-0001-7"
    assert {D(str(body[name])) for name in body if name in ("qty", "size", "price", "limitPrice")} == {
        D("0.015"), D("50000.5"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("exchange", "field", "value"),
    [("bybit", "timeInForce", "IOC"), ("krakenfutures", "orderType", "ioc"), ("paradex", "instruction", "IOC")],
)
def test_an_ioc_order_leaves_as_one_that_may_not_rest(exchange: str, field: str, value: str):
    assert sent(exchange, time_in_force=TimeInForce.IOC)[field] == value


@pytest.mark.parametrize(
    ("exchange", "field", "value"),
    [
        ("bybit", "timeInForce", "PostOnly"),
        ("krakenfutures", "orderType", "post"),
        ("paradex", "instruction", "POST_ONLY"),
    ],
)
def test_a_post_only_order_leaves_as_one(exchange: str, field: str, value: str):
    assert sent(exchange, post_only=True)[field] == value


@pytest.mark.parametrize(
    ("exchange", "field", "value"),
    [("bybit", "reduceOnly", True), ("krakenfutures", "reduceOnly", True), ("paradex", "flags", ["REDUCE_ONLY"])],
)
def test_a_reduce_only_order_leaves_as_one(exchange: str, field: str, value: object):
    assert sent(exchange, reduce_only=True)[field] == value
    assert sent(exchange).get(field) != value


@pytest.mark.parametrize(("exchange", "field"), [("bybit", "smpType"), ("paradex", "stp")])
def test_the_newcomer_of_two_own_orders_goes(exchange: str, field: str):
    assert "taker" in str(sent(exchange)[field]).lower()


def test_a_market_buy_by_value_is_refused_where_there_is_none_by_quantity():
    with pytest.raises(UnsupportedOrderError, match="use an IOC limit order"):
        sent("bybit", "spot", order_type=OrderType.MARKET)
    assert sent("bybit", order_type=OrderType.MARKET)["orderType"] == "Market"


def test_an_order_that_ccxt_would_round_is_refused():
    with pytest.raises(UnsupportedOrderError, match=r"quantity 0.0155 would reach bybit as 0.015"):
        sent("bybit", quantity=D("0.0155"))
    with pytest.raises(UnsupportedOrderError, match=r"price 50000.55 would reach bybit as"):
        sent("bybit", limit_price=D("50000.55"))


def test_an_exchange_without_a_profile_is_followed_and_not_traded():
    unknown = ExchangeSettings(exchange="bitget", symbols=("BTC/USDT",))
    with pytest.raises(ExchangeRefusedError, match="bitget is followed and not traded"):
        demand_tradable(unknown)
    demand_tradable(msgspec.structs.replace(unknown, client_order_id_param="clientOid"))


def test_hyperliquid_never_comes_through_ccxt_not_even_when_forced():
    settings = ExchangeSettings(exchange="hyperliquid", symbols=("BTC/USDC:USDC",), may_replace_native=True)
    with pytest.raises(ExchangeRefusedError, match="builder"):
        asyncio.run(open_client(settings))


@pytest.mark.parametrize("exchange", ["binance", "binanceusdm", "kraken", "okx", "coinbase"])
def test_an_exchange_with_an_adapter_of_its_own_has_to_be_forced(exchange: str):
    settings = ExchangeSettings(exchange=exchange, symbols=("BTC/USDT",))
    with pytest.raises(ExchangeRefusedError, match="use_ccxt_anyway"):
        asyncio.run(open_client(settings))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"exchange": "bibit"}, "no exchange of ccxt"),
        ({"symbols": ("BTC/USDT", "BTC/USDT:USDT")}, "two venues"),
        ({"exchange": "krakenfutures", "testnet": True}, None),
        ({"exchange": "bitfinex", "testnet": True}, "no test network"),
    ],
)
def test_what_cannot_be_opened_says_why(changes: dict[str, Any], words: str | None):
    settings = msgspec.structs.replace(ExchangeSettings(exchange="bybit", symbols=("BTC/USDT",)), **changes)

    async def main() -> str:
        client: Any = await open_client(settings)
        await client.close()
        return str(client.urls["api"])

    if words is None:
        assert "demo" in asyncio.run(main())
    else:
        with pytest.raises(ExchangeRefusedError, match=words):
            asyncio.run(main())


def test_every_address_is_turned_also_those_of_a_test_network():
    async def main() -> str:
        client: Any = await open_client(
            ExchangeSettings(
                exchange="bybit", symbols=("BTC/USDT",), testnet=True, rest_url="http://127.0.0.1:1",
                ws_url="ws://127.0.0.1:2",
            )
        )  # fmt: skip
        await client.close()
        return str(client.urls["api"])

    told = asyncio.run(main())
    assert "http://127.0.0.1:1" in told
    assert "ws://127.0.0.1:2/v5/" in told
    assert "bybit" not in told
    assert "{hostname}" not in told


def test_paradex_is_asked_for_text_and_takes_a_subkey_as_it_is():
    from core.types.credentials import Credentials, Secret

    fields = {"account_address": Secret("0x123"), "private_key": Secret("0x456")}

    async def main() -> Any:
        client: Any = await open_client(
            ExchangeSettings(exchange="paradex", symbols=("BTC/USD:USDC",)), Credentials(venue="paradex", fields=fields)
        )
        await client.close()
        return client.options["sbe"], await client.retrieve_account()

    sbe, account = asyncio.run(main())
    assert sbe is False
    assert (account["address"], account["privateKey"]) == ("0x123", "0x456")
