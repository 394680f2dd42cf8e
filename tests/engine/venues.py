"""A venue whose every answer a test decides: a scripted feed, and a trading side that keeps its own truth."""

import asyncio
from collections import deque
from collections.abc import Callable
from decimal import Decimal
from enum import Enum, auto

import msgspec
import numpy as np

from core.book.book import Book
from core.io.virtual_loop import VirtualClock
from core.ports.venue import AmendSupport, ExecutionSink, MarketSink, OrderReport, SendOutcome, SendResult
from core.risk.verdict import Approved, ApprovedAmend
from core.types.account import AccountReport, Balance, FundingPayment, VenuePosition
from core.types.instrument import AssetType, Instrument, InstrumentId, MarketHours
from core.types.market import FeedState, FeedStatus, Trade
from core.types.order import Fill, Liquidity, Order, OrderIntent, OrderStatus, OrderType, Side

LATE_S = 3.0
START_NS = 1_767_625_200_000_000_000  # Monday 2026-01-05 15:00 UTC
PULSE_S = 0.5
ZERO = Decimal(0)


def perpetual(venue: str, symbol: str = "BTC/USDT:USDT", **rules: object) -> Instrument:
    """Return a contract of about 100 dollars, so that whole numbers are sensible sizes."""
    fields = {
        "venue": venue, "symbol": symbol, "venue_symbol": symbol, "asset_type": AssetType.PERPETUAL,
        "base": symbol.split("/", maxsplit=1)[0], "quote": "USDT",
        "tick_size": Decimal("0.1"), "lot_size": Decimal("0.01"),
        "min_quantity": Decimal("0.01"), "min_notional": Decimal(1), "max_leverage": Decimal(10),
        "taker_fee_rate": Decimal("0.0005"), "maker_fee_rate": Decimal("0.0002"), "funding_interval_s": 28_800,
    }  # fmt: skip
    return msgspec.convert(fields | rules, Instrument)


def spot(venue: str, symbol: str = "BTC/USDT", **rules: object) -> Instrument:
    return perpetual(venue, symbol, asset_type=AssetType.CRYPTO_SPOT, funding_interval_s=None, **rules)


class ScriptedFeed:
    """Show the quotes a test sets, again every half second so that they stay fresh, until it is silenced."""

    def __init__(self, venue: str, instruments: list[Instrument], clock: VirtualClock) -> None:
        self.venue = venue
        self.instruments = {instrument.symbol: instrument for instrument in instruments}
        self.is_silent = False
        self.never_starts = False
        self.starts_after_s = 0.0
        self.venue_clock = clock  # what the venue stamps its books with
        self._clock = clock
        self._sink: MarketSink | None = None
        self._books: dict[str, Book] = {}
        self._quotes: dict[str, tuple[Decimal, Decimal, Decimal]] = dict.fromkeys(
            self.instruments, (Decimal("99.9"), Decimal("100.1"), Decimal(1_000))
        )
        self._sequence = 0
        self._timer: asyncio.TimerHandle | None = None

    async def start(self, sink: MarketSink) -> None:
        if self.never_starts:
            await asyncio.get_running_loop().create_future()
        await asyncio.sleep(self.starts_after_s)
        self._sink = sink
        for instrument in self.instruments.values():
            self._books[instrument.symbol] = sink.add_instrument(instrument)
        self.state(FeedState.UP)
        self._pulse()

    async def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def quote(self, symbol: str, bid: str, ask: str, depth: str = "1000") -> None:
        self.set_quote(symbol, bid, ask, depth)
        self._write(symbol)

    def set_quote(self, symbol: str, bid: str, ask: str, depth: str = "1000") -> None:
        """Set what the next pulse shows."""
        self._quotes[symbol] = Decimal(bid), Decimal(ask), Decimal(depth)

    def invalidate(self, symbol: str, reason: str = "gap") -> None:
        self.is_silent = True
        self._books[symbol].invalidate(reason, self._clock.utc_ns())
        self._known_sink.book_changed(InstrumentId(self.venue, symbol))

    def state(self, state: FeedState, detail: str = "") -> None:
        self._known_sink.feed_status(FeedStatus(self.venue, state, detail, None, self._clock.utc_ns()))

    def trade(self, symbol: str, price: str, trade_id: int, *, lots: int = 1, is_sold: bool = False) -> None:
        instrument, now_ns = self.instruments[symbol], self._clock.utc_ns()
        ticks = instrument.price_to_ticks(Decimal(price))
        self._known_sink.trade(Trade(instrument.id, trade_id, ticks, lots, is_sold, now_ns, now_ns))

    def best(self, symbol: str, side: Side) -> Decimal:
        bid, ask, _ = self._quotes[symbol]
        return bid if side is Side.BUY else ask

    @property
    def _known_sink(self) -> MarketSink:
        assert self._sink is not None, f"feed {self.venue} is not started"
        return self._sink

    def _pulse(self) -> None:
        if not self.is_silent:
            for symbol in self.instruments:
                self._write(symbol)
        self._timer = asyncio.get_running_loop().call_later(PULSE_S, self._pulse)

    def _write(self, symbol: str) -> None:
        instrument, now_ns = self.instruments[symbol], self._clock.utc_ns()
        bid, ask, depth = self._quotes[symbol]
        lots = instrument.quantity_to_lots(depth)
        self._sequence += 1
        self._books[symbol].apply_snapshot(
            _ints(instrument.price_to_ticks(bid)), _ints(lots), _ints(instrument.price_to_ticks(ask)), _ints(lots),
            sequence=self._sequence, venue_ns=self.venue_clock.utc_ns(), received_ns=now_ns,
        )  # fmt: skip
        self._known_sink.book_changed(instrument.id)


