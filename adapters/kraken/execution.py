"""Kraken's trading side.

Which way each request takes, and why:

- orders and amends go over the private websocket: it needs no rising numbers, so that they wait for nothing; their
  answer and their executions come on one ordered connection, and while that is down none is sent: nobody would hear
  what became of it;
- cancels go over the websocket, and over REST where it is down or does not answer: a cancel may be sent twice;
- everything that reads, and the dead man's switch, goes over REST: it does not depend on the websocket's health.
"""

import asyncio
import logging
from collections.abc import Awaitable, Mapping
from contextlib import suppress
from typing import Final

from adapters.kraken.account_reading import AccountReading
from adapters.kraken.client_ids import ClientIdError, is_ours, to_kraken
from adapters.kraken.dead_man import DeadManSwitch
from adapters.kraken.endpoints import Endpoints, TradingSettings
from adapters.kraken.executions import ExecutionReader
from adapters.kraken.instruments import VENUE
from adapters.kraken.order_allowance import OrderAllowance
from adapters.kraken.order_frames import ADD_ORDER, AMEND_ORDER, CANCEL_ALL, CANCEL_ORDER, add_order, amend_order
from adapters.kraken.outcomes import Effect, effects_of, outcome_of
from adapters.kraken.own_orders import OwnOrder, OwnOrders
from adapters.kraken.private_stream import PrivateStream
from adapters.kraken.private_wire import ExecutionsMessage, MethodAnswer, RestOrder, decode_count
from adapters.kraken.rest import ASSET_PAIRS, PrivateRest, PublicRest, RefusedError, Route
from adapters.kraken.rest import CANCEL_ALL as REST_CANCEL_ALL
from adapters.kraken.rest import CANCEL_ORDER as REST_CANCEL_ORDER
from adapters.kraken.trade_history import TradeHistory, seconds_to_ns
from adapters.kraken.traded_pairs import TradedPairs
from adapters.network.backoff import Backoff
from adapters.network.request_budget import BudgetUse, Purpose
from adapters.network.venue_rest import NoAnswerError, NotSentError
from adapters.send_results import in_doubt, rejected, unanswered
from core.ports.clock import Clock
from core.ports.randomness import Randomness
from core.ports.transport import Transport
from core.ports.venue import AmendSupport, ExecutionSink, OrderReport, SendOutcome, SendResult
from core.risk.verdict import Approved, ApprovedAmend
from core.types.account import AccountReport
from core.types.order import OrderIntent, OrderStatus, OrderType, TimeInForce

_NS_PER_S: Final = 1_000_000_000
_ENDS: Final = {"canceled": OrderStatus.CANCELLED, "expired": OrderStatus.EXPIRED, "closed": OrderStatus.FILLED}
_log = logging.getLogger(__name__)


