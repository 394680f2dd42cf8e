"""Every setting of a configured exchange reaches the adapter."""

from decimal import Decimal

from adapters.ccxt_exchange.from_config import exchange_settings
from adapters.ccxt_exchange.settings import ExchangeSettings
from core.config.venues import CcxtVenueConfig


def test_a_configured_exchange_is_reached_as_it_says():
    config = CcxtVenueConfig(
        kind="ccxt", exchange="bybit", symbols=("BTC/USDT:USDT",), testnet=True, rest_url="http://a", ws_url="ws://b",
        rate_limit_share=Decimal("0.2"), use_ccxt_anyway=True, client_order_id_param="cid",
    )  # fmt: skip
    assert exchange_settings("perps", config) == ExchangeSettings(
        exchange="bybit", symbols=("BTC/USDT:USDT",), name="perps", testnet=True, rest_url="http://a", ws_url="ws://b",
        rate_limit_share=Decimal("0.2"), may_replace_native=True, client_order_id_param="cid",
    )  # fmt: skip
