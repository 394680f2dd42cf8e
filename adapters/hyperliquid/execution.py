"""The trading side of Hyperliquid."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal

from adapters.hyperliquid import actions
from adapters.hyperliquid.account_reader import AccountReader, open_orders
from adapters.hyperliquid.account_wire import OpenOrder
from adapters.hyperliquid.actions import OrderTerms, TermsError
from adapters.hyperliquid.amending import Amending
from adapters.hyperliquid.cancelling import cancel_all_orders
from adapters.hyperliquid.client_ids import ClientIdError, number_of, to_cloid
from adapters.hyperliquid.dead_man import DeadMan
from adapters.hyperliquid.exchange import Exchange
from adapters.hyperliquid.info import Info, InfoError
from adapters.hyperliquid.instruments import MAIN_DEX, VENUE, Listing, Universe, dex_of
from adapters.hyperliquid.key_rights import KeyCheck
from adapters.hyperliquid.order_names import OrderNames
from adapters.hyperliquid.outcomes import ActionResult
from adapters.hyperliquid.private_stream import PrivateStream
from adapters.hyperliquid.settings import ExecutionSettings
from adapters.hyperliquid.stream import NS_PER_S, Stream
from adapters.hyperliquid.universe_reader import read_universe
from adapters.hyperliquid.wire import decode_book
from adapters.network.request_budget import Purpose
from core.book.book import Book
from core.ports.clock import Clock
from core.ports.randomness import Randomness
from core.ports.venue import AmendSupport, ExecutionSink, OrderReport, SendOutcome, SendResult
from core.risk.verdict import Approved, ApprovedAmend
from core.types.account import AccountReport
from core.types.order import OrderIntent, OrderStatus, OrderType, Side, TimeInForce


class HyperliquidExecution:
    """Sends what the risk gate approved, and reports what the venue says became of it.

    Parameters
    ----------
    symbols
        What is traded: accounts are read on the dexs that these are of. Everything is cancelled on all dexs.
    book_of
        Returns the book that a feed keeps of a symbol: it bounds the price of market orders.
    """

    def __init__(
        self,
        *,
        settings: ExecutionSettings,
        address: str,
        symbols: tuple[str, ...],
        info: Info,
        account_info: Info,
        exchange: Exchange,
        stream: Stream,
        key_check: KeyCheck,
        clock: Clock,
        randomness: Randomness,
        book_of: Callable[[str], Book | None],
    ) -> None:
        self._settings = settings
        self._address = address
        self._symbols = symbols
        self._info = info
        self._account_info = account_info
        self._exchange = exchange
        self._stream = stream
        self._key_check = key_check
        self._clock = clock
        self._randomness = randomness
        self._book_of = book_of
        self._slippage = settings.market_slippage
        self._names = OrderNames()
        self._sink: ExecutionSink | None = None
        self._universe = Universe((), ())
        self._reader: AccountReader | None = None
        self._private: PrivateStream | None = None
        self._dead_man = DeadMan(exchange, settings.dead_man_s)

    @property
    def venue(self) -> str:
        return VENUE

    @property
    def amend_support(self) -> AmendSupport:
        return AmendSupport.NATIVE

    @property
    def cautions(self) -> tuple[str, ...]:
        """Return what a person has to know for as long as it stands."""
        return (self._dead_man.caution,) if self._dead_man.caution else ()

    @property
    def ready(self) -> bool:
        """Tell whether executions are seen as they happen, so that orders may go out."""
        return self._private is not None and self._private.ready

    async def start(self, sink: ExecutionSink) -> None:
        """Begin; raise KeyRightsError for a key that may withdraw or may not trade, InfoError without an answer."""
        await self._key_check.demand_trade_only()
        self._sink = sink
        self._universe = await read_universe(self._info.ask, None)
        dexs = tuple(dict.fromkeys([MAIN_DEX, *map(dex_of, self._symbols)]))
        self._reader = AccountReader(self._account_info, self._address, self._universe, dexs, self._names, self._clock)
        self._private = PrivateStream(
            self._address, sink, self._reader, self._universe, self._names, self._clock, self._randomness
        )
        self._stream.start(self._private)
        self._dead_man.start()
        with suppress(TimeoutError):  # it goes on trying; orders are refused until then
            async with asyncio.timeout(self._settings.request_timeout_s):
                await self._private.until_ready()

    async def until_ready(self) -> None:
        """Wait until orders may go out; only after `start`."""
        assert self._private is not None, "the stream runs only after start"
        await self._private.until_ready()

    async def stop(self) -> None:
        """Leave; resting orders stay where they are."""
        await self._dead_man.stop()
        await self._stream.stop()

    async def submit(self, approved: Approved) -> SendResult:
        intent = approved.intent
        listing = self._universe.named(intent.symbol)
        if listing is None:
            return _rejected(f"not sent: {intent.symbol} is not traded at {VENUE}")
        if not self.ready and not intent.reduce_only:
            why = "not started" if self._private is None else self._private.trouble
            return _rejected(f"not sent: executions would not be seen: {why}")
        try:
            terms = await self._terms(intent, listing)
        except (TermsError, ClientIdError) as error:
            return _rejected(f"not sent: {error}")
        if not self._names.claim(terms.cloid):
            return SendResult(SendOutcome.IN_DOUBT, "an order of this id was sent before, it is not sent twice")
        (result,) = await self._exchange.send(actions.place(terms), Purpose.ORDER)
        if result.venue_order_id is not None:
            self._names.note(result.venue_order_id, terms.cloid)
            self._names.carry(result.venue_order_id, Decimal(0))
        self._report_remainder(intent, result)
        return result.as_send_result

    async def cancel(self, client_order_id: str, symbol: str) -> SendResult:
        listing = self._universe.named(symbol)
        if listing is None:
            return _rejected(f"not sent: {symbol} is not traded at {VENUE}")
        number = number_of(client_order_id)
        try:
            action = (
                actions.cancel_by_client_id(listing.asset_id, to_cloid(client_order_id))
                if number is None
                else actions.cancel_by_number([(listing.asset_id, number)])
            )
        except ClientIdError as error:
            return _rejected(f"not sent: {error}")
        (result,) = await self._exchange.send(action, Purpose.CANCEL)
        return result.as_send_result

    async def amend(self, approved: ApprovedAmend) -> SendResult:
        intent = approved.intent
        listing = self._universe.named(intent.symbol)
        if listing is None or self._reader is None:
            return _rejected(f"not sent: {intent.symbol} is not traded at {VENUE}")
        if not self.ready and not intent.reduce_only:
            return _rejected("not sent: executions would not be seen")
        return await Amending(self._exchange, self._reader, self._names).amend(intent, listing)

    async def cancel_all(self) -> SendResult:
        if self._reader is None:
            return _rejected("not sent: not started")
        return await cancel_all_orders(self._exchange, self._resting, self._universe)

    async def account(self, since_ns: int) -> AccountReport:
        if self._reader is None:
            raise InfoError("not started")
        return await self._reader.report(since_ns)

    async def set_leverage(self, symbol: str, leverage: int, *, is_cross: bool) -> SendResult:
        """Set the leverage of an instrument, shared with the account's other positions or not."""
        listing = self._universe.named(symbol)
        if listing is None or not 1 <= leverage <= listing.instrument.max_leverage:
            allowed = "none" if listing is None else f"1 to {listing.instrument.max_leverage}"
            return _rejected(f"not sent: leverage {leverage} of {symbol}, allowed is {allowed}")
        action = actions.update_leverage(listing.asset_id, leverage, is_cross=is_cross)
        (result,) = await self._exchange.send(action, Purpose.ORDER)
        return result.as_send_result

    # inside ------------------------------------------------------------------------------------------

    async def _resting(self, dex: str, purpose: Purpose) -> list[OpenOrder]:
        """Ask without the share of the allowance that account reads have: they may have used it up."""
        return await open_orders(self._info, self._address, dex, purpose)

    async def _terms(self, intent: OrderIntent, listing: Listing) -> OrderTerms:
        cloid = to_cloid(intent.client_order_id)
        if intent.order_type is OrderType.MARKET:
            price = actions.market_price(intent.side, await self._best(intent, listing), self._slippage, listing)
        else:
            price = actions.limit_price(intent, listing)
        return actions.terms_of(intent, listing, price, intent.quantity, cloid)

    async def _best(self, intent: OrderIntent, listing: Listing) -> Decimal:
        """Return the best price on the other side; where no book is there the venue is asked for what only reduces."""
        book, instrument = self._book_of(listing.instrument.symbol), listing.instrument
        stale_ns = int(self._settings.book_stale_after_s * NS_PER_S)
        if book is not None and book.is_fresh(self._clock.utc_ns(), stale_ns):
            best = book.best_ask() if intent.side is Side.BUY else book.best_bid()
            if best is not None:
                return instrument.ticks_to_price(best[0])
        if not intent.reduce_only:
            raise TermsError("there is no fresh book that bounds the price of a market order")
        try:
            question = {"type": "l2Book", "coin": listing.coin}
            snapshot = await self._info.ask(question, decode_book, Purpose.RECONCILE)
            levels = snapshot.levels[1 if intent.side is Side.BUY else 0]
            price = Decimal(levels[0].price)
        except (InfoError, IndexError, ArithmeticError):
            price = Decimal(0)
        if not (price.is_finite() and price > 0):
            raise TermsError("the venue shows no price that bounds a market order")
        return price

    def _report_remainder(self, intent: OrderIntent, result: ActionResult) -> None:
        """Say that what an order that may not rest did not get at once is gone: the venue calls it filled."""
        may_rest = intent.order_type is OrderType.LIMIT and intent.time_in_force is not TimeInForce.IOC
        if self._sink is None or result.filled is None or may_rest or Decimal(result.filled) >= intent.quantity:
            return
        number = None if result.venue_order_id is None else str(result.venue_order_id)
        self._sink.order_report(
            OrderReport(
                client_order_id=intent.client_order_id,
                venue=VENUE,
                status=OrderStatus.CANCELLED,
                venue_order_id=number,
                reason=f"{result.filled} of {intent.quantity:f} were filled, the rest may not wait",
                venue_ns=self._clock.utc_ns(),
            )
        )


def _rejected(reason: str) -> SendResult:
    return SendResult(SendOutcome.REJECTED, reason)
