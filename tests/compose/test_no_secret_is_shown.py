"""Whatever a venue answers to a signed request, and however it fails: nothing that is told of it holds the key."""

import asyncio
import base64
import json
import logging
import traceback
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from aiohttp import web
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from adapters.ccxt_exchange.execution import CcxtExecution
from adapters.ccxt_exchange.library import load_library
from adapters.keys.key_store import remember_key
from adapters.network.transport import NetworkTransport
from core.config.venues import (
    BinanceFuturesConfig,
    BinanceSpotConfig,
    CcxtVenueConfig,
    CoinbaseConfig,
    CryptoVenueConfig,
    HyperliquidConfig,
    KrakenConfig,
    OkxConfig,
)
from core.io.log_file import JsonLines
from core.io.system_clock import SystemClock
from core.ports.randomness import NoRandomness
from core.types.credentials import Credentials, Secret
from tests.venues.loopback import serving
from tui.compose.kinds.registry import venue_kind
from tui.compose.kinds.venue_kind import TradingAccount, Wire

API_KEY, SECRET, PASSPHRASE = "mArKeR-0f-an-api-key-4711", "mArKeR-0f-a-secret-/+=Zq", "mArKeR of a passphrase"
CONFIGS: dict[str, type[CryptoVenueConfig]] = {
    "binance": BinanceSpotConfig,
    "binanceusdm": BinanceFuturesConfig,
    "kraken": KrakenConfig,
    "okx": OkxConfig,
    "coinbase": CoinbaseConfig,
    "hyperliquid": HyperliquidConfig,
}
LONGEST_S = 0.2  # some wait and ask again: what they say until then is enough


def key_parts(kind: str) -> dict[str, str]:
    match kind:
        case "okx":
            return {"api_key": API_KEY, "secret": SECRET, "passphrase": PASSPHRASE}
        case "kraken":
            return {"api_key": API_KEY, "secret": base64.b64encode(f"{SECRET}{SECRET}".encode()).decode()}
        case "coinbase":
            pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
            )
            return {"key_name": "organizations/o/apiKeys/k", "private_key": pem.decode()}
        case "hyperliquid":
            return {"account_address": "0x" + "ab" * 20, "private_key": "0x" + "1d" * 31 + "7c"}
        case _:
            return {"api_key": API_KEY, "secret": SECRET}


def forms_of(secret: str) -> set[str]:
    """Return a secret as it might slip into a text: as it is, escaped, encoded, backwards, a PEM line by line."""
    texts = [secret, secret.removeprefix("0x"), *(line for line in secret.splitlines() if "-----" not in line)]
    if secret.startswith("0x"):
        texts.append(str(int(secret, 16)))
    forms: set[str] = set()
    for text in texts:
        encoded = [base64.b64encode(text.encode()).decode(), base64.urlsafe_b64encode(text.encode()).decode()]
        forms |= {text, text[::-1], quote(text, safe=""), quote_plus(text), json.dumps(text)[1:-1], *encoded}
        forms |= {each.rstrip("=") for each in encoded}
    return forms


async def echo(request: web.Request, status: int, form: str) -> web.Response:
    """Answer with everything that was asked, as a badly made proxy does."""
    words = {"url": str(request.url), "headers": dict(request.headers), "body": await request.text()}
    asked = " ".join([*request.headers.values(), str(request.url), words["body"]])
    bodies = {
        "text": f"cannot handle {words}",
        "error": json.dumps({"code": -1, "msg": asked, "error": [asked], "message": asked, "data": [], "result": None}),
        "torn": f'{{"code": "0", "msg": "{asked}',
    }
    return web.Response(status=status, text=bodies[form], content_type="application/json")


async def told_by(kind: str, parts: dict[str, str], url: str, folder: Path) -> str:
    """Let a venue's signed requests meet the address; return all words that came of it."""
    key = Credentials(venue=kind, fields={name: Secret(text) for name, text in parts.items()})
    remember_key(key)  # as the key store does with every key it hands out
    transport = NetworkTransport()
    wire, account = Wire(transport, SystemClock(), NoRandomness()), TradingAccount(key, folder)
    venue = CONFIGS[kind].model_validate({"kind": kind, "rest_url": url, "ws_url": url.replace("http", "ws")})
    served = venue_kind(kind)
    execution = served.sides(venue, wire, account=account).execution
    assert execution is not None
    told = [repr((key, account, wire, execution, vars(execution)))]
    asked: list[Callable[[], Awaitable[object]]] = [
        lambda: served.key_rights(account, venue, wire),
        lambda: served.cancel_everything(account, venue, wire),
        execution.cancel_all,
    ]
    for ask in asked:
        try:
            async with asyncio.timeout(LONGEST_S):
                told.append(repr(await ask()))
        except Exception as error:
            told += [repr(error), "".join(traceback.format_exception(error))]
    await execution.stop()
    await transport.close()
    return "\n".join(told)


