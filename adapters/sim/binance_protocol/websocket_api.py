"""Spot's websocket API: requests over a socket, and the user stream subscribed to by signature."""

from typing import Final, cast

from adapters.sim.binance_protocol.accounts import Account
from adapters.sim.binance_protocol.api_error import ApiError, missing
from adapters.sim.binance_protocol.connection import Connection
from adapters.sim.binance_protocol.endpoint import Call, Security
from adapters.sim.binance_protocol.exchange import Exchange
from adapters.sim.binance_protocol.market import Market
from adapters.sim.binance_protocol.params import Params
from adapters.sim.binance_protocol.rest_door import RestDoor
from adapters.sim.binance_protocol.signature import account_of, bad_signature, check_time, signed_text

Body = dict[str, object]
_SUBSCRIBE: Final = "userDataStream.subscribe.signature"
_UNSUBSCRIBE: Final = "userDataStream.unsubscribe"
# requests that are the same over REST
_METHODS: Final = {
    "ping": ("GET", "/api/v3/ping"),
    "time": ("GET", "/api/v3/time"),
    "exchangeInfo": ("GET", "/api/v3/exchangeInfo"),
    "depth": ("GET", "/api/v3/depth"),
    "order.place": ("POST", "/api/v3/order"),
    "order.test": ("POST", "/api/v3/order/test"),
    "order.status": ("GET", "/api/v3/order"),
    "order.cancel": ("DELETE", "/api/v3/order"),
    "order.cancelReplace": ("POST", "/api/v3/order/cancelReplace"),
    "order.amend.keepPriority": ("PUT", "/api/v3/order/amend/keepPriority"),
    "openOrders.status": ("GET", "/api/v3/openOrders"),
    "openOrders.cancelAll": ("DELETE", "/api/v3/openOrders"),
    "allOrders": ("GET", "/api/v3/allOrders"),
    "myTrades": ("GET", "/api/v3/myTrades"),
    "account.status": ("GET", "/api/v3/account"),
}


class _Subscription:
    """One account's user stream on a socket."""

    def __init__(self, socket: "WebsocketApi", number: int) -> None:
        self._socket = socket
        self.number = number

    def deliver_private(self, event: Body) -> None:
        self._socket.push_json({"subscriptionId": self.number, "event": event})


class WebsocketApi(Connection):
    def __init__(self, exchange: Exchange, market: Market, rest: RestDoor, address: str) -> None:
        super().__init__()
        self._exchange = exchange
        self._market = market
        self._rest = rest
        self._address = address
        self._subscriptions: dict[int, _Subscription] = {}

    def closed(self) -> None:
        for subscription in self._subscriptions.values():
            self._market.users.unsubscribe(subscription)

    def take(self, message: Body) -> None:
        params = message.get("params")
        values = cast("Body", params) if isinstance(params, dict) else {}
        head: Body = {"id": message.get("id")}
        try:
            result = self._answer(str(message.get("method")), values)
            self.push_json({**head, "status": 200, "result": result, "rateLimits": self._rate_limits()})
        except ApiError as error:
            # `error` is what Binance calls it here; over REST the same stands at the top.
            self.push_json(
                {**head, "status": error.status, "error": error.body(), "rateLimits": self._rate_limits()}
            )  # fmt: skip

    def _answer(self, method: str, values: Body) -> object:
        texts = {name: _text(value) for name, value in values.items()}
        if method == _SUBSCRIBE:
            return {"subscriptionId": self._subscribe(self._signer(texts))}
        if method == _UNSUBSCRIBE:
            number = Params(texts).integer("subscriptionId")
            for each in list(self._subscriptions) if number is None else [number]:
                self._unsubscribe(each)
            return {}
        if method not in _METHODS:
            raise ApiError(-1000, f"Unknown method: {method}")
        route = self._rest.routes[_METHODS[method]]
        endpoint, params, now_ms = route.endpoint, Params(texts), self._exchange.now_ms()
        route.allowance.take_weight(self._address, endpoint.weight_of(params), now_ms)
        account = self._signer(texts) if endpoint.security is Security.SIGNED else None
        if endpoint.counts_as_order and account is not None:
            route.allowance.take_order(account, now_ms)
        return endpoint.answer(Call(self._exchange, route.market, params, account))

    def _signer(self, texts: dict[str, str]) -> Account:
        account, params = account_of(self._exchange.accounts, texts.get("apiKey")), Params(texts)
        check_time(params, self._exchange.server_ms())
        signature = params.text("signature")
        if signature is None:
            raise missing("signature")
        if not account.signs(signed_text(texts), signature):
            raise bad_signature()
        return account

    def _subscribe(self, account: Account) -> int:
        number = max(self._subscriptions, default=-1) + 1
        subscription = self._subscriptions[number] = _Subscription(self, number)
        self._market.users.subscribe(subscription, account)
        return number

    def _unsubscribe(self, number: int) -> None:
        subscription = self._subscriptions.pop(number, None)
        if subscription is not None:
            self._market.users.unsubscribe(subscription)

    def _rate_limits(self) -> list[Body]:
        route = self._rest.routes["GET", "/api/v3/ping"]
        limit = self._exchange.config.limits(self._market.kind).weight_1m
        used = route.allowance.weight_used(self._address, self._exchange.now_ms())
        row: Body = {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": limit}
        return [{**row, "count": used}]


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
