"""The trading side of Coinbase Advanced Trade, spot.

Hazards and what meets them:

- an answer that never came: in doubt, never sent again; the private channel, the account and its fills decide;
- the same client order id again: the venue answers with the order that has it, so an answer must name ours;
- ``success: false`` inside a 200: the catalogue in `outcomes` decides, and what is not in it is in doubt;
- cancels and fills name the venue's id alone: `own_orders` maps them, and after a restart the list of open orders;
- the private channel tells totals only: each fill is read over REST and told once (`order_following`);
- a lost private connection: what was missed is read before the next order goes out (`user_stream`);
- a clock that is wrong: tokens carry the venue's time, read at the start, at each connection and after a 401.

There is no dead man's timer at this venue: what rests stays when this engine is gone.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from adapters.background_tasks import BackgroundTasks
from adapters.coinbase.account_reading import AccountReading
from adapters.coinbase.answers import UserOrder
from adapters.coinbase.cancel_everything import Canceller
from adapters.coinbase.endpoints import CANCEL, ORDERS, PUBLIC_PRODUCTS, TradingSettings
from adapters.coinbase.instruments import VENUE, read_products
from adapters.coinbase.order_following import OrderFollowing
from adapters.coinbase.order_terms import UnsendableOrderError, order_body
from adapters.coinbase.outcomes import Judgement, Meaning, judge_cancel, judge_submit
from adapters.coinbase.own_orders import OwnOrders
from adapters.coinbase.signed_rest import SignedRest, VenueReadError
from adapters.coinbase.signing import Signer
from adapters.coinbase.user_stream import UserStream
from adapters.instrument_selection import select_instruments
from adapters.network.request_budget import BudgetUse, Purpose, RequestBudget
from adapters.network.venue_rest import NoAnswerError, NotSentError
from adapters.send_results import in_doubt, rejected, unanswered
from core.ports.clock import Clock
from core.ports.randomness import Randomness
from core.ports.transport import HttpReply, Transport
from core.ports.venue import AmendSupport, ExecutionSink, SendOutcome, SendResult
from core.risk.verdict import Approved, ApprovedAmend
from core.types.account import AccountReport
from core.types.order import OrderIntent

_UNAUTHORISED: Final = 401
_OUTCOMES: Final = {
    Meaning.DONE: SendOutcome.ACCEPTED,
    Meaning.REJECTED: SendOutcome.REJECTED,
    Meaning.IN_DOUBT: SendOutcome.IN_DOUBT,
}


class CoinbaseExecution:
    """Implements `core.ports.venue.ExecutionVenue`."""

    def __init__(
        self,
        settings: TradingSettings,
        transport: Transport,
        signer: Signer,
        clock: Clock,
        randomness: Randomness,
        *,
        public_budget: RequestBudget | None = None,
    ) -> None:
        self._settings = settings
        self._transport = transport
        self._clock = clock
        self._randomness = randomness
        self._rest = SignedRest(settings, transport, signer, clock, randomness, public_budget=public_budget)
        self._own = OwnOrders()
        self._reading = AccountReading(self._rest, clock, self._own, settings.page_size)
        self._following: OrderFollowing | None = None
        self._stream: UserStream | None = None
        self._tasks = BackgroundTasks()

    @property
    def venue(self) -> str:
        return VENUE

    @property
    def amend_support(self) -> AmendSupport:
        """Return REPLACE.

        The venue can edit resting orders, but its answer only says that the edit was asked for: whether and when the
        new terms hold is told nowhere in time, and on other terms than these no order may be counted.
        """
        return AmendSupport.REPLACE

    @property
    def clock_offset_ns(self) -> int:
        """Return how far the venue's clock is ahead of this machine's."""
        return self._rest.time.offset_ns

    @property
    def budget_use(self) -> BudgetUse:
        return self._rest.budget.use

    @property
    def stream_trouble(self) -> str:
        """Say why the private channel is not up; nothing where it is."""
        if self._stream is None:
            return "not started"
        return "" if self._stream.is_up else self._stream.trouble

    async def start(self, sink: ExecutionSink) -> None:
        """Learn the venue's time and products and connect; raise VenueReadError where the venue does not tell."""
        await self._rest.measure_time()
        listed = await self._rest.read_public(PUBLIC_PRODUCTS, (("product_type", "SPOT"),), read_products)
        self._reading.listed = listed
        self._reading.followed = tuple(select_instruments(listed, self._settings.symbols, VENUE))
        self._following = OrderFollowing(self._reading, self._own, self._settings, self._rest.time, sink)
        self._stream = UserStream(
            self._settings,
            self._transport,
            self._clock,
            self._randomness,
            token=self._rest.token,
            on_order=self._told,
            catch_up=self._catch_up,
        )
        self._tasks.spawn(self._stream.run())

    async def stop(self) -> None:
        await self._tasks.stop()
        if self._following is not None:
            await self._following.stop()

    async def submit(self, approved: Approved) -> SendResult:
        intent = approved.intent
        instrument = next((each for each in self._reading.followed if each.symbol == intent.symbol), None)
        if instrument is None:
            return rejected(f"{intent.symbol} is not followed")
        try:
            body = order_body(instrument, intent)
        except UnsendableOrderError as error:
            return rejected(str(error))
        if self._stream is None or not await self._stream.is_up_within(self._settings.catch_up_wait_s):
            return rejected(f"not sent: the private channel is down ({self.stream_trouble})")
        try:
            reply = await self._rest.post(ORDERS, body, Purpose.ORDER)
        except (NotSentError, NoAnswerError) as error:
            return unanswered(error)
        self._look_at_clock(reply)
        judgement = judge_submit(reply)
        if judgement.meaning is not Meaning.DONE:
            return SendResult(_OUTCOMES[judgement.meaning], judgement.text)
        return self._accepted(intent, instrument.venue_symbol, judgement)

    async def cancel(self, client_order_id: str, symbol: str) -> SendResult:
        del symbol  # the venue's id says enough
        try:
            order_id = self._own.venue_id(client_order_id) or await self._find(client_order_id)
        except VenueReadError as error:
            return in_doubt(f"the order's id could not be looked up: {error}")
        if order_id is None:
            return rejected(f"{client_order_id} is not among the open orders")
        try:
            reply = await self._rest.post(CANCEL, {"order_ids": [order_id]}, Purpose.CANCEL)
        except (NotSentError, NoAnswerError) as error:
            return unanswered(error)
        self._look_at_clock(reply)
        judgement = judge_cancel(reply, order_id)
        if judgement.meaning is not Meaning.DONE and self._following is not None:
            following = self._following
            self._tasks.spawn(_quietly(lambda: following.look_up(order_id)))  # F07: one question decides
        return SendResult(_OUTCOMES[judgement.meaning], judgement.text, order_id)

    async def amend(self, approved: ApprovedAmend) -> SendResult:
        return rejected(f"{approved.intent.client_order_id}: {VENUE} does not amend orders")

    async def cancel_all(self) -> SendResult:
        """Cancel every order of the account; ACCEPTED once the venue itself lists none any more."""
        report = await Canceller(self._rest, self._reading).cancel_all()
        outcome = SendOutcome.ACCEPTED if report.is_clean else SendOutcome.IN_DOUBT
        return SendResult(outcome, report.text)

    async def account(self, since_ns: int) -> AccountReport:
        # the moment is one of this machine's clock, and the venue knows its own only
        return await self._reading.report(max(0, min(since_ns, since_ns + self.clock_offset_ns)))

    # inside --------------------------------------------------------------------------------------

    def _accepted(self, intent: OrderIntent, product_id: str, judgement: Judgement) -> SendResult:
        """Take the venue's word that it has the order, if it is this order that it means."""
        told = judgement.order
        assert told is not None
        meant = (intent.client_order_id, product_id, intent.side.value.upper())
        named = (told.client_order_id or meant[0], told.product_id or meant[1], told.side.upper() or meant[2])
        if named != meant:
            return in_doubt(f"the venue answers with another order: {' '.join(named)}")
        if self._own.client_id(told.order_id) is None:  # the private channel may have told its end already
            self._own.note(intent.client_order_id, told.order_id, is_live=True)
        return SendResult(SendOutcome.ACCEPTED, venue_order_id=told.order_id)

    async def _find(self, client_order_id: str) -> str | None:
        """Look an order up that was sent by an earlier engine or whose answer was lost."""
        await self._reading.open_orders(Purpose.CANCEL)
        return self._own.venue_id(client_order_id)

    def _told(self, order: UserOrder, venue_ns: int) -> None:
        assert self._following is not None
        self._following.told(order, venue_ns)

    async def _catch_up(self) -> None:
        assert self._following is not None
        with suppress(VenueReadError):  # tokens were good enough to connect
            await self._rest.measure_time()
        await self._following.catch_up()

    def _look_at_clock(self, reply: HttpReply) -> None:
        if reply.status == _UNAUTHORISED:
            self._tasks.spawn(_quietly(self._rest.measure_time))


async def _quietly(work: Callable[[], Awaitable[None]]) -> None:
    """Do something whose failure changes nothing: reconciliation sees what it would have shown."""
    with suppress(VenueReadError):
        await work()