@pytest.mark.parametrize("kind", CONFIGS)
@pytest.mark.parametrize(("status", "form"), [(500, "text"), (400, "error"), (200, "error"), (200, "torn"), (0, "")])
def test_a_failing_venue_is_told_of_without_the_key(
    kind: str, status: int, form: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    parts = key_parts(kind)

    async def scenario() -> str:
        if not status:
            return await told_by(kind, parts, "http://127.0.0.1:9", tmp_path)
        application = web.Application()
        application.router.add_route("*", "/{tail:.*}", partial(echo, status=status, form=form))
        async with serving(application) as url:
            return await told_by(kind, parts, url, tmp_path)

    with caplog.at_level(logging.DEBUG):
        told = asyncio.run(scenario())
    for record in caplog.records:
        told += logging.Formatter().format(record) + JsonLines().format(record)
    secrets = {text for name, text in parts.items() if name not in {"account_address", "key_name"}}
    shown = {form for secret in secrets for form in forms_of(secret) if form in told}
    assert not shown, told
    assert len(told) > 100


CCXT_MARKETS = json.dumps(
    {
        "symbols": [
            {
                "symbol": "BTCUSDT", "status": "TRADING", "baseAsset": "BTC", "quoteAsset": "USDT",
                "permissions": ["SPOT"], "isSpotTradingAllowed": True,
                "filters": [
                    {"filterType": "PRICE_FILTER", "minPrice": "0.01", "maxPrice": "1000000", "tickSize": "0.01"},
                    {"filterType": "LOT_SIZE", "minQty": "0.0001", "maxQty": "9000", "stepSize": "0.0001"},
                ],
            }
        ]
    }
)  # fmt: skip


@pytest.mark.parametrize(("status", "form"), [(500, "text"), (400, "error")])
def test_a_venue_that_fails_through_ccxt_is_told_of_without_the_key(
    status: int, form: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    signed: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        if request.path.endswith("/exchangeInfo"):  # without the rules ccxt signs nothing
            return web.Response(text=CCXT_MARKETS, content_type="application/json")
        if API_KEY in request.headers.values():
            signed.append(request.path)
        return await echo(request, status, form)

    async def ask(url: str) -> str:
        key = Credentials(venue="binance", fields={"api_key": Secret(API_KEY), "secret": Secret(SECRET)})
        remember_key(key)
        venue = CcxtVenueConfig.model_validate(
            {
                "kind": "ccxt", "exchange": "binance", "use_ccxt_anyway": True, "symbols": ["BTC/USDT"],
                "rest_url": url, "ws_url": url.replace("http", "ws"), "rate_limit_share": 1,
            }
        )  # fmt: skip
        served, account = venue_kind("ccxt"), TradingAccount(key, tmp_path)
        wire = Wire(NetworkTransport(), SystemClock(), NoRandomness())
        execution = served.sides(venue, wire, account=account).execution
        assert isinstance(execution, CcxtExecution)
        told = [repr((key, account, wire, execution, vars(execution)))]
        asked: list[Callable[[], Awaitable[object]]] = [
            lambda: served.key_rights(account, venue, wire),
            lambda: served.cancel_everything(account, venue, wire),
            execution.open_for_cancel,
            execution.cancel_all,
            lambda: execution.account(0),
        ]
        for question in asked:
            try:
                async with asyncio.timeout(2 * LONGEST_S):
                    told.append(repr(await question()))
            except Exception as error:
                told += [repr(error), "".join(traceback.format_exception(error))]
        told.append(repr(vars(execution)))
        await execution.stop()
        return "\n".join(told)

    async def scenario() -> str:
        await load_library()  # takes longer than what is asked with it
        application = web.Application()
        application.router.add_route("*", "/{tail:.*}", answer)
        runner = web.AppRunner(application)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            return await ask(f"http://127.0.0.1:{runner.addresses[0][1]}")
        finally:
            await runner.cleanup()

    with caplog.at_level(logging.DEBUG):
        told = asyncio.run(scenario())
    assert len(signed) >= 2, told
    for record in caplog.records:
        told += logging.Formatter().format(record) + JsonLines().format(record)
    assert not {form for secret in (API_KEY, SECRET) for form in forms_of(secret) if form in told}, told
