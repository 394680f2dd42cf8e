"""Where Binance is reached: streams below their paths, test networks on their hosts."""

from pathlib import Path

import pytest

from adapters.binance.endpoints import CHANNELS, ENDPOINTS
from adapters.binance.inference import InferredRules
from adapters.binance.market import BinanceMarket
from core.config.venues import BinanceFuturesConfig, BinanceSpotConfig
from core.io.system_clock import SystemClock
from core.ports.randomness import NoRandomness
from core.types.credentials import Credentials, Secret
from tests.venues.binance_trading.fronts import MemoryTransport
from tests.venues.binance_trading.small_binance import SmallBinance
from tui.compose.kinds.binance import BinanceKind
from tui.compose.kinds.venue_kind import TradingAccount, Wire

SPOT, USDM = BinanceMarket.SPOT, BinanceMarket.USDM
KEY = {"api_key": Secret("k"), "secret": Secret("s")}


def test_each_stream_of_usdm_is_asked_for_below_the_path_that_carries_it() -> None:
    assert ENDPOINTS[USDM].combined_streams(["BTCUSDT", "ETHUSDT"], CHANNELS[USDM]) == (
        "wss://fstream.binance.com/public/stream?streams="
        "btcusdt@depth@100ms/btcusdt@trade/ethusdt@depth@100ms/ethusdt@trade/btcusdt@depth5@500ms",
        "wss://fstream.binance.com/market/stream?streams=btcusdt@markPrice@1s/ethusdt@markPrice@1s/btcusdt@miniTicker",
    )


def test_spot_has_all_streams_on_one_websocket() -> None:
    assert ENDPOINTS[SPOT].combined_streams(["BTCUSDT"], CHANNELS[SPOT]) == (
        "wss://stream.binance.com:9443/stream?streams=btcusdt@depth@100ms/btcusdt@trade/btcusdt@miniTicker",
    )


@pytest.mark.parametrize("market", [SPOT, USDM])
def test_what_only_tells_a_dead_websocket_from_a_quiet_one_is_no_market_of_a_recording(market: BinanceMarket) -> None:
    rules = InferredRules(market)
    for stream in ENDPOINTS[market].heartbeats.values():
        rules.see(b'{"stream":"%s","data":{"b":[["1.5","2.25"]],"a":[]}}' % stream.encode())
    assert rules.instruments() == {}


@pytest.mark.parametrize(
    ("kind", "config", "private", "rest"),
    [
        (USDM, {}, "wss://fstream.binance.com/private", "https://fapi.binance.com"),
        (USDM, {"testnet": True}, "wss://fstream.binancefuture.com/private", "https://demo-fapi.binance.com"),
        (USDM, {"ws_url": "ws://127.0.0.1:9/usdm"}, "ws://127.0.0.1:9/usdm/private", "https://fapi.binance.com"),
        (SPOT, {}, "wss://ws-api.binance.com:443/ws-api/v3", "https://api.binance.com"),
        (SPOT, {"rest_url": "https://api1.binance.com"}, "wss://ws-api.binance.com:443/ws-api/v3", None),
        (SPOT, {"testnet": True}, "wss://ws-api.testnet.binance.vision/ws-api/v3", "https://testnet.binance.vision"),
        (SPOT, {"ws_url": "ws://127.0.0.1:9"}, "ws://127.0.0.1:9/ws-api/v3", "https://api.binance.com"),
    ],
)
def test_private_streams_have_addresses_of_their_own(kind, config, private, rest, tmp_path: Path) -> None:
    models = {SPOT: BinanceSpotConfig, USDM: BinanceFuturesConfig}
    venue = models[kind](kind=kind.value, **config)
    account = TradingAccount(Credentials(venue=kind.value, fields=KEY), tmp_path)
    wire = Wire(MemoryTransport(SmallBinance(kind, lambda: 0)), SystemClock(), NoRandomness())
    execution = BinanceKind(kind).sides(venue, wire, account=account).execution
    endpoints = execution._settings.endpoints
    assert endpoints.private_url == private
    assert endpoints.rest_url == (rest or config["rest_url"])
