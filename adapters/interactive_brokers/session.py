"""One connection to TWS from its handshake to its end: questions with their answers, and everything else it says."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar, cast

from adapters.interactive_brokers.catalogue import Meaning, meaning_of
from adapters.interactive_brokers.library import WireClient, execution_filter, make_client
from adapters.interactive_brokers.listener import Listener
from adapters.interactive_brokers.settings import InteractiveBrokersSettings
from adapters.interactive_brokers.wire import (
    AccountValueSaid,
    BarSaid,
    ExecutionSaid,
    MarginPreview,
    OpenOrderSaid,
    OrderStatusSaid,
    PositionSaid,
    exact,
    name_of,
    read_bar,
    read_commission,
    read_execution,
    read_margin,
    read_open_order,
)
from adapters.network.request_budget import Purpose, RequestBudget

if TYPE_CHECKING:
    from ib_async.contract import Contract, ContractDetails
    from ib_async.objects import BarData, CommissionReport, Execution, PriceIncrement
    from ib_async.order import Order as IbOrder
    from ib_async.order import OrderState

Key = int | str
T = TypeVar("T")
_SUMMARY_TAGS: Final = "AvailableFunds,$LEDGER:ALL"


class RequestRefusedError(Exception):
    """TWS answered a question with an error."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"IB {code}: {text}")
        self.code = code
        self.meaning = meaning_of(code)


class _Question(NamedTuple):
    answer: "asyncio.Future[list[Any]]"
    rows: list[Any]


