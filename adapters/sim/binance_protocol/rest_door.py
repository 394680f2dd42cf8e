"""The REST side: finds the endpoint of a request, counts it, believes it or not, and answers."""

import asyncio
from typing import Final

import msgspec
from aiohttp import web

from adapters.sim.binance_protocol import public_rest, shared_rest, spot_rest, usdm_rest
from adapters.sim.binance_protocol.accounts import Account
from adapters.sim.binance_protocol.allowance import Allowance
from adapters.sim.binance_protocol.api_error import STATUS_UNKNOWN, ApiError
from adapters.sim.binance_protocol.endpoint import Call, Endpoint
from adapters.sim.binance_protocol.exchange import Exchange
from adapters.sim.binance_protocol.faults import Fault, FaultKind
from adapters.sim.binance_protocol.market import Market
from adapters.sim.binance_protocol.market_kind import MarketKind
from adapters.sim.binance_protocol.params import Params
from adapters.sim.binance_protocol.signature import authenticate, read_params

KEY_HEADER: Final = "X-MBX-APIKEY"


class Route:
    """An endpoint and the market it works on."""

    def __init__(self, endpoint: Endpoint, market: Market, allowance: Allowance) -> None:
        self.endpoint = endpoint
        self.market = market
        self.allowance = allowance


class RestDoor:
    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self.routes: dict[tuple[str, str], Route] = {}
        for kind, market in exchange.markets.items():
            allowance = Allowance(kind, exchange.config.limits(kind))
            own = spot_rest.endpoints() if kind is MarketKind.SPOT else usdm_rest.endpoints()
            for endpoint in [*public_rest.endpoints(kind), *own, *shared_rest.endpoints()]:
                self.routes.setdefault((endpoint.method, endpoint.path), Route(endpoint, market, allowance))

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer a request; a fault may do it in its place."""
        fault = self._exchange.faults.of_request(request.method, request.path)
        address = request.remote or ""
        if fault is not None and fault.kind is FaultKind.DROP_REQUEST and request.transport is not None:
            request.transport.abort()
            return web.Response()  # goes nowhere
        try:
            body = await request.text()
            route = self._route(request)
            if fault is not None:
                _refuse(fault)
            account, result = self._carry_out(route, request, body)
            headers = route.allowance.headers(address, account, self._exchange.now_ms())
            answer = _json(result, 200, headers)
        except ApiError as error:
            answer = _json(error.body(), error.status, self._error_headers(request, error))
        if fault is None:
            return answer
        return await _spoil(fault, request, answer)

    def _route(self, request: web.Request) -> Route:
        route = self.routes.get((request.method, request.path))
        if route is None:
            raise ApiError(-5000, f"Path {request.path}, Method {request.method} is invalid", 404)
        return route

    def _carry_out(self, route: Route, request: web.Request, body: str) -> tuple[Account | None, object]:
        query = request.rel_url.raw_query_string
        params = Params(read_params(query, body))
        endpoint, now_ms = route.endpoint, self._exchange.now_ms()
        route.allowance.take_weight(request.remote or "", endpoint.weight_of(params), now_ms)
        account = authenticate(
            self._exchange.accounts, endpoint.security, request.headers.get(KEY_HEADER), query, body, params,
            self._exchange.server_ms(),
        )  # fmt: skip
        if endpoint.counts_as_order and account is not None:
            route.allowance.take_order(account, now_ms)
        return account, endpoint.answer(Call(self._exchange, route.market, params, account))

    def _error_headers(self, request: web.Request, error: ApiError) -> dict[str, str]:
        route = self.routes.get((request.method, request.path))
        found: dict[str, str] = {}
        if route is not None:
            account = self._exchange.accounts.by_key(request.headers.get(KEY_HEADER, ""))
            found = route.allowance.headers(request.remote or "", account, self._exchange.now_ms())
        if error.retry_after_s is not None:
            found["Retry-After"] = str(error.retry_after_s)
        return found


def _json(value: object, status: int, headers: dict[str, str]) -> web.Response:
    return web.Response(
        body=msgspec.json.encode(value), status=status, headers=headers, content_type="application/json"
    )


def _refuse(fault: Fault) -> None:
    """Raise what a fault answers in place of the endpoint, before anything is done."""
    if fault.kind is FaultKind.REJECT:
        raise ApiError(fault.code, fault.msg, fault.status)
    if fault.kind is FaultKind.TOO_MANY:
        status = 418 if fault.status == 418 else 429
        raise ApiError(-1003, "Too many requests; asked for by a fault.", status, fault.retry_after_s)
    if fault.kind is FaultKind.UNKNOWN and not fault.executed:
        raise ApiError(*STATUS_UNKNOWN, 503)


async def _spoil(fault: Fault, request: web.Request, answer: web.Response) -> web.StreamResponse:
    """Do to the answer what a fault asks for, after the request was carried out."""
    if fault.kind is FaultKind.DELAY:
        await asyncio.sleep(fault.delay_ms / 1_000)
    elif fault.kind is FaultKind.DROP_ACK and request.transport is not None:
        request.transport.abort()
    elif fault.kind is FaultKind.UNKNOWN and fault.executed:
        return _json(ApiError(*STATUS_UNKNOWN).body(), 503, {})
    return answer
