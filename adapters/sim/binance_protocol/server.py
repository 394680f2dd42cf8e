"""The venue on a port of the loopback: REST, streams, websocket API and the rehearsal's own door."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from ipaddress import ip_address
from typing import Final

from aiohttp import web

from adapters.sim.binance_protocol.accounts import Account, Accounts
from adapters.sim.binance_protocol.config import STEP_NS, RehearsalConfig
from adapters.sim.binance_protocol.connection import Connection
from adapters.sim.binance_protocol.exchange import Exchange
from adapters.sim.binance_protocol.market import Market
from adapters.sim.binance_protocol.market_kind import MarketKind
from adapters.sim.binance_protocol.rehearsal_door import RehearsalDoor
from adapters.sim.binance_protocol.rest_door import RestDoor
from adapters.sim.binance_protocol.stream_socket import StreamSocket
from adapters.sim.binance_protocol.websocket_api import WebsocketApi
from core.ports.clock import Clock

USDM_PREFIX: Final = "/usdm"
_PUBLIC: Final = ("depth", "rpiDepth", "bookTicker", "trade")


def _is_public(stream: str) -> bool:
    return stream.partition("@")[2].startswith(_PUBLIC) or stream == "!bookTicker"


# Binance has USD-M's streams on another host, sorted by kind; the plain path carries all of them here
_USDM_PATHS: Final[Mapping[str, Callable[[str], bool]]] = {
    "": lambda _: True,
    "/public": _is_public,
    "/market": lambda stream: "@" in stream and not _is_public(stream),
    "/private": lambda stream: "@" not in stream,
}
_MOST_BEHIND_NS: Final = 10_000_000_000  # a longer stall is a pause of the market, not caught up
_STEPS_A_SLICE: Final = 4
_STOP_PATIENCE_S: Final = 1.0


class RehearsalServer:
    """Start, perhaps `step`, stop. Where `drives` is off, time passes in the market by `step` alone."""

    def __init__(
        self, config: RehearsalConfig, accounts: Iterable[Account], clock: Clock, *, drives: bool = True
    ) -> None:
        self.exchange = Exchange(config, Accounts(accounts), clock)
        self.url = ""
        self._drives = drives
        self._clock = clock
        self._due_ns = 0
        self._timer: asyncio.TimerHandle | None = None
        self._rest = RestDoor(self.exchange)
        self._connections: dict[Connection, None] = {}
        self._runner: web.AppRunner | None = None

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Open the port; raise ValueError for a host that is not of the loopback, OSError where it is taken."""
        if host != "localhost" and not _is_loopback(host):
            raise ValueError(f"{host} is not a loopback address: a rehearsal is for this machine alone")
        self._runner = web.AppRunner(self._app(), shutdown_timeout=_STOP_PATIENCE_S, access_log=None)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, host, port).start()
        except OSError:
            await self._runner.cleanup()
            raise
        bound_host, bound_port = self._runner.addresses[0][:2]
        self.url = f"http://[{bound_host}]:{bound_port}" if ":" in bound_host else f"http://{bound_host}:{bound_port}"
        if self._drives:
            self._due_ns = self._clock.monotonic_ns() + STEP_NS
            self._arm()

    async def stop(self) -> None:
        """Close every socket and the port."""
        if self._timer is not None:
            self._timer.cancel()
        await self.drop_sockets()
        if self._runner is not None:
            await self._runner.cleanup()

    def step(self, count: int = 1) -> None:
        for _ in range(count):
            self.exchange.step()

    async def drop_sockets(self) -> int:
        """Close every websocket and return how many there were."""
        connections = list(self._connections)
        for connection in connections:
            await connection.close()
        return len(connections)

    @property
    def stream_url(self) -> str:
        return self.url.replace("http", "ws", 1)

    # time ----------------------------------------------------------------------------------------------

    def _arm(self) -> None:
        delay_s = max(0, self._due_ns - self._clock.monotonic_ns()) / 1e9
        self._timer = asyncio.get_running_loop().call_later(delay_s, self._advance)

    def _advance(self) -> None:
        """Work off due steps in a bounded slice."""
        for _ in range(_STEPS_A_SLICE):
            late_ns = self._clock.monotonic_ns() - self._due_ns
            if late_ns < 0:
                break
            if late_ns > _MOST_BEHIND_NS:
                self._due_ns += late_ns
            self.exchange.step()
            self._due_ns += STEP_NS
        self._arm()

    # doors ---------------------------------------------------------------------------------------------

    def _app(self) -> web.Application:
        app = web.Application(client_max_size=1 << 20)
        RehearsalDoor(self.exchange, self.drop_sockets).register(app)
        markets = self.exchange.markets
        spot, usdm = markets.get(MarketKind.SPOT), markets.get(MarketKind.USDM)
        plain = spot or usdm
        assert plain is not None, "at least one market"
        self._add_streams(app, "", plain, lambda _: True)
        if usdm is not None:
            for path, carries in _USDM_PATHS.items():
                self._add_streams(app, f"{USDM_PREFIX}{path}", usdm, carries)
                if path:
                    self._add_streams(app, path, usdm, carries)
        if spot is not None:
            app.router.add_get("/ws-api/v3", partial(self._websocket_api, spot))
        app.router.add_route("*", "/{path:.*}", self._rest.handle)
        return app

    def _add_streams(self, app: web.Application, prefix: str, market: Market, carries: Callable[[str], bool]) -> None:
        is_private = prefix.endswith("/private")  # a listen key in the path is not seen there

        async def bare(request: web.Request) -> web.StreamResponse:
            in_path = "" if is_private else request.match_info.get("streams")
            return await serve(request, in_path or request.query.get("listenKey") or "", combined=False)

        async def enveloped(request: web.Request) -> web.StreamResponse:
            named = request.query.get("streams") or request.query.get("listenKey") or ""
            return await serve(request, named, combined=True)

        async def serve(request: web.Request, named: str, *, combined: bool) -> web.StreamResponse:
            streams = [name for name in named.split("/") if name]
            return await self._serve(StreamSocket(market.hub, streams, combined=combined, carries=carries), request)

        app.router.add_get(f"{prefix}/ws", bare)
        app.router.add_get(f"{prefix}/ws/{{streams:.*}}", bare)
        app.router.add_get(f"{prefix}/stream", enveloped)

    async def _websocket_api(self, market: Market, request: web.Request) -> web.StreamResponse:
        return await self._serve(WebsocketApi(self.exchange, market, self._rest, request.remote or ""), request)

    async def _serve(self, connection: Connection, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Upgrade", "").lower() != "websocket":
            return web.json_response({"code": -1000, "msg": "This address is a websocket."}, status=400)
        self._connections[connection] = None
        try:
            return await connection.serve(request)
        finally:
            self._connections.pop(connection, None)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
