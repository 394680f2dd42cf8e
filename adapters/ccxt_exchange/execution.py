"""The trading side of an exchange of ccxt."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from adapters.ccxt_exchange.account_reader import AccountReader, AccountReadError
from adapters.ccxt_exchange.calls import Calls, budget_of
from adapters.ccxt_exchange.cancelling import cancel_all_orders
from adapters.ccxt_exchange.client import is_derivative, open_client, secrets_of
from adapters.ccxt_exchange.exact_number import MalformedError
from adapters.ccxt_exchange.exchange_choice import demand_tradable
from adapters.ccxt_exchange.library import Client
from adapters.ccxt_exchange.market_listing import FINAL, demand_own_bases, listed, pick
from adapters.ccxt_exchange.order_names import OrderNames
from adapters.ccxt_exchange.order_request import UnsupportedOrderError, amount_of, price_of, request_of
from adapters.ccxt_exchange.outcomes import result_of, told_of
from adapters.ccxt_exchange.private_updates import PrivateUpdates
from adapters.ccxt_exchange.profile import Profile, profile_of
from adapters.ccxt_exchange.rows import Row, row_of, text
from adapters.ccxt_exchange.settings import ExchangeSettings, ExecutionSettings
from adapters.ccxt_exchange.support import demand_trading_offered, offers
from adapters.ccxt_exchange.translation import report_of
from adapters.instrument_selection import named
from adapters.network.backoff import Backoff
from adapters.network.closing import Closing
from adapters.network.request_budget import BudgetUse, Purpose
from core.ports.clock import Clock
from core.ports.randomness import Randomness
from core.ports.venue import AmendSupport, ExecutionSink, SendOutcome, SendResult
from core.risk.verdict import Approved, ApprovedAmend
from core.types.account import AccountReport
from core.types.credentials import Credentials
from core.types.instrument import Instrument
from core.types.order import OrderStatus

MakeClient = Callable[[], Awaitable[Client]]


class NotStartedError(Exception):
    """The trading side was asked before it was started."""


class CcxtExecution:
    """Sends what the risk gate approved, once, and reports what the exchange says became of it."""

    def __init__(
        self,
        exchange: ExchangeSettings,
        settings: ExecutionSettings,
        credentials: Credentials,
        clock: Clock,
        randomness: Randomness,
        *,
        make_client: MakeClient | None = None,
        closing: Closing | None = None,
    ) -> None:
        demand_tradable(exchange)
        profile = profile_of(exchange.exchange, exchange.client_order_id_param)
        assert profile is not None, "who is tradable has a profile"
        self._profile: Profile = profile
        self._exchange = exchange
        self._settings = settings
        self._secrets = secrets_of(credentials)
        self._clock = clock
        self._randomness = randomness
        self._closing = closing
        self._make_client = make_client or (lambda: open_client(exchange, credentials))
        self._names = OrderNames()
        self._instruments: dict[str, Instrument] = {}
        self._client: Client | None = None
        self._calls: Calls | None = None
        self._reader: AccountReader | None = None
        self._updates: PrivateUpdates | None = None
        self._keeps_no_ids = ""  # how it was seen that the exchange does not keep our ids

    @property
    def venue(self) -> str:
        return self._exchange.venue

    @property
    def amend_support(self) -> AmendSupport:
        return AmendSupport.NATIVE if self._profile.keeps_amended else AmendSupport.REPLACE

    @property
    def ready(self) -> bool:
        """Tell whether executions are known, so that new risk may go out."""
        return self._updates is not None and self._updates.ready

    @property
    def budget_use(self) -> BudgetUse | None:
        return None if self._calls is None else self._calls.use

    async def until_ready(self) -> None:
        assert self._updates is not None, "only after start"
        await self._updates.until_ready()

    async def start(self, sink: ExecutionSink) -> None:
        """Begin; raise what cannot be traded (`market_listing.FINAL`), AccountReadError where nobody answers."""
        await self._open()
        assert self._calls is not None
        assert self._reader is not None
        self._updates = PrivateUpdates(
            self._calls, self._reader, self._names, sink, self._settings, self._clock, self._backoff, self.venue
        )
        self._updates.start()
        with suppress(TimeoutError):  # it goes on trying; new risk is refused until then
            async with asyncio.timeout(self._exchange.request_timeout_s):
                await self._updates.until_ready()

    async def open_for_cancel(self) -> None:
        """Make ready to cancel and nothing else, for a process that has only the keys."""
        await self._open()

    async def stop(self) -> None:
        """Leave; resting orders stay where they are."""
        if self._updates is not None:
            await self._updates.stop()
        if self._client is not None:
            with suppress(Exception):
                await self._client.close()

    async def submit(self, approved: Approved) -> SendResult:
        intent = approved.intent
        calls, updates, instrument = self._calls, self._updates, self._instruments.get(intent.symbol)
        if calls is None or updates is None:
            return _refused("not started")
        if instrument is None:
            return _refused(f"{intent.symbol} is not traded at {self.venue}")
        if self._keeps_no_ids:
            return _refused(self._keeps_no_ids)
        if not (updates.ready or intent.reduce_only or intent.is_flattening):
            return _refused(f"executions would not be seen: {updates.trouble}")
        try:
            request = request_of(intent, instrument, calls.client, self._profile)
        except (UnsupportedOrderError, MalformedError) as error:
            return _refused(str(error))
        except Exception as error:  # of ccxt's own checks of price and amount: nothing was sent
            return _refused(calls.told(error))
        try:
            answer = row_of(
                await calls(
                    Purpose.ORDER,
                    lambda: calls.client.create_order(
                        request.symbol, request.type, request.side, request.amount, request.price, request.params
                    ),
                ),
                "the answer to an order",
            )
            return self._taken(answer, intent.client_order_id, intent.symbol, updates)
        except Exception as error:  # whatever ccxt raises, the order may be live
            return result_of(error, self._exchange.exchange, self._secrets, is_new_order=True)

    async def cancel(self, client_order_id: str, symbol: str) -> SendResult:
        calls, reader = self._calls, self._reader
        if calls is None or reader is None:
            return _refused("not started")
        client = calls.client
        try:
            number, params = self._names.venue_id_of(client_order_id), {}
            if number is None and self._profile.cancel_param is not None:
                params = {self._profile.cancel_param: client_order_id}
            elif number is None:
                await reader.open_orders(Purpose.CANCEL)
                number = self._names.venue_id_of(client_order_id)
                if number is None:
                    return _refused(f"{self.venue} shows no open order {client_order_id}")
            await calls(Purpose.CANCEL, lambda: client.cancel_order(number, symbol, params))
        except Exception as error:  # whatever ccxt raises, the order may be gone or not
            return result_of(error, self._exchange.exchange, self._secrets)
        return SendResult(SendOutcome.ACCEPTED)

    async def amend(self, approved: ApprovedAmend) -> SendResult:
        intent = approved.intent
        calls, updates, instrument = self._calls, self._updates, self._instruments.get(intent.symbol)
        if calls is None or updates is None or instrument is None:
            return _refused(f"{intent.symbol} is not traded at {self.venue}")
        if not self._profile.keeps_amended or not offers(calls.client, "editOrder"):
            return _refused(f"an amend at {self.venue} would be another order")
        if not updates.ready and not intent.reduce_only:
            return _refused(f"executions would not be seen: {updates.trouble}")
        number = self._names.venue_id_of(intent.client_order_id)
        if number is None:
            return _refused(f"the exchange's id of {intent.client_order_id} is not known")
        try:
            amount = amount_of(intent.quantity, instrument, calls.client)
            price = price_of(intent.limit_price, instrument, calls.client)
        except (UnsupportedOrderError, MalformedError) as error:
            return _refused(str(error))
        except Exception as error:  # of ccxt's own checks: nothing was sent
            return _refused(calls.told(error))
        try:
            answer = row_of(
                await calls(
                    Purpose.ORDER,
                    lambda: calls.client.edit_order(
                        number, intent.symbol, "limit", intent.side.value, amount, price, {}
                    ),
                ),
                "the answer to an amend",
            )
            after = text(answer, "id")
        except Exception as error:  # whatever ccxt raises, either terms may hold
            return result_of(error, self._exchange.exchange, self._secrets)
        if after is None:
            return SendResult(SendOutcome.IN_DOUBT, "an answer without the order's id")
        self._names.note(after, intent.client_order_id)
        return SendResult(SendOutcome.ACCEPTED, venue_order_id=after)

    async def cancel_all(self) -> SendResult:
        if self._calls is None or self._reader is None:
            return _refused("not started")
        return await cancel_all_orders(
            self._calls, self._reader, self._profile, self._exchange.symbols, self._settings.cancel_looks
        )

    async def account(self, since_ns: int) -> AccountReport:
        if self._reader is None:
            raise NotStartedError(f"{self.venue} is not started")
        return await self._reader.report(since_ns)

    # inside ------------------------------------------------------------------------------------------

    async def _open(self) -> None:
        client = self._client = await self._make_client()
        try:
            demand_trading_offered(client, is_derivative=is_derivative(self._exchange.symbols))
            demand_own_bases(await pick(client, self._exchange))
            found, _ = await listed(client)
        except BaseException as error:
            await self.stop()
            if isinstance(error, FINAL) or not isinstance(error, Exception):
                raise
            # its text may hold what was signed
            raise AccountReadError(f"{self.venue} cannot be opened: {told_of(error, self._secrets)}") from None
        self._instruments = {each.symbol: named(each, self.venue) for each in found.values()}
        budget = budget_of(client, self._randomness, self._closing)
        self._calls = Calls(client, budget, self._secrets, self._exchange.request_timeout_s)
        self._reader = AccountReader(
            self._calls,
            self._profile,
            self._instruments,
            self._exchange.symbols,
            self._names,
            self.venue,
            self._clock,
            pages_limit=self._settings.pages_limit,
        )

    def _taken(self, answer: Row, client_order_id: str, symbol: str, updates: PrivateUpdates) -> SendResult:
        """Read the answer to an order; what it leaves open is doubt."""
        number, said = text(answer, "id"), text(answer, "clientOrderId")
        if said is not None and said != client_order_id:
            self._keeps_no_ids = f"{self.venue} called order {client_order_id} {said[:60]}: it does not keep our ids"
        if number is None:
            return SendResult(SendOutcome.IN_DOUBT, "an answer without the order's id")
        self._names.note(number, client_order_id)
        report = report_of({**answer, "clientOrderId": client_order_id}, self._names, self.venue, self._clock.utc_ns())
        if report is not None and report.status is OrderStatus.REJECTED:
            return SendResult(SendOutcome.REJECTED, "the exchange answered that it is rejected", number)
        updates.sent(client_order_id, number, symbol)
        if report is not None and report.status.is_final:
            updates.report(report)
        return SendResult(SendOutcome.ACCEPTED, venue_order_id=number)

    def _backoff(self) -> Backoff:
        return Backoff(self._randomness, first_s=self._settings.first_backoff_s, cap_s=self._settings.backoff_cap_s)


def _refused(reason: str) -> SendResult:
    return SendResult(SendOutcome.REJECTED, f"not sent: {reason}")
