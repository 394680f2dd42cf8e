"""The venue's websockets: numbered messages, subscriptions, and the ways they fail."""

import json
from collections.abc import Iterable

from aiohttp import WSMsgType, web

from tests.venues.coinbase.exchange import Exchange, Product, VenueOrder
from tests.venues.coinbase.jwt_check import TokenCheck, TokenError
from tests.venues.coinbase.messages import iso, level, snapshot_event, trade_row, user_row

SNAPSHOT_ORDERS = 50  # open orders in one message of a user's snapshot


class Session:
    """One connection of a client."""

    def __init__(self, socket: web.WebSocketResponse, exchange: Exchange) -> None:
        self.socket = socket
        self.subscriptions: dict[str, dict[str, None]] = {}
        self.user: str | None = None
        self.held_back: list[str] = []
        self._exchange = exchange
        self._sequence = 0

    def follows(self, channel: str, product_id: str) -> bool:
        return product_id in self.subscriptions.get(channel, {})

    def number(self) -> int:
        self._sequence += 1
        return self._sequence - 1

    async def send(self, channel: str, events: list[dict]) -> None:
        await self.socket.send_str(self.message(channel, events))

    def message(self, channel: str, events: list[dict]) -> str:
        message = {
            "channel": channel, "client_id": "", "timestamp": iso(self._exchange.now_ns()),
            "sequence_num": self.number(), "events": events,
        }  # fmt: skip
        return json.dumps(message, separators=(",", ":"))


class Sockets:
    """All connections; `lose` makes the next messages of a channel vanish on the way, numbers and all."""

    def __init__(self, exchange: Exchange, check: TokenCheck) -> None:
        self._exchange = exchange
        self._check = check
        self._trades_told = 0
        self._heartbeats = 0
        self.sessions: list[Session] = []
        self.opened = 0
        self.requests: list[dict] = []
        self.lose: dict[str, int] = {}
        self.refuse = 0
        self.repeats = 0  # messages that come twice, with their number
        self.swaps = 0  # messages that come after the one that follows them

    async def serve(self, request: web.Request) -> web.StreamResponse:
        if self.refuse:
            self.refuse -= 1
            return web.Response(status=503)
        socket = web.WebSocketResponse(max_msg_size=0)
        await socket.prepare(request)
        session = Session(socket, self._exchange)
        self.sessions.append(session)
        self.opened += 1
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    await self._on_request(session, json.loads(message.data))
        finally:
            self.sessions.remove(session)
        return socket

    async def _on_request(self, session: Session, request: dict) -> None:
        self.requests.append(request)
        channel, products = request["channel"], request.get("product_ids", [])
        if channel == "user":
            try:
                session.user = self._check.user(request.get("jwt", ""), None)
            except TokenError as error:
                await session.socket.send_str(json.dumps({"type": "error", "message": f"authentication: {error}"}))
                return
        followed = session.subscriptions.setdefault(channel, {})
        if request["type"] == "subscribe":
            followed.update(dict.fromkeys(products))
            await self._snapshots(session, channel, products)
        else:
            for product_id in products:
                followed.pop(product_id, None)
        told = {name: list(ids) for name, ids in session.subscriptions.items()}
        await session.send("subscriptions", [{"subscriptions": told}])

    async def _snapshots(self, session: Session, channel: str, products: Iterable[str]) -> None:
        if channel == "level2":
            for product_id in products:
                product = self._exchange.products[product_id]
                await self._tell(session, "l2_data", [snapshot_event(product, product_id, self._exchange.now_ns())])
        elif channel == "market_trades":
            rows = [trade_row(trade) for trade in self._exchange.trades if trade.product.product_id in products]
            await self._tell(session, channel, [{"type": "snapshot", "trades": rows[::-1]}])
        elif channel == "user":
            orders = [o for o in self._exchange.orders.values() if o.user == session.user and o.status == "OPEN"]
            for start in range(0, max(1, len(orders)), SNAPSHOT_ORDERS):
                rows = [user_row(order) for order in orders[start : start + SNAPSHOT_ORDERS]]
                await self._tell(session, channel, [{"type": "snapshot", "orders": rows}])

    async def publish(self, touched: list[VenueOrder]) -> None:
        """Tell everybody what the last actions changed."""
        for product in self._exchange.products.values():
            await self._publish_levels(product)
        trades = self._exchange.trades[self._trades_told :]
        self._trades_told = len(self._exchange.trades)
        for session in list(self.sessions):
            rows = [trade_row(trade) for trade in trades if session.follows("market_trades", trade.product.product_id)]
            if rows:
                await self._tell(session, "market_trades", [{"type": "update", "trades": rows[::-1]}])
            for order in touched:
                if session.user == order.user:
                    await self._tell(session, "user", [{"type": "update", "orders": [user_row(order)]}])

    async def _publish_levels(self, product: Product) -> None:
        now_ns = self._exchange.now_ns()
        updates = [
            level(side, product, *pair, now_ns)
            for side, ladder in (("bid", product.book.bids), ("offer", product.book.asks))
            for pair in zip(*ladder.take_changes(), strict=True)
        ]
        for session in list(self.sessions):
            if updates and session.follows("level2", product.product_id):
                event = {"type": "update", "product_id": product.product_id, "updates": updates}
                await self._tell(session, "l2_data", [event])

    async def heartbeat(self) -> None:
        self._heartbeats += 1
        event = {"current_time": "2026-04-07 14:30:10.000000000+00:00", "heartbeat_counter": self._heartbeats}
        for session in list(self.sessions):
            await self._tell(session, "heartbeats", [event])

    async def raw(self, payload: str) -> None:
        for session in list(self.sessions):
            await session.socket.send_str(payload)

    async def close(self) -> None:
        for session in list(self.sessions):
            await session.socket.close()

    async def _tell(self, session: Session, channel: str, events: list[dict]) -> None:
        if self.lose.get(channel, 0):
            self.lose[channel] -= 1
            session.number()
        elif not session.socket.closed:
            message = session.message(channel, events)
            if self.swaps:
                self.swaps -= 1
                session.held_back.append(message)
                return
            late, session.held_back = session.held_back, []
            copies = 1 + (self.repeats > 0)
            self.repeats -= self.repeats > 0
            for text in [*[message] * copies, *late]:
                await session.socket.send_str(text)
