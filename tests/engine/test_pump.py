"""The pump: executions first and never dropped, books once, slices short, memory bounded."""

from collections.abc import Callable
from decimal import Decimal

from core.control.commands import Outcome
from core.engine.pump import MAX_WAITING_TRADES, SLICE_NS, EventPump, ExecutionEvent
from core.io.virtual_loop import VirtualLoop
from core.ports.venue import OrderReport
from core.types.instrument import InstrumentId
from core.types.market import Trade
from core.types.order import OrderStatus
from tests.engine.rig import PERP, EngineRig, ScriptedStrategy, in_virtual_time

BTC = InstrumentId("v1", PERP)
ETH = InstrumentId("v1", "ETH/USDT:USDT")


class SlowWork:
    """Clock, handler and scheduler in one: each event takes a tenth of a millisecond."""

    def __init__(self) -> None:
        self.now_ns = 0
        self.seen: list[str] = []
        self.calls: list[Callable[[], None]] = []
        self.slices_ns: list[int] = []
        self.on_seen: Callable[[], None] = lambda: None

    def utc_ns(self) -> int:
        return self.now_ns

    def monotonic_ns(self) -> int:
        return self.now_ns

    def call_soon(self, callback: Callable[[], None]) -> None:
        self.calls.append(callback)

    def run(self) -> None:
        while self.calls:
            began_ns = self.now_ns
            self.calls.pop(0)()
            self.slices_ns.append(self.now_ns - began_ns)

    def on_execution(self, event: ExecutionEvent) -> None:
        assert isinstance(event, OrderReport)
        self._see(event.client_order_id)

    def on_trade(self, trade: Trade) -> None:
        self._see(f"trade {trade.trade_id}")

    def on_book(self, instrument_id: InstrumentId) -> None:
        self._see(f"book {instrument_id.symbol}")

    def _see(self, what: str) -> None:
        self.seen.append(what)
        self.now_ns += 100_000
        self.on_seen()


def report(client_order_id: str) -> OrderReport:
    return OrderReport(client_order_id=client_order_id, venue="v1", status=OrderStatus.OPEN, venue_ns=0)


def trade(number: int) -> Trade:
    return Trade(BTC, number, 1_000, 1, False, 0, 0)


def pump_and_work() -> tuple[EventPump, SlowWork]:
    work = SlowWork()
    pump = EventPump(work, work.call_soon)
    pump.connect(work)
    return pump, work


def test_executions_go_before_trades_and_trades_before_books():
    pump, work = pump_and_work()
    pump.publish_book(BTC)
    pump.publish_trade(trade(1))
    pump.publish_execution(report("o1"))
    pump.publish_execution(report("o2"))
    work.run()
    assert work.seen == ["o1", "o2", "trade 1", f"book {PERP}"]


def test_an_execution_that_comes_while_a_burst_is_worked_off_goes_next():
    pump, work = pump_and_work()
    for number in range(1_000):
        pump.publish_trade(trade(number))
    work.on_seen = lambda: pump.publish_execution(report("o1")) if work.seen[-1] == "trade 10" else None
    work.run()
    assert work.seen.index("o1") == 11


def test_a_book_changed_many_times_is_looked_at_once():
    pump, work = pump_and_work()
    for _ in range(50_000):
        pump.publish_book(BTC)
        pump.publish_book(ETH)
    assert pump.waiting == 2
    work.run()
    assert work.seen == [f"book {PERP}", f"book {ETH.symbol}"]


def test_a_burst_is_worked_off_in_short_slices_in_order():
    pump, work = pump_and_work()
    for number in range(5_000):
        pump.publish_trade(trade(number))
    work.run()
    assert work.seen == [f"trade {number}" for number in range(5_000)]
    assert max(work.slices_ns) <= SLICE_NS + 16 * 100_000
    assert len(work.slices_ns) > 100


def test_trades_beyond_the_bound_drop_the_oldest_are_counted_and_executions_stay():
    pump, work = pump_and_work()
    for number in range(MAX_WAITING_TRADES + 123):
        pump.publish_trade(trade(number))
    for number in range(200):
        pump.publish_execution(report(f"o{number}"))
    assert pump.take_dropped() == {"v1": 123}
    assert pump.take_dropped() == {}
    assert pump.waiting == MAX_WAITING_TRADES + 200
    work.run()
    assert work.seen[:200] == [f"o{number}" for number in range(200)]
    assert work.seen[200] == "trade 123"
    assert len(work.seen) == MAX_WAITING_TRADES + 200


def test_events_before_a_handler_is_there_wait_for_it():
    work = SlowWork()
    pump = EventPump(work, work.call_soon)
    pump.publish_execution(report("o1"))
    assert work.calls == []
    pump.connect(work)
    work.run()
    assert work.seen == ["o1"]


def test_a_fill_in_a_burst_of_fifty_thousand_messages_is_booked_first():
    async def work(loop: VirtualLoop) -> None:
        positions: list[Decimal] = []
        strategy = ScriptedStrategy("s", BTC, trade=lambda ctx, _: positions.append(rig.position()))
        rig = await EngineRig(loop).start(strategy)
        order_id = str((await rig.place(price="95")).data["client_order_id"])
        for number in range(50_000):
            rig.feed.trade(PERP, "100", number + 1)
        rig.venue.execute(order_id)
        await rig.elapse(1)
        assert rig.position() == 1
        assert len(positions) == 50_000
        assert set(positions) == {Decimal(1)}
        assert (await rig.place(quantity="2")).outcome is Outcome.DONE

    in_virtual_time(work)