def _ints(value: int) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    return np.array([value], np.int64)


class Answer(Enum):
    """What becomes of a request."""

    TAKE = auto()  # it arrives and is answered
    REJECT = auto()
    LOSE_ANSWER = auto()  # it arrives, and nobody ever says so
    LOSE_REQUEST = auto()  # it never arrives, and nobody ever says so
    ARRIVE_LATE = auto()  # it arrives seconds after everybody gave it up, and nobody ever says so
    RAISE = auto()  # the venue's library fails after the order arrived


class Speech(Enum):
    """How much the execution stream tells."""

    ALL = auto()
    NOTHING = auto()
    FILLS_TWICE = auto()
    NO_FILLS = auto()


class ScriptedVenue:
    """An `ExecutionVenue`: limit orders rest until `execute`, market and IOC orders trade at the quote at once."""

    def __init__(self, feed: ScriptedFeed, clock: VirtualClock, cash: str = "100000") -> None:
        self.venue = feed.venue
        self.feed = feed
        self.answers: deque[Answer] = deque()  # of the next submits, TAKE when empty
        self.cancel_answers: deque[Answer] = deque()
        self.shares: deque[Decimal] = deque()  # of the next orders that trade at once, how much of them; all when empty
        self.amend_support = AmendSupport.NATIVE
        self.amend_answers: deque[Answer] = deque()
        self.amended: list[OrderIntent] = []
        self.amends_renumber = False
        self.cancels_hang = False
        self.cancel_all_fails = False
        self.account_fails = False
        self.starts_never = False
        self.latency_s = 0.005
        self.speech = Speech.ALL
        self.fills_before_ack = False
        self.trade_id: int | None = None  # of the public trade that the next fill is
        self.report_delay_s = 0.0  # how long an account report is under way
        self.stream_delay_s = 0.0  # how far the stream is behind the answers
        self.submitted: list[OrderIntent] = []
        self.cancelled: list[str] = []
        self.cancel_all_calls = 0
        self.account_calls: list[int] = []
        self.orders: dict[str, Order] = {}
        self.fills: list[Fill] = []
        self.funding: list[FundingPayment] = []
        self.positions: dict[str, Decimal] = {}
        self.costs: dict[str, Decimal] = {}  # signed, of what is held
        self.cash = Decimal(cash)
        self.other_balances: dict[str, Decimal] = {}
        self.on_cancelled: Callable[[Order], None] = lambda _: None
        self.on_submit: Callable[[OrderIntent], None] = lambda _: None
        self.clock = clock
        self._sink: ExecutionSink | None = None

    # the port ------------------------------------------------------------------------------------------

    async def start(self, sink: ExecutionSink) -> None:
        if self.starts_never:
            await asyncio.get_running_loop().create_future()
        self._sink = sink

    async def stop(self) -> None:
        self._sink = None

    async def submit(self, approved: Approved) -> SendResult:
        intent = approved.intent
        self.submitted.append(intent)
        self.on_submit(intent)
        answer = self.answers.popleft() if self.answers else Answer.TAKE
        await self._travel()
        match answer:
            case Answer.REJECT:
                return SendResult(SendOutcome.REJECTED, "not today")
            case Answer.LOSE_REQUEST:
                return await self._silence()
            case Answer.LOSE_ANSWER:
                self._take(intent)
                return await self._silence()
            case Answer.ARRIVE_LATE:
                asyncio.get_running_loop().call_later(LATE_S, self._take, intent)
                return await self._silence()
            case Answer.RAISE:
                self._take(intent)
                raise RuntimeError("the venue's library broke")
            case Answer.TAKE:
                self._take(intent)
                if self.fills_before_ack:
                    await self._travel()
                return SendResult(SendOutcome.ACCEPTED, venue_order_id=f"v-{intent.client_order_id}")

    async def cancel(self, client_order_id: str, symbol: str) -> SendResult:
        self.cancelled.append(client_order_id)
        answer = self.cancel_answers.popleft() if self.cancel_answers else Answer.TAKE
        await self._travel()
        if answer is Answer.LOSE_REQUEST:
            return await self._silence()
        order = self.orders.get(client_order_id)
        if answer is Answer.REJECT or order is None or order.status.is_final:
            return SendResult(SendOutcome.REJECTED, f"unknown order {client_order_id}")
        self._end(order, OrderStatus.CANCELLED)
        if answer is Answer.LOSE_ANSWER:
            return await self._silence()
        return SendResult(SendOutcome.ACCEPTED)

    async def amend(self, approved: ApprovedAmend) -> SendResult:
        intent = approved.intent
        self.amended.append(intent)
        answer = self.amend_answers.popleft() if self.amend_answers else Answer.TAKE
        await self._travel()
        if answer is Answer.LOSE_REQUEST:
            return await self._silence()
        if answer is Answer.ARRIVE_LATE:
            asyncio.get_running_loop().call_later(LATE_S, self._amend, intent)
            return await self._silence()
        refusal = "not today" if answer is Answer.REJECT else self._amend(intent)
        if refusal is not None:
            return SendResult(SendOutcome.REJECTED, refusal)
        if answer is Answer.LOSE_ANSWER:
            return await self._silence()
        if answer is Answer.RAISE:
            raise RuntimeError("the venue's library broke")
        return SendResult(SendOutcome.ACCEPTED, venue_order_id=self.orders[intent.client_order_id].venue_order_id)

    def _amend(self, intent: OrderIntent) -> str | None:
        """Change a resting order, under another venue id where the test wants it; return why not."""
        order = self.orders.get(intent.client_order_id)
        if order is None or order.status.is_final:
            return f"unknown order {intent.client_order_id}"
        if intent.quantity <= order.filled_quantity:
            return "quantity is not above what is filled"
        order.intent = msgspec.structs.replace(order.intent, limit_price=intent.limit_price, quantity=intent.quantity)
        if self.amends_renumber:
            status, order.status = order.status, OrderStatus.CANCELLED
            self._say(order)
            order.status, order.venue_order_id = status, f"{order.venue_order_id}'"
        self._say(order)
        return None

    async def cancel_all(self) -> SendResult:
        self.cancel_all_calls += 1
        await self._travel()
        if self.cancels_hang:
            return await self._silence()
        if self.cancel_all_fails:
            return SendResult(SendOutcome.REJECTED, "the venue refuses")
        for order in list(self.open_orders):
            self._end(order, OrderStatus.CANCELLED)
        return SendResult(SendOutcome.ACCEPTED)

    async def account(self, since_ns: int) -> AccountReport:
        self.account_calls.append(since_ns)
        await self._travel()
        if self.account_fails:
            raise ConnectionError("unreachable")
        report = self._report(since_ns)
        await asyncio.sleep(self.report_delay_s)
        return report

    def _report(self, since_ns: int) -> AccountReport:
        return AccountReport(
            venue=self.venue,
            balances=tuple(
                Balance(asset, total, total) for asset, total in {"USDT": self.cash, **self.other_balances}.items()
            ),
            positions=tuple(
                VenuePosition(InstrumentId(self.venue, symbol), quantity, self._average_price(symbol, quantity))
                for symbol, quantity in self.positions.items()
                if quantity
            ),
            open_orders=tuple(msgspec.structs.replace(order) for order in self.open_orders),
            fills=tuple(fill for fill in self.fills if fill.venue_ns >= since_ns),
            funding=tuple(payment for payment in self.funding if payment.venue_ns >= since_ns),
            at_ns=self.clock.utc_ns(),
        )

    def _average_price(self, symbol: str, quantity: Decimal) -> Decimal:
        return self.costs[symbol] / quantity if symbol in self.costs else Decimal(100)

    # what a test does at the venue -----------------------------------------------------------------------

    @property
    def open_orders(self) -> list[Order]:
        return [order for order in self.orders.values() if order.status.may_live]

    def place_foreign(self, client_order_id: str, symbol: str, side: Side, quantity: str, price: str) -> None:
        """Rest an order that somebody else sent."""
        intent = OrderIntent(
            client_order_id=client_order_id, venue=self.venue, symbol=symbol, side=side, order_type=OrderType.LIMIT,
            quantity=Decimal(quantity), limit_price=Decimal(price), created_ns=0, source="manual",
        )  # fmt: skip
        self._take(intent)

    def execute(self, client_order_id: str, quantity: str | None = None, price: Decimal | None = None) -> Fill:
        """Fill a resting order, in part where a quantity is given."""
        order = self.orders[client_order_id]
        size = order.remaining_quantity if quantity is None else Decimal(quantity)
        paid = price or order.intent.limit_price
        assert paid is not None
        return self._fill(order, size, paid, Liquidity.MAKER)

    def execute_late(self, client_order_id: str, quantity: str, price: str) -> Fill:
        """Tell only now of a fill that an order had before it ended."""
        order = self.orders[client_order_id]
        ended = order.status
        fill = self._fill(order, Decimal(quantity), Decimal(price), Liquidity.TAKER)
        order.status = ended
        return fill

    def change_terms(self, client_order_id: str, quantity: str, price: str) -> None:
        """Amend an order by somebody else's hand, without a word."""
        order = self.orders[client_order_id]
        order.intent = msgspec.structs.replace(order.intent, quantity=Decimal(quantity), limit_price=Decimal(price))

    def lose(self, client_order_id: str) -> None:
        """Forget an order as if it had never been here."""
        del self.orders[client_order_id]

    def expire(self, client_order_id: str) -> None:
        self._end(self.orders[client_order_id], OrderStatus.EXPIRED)

    def tell(self, client_order_id: str, status: OrderStatus) -> None:
        """Say a status on the stream, true or not."""
        report = OrderReport(
            client_order_id=client_order_id, venue=self.venue, status=status, venue_ns=self.clock.utc_ns()
        )
        self._deliver(lambda sink: sink.order_report(report))

    def tell_fill(self, fill: Fill) -> None:
        self._deliver(lambda sink: sink.fill(fill))

    # inside ----------------------------------------------------------------------------------------------

    async def _travel(self) -> None:
        await asyncio.sleep(self.latency_s)

    async def _silence(self) -> SendResult:
        return await asyncio.get_running_loop().create_future()

    def _take(self, intent: OrderIntent) -> None:
        order = Order(
            intent=intent, status=OrderStatus.OPEN, venue_order_id=f"v-{intent.client_order_id}",
            updated_ns=self.clock.utc_ns(),
        )  # fmt: skip
        self.orders[intent.client_order_id] = order
        if not self.fills_before_ack:
            self._say(order)
        bid, ask = self.feed.best(intent.symbol, Side.BUY), self.feed.best(intent.symbol, Side.SELL)
        best, limit = (ask if intent.side is Side.BUY else bid), intent.limit_price
        reaches = limit is None or (limit >= best if intent.side is Side.BUY else limit <= best)
        if reaches:
            quantity = self.feed.instruments[intent.symbol].floor_quantity(order.remaining_quantity * self._share())
            if quantity:
                self._fill(order, quantity, best, Liquidity.TAKER)
        if order.remaining_quantity and intent.time_in_force == "ioc":
            self._end(order, OrderStatus.CANCELLED)

    def _share(self) -> Decimal:
        return self.shares.popleft() if self.shares else Decimal(1)

    def _fill(self, order: Order, quantity: Decimal, price: Decimal, liquidity: Liquidity) -> Fill:
        intent, instrument = order.intent, self.feed.instruments[order.intent.symbol]
        rate = instrument.maker_fee_rate if liquidity is Liquidity.MAKER else instrument.taker_fee_rate
        fill = Fill(
            fill_id=f"{self.venue}-{len(self.fills) + 1}", client_order_id=intent.client_order_id, venue=self.venue,
            symbol=intent.symbol, side=intent.side, price=price, quantity=quantity,
            fee=instrument.notional(price, quantity) * rate, liquidity=liquidity,
            venue_ns=self.clock.utc_ns(), received_ns=self.clock.utc_ns(), trade_id=self.trade_id,
        )  # fmt: skip
        self.fills.append(fill)
        order.filled_quantity += quantity
        order.status = OrderStatus.PARTIALLY_FILLED if order.remaining_quantity else OrderStatus.FILLED
        self._book(fill, instrument)
        if self.speech in {Speech.ALL, Speech.FILLS_TWICE}:
            self._stream(lambda sink: sink.fill(fill))
        if self.speech is Speech.FILLS_TWICE:
            self._stream(lambda sink: sink.fill(fill))
        self._say(order)
        return fill

    def _book(self, fill: Fill, instrument: Instrument) -> None:
        """Keep cash as average cost does: money of a contract moves when it is closed."""
        held = self.positions.get(fill.symbol, ZERO)
        signed = fill.quantity * fill.side.sign
        cost = self.costs.get(fill.symbol, ZERO)
        if held * signed >= 0:
            cost += signed * fill.price
        else:
            assert abs(signed) <= abs(held), "this venue closes before it opens"
            released = cost if signed == -held else cost * -signed / held
            self.cash += -signed * fill.price - released
            cost -= released
        self.cash -= fill.fee
        self.positions[fill.symbol], self.costs[fill.symbol] = held + signed, cost

    def _end(self, order: Order, status: OrderStatus) -> None:
        order.status = status
        self.on_cancelled(order)
        self._say(order)

    def _say(self, order: Order) -> None:
        if self.speech is Speech.NOTHING:
            return
        report = OrderReport(
            client_order_id=order.intent.client_order_id, venue=self.venue, status=order.status,
            venue_order_id=order.venue_order_id, venue_ns=self.clock.utc_ns(),
        )  # fmt: skip
        self._stream(lambda sink: sink.order_report(report))

    def _stream(self, tell: Callable[[ExecutionSink], None]) -> None:
        """Send to the engine, behind the answers where the stream is slow; nothing reaches an engine that left."""
        if self.stream_delay_s:
            asyncio.get_running_loop().call_later(self.stream_delay_s, self._deliver, tell)
        else:
            self._deliver(tell)

    def _deliver(self, tell: Callable[[ExecutionSink], None]) -> None:
        if self._sink is not None:
            tell(self._sink)


CLOSED = MarketHours(calendar="never", always_open=False, sessions=())
