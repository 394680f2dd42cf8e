"""The way in for tests that drive the venue from another process: faults, sockets, what is going on."""

from collections.abc import Awaitable, Callable

import msgspec
from aiohttp import web

from adapters.sim.binance_protocol.exchange import Exchange
from adapters.sim.binance_protocol.faults import Fault


class RehearsalDoor:
    def __init__(self, exchange: Exchange, drop_sockets: Callable[[], Awaitable[int]]) -> None:
        self._exchange = exchange
        self._drop_sockets = drop_sockets

    def register(self, app: web.Application) -> None:
        app.router.add_get("/rehearsal/faults", self._list)
        app.router.add_post("/rehearsal/faults", self._add)
        app.router.add_delete("/rehearsal/faults", self._clear)
        app.router.add_get("/rehearsal/listeners", self._listeners)
        app.router.add_post("/rehearsal/disconnect", self._disconnect)

    async def _list(self, _: web.Request) -> web.Response:
        return _json(self._exchange.faults.waiting())

    async def _add(self, request: web.Request) -> web.Response:
        try:
            fault = msgspec.json.decode(await request.read(), type=Fault)
        except msgspec.DecodeError as error:
            return _json({"error": f"not a fault: {error}"}, 400)
        self._exchange.faults.add(fault)
        return _json(self._exchange.faults.waiting())

    async def _clear(self, _: web.Request) -> web.Response:
        self._exchange.faults.clear()
        return _json([])

    async def _listeners(self, _: web.Request) -> web.Response:
        """Say what is listened to: a test that drives a client waits for that before it goes on."""
        markets = self._exchange.markets.items()
        told = {kind: {"streams": m.hub.names(), "private": m.users.listeners()} for kind, m in markets}
        return _json(told)

    async def _disconnect(self, _: web.Request) -> web.Response:
        return _json({"closed": await self._drop_sockets()})


def _json(value: object, status: int = 200) -> web.Response:
    return web.Response(body=msgspec.json.encode(value), status=status, content_type="application/json")
