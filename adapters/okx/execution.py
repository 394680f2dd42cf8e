"""The trading side of OKX: orders out by REST, what becomes of them back by the private websocket and by REST.

Hazards and what meets them:

- an answer that never came or proves nothing: in doubt, by the catalogue of `adapters.okx.outcomes`, never repeated;
  the venue throws an order away that arrives after its deadline, so one given up does not appear late;
- a client order id that the venue knows already: the order is looked up, and what is found is what counts;
- an amend is only taken by the venue's answer, not done: what holds is asked for before it is said to hold;
- a cancel of an order that is gone: the order is looked up, with its executions;
- a private websocket that is down or has a gap: no order leaves but those that reduce, until the gap is read (F20);
- a clock that is off: the venue's own is measured and signed with; a refusal for it is followed by a new measurement;
- an engine that dies: the venue's timer cancels its orders, armed before the first one rests.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from adapters.background_tasks import BackgroundTasks
from adapters.network.backoff import Backoff
from adapters.network.request_budget import BudgetUse, Purpose, RequestBudget
from adapters.network.venue_rest import NoAnswerError, NotSentError
from adapters.okx.account_reading import AccountReading
from adapters.okx.account_rules import (
    SWAP_MODE,
    demand_net_mode,
    read_config,
    read_leverage,
    set_leverage,
    spot_mode,
    takes_leverage,
)
from adapters.okx.answers import ConfigRow, OrderRow, decode_acknowledgements, decode_orders, number
from adapters.okx.cancel_everything import Canceller
from adapters.okx.client_ids import UnsendableOrderError, is_ours, order_key, to_engine
from adapters.okx.dead_man import DeadManTimer
from adapters.okx.fees import fee_rates
from adapters.okx.history import History
from adapters.okx.instruments import SPOT, SWAP, VENUE, is_swap, read_instruments
from adapters.okx.key_rights import rights_of
from adapters.okx.order_terms import STATUSES, amend_body, place_body
from adapters.okx.outcomes import Judgement, Meaning, judge
from adapters.okx.own_orders import OwnOrders
from adapters.okx.private_stream import PrivateStream
from adapters.okx.reports import Reports, has_fill
from adapters.okx.rest import OkxRest, VenueReadError
from adapters.okx.routes import AMEND, CANCEL, INSTRUMENTS, ORDER, PLACE, Route
from adapters.okx.settings import TradingSettings
from adapters.okx.signing import Signer
from adapters.okx.traded_instruments import TradedInstruments
from adapters.send_results import in_doubt, rejected, unanswered
from core.ports.clock import Clock
from core.ports.keys import KeyRights
from core.ports.randomness import Randomness
from core.ports.transport import HttpReply, Transport
from core.ports.venue import AmendSupport, ExecutionSink, SendOutcome, SendResult
from core.risk.verdict import Approved, ApprovedAmend
from core.types.account import AccountReport
from core.types.credentials import Credentials
from core.types.instrument import Instrument
from core.types.order import OrderIntent, OrderType, TimeInForce

_NS_PER_S: Final = 1_000_000_000
OVERLAP_NS: Final = 60 * _NS_PER_S  # a gap is read from so long before it was noticed
_UNDONE: Final = frozenset({Meaning.REJECTED, Meaning.TOO_MANY, Meaning.CLOCK})
_log = logging.getLogger(__name__)
T = TypeVar("T")


class OkxExecution:
    """An `ExecutionVenue` over one account in net mode."""

    def __init__(
        self,
        settings: TradingSettings,
        transport: Transport,
        clock: Clock,
        randomness: Randomness,
        credentials: Credentials,
        *,
        instruments_budget: RequestBudget | None = None,
    ) -> None:
        budgets = {} if instruments_budget is None else {INSTRUMENTS: instruments_budget}
        signer = Signer(credentials)
        self._settings = settings
        self._clock = clock
        self._randomness = randomness
        self._rest = OkxRest(settings, transport, signer, clock, randomness, budgets=budgets)
        self._history = History(self._rest)
        self._canceller = Canceller(self._rest)
        self._timer = DeadManTimer(self._rest, clock, lasts_s=settings.dead_man_s, tag=settings.tag)
        self._orders = OwnOrders()
        self._stream = PrivateStream(
            settings, transport, clock, randomness, signer, self._rest.time,
            on_order=self._on_order, catch_up=self._catch_up, fault=self._deafness,
        )  # fmt: skip
        self._config: ConfigRow | None = None
        self._instruments: TradedInstruments | None = None
        self._reports: Reports | None = None
        self._reading: AccountReading | None = None
        self._sink: ExecutionSink | None = None
        self._tasks = BackgroundTasks()

    # the port --------------------------------------------------------------------------------------------

    @property
    def venue(self) -> str:
        return VENUE

    @property
    def amend_support(self) -> AmendSupport:
        return AmendSupport.NATIVE

    async def start(self, sink: ExecutionSink) -> None:
        """Learn rules, clock and account mode, and listen; goes on trying while the venue is silent.

        Raises
        ------
        UnknownSymbolError, SharedBaseError
            The configured symbols cannot be traded.
        UnsupportedAccountError
            The account is not in net mode.
        VenueReadError
            The venue refuses the key or the leverage.
        """
        self._sink = sink
        self._instruments = instruments = TradedInstruments(
            await self._patiently(self._read_rules), self._settings.symbols
        )
        await self._patiently(self._rest.measure_time)
        self._config = await self._patiently(lambda: read_config(self._rest))
        demand_net_mode(self._config)
        if self._settings.leverage is not None:
            for instrument in filter(takes_leverage, instruments):
                await self.set_leverage(instrument.symbol, self._settings.leverage)
        fees = fee_rates(self._rest, self._clock, self._settings.rate_lasts_s, instruments)
        self._reports = reports = Reports(instruments, fees)
        self._reading = AccountReading(self._rest, self._clock, instruments, reports, self._history)
        await self._stream.start()
        self._tasks.spawn(self._keep_time())

    async def stop(self) -> None:
        """Leave; resting orders stay where they are, so the timer that would cancel them is switched off first."""
        await self._tasks.stop()
        await self._timer.stop()
        await self._stream.stop()
        self._sink = None

    async def submit(self, approved: Approved) -> SendResult:
        intent = approved.intent
        instrument = None if self._instruments is None else self._instruments.get(intent.symbol)
        if instrument is None or self._config is None:
            return rejected(f"{intent.symbol} is not traded here")
        if self._is_blind_for(intent):
            return rejected(f"not sent: the private stream is down: {self._stream.trouble}")
        try:
            body = self._order_body(approved, instrument, self._config)
            if intent.order_type is OrderType.LIMIT and intent.time_in_force is TimeInForce.GTC:
                await self._timer.arm()
        except (UnsendableOrderError, VenueReadError) as error:
            return rejected(f"not sent: {error}")
        self._orders.sent(intent.client_order_id, instrument.venue_symbol)
        result = await self._place(intent, instrument, body)
        if result.outcome is SendOutcome.REJECTED:
            self._orders.ended(intent.client_order_id)
        return result

    async def cancel(self, client_order_id: str, symbol: str) -> SendResult:
        result, judgement = await self._cancel_once(client_order_id, symbol)
        if judgement is not None and judgement.meaning is Meaning.CLOCK:
            # a cancel may be asked for twice
            await self._measure_time()
            result, judgement = await self._cancel_once(client_order_id, symbol)
        if judgement is not None and judgement.meaning is Meaning.GONE:
            await self._report_end(client_order_id, self._venue_symbol(symbol))
        return result

    async def amend(self, approved: ApprovedAmend) -> SendResult:
        intent = approved.intent
        instrument = None if self._instruments is None else self._instruments.get(intent.symbol)
        if instrument is None:
            return rejected(f"{intent.symbol} is not traded here")
        if self._is_blind_for(intent):
            return rejected(f"not sent: the private stream is down: {self._stream.trouble}")
        try:
            body = amend_body(instrument, intent)
        except UnsendableOrderError as error:
            return rejected(f"not sent: {error}")
        judgement = await self._ask(AMEND, body, intent.client_order_id, expires=True)
        if isinstance(judgement, SendResult):
            return judgement
        if judgement.meaning in _UNDONE or judgement.meaning is Meaning.GONE:
            return rejected(judgement.text)
        if judgement.meaning is not Meaning.DONE:
            return in_doubt(judgement.text)
        return await self._amended(intent, instrument)

    async def cancel_all(self) -> SendResult:
        report = await self._canceller.cancel_all()
        return SendResult(SendOutcome.ACCEPTED) if report.is_clean else in_doubt(report.text)

    async def account(self, since_ns: int) -> AccountReport:
        """Read the venue's truth; raise VenueReadError where it cannot be read whole."""
        if self._reading is None:
            raise VenueReadError(f"{self.venue} is not started")
        return await self._reading.report(since_ns)

    # beyond the port -------------------------------------------------------------------------------------

    @property
    def clock_offset_ns(self) -> int:
        """Return how far the venue's clock is ahead of this machine's."""
        return self._rest.time.offset_ns

    def budget_use(self, route: Route = PLACE) -> BudgetUse:
        """Return what is left of an address's allowance; read inside the loop."""
        return self._rest.budget_use(route)

    @property
    def is_listening(self) -> bool:
        return self._stream.is_up

    @property
    def malformed(self) -> int:
        """Return how many messages of the private websocket could not be read so far."""
        return self._stream.malformed

    async def key_rights(self) -> KeyRights:
        """Read what the key may do; raise VenueReadError where the venue does not tell."""
        return rights_of(await read_config(self._rest))

    async def leverage(self, symbol: str) -> int:
        """Read the leverage that is set for a symbol; spot has none but 1."""
        instrument = self._instrument(symbol)
        return await read_leverage(self._rest, instrument) if takes_leverage(instrument) else 1

    async def set_leverage(self, symbol: str, leverage: int) -> int:
        """Set a swap's leverage and return it; raise VenueReadError where the venue refuses, ValueError for others."""
        instrument = self._instrument(symbol)
        if not takes_leverage(instrument):
            raise ValueError(f"{symbol} has no leverage")
        return await set_leverage(self._rest, instrument, leverage)

    # orders ------------------------------------------------------------------------------------------------

    def _is_blind_for(self, intent: OrderIntent) -> bool:
        """Tell whether executions may be missing that an order should know of; what reduces never waits for that."""
        return not (self._stream.is_up or intent.reduce_only or intent.is_flattening)

    async def _place(self, intent: OrderIntent, instrument: Instrument, body: dict[str, object]) -> SendResult:
        judgement = await self._ask(PLACE, body, intent.client_order_id, expires=True)
        if isinstance(judgement, SendResult):
            return judgement
        if judgement.meaning is Meaning.DONE:
            self._orders.answered(intent.client_order_id, self._clock.monotonic_ns())
            return SendResult(SendOutcome.ACCEPTED, venue_order_id=judgement.code)
        if judgement.meaning is Meaning.DUPLICATE:
            return await self._look_up(intent, instrument, judgement.text)
        if judgement.meaning is Meaning.CLOCK:
            self._tasks.spawn(self._measure_time())
        return rejected(judgement.text) if judgement.meaning in _UNDONE else in_doubt(judgement.text)

    def _order_body(self, approved: Approved, instrument: Instrument, config: ConfigRow) -> dict[str, object]:
        mode = SWAP_MODE if is_swap(instrument) else spot_mode(config)
        prevention = approved.self_trade_prevention
        return place_body(instrument, approved.intent, prevention, trade_mode=mode, tag=self._settings.tag)

    async def _ask(
        self, route: Route, body: dict[str, object], client_order_id: str, *, expires: bool
    ) -> Judgement | SendResult:
        """Send one order's request; return what the answer proves, of a good one with the venue's id as its code."""
        purpose = Purpose.CANCEL if route is CANCEL else Purpose.ORDER
        try:
            reply = await self._rest.post(route, body, purpose, expires=expires)
        except (NotSentError, NoAnswerError) as error:
            return unanswered(error)
        judgement = judge(reply)
        return _acknowledged(reply, client_order_id) if judgement.meaning is Meaning.DONE else judgement

    async def _cancel_once(self, client_order_id: str, symbol: str) -> tuple[SendResult, Judgement | None]:
        try:
            name, value = order_key(client_order_id)
        except UnsendableOrderError as error:
            return rejected(f"not sent: {error}"), None
        body: dict[str, object] = {"instId": self._venue_symbol(symbol), name: value}
        judgement = await self._ask(CANCEL, body, client_order_id, expires=False)
        if isinstance(judgement, SendResult):
            return judgement, None
        if judgement.meaning is Meaning.DONE:
            return SendResult(SendOutcome.ACCEPTED, venue_order_id=judgement.code), judgement
        if judgement.meaning in _UNDONE or judgement.meaning is Meaning.GONE:
            return rejected(judgement.text), judgement
        return in_doubt(judgement.text), judgement

    async def _look_up(self, intent: OrderIntent, instrument: Instrument, why: str) -> SendResult:
        """Return what became of an order whose client id the venue knows already: the one that was sent, or doubt."""
        try:
            found = await self._read_order(intent.client_order_id, instrument.venue_symbol)
            is_sent = (found.side, number(found.sz)) == (intent.side.value, intent.quantity)
        except (VenueReadError, ValueError) as error:
            return in_doubt(f"{why}; {error}")
        if not is_sent:
            return in_doubt(f"{why}; the venue has another order of this id")
        self._orders.answered(intent.client_order_id, self._clock.monotonic_ns())
        self._report(found)
        return SendResult(SendOutcome.ACCEPTED, venue_order_id=found.ord_id)

    async def _amended(self, intent: OrderIntent, instrument: Instrument) -> SendResult:
        """Look whether an amend that the venue has taken is done; it says so of none that it took in vain."""
        trouble = "the amend was taken and is not done yet"
        for n in range(self._settings.amend_looks):
            if n:
                await asyncio.sleep(self._settings.amend_look_interval_s)
            try:
                row = await self._read_order(intent.client_order_id, instrument.venue_symbol)
                holds = (number(row.px), number(row.sz)) == (intent.limit_price, intent.quantity)
            except (VenueReadError, ValueError) as error:
                trouble = str(error)
                continue
            if holds:
                return SendResult(SendOutcome.ACCEPTED, venue_order_id=row.ord_id)
            status = STATUSES.get(row.state)
            if status is not None and status.is_final:
                return rejected(f"the order has ended: {row.state}")
        return in_doubt(trouble)

    async def _report_end(self, client_order_id: str, venue_symbol: str) -> None:
        """Tell what became of an order that could not be cancelled any more; the engine reads the account anyway."""
        try:
            row = await self._read_order(client_order_id, venue_symbol)
            if self._reading is not None and self._sink is not None and number(row.acc_fill_sz):
                for fill in await self._reading.fills_of_order(row):
                    self._sink.fill(fill)
        except (VenueReadError, ValueError) as error:
            _log.warning("okx: %s could not be looked up: %s", client_order_id, error)
            return
        self._report(row)

    async def _read_order(self, client_order_id: str, venue_symbol: str) -> OrderRow:
        query = (("instId", venue_symbol), order_key(client_order_id))
        rows = (await self._rest.read(ORDER, query, decode_orders)).data
        if len(rows) != 1 or to_engine(rows[0].cl_ord_id, rows[0].ord_id) != client_order_id:
            raise VenueReadError(f"{ORDER.path}: the answer is about another order")
        return rows[0]

    # the private websocket ---------------------------------------------------------------------------------

    async def _on_order(self, row: OrderRow, received_ns: int) -> None:
        assert self._reports is not None, "the stream starts after the rules are known"
        if has_fill(row) and self._reports.counts(row) and self._sink is not None:
            self._sink.fill(await self._reports.fill_of_order(row, received_ns))
        self._report(row)

    def _report(self, row: OrderRow) -> None:
        assert self._reports is not None, "nothing is read before the rules are known"
        report = self._reports.report(row)
        self._orders.heard(report.client_order_id, row.inst_id, is_final=report.status.is_final)
        if self._sink is not None:
            self._sink.order_report(report)

    async def _catch_up(self, since_ns: int | None) -> None:
        """Report what happened while nobody listened; what was known is known to the engine again."""
        assert self._reading is not None, "the stream starts after the rules are known"
        listed = {to_engine(row.cl_ord_id, row.ord_id): row for row in await self._history.pending_orders()}
        if since_ns is not None:
            for fill in await self._reading.fills(since_ns - OVERLAP_NS):
                if self._sink is not None:
                    self._sink.fill(fill)
        for own in self._orders.live():
            if own.client_order_id in listed:
                continue
            try:
                self._report(await self._read_order(own.client_order_id, own.venue_symbol))
            except VenueReadError as error:
                if error.judgement is None or error.judgement.meaning is not Meaning.GONE:
                    raise
                # no proof of anything: the engine's comparison decides
        for row in listed.values():
            self._report(row)
        if any(is_ours(own.client_order_id) for own in self._orders.live()):
            # an engine before may have set the timer and ended: its orders rest, and it runs out
            await self._timer.arm()

    def _deafness(self) -> str | None:
        """Return what REST knows and the websocket should have told, None where there is nothing."""
        patience_ns = int(self._settings.deaf_after_s * _NS_PER_S)
        unheard = self._orders.unheard(self._clock.monotonic_ns(), patience_ns)
        if unheard is None:
            return None
        unheard.is_heard = True  # once is enough: the next connection reads the gap
        return f"nothing was heard of order {unheard.client_order_id}"

    # upkeep ------------------------------------------------------------------------------------------------

    async def _read_rules(self) -> dict[str, Instrument]:
        spot = await self._rest.read_public(INSTRUMENTS, (("instType", SPOT),), read_instruments)
        return spot | await self._rest.read_public(INSTRUMENTS, (("instType", SWAP),), read_instruments)

    async def _patiently(self, work: Callable[[], Awaitable[T]]) -> T:
        """Do it until it works; raise VenueReadError where the venue says that it never will."""
        backoff = Backoff(self._randomness, first_s=self._settings.first_backoff_s, cap_s=self._settings.backoff_cap_s)
        while True:
            try:
                return await work()
            except VenueReadError as error:
                if error.judgement is not None and error.judgement.meaning is Meaning.REJECTED:
                    raise
                _log.warning("okx: %s", error)
            await asyncio.sleep(backoff.next_s())

    async def _keep_time(self) -> None:
        while True:
            await asyncio.sleep(self._settings.clock_interval_s)
            await self._measure_time()

    async def _measure_time(self) -> None:
        try:
            await self._rest.measure_time()
        except VenueReadError as error:
            _log.warning("okx: its clock could not be read: %s", error)

    def _instrument(self, symbol: str) -> Instrument:
        instrument = None if self._instruments is None else self._instruments.get(symbol)
        if instrument is None:
            raise ValueError(f"{symbol} is not traded here")
        return instrument

    def _venue_symbol(self, symbol: str) -> str:
        instrument = None if self._instruments is None else self._instruments.get(symbol)
        return symbol if instrument is None else instrument.venue_symbol


def _acknowledged(reply: HttpReply, client_order_id: str) -> Judgement:
    """Return the venue's id as the code of a judgement, or doubt where the answer is not about this order."""
    try:
        rows = decode_acknowledgements(reply.body).data
    except ValueError as error:
        return Judgement(Meaning.IN_DOUBT, f"the answer cannot be read: {error}")
    if len(rows) != 1 or not rows[0].ord_id:
        return Judgement(Meaning.IN_DOUBT, "the answer is about no order")
    if to_engine(rows[0].cl_ord_id, rows[0].ord_id) != client_order_id:
        return Judgement(Meaning.IN_DOUBT, "the answer is about another order")
    return Judgement(Meaning.DONE, code=rows[0].ord_id)
