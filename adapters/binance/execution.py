"""The trading side of Binance: orders out by REST, what becomes of them back by the private stream and by REST.

Hazards and what meets them:

- an answer that never came or proves nothing: in doubt, by the catalogue of `adapters.binance.errors`, never repeated;
- a client order id that the venue knows already: the order is looked up, and what is found is what counts;
- a private stream that is down or has a gap: no order leaves but those that reduce, until the gap is read (F20);
- a clock that is off: the venue's own is measured and signed with; a refusal for it is followed by a new measurement;
- a stream that is open and deaf: an order or a fill that REST knows and the stream does not replaces the connection.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from adapters.background_tasks import BackgroundTasks
from adapters.binance.account_reading import AccountReading
from adapters.binance.answers import decode_acknowledgement, decode_order, decode_spot_account
from adapters.binance.cancel_everything import Canceller
from adapters.binance.dead_man import DeadManSwitch
from adapters.binance.errors import Judgement, Meaning, judge
from adapters.binance.fees import fee_rates
from adapters.binance.funding_history import FundingHistory
from adapters.binance.futures_settings import demand_one_way, read_leverage, set_leverage
from adapters.binance.instruments import read_instruments
from adapters.binance.key_rights import read_key_rights
from adapters.binance.market import BinanceMarket
from adapters.binance.order_parameters import (
    UnsendableOrderError,
    amend_parameters,
    place_parameters,
)
from adapters.binance.own_orders import OwnOrders
from adapters.binance.reports import Reports
from adapters.binance.signed_rest import SignedRest, VenueReadError
from adapters.binance.signing import Signer
from adapters.binance.stream_access import stream_access
from adapters.binance.traded_symbols import TradedSymbols
from adapters.binance.trading_endpoints import AMEND, TradingSettings
from adapters.binance.user_events import Execution
from adapters.binance.user_stream import UserStream
from adapters.network.backoff import Backoff
from adapters.network.request_budget import BudgetUse, Purpose, RequestBudget
from adapters.network.venue_rest import NoAnswerError, NotSentError
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
from core.types.order import Fill, OrderIntent

_NS_PER_S: Final = 1_000_000_000
OVERLAP_NS: Final = 60 * _NS_PER_S  # a gap is read from so long before it was noticed
_FORGET_AFTER_NS: Final = 60 * _NS_PER_S  # an own order that the venue does not list
_FILLS_KEPT: Final = 50_000
_log = logging.getLogger(__name__)
T = TypeVar("T")


class BinanceExecution:
    """An `ExecutionVenue` over one account, spot or USD-M in one-way mode."""

    def __init__(
        self,
        settings: TradingSettings,
        transport: Transport,
        clock: Clock,
        randomness: Randomness,
        credentials: Credentials,
        *,
        budget: RequestBudget | None = None,
    ) -> None:
        signer = Signer(credentials)
        self._settings = settings
        self._market = settings.market
        self._clock = clock
        self._randomness = randomness
        self._rest = SignedRest(settings, transport, signer, clock, randomness, budget=budget)
        self._orders = OwnOrders()
        self._canceller = Canceller(self._rest)
        self._dead_man = DeadManSwitch(
            self._rest,
            lambda: self._orders.venue_symbols,
            settings.dead_man_s if settings.market is BinanceMarket.USDM else 0.0,
        )
        self._stream = UserStream(
            settings, transport, clock, randomness, stream_access(self._rest, settings, signer, randomness),
            on_execution=self._on_execution, catch_up=self._catch_up, fault=self._deafness,
        )  # fmt: skip
        self._symbols: TradedSymbols | None = None
        self._reports: Reports | None = None
        self._reading: AccountReading | None = None
        self._sink: ExecutionSink | None = None
        self._tasks = BackgroundTasks()
        self._heard_fills: OrderedDict[str, None] = OrderedDict()
        self._listening_since_ns = 0  # by the venue's clock
        self._deaf_to: str | None = None

    # the port --------------------------------------------------------------------------------------------

    @property
    def venue(self) -> str:
        return self._market.value

    @property
    def amend_support(self) -> AmendSupport:
        return AmendSupport.REPLACE if self._market is BinanceMarket.SPOT else AmendSupport.NATIVE

    async def start(self, sink: ExecutionSink) -> None:
        """Learn rules, clock and account mode, and listen; goes on trying while the venue is silent.

        Raises
        ------
        UnknownSymbolError, SharedBaseError
            The configured symbols cannot be traded.
        HedgeModeError
            The account is not in one-way mode.
        VenueReadError
            The venue refuses the key.
        """
        self._sink = sink
        listed = await self._patiently(self._read_rules)
        self._symbols = symbols = TradedSymbols(self._market, listed, self._settings.symbols)
        await self._patiently(self._rest.measure_time)
        await self._patiently(self._check_account)
        fees = fee_rates(self._rest, self._clock, self._settings.rate_lasts_s, symbols)
        self._reports = reports = Reports(self.venue, symbols, fees)
        self._reading = AccountReading(
            self._rest, self._clock, symbols, self._orders, reports, FundingHistory(self._rest, symbols, fees)
        )
        await self._stream.start()
        self._listening_since_ns = self._rest.time.now_ns
        self._tasks.spawn(self._keep_time())
        for order in await self._patiently(self._reading.open_orders):  # of an earlier run
            self._orders.seen_open(order.client_order_id, order.symbol, order.order_id, self._clock.monotonic_ns())
        self._dead_man.start()

    async def stop(self) -> None:
        """Leave; resting orders stay where they are, so the countdown to their cancel is switched off first."""
        await self._tasks.stop()
        await self._dead_man.stop()
        await self._stream.stop()
        self._sink = None

    async def submit(self, approved: Approved) -> SendResult:
        intent = approved.intent
        instrument = None if self._symbols is None else self._symbols.get(intent.symbol)
        if instrument is None:
            return rejected(f"{intent.symbol} is not traded here")
        if self._is_blind_for(intent):
            return rejected(f"not sent: the private stream is down: {self._stream.trouble}")
        try:
            parameters = place_parameters(self._market, instrument, intent, approved.self_trade_prevention)
        except UnsendableOrderError as error:
            return rejected(f"not sent: {error}")
        self._orders.sent(intent.client_order_id, instrument.venue_symbol, self._clock.monotonic_ns())
        self._dead_man.order_sent(instrument.venue_symbol)
        result = await self._place(intent, instrument.venue_symbol, parameters)
        if result.outcome is SendOutcome.REJECTED:
            self._orders.ended(intent.client_order_id)
        return result

    async def cancel(self, client_order_id: str, symbol: str) -> SendResult:
        parameters = (("symbol", self._venue_symbol(symbol)), ("origClientOrderId", client_order_id))
        result, judgement = await self._cancel_once(client_order_id, parameters)
        if judgement is not None and judgement.meaning is Meaning.CLOCK:
            # a cancel may be asked for twice
            await self._measure_time()
            result, _ = await self._cancel_once(client_order_id, parameters)
        return result

    async def amend(self, approved: ApprovedAmend) -> SendResult:
        intent = approved.intent
        instrument = None if self._symbols is None else self._symbols.get(intent.symbol)
        if instrument is None or self._market is BinanceMarket.SPOT:
            return rejected(f"orders of {intent.symbol} are not amended here")
        if self._is_blind_for(intent):
            return rejected(f"not sent: the private stream is down: {self._stream.trouble}")
        try:
            parameters = amend_parameters(instrument, intent)
        except UnsendableOrderError as error:
            return rejected(f"not sent: {error}")
        try:
            reply = await self._rest.send(AMEND, parameters, Purpose.ORDER)
        except (NotSentError, NoAnswerError) as error:
            return unanswered(error)
        judgement = judge(self._market, reply)
        if judgement.meaning is Meaning.UNCHANGED:
            return SendResult(SendOutcome.ACCEPTED)
        return await self._outcome(judgement, reply, intent.client_order_id)

    async def cancel_all(self) -> SendResult:
        report = await self._canceller.cancel_all(self._orders.venue_symbols)
        return SendResult(SendOutcome.ACCEPTED) if report.is_clean else in_doubt(report.text)

    async def account(self, since_ns: int) -> AccountReport:
        """Read the venue's truth; raise VenueReadError where it cannot be read whole."""
        if self._reading is None:
            raise VenueReadError(f"{self.venue} is not started")
        asked_ns = self._clock.monotonic_ns()
        report = await self._reading.report(since_ns)
        shown = {order.intent.client_order_id for order in report.open_orders}
        self._orders.forget_missing(shown, asked_ns - _FORGET_AFTER_NS)
        self._look_for_deafness(report.fills)
        return report

    # beyond the port -------------------------------------------------------------------------------------

    @property
    def clock_offset_ns(self) -> int:
        """Return how far the venue's clock is ahead of this machine's."""
        return self._rest.time.offset_ns

    @property
    def budget_use(self) -> BudgetUse:
        """Return what is left of the minute's weight; read inside the loop."""
        return self._rest.weight.use

    @property
    def is_listening(self) -> bool:
        return self._stream.is_up

    @property
    def malformed(self) -> int:
        """Return how many messages of the private stream could not be read so far."""
        return self._stream.malformed

    async def key_rights(self) -> KeyRights:
        """Read what the key may do; raise VenueReadError where the venue does not tell."""
        return await read_key_rights(self._rest, self._settings.endpoints.wallet_url)

    async def leverage(self, symbol: str) -> int:
        """Read the leverage that is set for a symbol; spot has none but 1."""
        if self._market is BinanceMarket.SPOT:
            return 1
        return await read_leverage(self._rest, self._venue_symbol(symbol))

    async def set_leverage(self, symbol: str, leverage: int) -> int:
        """Set a symbol's leverage and return it; raise VenueReadError where the venue refuses."""
        if self._market is BinanceMarket.SPOT:
            raise ValueError("spot has no leverage")
        return await set_leverage(self._rest, self._venue_symbol(symbol), leverage)

    # orders ------------------------------------------------------------------------------------------------

    def _is_blind_for(self, intent: OrderIntent) -> bool:
        """Tell whether executions may be missing that an order should know of; what reduces never waits for that."""
        return not (self._stream.is_up or intent.reduce_only or intent.is_flattening)

    async def _place(self, intent: OrderIntent, venue_symbol: str, parameters: list[tuple[str, str]]) -> SendResult:
        try:
            reply = await self._rest.send(self._rest.routes.place, parameters, Purpose.ORDER)
        except (NotSentError, NoAnswerError) as error:
            return unanswered(error)
        judgement = judge(self._market, reply)
        if judgement.meaning is Meaning.DUPLICATE:
            return await self._look_up(intent, venue_symbol, judgement.text)
        return await self._outcome(judgement, reply, intent.client_order_id)

    async def _outcome(self, judgement: Judgement, reply: HttpReply, client_order_id: str) -> SendResult:
        if judgement.meaning is Meaning.CLOCK:
            self._tasks.spawn(self._measure_time())
            return rejected(judgement.text)
        if judgement.meaning is Meaning.REJECTED:
            return rejected(judgement.text)
        if judgement.meaning is not Meaning.DONE:
            return in_doubt(judgement.text)
        try:
            answer = decode_acknowledgement(reply.body)
        except ValueError as error:
            return in_doubt(f"the answer cannot be read: {error}")
        if answer.client_order_id != client_order_id:
            return in_doubt("the answer is about another order")
        if answer.status == "REJECTED":
            return rejected("rejected by the matching engine")
        self._orders.answered(client_order_id, answer.order_id, self._clock.monotonic_ns())
        return SendResult(SendOutcome.ACCEPTED, venue_order_id=str(answer.order_id))

    async def _look_up(self, intent: OrderIntent, venue_symbol: str, why: str) -> SendResult:
        """Return what became of an order whose client id the venue knows already: the one that was sent, or doubt."""
        parameters = (("symbol", venue_symbol), ("origClientOrderId", intent.client_order_id))
        try:
            found = await self._rest.read(self._rest.routes.order, parameters, decode_order)
        except VenueReadError as error:
            return in_doubt(f"{why}; {error}")
        if (found.side, found.orig_qty) != (intent.side.value.upper(), intent.quantity):
            return in_doubt(f"{why}; the venue has another order of this id")
        self._orders.answered(intent.client_order_id, found.order_id, self._clock.monotonic_ns())
        if self._sink is not None and self._reports is not None:
            self._sink.order_report(self._reports.report_of_answer(found))
        return SendResult(SendOutcome.ACCEPTED, venue_order_id=str(found.order_id))

    async def _cancel_once(
        self, client_order_id: str, parameters: tuple[tuple[str, str], ...]
    ) -> tuple[SendResult, Judgement | None]:
        try:
            reply = await self._rest.send(self._rest.routes.cancel, parameters, Purpose.CANCEL)
        except (NotSentError, NoAnswerError) as error:
            return unanswered(error), None
        judgement = judge(self._market, reply)
        if judgement.meaning in {Meaning.REJECTED, Meaning.CLOCK, Meaning.UNKNOWN_ORDER}:
            # none of them says what became of the order: the engine reads the account for that
            return rejected(judgement.text), judgement
        if judgement.meaning is not Meaning.DONE:
            return in_doubt(judgement.text), judgement
        try:
            answer = decode_acknowledgement(reply.body)
        except ValueError as error:
            return in_doubt(f"the answer cannot be read: {error}"), judgement
        if client_order_id not in {answer.client_order_id, answer.orig_client_order_id}:
            return in_doubt("the answer is about another order"), judgement
        return SendResult(SendOutcome.ACCEPTED, venue_order_id=str(answer.order_id)), judgement

    def _venue_symbol(self, symbol: str) -> str:
        return symbol if self._symbols is None else self._symbols.venue_symbol(symbol)

    # the private stream ------------------------------------------------------------------------------------

    async def _on_execution(self, execution: Execution, received_ns: int) -> None:
        assert self._reports is not None, "the stream starts after the rules are known"
        report = self._reports.report(execution)
        fill = await self._reports.fill(execution, received_ns) if execution.is_fill else None
        self._orders.heard(
            execution.client_order_id,
            execution.venue_symbol,
            execution.order_id,
            is_final=report.status.is_final,
            steady_ns=self._clock.monotonic_ns(),
        )
        if self._sink is None:
            return
        if fill is not None:
            self._tell(fill)
        self._sink.order_report(report)

    def _note(self, fill: Fill) -> None:
        self._heard_fills[fill.fill_id] = None
        if len(self._heard_fills) > _FILLS_KEPT:
            self._heard_fills.popitem(last=False)

    def _tell(self, fill: Fill) -> None:
        self._note(fill)
        if self._sink is not None:
            self._sink.fill(fill)

    async def _catch_up(self, since_ns: int) -> None:
        """Report what happened to own orders while nobody listened; what was known is known to the engine again."""
        if self._reading is None or self._reports is None:
            return
        listed = {order.client_order_id: order for order in await self._reading.open_orders()}
        for fill in await self._reading.fills(since_ns - OVERLAP_NS):
            self._tell(fill)
        for own in self._orders.live():
            answer = listed.get(own.client_order_id)
            if answer is None:
                parameters = (("symbol", own.venue_symbol), ("origClientOrderId", own.client_order_id))
                try:
                    answer = await self._rest.read(self._rest.routes.order, parameters, decode_order)
                except VenueReadError as error:
                    if error.judgement is None or error.judgement.meaning is not Meaning.UNKNOWN_ORDER:
                        raise
                    continue  # no proof of anything: the engine's comparison decides
            report = self._reports.report_of_answer(answer)
            self._orders.heard(
                own.client_order_id,
                own.venue_symbol,
                answer.order_id,
                is_final=report.status.is_final,
                steady_ns=self._clock.monotonic_ns(),
            )
            if self._sink is not None:
                self._sink.order_report(report)
        self._deaf_to = None

    def _deafness(self) -> str | None:
        """Return what REST knows and the stream should have told, None where there is nothing."""
        patience_ns = int(self._settings.deaf_after_s * _NS_PER_S)
        unheard = self._orders.unheard(self._clock.monotonic_ns(), patience_ns)
        if unheard is not None:
            unheard.is_heard = True  # once is enough: the next connection reads the gap
            return f"nothing was heard of order {unheard.client_order_id}"
        return self._deaf_to

    def _look_for_deafness(self, fills: tuple[Fill, ...]) -> None:
        overdue_ns = self._rest.time.now_ns - int(self._settings.deaf_after_s * _NS_PER_S)
        for fill in fills:
            is_due = self._listening_since_ns < fill.venue_ns < overdue_ns
            if is_due and fill.fill_id not in self._heard_fills and self._stream.is_up:
                self._deaf_to = f"nothing was heard of fill {fill.fill_id}"
                self._note(fill)  # once is enough: the account's report brings it to the engine

    # upkeep ------------------------------------------------------------------------------------------------

    async def _read_rules(self) -> dict[str, Instrument]:
        return await self._rest.read_public(
            self._rest.routes.exchange_information, (), lambda body: read_instruments(self._market, body)
        )

    async def _check_account(self) -> None:
        """Ask something that needs the key, so that a wrong one is told at the start."""
        if self._market is BinanceMarket.USDM:
            await demand_one_way(self._rest)
        else:
            await self._rest.read(self._rest.routes.balances, (("omitZeroBalances", "true"),), decode_spot_account)

    async def _patiently(self, work: Callable[[], Awaitable[T]]) -> T:
        """Do it until it works; raise VenueReadError where the venue says that it never will."""
        backoff = Backoff(self._randomness, first_s=self._settings.first_backoff_s, cap_s=self._settings.backoff_cap_s)
        while True:
            try:
                return await work()
            except VenueReadError as error:
                if error.judgement is not None and error.judgement.meaning is Meaning.REJECTED:
                    raise
                _log.warning("%s: %s", self.venue, error)
            await asyncio.sleep(backoff.next_s())

    async def _keep_time(self) -> None:
        while True:
            await asyncio.sleep(self._settings.clock_interval_s)
            await self._measure_time()

    async def _measure_time(self) -> None:
        try:
            await self._rest.measure_time()
        except VenueReadError as error:
            _log.warning("%s: its clock could not be read: %s", self.venue, error)