class KrakenExecution:
    """Implements `core.ports.venue.ExecutionVenue` for Kraken's spot market."""

    def __init__(
        self,
        settings: TradingSettings,
        endpoints: Endpoints,
        rest: PrivateRest,
        public: PublicRest,
        transport: Transport,
        clock: Clock,
        randomness: Randomness,
    ) -> None:
        self._settings = settings
        self._rest = rest
        self._public = public
        self._clock = clock
        self._randomness = randomness
        self._orders = OwnOrders()
        self._allowance = OrderAllowance(settings, randomness)
        self._dead_man = DeadManSwitch(rest, settings.dead_man_s)
        self._stream = PrivateStream(
            rest, endpoints.private_stream_url, settings, transport, clock, randomness,
            on_executions=self._on_executions, catch_up=self._catch_up,
        )  # fmt: skip
        self._sink: ExecutionSink | None = None
        self._reader: ExecutionReader | None = None
        self._history: TradeHistory | None = None
        self._account: AccountReading | None = None
        self._asking: asyncio.Task[None] | None = None
        self._questions: int = 0  # to the trade history, not answered yet
        self._heard_until_ns: int | None = None  # by our clock: trades before it were heard or asked for
        self._in_snapshot: dict[str, None] = {}

    @property
    def venue(self) -> str:
        return VENUE

    @property
    def clock_offset_ns(self) -> int | None:
        """Return how far the venue's clock is ahead of ours, None before the first measurement."""
        return self._stream.time.offset_ns

    @property
    def is_ready(self) -> bool:
        """Tell whether orders can be sent now."""
        return self._stream.is_ready

    @property
    def budget_use(self) -> BudgetUse:
        """Return what is left of the key's call counter; read inside the loop."""
        return self._rest.use

    async def until_ready(self) -> None:
        await self._stream.until_ready()

    async def start(self, sink: ExecutionSink) -> None:
        """Learn the pairs and connect; returns once the pairs are known, whatever the websocket does.

        Raises
        ------
        UnknownSymbolError
            A configured symbol is not traded.
        """
        pairs = await self._read_pairs()
        self._sink = sink
        self._history = TradeHistory(self._rest, pairs, self._orders, self._clock)
        self._account = AccountReading(self._rest, self._public, pairs, self._history, self._clock)
        self._reader = ExecutionReader(pairs, self._orders, sink, self._clock, self._ask_history)
        self._heard_until_ns = self._clock.utc_ns()
        self._stream.start()

    async def stop(self) -> None:
        await self._dead_man.stop()
        if self._asking is not None:
            self._asking.cancel()
            with suppress(asyncio.CancelledError):
                await self._asking
        await self._stream.stop()

    # orders -----------------------------------------------------------------------------------------------

    async def submit(self, approved: Approved) -> SendResult:
        intent = approved.intent
        try:
            frame = add_order(intent, approved.self_trade_prevention)
            self._must_be_heard()
            if _may_rest(intent):
                await self._dead_man.arm()
                self._must_be_heard()
            self._allowance.take_order(intent.symbol)
        except (ClientIdError, NotSentError) as error:
            return rejected(f"not sent: {error}")
        order = self._orders.sent(intent.client_order_id, intent.symbol, intent.side, self._clock.monotonic_ns())
        result = await self._outcome(self._stream.request(ADD_ORDER, frame), intent.symbol)
        if result.venue_order_id is not None:
            self._orders.answered(order, result.venue_order_id)
        return result

    @property
    def amend_support(self) -> AmendSupport:
        return AmendSupport.NATIVE

    async def amend(self, approved: ApprovedAmend) -> SendResult:
        """Change an order in place: both of its ids stay, and less quantity keeps its place in the queue."""
        intent = approved.intent
        order = self._orders.by_client_id(intent.client_order_id)
        try:
            frame = amend_order(intent)
            self._must_be_heard()
            self._allowance.take_amend(intent.symbol, self._age_ns(order))
        except (ClientIdError, NotSentError) as error:
            return rejected(f"not sent: {error}")
        result = await self._outcome(self._stream.request(AMEND_ORDER, frame), intent.symbol)
        if order is None or result.outcome is not SendOutcome.ACCEPTED:
            return result
        order.opened_ns = self._clock.monotonic_ns()
        return SendResult(result.outcome, result.reason, order.venue_order_id)

    async def cancel(self, client_order_id: str, symbol: str) -> SendResult:
        order = self._orders.by_client_id(client_order_id)
        await self._allowance.take_cancel(symbol, self._age_ns(order))
        if order is not None and order.venue_order_id == client_order_id:  # it never had an id of ours
            frame, asked = {"order_id": [client_order_id]}, {"txid": client_order_id}
        else:
            try:
                name = to_kraken(client_order_id)
            except ClientIdError as error:
                return rejected(str(error))
            frame, asked = {"cl_ord_id": [name]}, {"cl_ord_id": name}
        if self._stream.is_open:
            result = await self._outcome(self._stream.request(CANCEL_ORDER, frame), symbol)
            if result.outcome is not SendOutcome.IN_DOUBT:
                return result
        return await self._cancel_over_rest(REST_CANCEL_ORDER, asked)

    async def cancel_all(self) -> SendResult:
        if self._stream.is_open:
            result = await self._outcome(self._stream.request(CANCEL_ALL, {}), None)
            if result.outcome is SendOutcome.ACCEPTED:
                return result
        return await self._cancel_over_rest(REST_CANCEL_ALL, {})

    async def account(self, since_ns: int) -> AccountReport:
        assert self._account is not None, "not started"
        return await self._account.report(since_ns + (self._stream.time.offset_ns or 0))

    def _must_be_heard(self) -> None:
        if not self._stream.is_ready:
            raise NotSentError(f"executions are not heard: {self._stream.trouble or 'the stream is being replaced'}")

    async def _outcome(self, asking: Awaitable[MethodAnswer], symbol: str | None) -> SendResult:
        try:
            answer = await asking
        except (NotSentError, NoAnswerError) as error:
            return unanswered(error)
        if answer.success:
            return SendResult(SendOutcome.ACCEPTED, "", answer.result.venue_order_id if answer.result else None)
        effects = effects_of((answer.error,))
        if Effect.PAUSE_PAIR in effects and symbol is not None:
            self._allowance.pause(symbol)
        if Effect.NEW_SESSION in effects:
            self._stream.replace(answer.error)
        return SendResult(outcome_of((answer.error,)), answer.error)

    async def _cancel_over_rest(self, route: Route, parameters: Mapping[str, str]) -> SendResult:
        try:
            await self._rest.ask(route, parameters, decode_count, Purpose.CANCEL)
        except (RefusedError, NotSentError) as error:
            return rejected(str(error))
        except NoAnswerError as error:
            return in_doubt(str(error))
        return SendResult(SendOutcome.ACCEPTED)

    def _age_ns(self, order: OwnOrder | None) -> int | None:
        return None if order is None else self._clock.monotonic_ns() - order.opened_ns

    # what happened ------------------------------------------------------------------------------------------

    def _on_executions(self, message: ExecutionsMessage, received_ns: int) -> None:
        assert self._reader is not None, "the stream is started after the reader is made"
        if message.type == "snapshot":
            self._in_snapshot = {execution.order_id: None for execution in message.data}
        self._reader.take(message, received_ns)
        if self._stream.is_ready:
            self._heard_until_ns = received_ns

    async def _catch_up(self) -> None:
        """Ask for what happened while nobody listened: trades first, then how orders ended that rest no more."""
        assert self._heard_until_ns is not None, "set at the start"
        asked_ns = self._clock.utc_ns()
        await self._backfill(self._heard_until_ns)
        gone = [order for order in self._orders.live() if order.venue_order_id not in self._in_snapshot]
        await self._report_ends(gone)
        if any(is_ours(order.client_order_id) for order in self._orders.live()):
            # an engine before may have set the countdown and ended: its orders rest, and it runs out
            await self._dead_man.arm()
        self._heard_until_ns = asked_ns

    async def _backfill(self, since_ns: int) -> None:
        assert self._history is not None, "set at the start"
        assert self._sink is not None, "set at the start"
        overlap_ns = int(self._settings.backfill_overlap_s * _NS_PER_S)
        venue_ns = since_ns - overlap_ns + (self._stream.time.offset_ns or 0)
        for fill in await self._history.fills(venue_ns):
            self._sink.fill(fill)

    async def _report_ends(self, gone: list[OwnOrder]) -> None:
        assert self._history is not None, "set at the start"
        by_venue_id = {order.venue_order_id: order for order in gone if order.venue_order_id is not None}
        told = await self._history.orders(list(by_venue_id))
        for venue_order_id, order in by_venue_id.items():
            found = told.get(venue_order_id)
            status = None if found is None else _ENDS.get(found.status)
            if found is None:
                order.is_live = (
                    False  # of one that the venue has forgotten, the account's comparison knows what to think
                )
            elif status is not None:
                order.is_live = False
                self._report_end(order, found, status)

    def _report_end(self, order: OwnOrder, found: RestOrder, status: OrderStatus) -> None:
        assert self._sink is not None, "set at the start"
        ended_ns = seconds_to_ns(found.closetm or found.opentm)
        self._sink.order_report(
            OrderReport(
                client_order_id=order.client_order_id,
                venue=VENUE,
                status=status,
                venue_order_id=order.venue_order_id,
                reason=found.reason,
                venue_ns=ended_ns,
            )
        )

    def _ask_history(self, why: str) -> None:
        """Have the trade history say soon what the stream did not."""
        _log.warning("kraken: %s: asking the trade history", why)
        self._questions += 1
        if self._asking is None or self._asking.done():
            self._asking = asyncio.get_running_loop().create_task(self._ask_until_told(self._clock.utc_ns()))

    async def _ask_until_told(self, since_ns: int) -> None:
        backoff = self._backoff()
        while self._questions:
            # a trade is in the history a moment after it was on the stream, so the first look waits too
            await asyncio.sleep(backoff.next_s())
            asked = self._questions  # what comes up while the history is read needs another look
            try:
                await self._backfill(since_ns)
            except (RefusedError, NotSentError, NoAnswerError) as error:
                _log.warning("kraken: trade history: %s", error)
                continue
            self._questions -= asked

    async def _read_pairs(self) -> TradedPairs:
        backoff = self._backoff()
        while True:
            try:
                return await self._public.read(ASSET_PAIRS, {}, lambda body: TradedPairs(body, self._settings.symbols))
            except (RefusedError, NotSentError, NoAnswerError) as error:
                _log.warning("kraken: pairs: %s", error)
            await asyncio.sleep(backoff.next_s())

    def _backoff(self) -> Backoff:
        return Backoff(self._randomness, first_s=self._settings.first_backoff_s, cap_s=self._settings.backoff_cap_s)


def _may_rest(intent: OrderIntent) -> bool:
    return intent.order_type is OrderType.LIMIT and intent.time_in_force is not TimeInForce.IOC
