"""A TWS on the loopback: real socket and wire format, several clients, one exchange, and scripted faults."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from tests.venues.interactive_brokers.exchange import Exchange, Executed, Ordered
from tests.venues.interactive_brokers.frames import (
    VERSION,
    contract_details,
    contract_fields,
    frame,
    open_order,
    read_body,
    read_fields,
)

ACCOUNT = "DU111"
NVDA, SPY = 4815747, 756733
CONTRACTS = {"NVDA": NVDA, "SPY": SPY}
START_CASH = Decimal(100_000)
MOST_LENT = 4
COMMISSION = Decimal("1.25")
MARKET_RULES = {26: [("0", "0.01")], 32: [("0", "0.0001"), ("1", "0.01")]}
TAKEN_ALL_THE_SAME = {399}  # warnings
TRADED_AT = "20261123 10:30:00 US/Eastern"


class OrderFault(StrEnum):
    """What happens to the next order on its way in or out."""

    ACK_LOST = "ack lost"  # it works, and nobody is told
    LINE_CUT_AFTER = "line cut after"  # it works, and the connection ends before a word
    LINE_CUT_BEFORE = "line cut before"  # it never arrives


@dataclass
class Client:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    client_id: int = -1
    quotes: dict[int, str] = field(default_factory=dict)  # symbols by number of the request
    outgoing: asyncio.Queue[bytes] = field(default_factory=asyncio.Queue)


class FakeTws:
    """Serves until closed; `chunk` is the size of the pieces in which everything is written."""

    def __init__(self, *, chunk: int = 7) -> None:
        self.exchange = Exchange()
        self.chunk = chunk
        self.accounts = [ACCOUNT]
        self.hours = "20261123:0930-20261123:1600"
        self.rule = 26
        self.market_data_type = 1
        self.faults: deque[OrderFault] = deque()
        self.replies: deque[tuple[int, str]] = deque()  # code and text for the next orders, in place of taking them
        self.cancel_replies: deque[tuple[int, str]] = deque()
        self.before_cancel: Callable[[], None] | None = None  # happens once, before a cancel is looked at
        self.repeats = 0  # executions that are told twice
        self.withheld_commissions = False
        self.commission: object = COMMISSION
        self.magnifier = 1  # 100 where prices are in hundredths of the currency
        self.revision = 1  # of every execution, as told from now on
        self.time_s = 1795447800
        self.is_read_only = False
        self.is_silent = False  # takes everything and says nothing
        self.mutes_quotes = False
        self.unlisted: set[str] = set()
        self.quote_error: tuple[int, str] | None = None
        self.received: list[list[str]] = []
        self.bars: list[tuple[object, ...]] = []
        self.clients: list[Client] = []
        self.connections = 0
        self.port = 0
        self._next_id = 1
        self._unanswered: list[tuple[Client, list[str]]] = []
        self._permanent_id = 9000
        self._server: asyncio.Server | None = None
        self._news = asyncio.Event()
        self._handlers: dict[str, Callable[[Client, list[str]], None]] = {
            "1": self._quotes_asked, "2": lambda client, f: client.quotes.pop(int(f[2]), None), "3": self._order,
            "4": self._cancel, "5": self._own_orders, "6": self._account_updates, "7": self._executions_asked,
            "9": self._details, "71": self._start, "16": self._all_orders, "20": self._history, "49": self._time,
            "58": self._global_cancel, "61": self._positions, "62": self._summary,
            "76": lambda client, f: self._send(client, 74, 1, f[2]), "91": self._market_rule,
            "99": lambda client, _: self._send(client, 102),
        }  # fmt: skip

    async def __aenter__(self) -> "FakeTws":
        await self.listen()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop listening and cut every line; the exchange goes on."""
        assert self._server is not None
        self._server.close()
        for client in list(self.clients):
            client.writer.transport.abort()
        await self.until(lambda: not self.clients)

    def cut(self) -> None:
        for client in list(self.clients):
            client.writer.transport.abort()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something that clients do makes a condition true."""
        async with asyncio.timeout(20):
            while not condition():
                self._news.clear()
                await self._news.wait()

    def say(self, code: int, text: str, number: int = -1) -> None:
        for client in self.clients:
            self._send(client, 4, 2, number, code, text, "")

    def asked(self, kind: str) -> list[list[str]]:
        return [fields for fields in self.received if fields[0] == kind]

    # the line ----------------------------------------------------------------------

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = Client(reader, writer)
        self.clients.append(client)
        self.connections += 1
        sending = asyncio.ensure_future(self._write(client))
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            assert await reader.readexactly(4) == b"API\0"
            assert (await read_body(reader)).startswith(b"v157..178")
            self._send(client, VERSION, "20261123 10:00:00 EST")
            while True:
                fields = await read_fields(reader)
                self.received.append(fields)
                self._news.set()
                if self.is_silent:
                    self._unanswered.append((client, fields))
                else:
                    self._take(client, fields)
        sending.cancel()
        self.clients.remove(client)
        writer.transport.abort()
        self._news.set()

    def wake(self) -> None:
        """Speak again, and do first what was asked for in the silence."""
        self.is_silent = False
        waiting, self._unanswered = self._unanswered, []
        for client, fields in waiting:
            if client in self.clients:
                self._take(client, fields)

    def _take(self, client: Client, fields: list[str]) -> None:
        handler = self._handlers.get(fields[0])
        if handler is not None:
            handler(client, fields)

    async def _write(self, client: Client) -> None:
        while True:
            data = await client.outgoing.get()
            for start in range(0, len(data), self.chunk):
                client.writer.write(data[start : start + self.chunk])
                await _let_others_run()

    def _send(self, client: Client, *fields: object) -> None:
        client.outgoing.put_nowait(frame(*fields))

    def _start(self, client: Client, fields: list[str]) -> None:
        client.client_id = int(fields[2])
        if any(other is not client and other.client_id == client.client_id for other in self.clients):
            self._send(client, 4, 2, -1, 326, "Unable to connect as the client id is already in use", "")
            return
        self._send(client, 15, 1, ",".join(self.accounts))
        self._send(client, 9, 1, self._next_id)
        self._send(client, 4, 2, -1, 2104, "Market data farm connection is OK:usfarm", "")

    # market data ----------------------------------------------------------------------

    def quote(self, symbol: str, bid: str, bid_size: int, ask: str, ask_size: int) -> None:
        self.tell(self.exchange.quote(symbol, bid, bid_size, ask, ask_size))
        self.publish(symbol)

    def publish(self, symbol: str) -> None:
        for client in self.clients:
            for number, name in client.quotes.items():
                if name == symbol:
                    self._publish_to(client, number, symbol)

    def delayed_tick(self, number: int) -> None:
        for client in self.clients:
            self._send(client, 1, 6, number, 66, "149.00", 100, 0)

    def last(self, symbol: str, text: str) -> None:
        for client in self.clients:
            for number in [number for number, name in client.quotes.items() if name == symbol]:
                self._send(client, 46, 6, number, 48, text)

    def _publish_to(self, client: Client, number: int, symbol: str) -> None:
        live = self.market_data_type == 1
        for kind, side in zip((1, 2) if live else (66, 67), self.exchange.top(symbol), strict=True):
            price, size = side or (-1, 0)
            self._send(client, 1, 6, number, kind, price, size, 0)

    def _quotes_asked(self, client: Client, fields: list[str]) -> None:
        number, symbol = int(fields[2]), fields[4]
        if self.quote_error is not None:
            code, text = self.quote_error
            self._send(client, 4, 2, number, code, text, "")
            return
        client.quotes[number] = symbol
        if self.mutes_quotes:
            return
        self._send(client, 58, 1, number, self.market_data_type)
        self._publish_to(client, number, symbol)

    def _details(self, client: Client, fields: list[str]) -> None:
        number, symbol = int(fields[2]), fields[4]
        if symbol not in CONTRACTS or symbol in self.unlisted:
            self._send(client, 4, 2, number, 200, "No security definition has been found for the request", "")
            return
        exchange = "NASDAQ" if symbol == "NVDA" else "ARCA"
        told = {"rule": self.rule, "hours": self.hours, "exchange": exchange, "magnifier": self.magnifier}
        client.outgoing.put_nowait(contract_details(number, CONTRACTS[symbol], symbol, **told))
        self._send(client, 52, 1, number)

    def _market_rule(self, client: Client, fields: list[str]) -> None:
        rows = MARKET_RULES[int(fields[1])]
        self._send(client, 93, fields[1], len(rows), *(part for row in rows for part in row))

    def _history(self, client: Client, fields: list[str]) -> None:
        self._send(client, 17, fields[1], "", "", len(self.bars), *(part for bar in self.bars for part in bar))

    def _time(self, client: Client, _: list[str]) -> None:
        self._send(client, 49, 1, self.time_s)

    # orders ----------------------------------------------------------------------

    def _order(self, client: Client, fields: list[str]) -> None:
        order_id, limit = int(fields[1]), fields[19]
        self._next_id = max(self._next_id, order_id + 1)
        if fields[84] == "1":
            self._what_if(client, fields)
            return
        known = self._own(client, order_id)
        if self.replies:
            code, text = self.replies.popleft()
            self._send(client, 4, 2, order_id, code, text, "")
            if code not in TAKEN_ALL_THE_SAME:
                return
        if Decimal(fields[17]) * Decimal(limit or 0) > MOST_LENT * START_CASH:
            self._send(client, 4, 2, order_id, 201, "Order rejected - reason:available funds are insufficient", "")
            return
        fault = self.faults.popleft() if self.faults else None
        if fault is OrderFault.LINE_CUT_BEFORE:
            client.writer.transport.abort()
            return
        if known is None:
            self._permanent_id += 1
            known = Ordered(
                client.client_id, order_id, self._permanent_id, fields[3], fields[16] == "BUY", Decimal(fields[17]),
                fields[18], Decimal(limit) if limit else None, fields[21], fields[23] or ACCOUNT, fields[26],
            )  # fmt: skip
        else:
            self.exchange.withdraw(known)
            known.quantity, known.limit = Decimal(fields[17]), Decimal(limit) if limit else None
        executed = self.exchange.place(known)
        if fault is OrderFault.LINE_CUT_AFTER:
            client.writer.transport.abort()
        if fault is None:
            self._show(client, known, status="PreSubmitted")
            if known.status == "Submitted":
                self._status(client, known)
            self.tell(executed)
            if known.status == "Cancelled":
                self._status(client, known)
        self.publish(known.symbol)

    def _own(self, client: Client, order_id: int) -> Ordered | None:
        mine = (o for o in self.exchange.orders if (o.client_id, o.order_id) == (client.client_id, order_id))
        return next(mine, None)

    def _what_if(self, client: Client, fields: list[str]) -> None:
        margin = ["0", "0", "100000", "505.20", "480.10", "-1.0", "505.20", "480.10", "99999", "1.0", "USD"]
        client.outgoing.put_nowait(
            open_order(
                int(fields[1]), contract_fields(NVDA, fields[3]), [*fields[16:20], fields[21]], account=ACCOUNT,
                reference=fields[26], client_id=client.client_id, permanent_id=0, status="PreSubmitted", margin=margin,
            )
        )  # fmt: skip

    def _cancel(self, client: Client, fields: list[str]) -> None:
        before, self.before_cancel = self.before_cancel, None
        if before is not None:
            before()
        order = self._own(client, int(fields[2]))
        if self.cancel_replies:
            code, text = self.cancel_replies.popleft()
            self._send(client, 4, 2, fields[2], code, text, "")
        elif order is None:
            self._send(
                client, 4, 2, fields[2], 10147, f"OrderId {fields[2]} that needs to be cancelled is not found.", ""
            )
        elif self.exchange.cancel(order):
            self._status(client, order)
            self._send(client, 4, 2, order.order_id, 202, "Order Canceled - reason:", "")
            self.publish(order.symbol)
        else:
            text = f"OrderId {order.order_id} that needs to be cancelled cannot be cancelled, state: {order.status}."
            self._send(client, 4, 2, order.order_id, 10148, text, "")

    def _global_cancel(self, _: Client, __: list[str]) -> None:
        for order in self.exchange.working():
            self.exchange.cancel(order)
            self._to_owner(order, self._status)

    def _show(self, client: Client, order: Ordered, *, status: str = "") -> None:
        client.outgoing.put_nowait(
            open_order(
                order.order_id, contract_fields(CONTRACTS[order.symbol], order.symbol), order.terms,
                account=order.account, reference=order.reference, client_id=order.client_id,
                permanent_id=order.permanent_id, status=status or order.status,
            )
        )  # fmt: skip

    def show_status(self, order: Ordered) -> None:
        self._to_owner(order, self._status)

    def _status(self, client: Client, order: Ordered) -> None:
        self._send(
            client, 3, order.order_id, order.status, order.filled, order.remaining, order.average,
            order.permanent_id, 0, order.average, order.client_id, "", 0,
        )  # fmt: skip

    def _to_owner(self, order: Ordered, tell: Callable[[Client, Ordered], None]) -> None:
        for client in self.clients:
            if client.client_id == order.client_id:
                tell(client, order)

    def tell(self, executed: list[Executed]) -> None:
        for done in executed:
            for client in [each for each in self.clients if each.client_id == done.order.client_id]:
                self._status(client, done.order)
                for _ in range(1 + (self.repeats > 0)):
                    self._execution(client, -1, done)
                self.repeats -= self.repeats > 0
                self._execution_position(client, done.order.symbol)

    def _execution_position(self, client: Client, symbol: str) -> None:
        for name, quantity, cost in self.exchange.positions(ACCOUNT):
            if name == symbol:
                self._position(client, name, quantity, cost)

    def _position(self, client: Client, symbol: str, quantity: Decimal, cost: Decimal) -> None:
        self._send(client, 61, 3, ACCOUNT, *contract_fields(CONTRACTS[symbol], symbol), quantity, cost)

    def _execution(self, client: Client, request: int, done: Executed) -> None:
        order = done.order
        self._send(
            client, 11, request, order.order_id, *contract_fields(CONTRACTS[order.symbol], order.symbol),
            execution_id(done, self.revision), TRADED_AT, order.account, "ISLAND", "BOT" if order.is_buy else "SLD",
            done.quantity, done.price, order.permanent_id, order.client_id, 0, done.filled_after, done.average_after,
            order.reference, "", "", "", 1 if done.is_maker else 2, 0,
        )  # fmt: skip
        if not self.withheld_commissions:
            self._send(client, 59, 1, execution_id(done, self.revision), self.commission, "USD", "", "", "")

    # the account ----------------------------------------------------------------------

    def _own_orders(self, client: Client, _: list[str]) -> None:
        self._list(client, [order for order in self.exchange.working() if order.client_id == client.client_id])

    def _all_orders(self, client: Client, _: list[str]) -> None:
        if self.is_read_only:
            text = "Error validating request.-'b0' : cause - The API interface is currently in Read-Only mode."
            self._send(client, 4, 2, -1, 321, text, "")
            return
        self._list(client, [order for order in self.exchange.working() if order.account in self.accounts])

    def _list(self, client: Client, orders: list[Ordered]) -> None:
        for order in orders:
            self._show(client, order)
            self._status(client, order)
        self._send(client, 53, 1)

    def _executions_asked(self, client: Client, fields: list[str]) -> None:
        for done in self.exchange.executions:
            if done.order.account in self.accounts:
                self._execution(client, int(fields[2]), done)
        self._send(client, 55, 1, fields[2])

    def _positions(self, client: Client, _: list[str]) -> None:
        for symbol, quantity, cost in self.exchange.positions(ACCOUNT):
            self._position(client, symbol, quantity, cost)
        self._send(client, 62, 1)

    def _account_updates(self, client: Client, _: list[str]) -> None:
        self._send(client, 54, 1, ACCOUNT)

    def _summary(self, client: Client, fields: list[str]) -> None:
        cash = self.exchange.cash(ACCOUNT, START_CASH, COMMISSION)
        for tag, value, currency in (
            ("AvailableFunds", cash, "USD"), ("CashBalance", cash, "USD"), ("CashBalance", cash, "BASE"),
        ):  # fmt: skip
            self._send(client, 63, 1, fields[2], ACCOUNT, tag, value, currency)
        self._send(client, 64, 1, fields[2])


def execution_id(done: Executed, revision: int) -> str:
    return f"0000e0d5.{done.order.permanent_id:08x}.{done.number:02d}.{revision:02d}"


def _let_others_run() -> Awaitable[None]:
    return asyncio.sleep(0)
