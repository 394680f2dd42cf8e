"""The share of a venue's rate limit that a configuration allows, and what the engine shows of it."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from aiohttp import web

from adapters.ccxt_exchange.execution import CcxtExecution
from adapters.ccxt_exchange.feed import CcxtFeed
from adapters.named_feed import NamedFeed
from adapters.network.request_budget import Purpose, RequestBudget
from adapters.network.rest import RequestRefusedError
from adapters.network.transport import NetworkTransport
from adapters.okx.routes import INSTRUMENTS
from adapters.streams.feed import StreamFeed
from adapters.venue_store.store import VenueStore
from core.config.config import Config
from core.config.venues import CcxtVenueConfig
from core.io.system_clock import SystemClock
from core.paths import Paths
from core.ports.randomness import NoRandomness
from core.types.credentials import Credentials, Secret
from tests.compose.test_no_secret_is_shown import CONFIGS, key_parts
from tests.venues.market_sink import RecordingSink
from tui.compose.kinds.registry import venue_kind
from tui.compose.kinds.venue_kind import TradingAccount, Wire
from tui.compose.venues import VenueSet

SHARE = 0.25


class Answer(NamedTuple):
    status: int
    body: bytes
    headers: Mapping[str, str] = {}


class RefusingTransport(NetworkTransport):
    async def get(self, url: str, params: Mapping[str, str], timeout_s: float) -> Answer:
        return Answer(400, b"no")


PUBLIC_BUDGETS: dict[str, Callable[[Any], RequestBudget]] = {
    "okx": lambda execution: execution._rest._budget(INSTRUMENTS),
    "kraken": lambda execution: execution._public._rest._budgets[0],
    "coinbase": lambda execution: execution._rest._public_budget,
}


class NoKeys:
    def read(self, venue: str, account: str) -> None:
        """Have none."""


@pytest.mark.parametrize("kind", CONFIGS)
def test_orders_of_every_kind_of_venue_keep_to_the_configured_share(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shares: list[float] = []
    make = RequestBudget.__init__

    def noted(budget: RequestBudget, *given: Any, share: float = 1.0, **more: Any) -> None:
        shares.append(share)
        make(budget, *given, share=share, **more)

    monkeypatch.setattr(RequestBudget, "__init__", noted)
    key = Credentials(venue=kind, fields={name: Secret(text) for name, text in key_parts(kind).items()})
    venue = CONFIGS[kind].model_validate({"kind": kind, "rate_limit_share": SHARE})

    async def scenario() -> None:
        wire = Wire(NetworkTransport(), SystemClock(), NoRandomness())
        use = venue_kind(kind).sides(venue, wire, account=TradingAccount(key, tmp_path)).budget_use()
        assert use is not None
        assert use.left == use.allowance > 0

    asyncio.run(scenario())
    # Coinbase's allowances are half of what a second takes, so that burst and refill together stay below it.
    assert (2 * SHARE if kind == "coinbase" else SHARE) in shares


@pytest.mark.parametrize("kind", PUBLIC_BUDGETS)
@pytest.mark.parametrize("trades", [False, True], ids=["data", "trading"])
def test_the_tables_that_a_feed_reads_keep_to_the_configured_share_and_count_with_those_of_the_trading_side(
    kind: str, trades: bool, tmp_path: Path
) -> None:
    key = Credentials(venue=kind, fields={name: Secret(text) for name, text in key_parts(kind).items()})
    venue = CONFIGS[kind].model_validate({"kind": kind, "symbols": ["BTC/USD"], "rate_limit_share": SHARE})
    wire, sink = Wire(RefusingTransport(), SystemClock(), NoRandomness()), RecordingSink()
    account = TradingAccount(key, tmp_path) if trades else None

    async def scenario() -> None:
        sides = venue_kind(kind).sides(venue, wire, account=account)
        assert isinstance(sides.feed, StreamFeed)
        budget = sides.feed._tables._rest._budget
        assert budget is not None
        before = budget.use
        with pytest.raises(RequestRefusedError):
            await sides.feed.start(sink)
        assert budget.use.left < before.left
        taken = 0
        while budget.try_take(1, Purpose.READ):
            taken += 1
        assert taken < SHARE * before.allowance * (2 if kind == "coinbase" else 1)
        if trades:
            assert PUBLIC_BUDGETS[kind](sides.execution) is budget

    asyncio.run(scenario())


def test_both_sides_of_an_exchange_of_ccxt_are_closed_together(tmp_path: Path) -> None:
    key = Credentials(venue="bybit", fields={"api_key": Secret("an api key"), "secret": Secret("its secret")})
    venue = CcxtVenueConfig.model_validate({"kind": "ccxt", "exchange": "bybit", "symbols": ["BTC/USDT"]})
    wire = Wire(NetworkTransport(), SystemClock(), NoRandomness())
    sides = venue_kind("ccxt").sides(venue, wire, account=TradingAccount(key, tmp_path))
    assert isinstance(sides.feed, CcxtFeed)
    assert isinstance(sides.execution, CcxtExecution)
    assert sides.feed._closing is sides.execution._closing is not None


def test_venues_of_one_exchange_of_ccxt_are_closed_together_and_no_other(tmp_path: Path) -> None:
    ccxt = {"kind": "ccxt", "mode": "data", "symbols": ["BTC/USDT"]}
    venues = {
        "first": {**ccxt, "exchange": "bybit"},
        "second": {**ccxt, "exchange": "bybit", "account": "other"},
        "test": {**ccxt, "exchange": "bybit", "testnet": True},
        "gate": {**ccxt, "exchange": "gate"},
        "here": {**ccxt, "exchange": "bybit", "rest_url": "http://127.0.0.1:9"},
        "native": {"kind": "kraken", "mode": "data", "rest_url": "http://127.0.0.1:9"},
    }
    paths = Paths.under(tmp_path)
    paths.ensure()

    async def closed_with(name: str) -> list[str]:
        store = VenueStore(paths.venue_store)
        served = VenueSet(Config.model_validate({"venues": venues}), store, paths, NoKeys())
        store.close()
        (named,) = [feed for feed in served.feeds if feed.venue == name]
        feed = named._feed if isinstance(named, NamedFeed) else named
        assert isinstance(feed, CcxtFeed)
        assert feed._closing is not None
        feed._closing.shut(30)
        shown = {each: served.rate_limit(each) for each in venues}
        return [each for each, state in shown.items() if state and state.closed_until_ns]

    assert asyncio.run(closed_with("second")) == ["first", "second"]
    assert asyncio.run(closed_with("gate")) == ["gate"]
    assert asyncio.run(closed_with("here")) == ["here", "native"]


def test_a_pause_that_one_venue_was_asked_for_is_shown_by_all_at_its_address_and_obeyed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    transports: list[NetworkTransport] = []

    def make_transport() -> NetworkTransport:
        transports.append(NetworkTransport())
        return transports[-1]

    monkeypatch.setattr("adapters.network.transport.NetworkTransport", make_transport)

    async def refuse(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(status=429, headers={"Retry-After": "30"})

    async def scenario() -> None:
        application = web.Application()
        application.router.add_route("*", "/{tail:.*}", refuse)
        runner = web.AppRunner(application)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        alike = {"mode": "data", "rest_url": url}
        venues = {
            "spot": {"kind": "binance", **alike},
            "second": {"kind": "kraken", **alike},
            "demo": {"kind": "okx", **alike},
            "other": {"kind": "coinbase", "mode": "data", "rest_url": "http://127.0.0.1:9"},
        }
        paths = Paths.under(tmp_path)
        paths.ensure()
        store = VenueStore(paths.venue_store)
        served = VenueSet(Config.model_validate({"venues": venues}), store, paths, NoKeys())
        before = {name: served.rate_limit(name) for name in venues}
        assert all(each is not None and each.closed_until_ns is None for each in before.values())
        sink = RecordingSink()
        starting = [asyncio.ensure_future(feed.start(sink)) for feed in served.feeds[:2]]
        await sink.until(lambda: any("429" in status.detail for status in sink.statuses))
        shown = {name: served.rate_limit(name) for name in (*venues, "nowhere")}
        for task in starting:
            task.cancel()
        await asyncio.gather(*starting, return_exceptions=True)
        await asyncio.gather(*(transport.close() for transport in transports))
        await runner.cleanup()
        store.close()
        assert [name for name, each in shown.items() if each and each.closed_until_ns] == ["spot", "second", "demo"]
        assert shown["nowhere"] is None
        left_ns = shown["second"].closed_until_ns - SystemClock().utc_ns()
        assert 0 < left_ns <= 30_000_000_000
        assert 0 < shown["spot"].used_share < 0.05
        assert len(asked) <= 2  # one each at most: they may have begun at the same time

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("kind", "status", "body", "closes"),
    [
        ("binance", 429, b'{"code":-1003,"msg":"Too many requests"}', True),
        ("binanceusdm", 429, b'{"code":-1015,"msg":"Too many new orders"}', False),
        ("binance", 418, b"", True),
        ("binance", 403, b"", False),
        ("kraken", 429, b"", True),
        ("okx", 429, b'{"code":"50011","msg":"Too Many Requests"}', False),
    ],
)
def test_what_is_about_one_route_or_about_orders_alone_closes_no_host(
    kind: str, status: int, body: bytes, closes: bool
) -> None:
    assert venue_kind(kind).closes_host(Answer(status, body)) is closes