class Session:
    """Speaks with TWS once connected; whoever waits for an answer gets ConnectionError when the connection ends."""

    def __init__(self, settings: InteractiveBrokersSettings, budget: RequestBudget, listener: Listener) -> None:
        self._settings = settings
        self._budget = budget
        self._listener = listener
        self._questions: dict[Key, _Question] = {}
        self._what_ifs: dict[int, asyncio.Future[MarginPreview]] = {}
        self._one_at_a_time: dict[str, asyncio.Lock] = {}
        self.account = settings.account
        self.is_broker_reachable = True
        self.broker_trouble = ""
        self._on_restored: Callable[[], None] = _nothing
        self.ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._client: WireClient = make_client(self._handlers(), settings.time_zone, self._fault)
        self._client.conn.disconnected += self._disconnected

    def _handlers(self) -> dict[str, Callable[..., None]]:
        return {
            "error": self._error,
            "openOrder": self._open_order,
            "openOrderEnd": lambda: self._finish("open orders"),
            "orderStatus": self._order_status,
            "execDetails": self._execution,
            "execDetailsEnd": self._finish,
            "commissionReport": self._commission,
            "position": self._position,
            "positionEnd": lambda: self._finish("positions"),
            "accountSummary": self._account_value,
            "accountSummaryEnd": self._finish,
            "contractDetails": self._row,
            "contractDetailsEnd": self._finish,
            "marketRule": self._market_rule,
            "historicalData": self._bar,
            "historicalDataEnd": self._history_end,
            "currentTime": self._current_time,
            "marketDataType": self._listener.market_data_type,
            "priceSizeTick": self._listener.tick,
            "tickSize": self._size_tick,
            "tickString": self._listener.text_tick,
        }

    # the connection ------------------------------------------------------------------------------------------------

    async def connect(self) -> None:
        """Shake hands; raise ConnectionError, OSError or TimeoutError where TWS does not take this client."""
        settings = self._settings
        shaking = asyncio.ensure_future(
            self._client.connectAsync(settings.host, settings.port, settings.client_id, settings.connect_timeout_s)
        )
        try:
            await asyncio.wait((shaking, self.ended), return_when=asyncio.FIRST_COMPLETED)
        finally:
            if not shaking.done():
                shaking.cancel()
                await asyncio.wait((shaking,))
        if self.ended.done():
            raise ConnectionError(self.ended.result())
        shaking.result()
        self._choose_account()

    def _choose_account(self) -> None:
        accounts = self._client.getAccounts()
        if not self.account and len(accounts) == 1:
            self.account = accounts[0]
        if self.account not in accounts:
            named = f"account {self.account!r} is not one of" if self.account else "name one of the accounts"
            raise ConnectionError(f"{named} {', '.join(accounts) or 'no accounts'} of this login")

    def close(self, reason: str) -> None:
        """End the connection at once: what waits to be sent is dropped, nobody waits for a peer that is gone."""
        if not self.ended.done():
            self.ended.set_result(reason)
        lost = ConnectionError(self.ended.result())
        questions, self._questions = self._questions, {}
        for question in questions.values():
            _fail(question.answer, lost)
        what_ifs, self._what_ifs = self._what_ifs, {}
        for answer in what_ifs.values():
            _fail(answer, lost)
        transport = self._client.conn.transport
        if transport is not None:
            transport.abort()

    def _disconnected(self, reason: str) -> None:
        self.close(reason or "TWS closed the connection")

    def _fault(self, text: str) -> None:
        # What could not be read may have been a fill: connect again and ask for everything.
        self.close(f"a message of TWS could not be read: {text}")

    @property
    def is_ready(self) -> bool:
        return not self.ended.done() and self._client.isReady()

    @property
    def client(self) -> WireClient:
        """Return the wire; raise ConnectionError where it is down."""
        if not self.is_ready:
            raise ConnectionError("not connected to TWS")
        return self._client

    # questions -----------------------------------------------------------------------------------------------------

    async def contract_details(self, contract: "Contract") -> "list[ContractDetails]":
        return await self._ask_numbered(lambda number: self.client.reqContractDetails(number, contract))

    async def market_rule(self, rule: int) -> "list[PriceIncrement]":
        return await self._ask_named(f"market rule {rule}", lambda client: client.reqMarketRule(rule), Purpose.READ)

    async def open_orders(self) -> list[OpenOrderSaid]:
        """Return the working orders of all clients and of TWS itself."""
        asked = self._ask_named("open orders", lambda client: client.reqAllOpenOrders(), Purpose.RECONCILE)
        return cast("list[OpenOrderSaid]", await asked)

    async def executions(self) -> list[ExecutionSaid]:
        """Return today's executions of all clients; their commissions come apart."""
        chosen = execution_filter(self.account)
        return await self._ask_numbered(
            lambda number: self.client.reqExecutions(number, chosen), purpose=Purpose.RECONCILE
        )

    async def positions(self) -> list[PositionSaid]:
        asked = self._ask_named("positions", lambda client: client.reqPositions(), Purpose.RECONCILE)
        return cast("list[PositionSaid]", await asked)

    async def account_values(self) -> list[AccountValueSaid]:
        numbers: list[int] = []

        def send(number: int) -> None:
            numbers.append(number)
            self.client.reqAccountSummary(number, "All", _SUMMARY_TAGS)

        try:
            return await self._ask_numbered(send, purpose=Purpose.RECONCILE)
        finally:
            # a summary stays subscribed, and TWS allows two
            if numbers and self.is_ready:
                await self._budget.take(1, Purpose.RECONCILE)
                self.client.cancelAccountSummary(numbers[0])

    async def time(self) -> int:
        """Return TWS's time in whole seconds: the proof that it still answers."""
        (seconds,) = await self._ask_named("time", lambda client: client.reqCurrentTime(), Purpose.RECONCILE)
        return seconds

    async def historical_bars(self, contract: "Contract", *, duration: str, bar_size: str) -> list[BarSaid]:
        def send(number: int) -> None:
            self.client.send(
                20, number, contract, False, "", bar_size, duration, True, "TRADES", 2, False, ""
            )  # fmt: skip

        return await self._ask_numbered(send, timeout_s=self._settings.history_timeout_s)

    async def what_if(self, contract: "Contract", order: "IbOrder") -> MarginPreview:
        """Ask what an order would need. Nothing is placed: the order must say so itself."""
        assert order.whatIf, "an order that asks what-if must say so"
        await self._budget.take(1, Purpose.READ)
        number = self.client.getReqId()
        answer: asyncio.Future[MarginPreview] = asyncio.get_running_loop().create_future()
        self._what_ifs[number] = answer
        try:
            self.client.placeOrder(number, contract, order)
            async with asyncio.timeout(self._settings.request_timeout_s):
                return await answer
        finally:
            self._what_ifs.pop(number, None)

    async def _ask_numbered(
        self, send: Callable[[int], None], *, purpose: Purpose = Purpose.READ, timeout_s: float | None = None
    ) -> list[Any]:
        await self._budget.take(1, purpose)
        number = self.client.getReqId()
        return await self._ask(number, lambda: send(number), timeout_s)

    async def _ask_named(self, name: str, send: Callable[[WireClient], None], purpose: Purpose) -> list[Any]:
        """Ask what TWS answers without a number, one asker at a time: the answers could not be told apart."""
        async with self._one_at_a_time.setdefault(name, asyncio.Lock()):
            await self._budget.take(1, purpose)
            return await self._ask(name, lambda: send(self.client), None)

    async def _ask(self, key: Key, send: Callable[[], None], timeout_s: float | None) -> list[Any]:
        question = _Question(asyncio.get_running_loop().create_future(), [])
        self._questions[key] = question
        try:
            send()
            async with asyncio.timeout(timeout_s or self._settings.request_timeout_s):
                return await question.answer
        except TimeoutError:
            if isinstance(key, str):  # a late answer to this question would be taken for that to the next one
                self.close(f"TWS did not answer when asked for {key}")
            raise
        finally:
            self._questions.pop(key, None)

    def _row(self, key: Key, row: object) -> None:
        question = self._questions.get(key)
        if question is not None:
            question.rows.append(row)

    def _finish(self, key: Key) -> None:
        question = self._questions.get(key)
        if question is not None and not question.answer.done():
            question.answer.set_result(question.rows)

    def _bar(self, number: int, bar: "BarData") -> None:
        self._row(number, read_bar(bar))

    def _history_end(self, number: int, _start: str, _end: str) -> None:
        self._finish(number)

    # what TWS says -------------------------------------------------------------------------------------------------

    def _error(self, number: int, code: int, text: str, _advanced: str = "") -> None:
        meaning = meaning_of(code)
        match meaning:
            case Meaning.BROKER_LOST:
                self.is_broker_reachable, self.broker_trouble = False, f"IB {code}: {text}"
                self._listener.disconnected(self.broker_trouble)
            case Meaning.RESTORED_WITH_DATA | Meaning.RESTORED_WITHOUT_DATA:
                self.is_broker_reachable = True
                self._on_restored()
            case Meaning.CONNECTION:
                self.close(f"IB {code}: {text}")
            case Meaning.FARM_BROKEN | Meaning.FARM_OK:
                self._listener.farm(text.rpartition(":")[2].strip(), is_broken=meaning is Meaning.FARM_BROKEN)
            case _:
                self._refused(number, code, meaning, text)

    def on_restored(self, callback: Callable[[], None]) -> None:
        """Call back when TWS has found IB's servers again."""
        self._on_restored = callback

    def _refused(self, number: int, code: int, meaning: Meaning, text: str) -> None:
        question, what_if = self._questions.get(number), self._what_ifs.get(number)
        if question is None and what_if is None:
            self._listener.said(number, code, meaning, text)
        elif meaning is not Meaning.NOTICE:
            error = RequestRefusedError(code, text)
            if question is not None:
                _fail(question.answer, error)
            if what_if is not None:
                _fail(what_if, error)

    def _open_order(self, order_id: int, contract: "Contract", order: "IbOrder", state: "OrderState") -> None:
        if order.whatIf:
            answer = self._what_ifs.get(order_id)
            if answer is not None and not answer.done():
                answer.set_result(read_margin(state))
            return
        said = read_open_order(contract, order, state)
        self._client.updateReqId(said.order_id + 1)  # also those of other clients: an id is never used twice
        if said.account in {self.account, ""}:
            self._row("open orders", said)
            self._listener.open_order(said)

    def _order_status(self, *fields: Any) -> None:
        order_id, status, filled, remaining, average_price, permanent_id, _, _, client_id, why_held, *_ = fields
        self._listener.order_status(
            OrderStatusSaid(
                order_id=order_id,
                client_id=client_id,
                permanent_id=permanent_id,
                status=status,
                filled=exact(filled),
                remaining=exact(remaining),
                average_price=exact(average_price),
                why_held=why_held,
            )
        )

    def _execution(self, request_id: int, contract: "Contract", execution: "Execution") -> None:
        said = read_execution(request_id, contract, execution)
        if said.account == self.account:
            self._row(request_id, said)
            self._listener.execution(said)

    def _commission(self, report: "CommissionReport") -> None:
        self._listener.commission(read_commission(report))

    def _position(self, account: str, contract: "Contract", quantity: float, average_cost: float) -> None:
        if account == self.account:
            said = PositionSaid(account, name_of(contract), exact(quantity), exact(average_cost))
            self._row("positions", said)
            self._listener.position(said)

    def _account_value(self, number: int, account: str, tag: str, value: str, currency: str) -> None:
        if account == self.account:
            self._row(number, AccountValueSaid(account, tag, value, currency))

    def _market_rule(self, rule: int, increments: "list[PriceIncrement]") -> None:
        for increment in increments:
            self._row(f"market rule {rule}", increment)
        self._finish(f"market rule {rule}")

    def _size_tick(self, number: int, kind: int, size: float) -> None:
        self._listener.tick(number, kind, None, size)

    def _current_time(self, seconds: int) -> None:
        self._row("time", seconds)
        self._finish("time")


def _fail(answer: "asyncio.Future[T]", error: Exception) -> None:
    if not answer.done():
        answer.set_exception(error)


def _nothing() -> None:
    """Nobody waits for IB to come back yet."""
