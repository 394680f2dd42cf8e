"""The account as the venue has it: what is read, what happens while nobody listens, and after a restart."""

import asyncio
import gzip
import json
from collections import deque
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.hyperliquid.account_reader import AccountReader, Executions
from adapters.hyperliquid.account_wire import decode_clearinghouse, decode_fills, decode_fundings
from adapters.hyperliquid.info import Info, InfoError
from adapters.hyperliquid.instruments import Universe
from adapters.hyperliquid.order_names import OrderNames
from adapters.hyperliquid.private_stream import PrivateStream
from adapters.hyperliquid.translation import fill_of, funding_of
from core.io.system_clock import SystemClock
from core.ports.randomness import NoRandomness
from core.ports.venue import SendOutcome
from core.types.instrument import InstrumentId
from core.types.order import Side
from tests.adapters.hyperliquid.rig import BTC, NVDA, OWNER, ExecutionRecords, Rig, run
from tests.recordings import needs_recordings, recording
from tests.venues.hyperliquid.faults import after, answered
from tests.venues.hyperliquid.server import LoopbackHyperliquid

D = Decimal
ACCEPTED, REJECTED, IN_DOUBT = SendOutcome.ACCEPTED, SendOutcome.REJECTED, SendOutcome.IN_DOUBT


def quotes(venue: LoopbackHyperliquid) -> None:
    for coin, bid, ask in ((NVDA, "190.4", "190.6"), ("BTC", "99999", "100000")):
        venue.state.crowd(coin, Side.BUY, bid, "5")
        venue.state.crowd(coin, Side.SELL, ask, "5")


def test_a_report_holds_both_dexs_with_cash_that_leaves_open_profit_out() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.start()
        await rig.submit("s0001-1", Side.BUY, "190.6", "2")
        await rig.submit("s0001-2", Side.SELL, "99999", "0.01", symbol=BTC)
        await rig.submit("s0001-3", Side.BUY, "150", "1")
        rig.venue.marks[NVDA] = D("200")
        rig.venue.state.pay_funding(OWNER, "BTC", "-0.044263", "0.0000369155")
        report = await rig.execution.account(0)
        assert {p.instrument_id: (p.quantity, p.average_price) for p in report.positions} == {
            InstrumentId("hyperliquid", NVDA): (D(2), D("190.6")),
            InstrumentId("hyperliquid", BTC): (D("-0.01"), D(99999)),
        }
        (balance,) = report.balances
        assert (balance.asset, balance.total) == ("USDC", rig.venue.state.account(OWNER).cash)
        assert [order.intent.client_order_id for order in report.open_orders] == ["s0001-3"]
        assert [(fill.client_order_id, fill.side) for fill in report.fills] == [
            ("s0001-1", Side.BUY), ("s0001-2", Side.SELL),
        ]  # fmt: skip
        (payment,) = report.funding
        assert (payment.instrument_id.symbol, payment.amount, payment.rate) == (BTC, D("-0.044263"), 0.0000369155)
        numbers = [balance.total, balance.free, *(p.quantity for p in report.positions), payment.amount]
        assert {type(number) for number in numbers} == {Decimal}

    run(scenario, prepare=quotes)


def test_a_fill_while_the_account_is_read_is_in_the_positions_too() -> None:
    def fill(venue: LoopbackHyperliquid) -> None:
        venue.state.now_ms = lambda: moment
        venue.state.crowd(NVDA, Side.SELL, "190.5", "2")

    moment = 1_900_000_000_000

    async def scenario(rig: Rig) -> None:
        await rig.start()
        await rig.submit("s0001-1", Side.BUY, "190.5", "2")
        rig.venue.info_faults["userFillsByTime"] = deque([after(fill)])
        report = await rig.execution.account(0)
        assert [(fill.quantity, fill.venue_ns) for fill in report.fills] == [(D(2), moment * 1_000_000)]
        assert [position.quantity for position in report.positions] == [D(2)]
        assert report.open_orders == ()

    run(scenario, prepare=quotes)


def test_a_unified_account_has_its_cash_in_the_spot_balance() -> None:
    async def scenario(rig: Rig) -> None:
        rig.venue.abstraction = "unifiedAccount"
        await rig.start()
        (balance,) = (await rig.execution.account(0)).balances
        assert (balance.asset, balance.total) == ("USDC", D(10_000))

    rig = run(scenario)
    assert "spotClearinghouseState" in {each["type"] for each in rig.venue.questions}


def test_a_unified_account_that_holds_nothing_says_so() -> None:
    async def scenario(rig: Rig) -> None:
        rig.venue.abstraction = "unifiedAccount"
        await rig.start()
        rig.venue.state.account(OWNER).cash = D(0)
        (balance,) = (await rig.execution.account(0)).balances
        assert (balance.asset, balance.total, balance.free) == ("USDC", 0, 0)

    run(scenario)


def test_only_what_happened_since_a_moment_is_asked_for() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.start()
        for n in range(3):
            await rig.submit(f"s0001-{n + 1}", Side.BUY, "190.6", "0.1")
        second = rig.venue.state.account(OWNER).fills[1]["time"]
        report = await rig.execution.account(second * 1_000_000)
        assert [fill.client_order_id for fill in report.fills] == ["s0001-2", "s0001-3"]
        report = await rig.execution.account(second * 1_000_000 + 1)
        assert [fill.client_order_id for fill in report.fills] == ["s0001-3"]

    run(scenario, prepare=quotes)


@pytest.mark.parametrize(
    ("since_s", "until_s", "is_asked"),
    [(3700, 7100, True), (3901, 7100, False), (3901, 7200, True), (7000, 7300, True), (0, 10**9, True)],
)
def test_funding_is_asked_for_only_where_an_hour_has_ended(since_s: int, until_s: int, is_asked: bool) -> None:
    class SetClock(SystemClock):
        def utc_ns(self) -> int:
            return until_s * 1_000_000_000

    async def scenario(rig: Rig) -> None:
        budgets = (rig.budget,)
        info = Info(rig.transport, budgets, rig.venue.endpoints.info, timeout_s=2.0)
        reader = AccountReader(info, OWNER, Universe((), ("",)), ("",), OrderNames(), SetClock())
        await reader.report(since_s * 1_000_000_000)

    rig = run(scenario)
    assert ("userFunding" in {each["type"] for each in rig.venue.questions}) is is_asked


@pytest.mark.parametrize("newest_first", [False, True])
def test_fills_are_read_over_as_many_pages_as_there_are(monkeypatch: pytest.MonkeyPatch, newest_first: bool) -> None:
    monkeypatch.setattr("adapters.hyperliquid.account_reader.PAGE_SIZES", (3,))

    async def scenario(rig: Rig) -> None:
        await rig.start()
        rig.venue.page_rows, rig.venue.newest_first = 3, newest_first
        for n in range(7):
            await rig.submit(f"s0001-{n + 1}", Side.BUY, "190.6", "0.1")
        # a page ends between two fills of one moment
        for fill, time in zip(rig.venue.state.account(OWNER).fills, (1, 2, 3, 3, 4, 5, 6), strict=True):
            fill["time"] = time
        read = (await rig.execution.account(0)).fills
        assert [fill.venue_ns // 1_000_000 for fill in read] == [1, 2, 3, 3, 4, 5, 6]
        for fill in rig.venue.state.account(OWNER).fills:
            fill["time"] = 5
        with pytest.raises(InfoError, match="in one millisecond"):
            await rig.execution.account(5_000_000)

    run(scenario, prepare=quotes)


def test_a_page_shorter_than_the_longest_may_be_cut_all_the_same() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.start()
        await rig.submit("s0001-1", Side.BUY, "190.6", "0.1")
        fills = rig.venue.state.account(OWNER).fills
        fills[:] = [fills[0] | {"time": n, "tid": n} for n in range(1, 701)]
        rig.venue.page_rows = 500
        assert len((await rig.execution.account(0)).fills) == 700

    run(scenario, prepare=quotes)


def test_an_order_that_was_filled_in_many_parts_at_one_moment_is_read_whole() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.start()
        await rig.submit("s0001-1", Side.BUY, "190.6", "0.1")
        fills = rig.venue.state.account(OWNER).fills
        fills[:] = [fills[0] | {"time": 7, "tid": n} for n in range(1, 701)]
        assert len((await rig.execution.account(7_000_000)).fills) == 700

    run(scenario, prepare=quotes)


def test_a_part_that_cannot_be_read_is_no_report() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.start()
        for kind in ("frontendOpenOrders", "clearinghouseState", "userFillsByTime", "userFunding"):
            for fault in (answered(500), answered(200, '{"x":')):
                rig.venue.info_faults[kind] = deque([fault])
                with pytest.raises(InfoError, match=kind):
                    await rig.execution.account(0)

    run(scenario)


def test_after_a_restart_orders_and_fills_come_back_under_their_client_ids() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.start()
        await rig.submit("stag-001f-12", Side.BUY, "190.3", "1")
        await rig.submit("stag-001f-13", Side.BUY, "190.6", "1")
        await rig.execution.stop()
        rig.venue.state.crowd(NVDA, Side.SELL, "190.3", "5.4")
        await rig.start(rig.make_execution())
        report = await rig.execution.account(0)
        (order,) = report.open_orders
        assert (order.intent.client_order_id, order.filled_quantity) == ("stag-001f-12", D("0.4"))
        assert {fill.client_order_id for fill in report.fills} == {"stag-001f-12", "stag-001f-13"}
        assert (await rig.execution.cancel("stag-001f-12", NVDA)).outcome is ACCEPTED

    rig = run(scenario, prepare=quotes)
    nonces = [body["nonce"] for body in rig.venue.actions]
    assert nonces == sorted(set(nonces))


def test_fills_that_do_not_tell_their_client_id_are_asked_about() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.start()
        await rig.submit("s0001-1", Side.BUY, "190.6", "1")
        del rig.venue.state.account(OWNER).fills[0]["cloid"]
        await rig.execution.stop()
        await rig.start(rig.make_execution())
        assert [fill.client_order_id for fill in (await rig.execution.account(0)).fills] == ["s0001-1"]

    run(scenario, prepare=quotes)


# while it runs -------------------------------------------------------------------------------------------------


def test_fills_and_funding_of_a_lost_stream_are_fetched_before_orders_go_out_again() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.start()
        await rig.submit("s0001-1", Side.BUY, "190.4", "1")
        rig.venue.refuse_connections = 1_000_000
        await rig.venue.close_sockets()
        await rig.venue.until(lambda: rig.venue.refuse_connections < 1_000_000)
        refused = await rig.submit("s0001-2", Side.BUY, "190.4", "1")
        assert (refused.outcome, "would not be seen" in refused.reason) == (REJECTED, True)
        rig.venue.state.crowd(NVDA, Side.SELL, "190.4", "6")  # five of the crowd stand before ours
        rig.venue.state.pay_funding(OWNER, NVDA, "0.5", "0.0001")
        assert (await rig.submit("s0001-3", Side.SELL, "190.3", "1", reduce_only=True)).outcome is ACCEPTED
        rig.venue.refuse_connections = 0
        await rig.until_ready()
        assert rig.records.filled("s0001-1") == D(1)
        assert [payment.amount for payment in rig.records.payments] == [D("0.5")]
        assert (await rig.submit("s0001-4", Side.BUY, "190.2", "1")).outcome is ACCEPTED

    run(scenario, prepare=quotes)


def test_a_gap_that_cannot_be_closed_is_tried_again_and_orders_wait() -> None:
    async def scenario(rig: Rig) -> None:
        rig.venue.info_faults["userFillsByTime"] = deque([answered(500)])
        starting = asyncio.ensure_future(rig.execution.start(rig.records))
        await rig.venue.until(lambda: not rig.venue.info_faults["userFillsByTime"])
        assert not rig.execution.ready
        await starting
        assert rig.execution.ready

    run(scenario)


def test_a_private_channel_that_is_never_confirmed_keeps_orders_in() -> None:
    async def scenario(rig: Rig) -> None:
        rig.venue.unconfirmed.add("userFills")
        await rig.execution.start(rig.records)
        await rig.venue.subscribed(1, "userFundings")
        assert (await rig.submit("s0001-1", Side.BUY, "190.4", "1")).outcome is REJECTED

    rig = run(scenario)
    assert rig.venue.actions == []


def test_a_fill_frame_that_cannot_be_read_is_fetched_over_rest() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.start()
        rig.venue.muted.add("userFills")
        await rig.submit("s0001-1", Side.BUY, "190.6", "1")
        rig.venue.say({"channel": "userFills", "data": {"user": OWNER, "fills": [{"coin": NVDA}]}})
        await rig.records.until(lambda: rig.records.filled("s0001-1") == D(1))
        await rig.until_ready()

    run(scenario, prepare=quotes)


def test_a_fill_and_a_payment_have_one_name_wherever_they_are_told() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.start()
        await rig.submit("s0001-1", Side.BUY, "190.6", "1")
        rig.venue.state.pay_funding(OWNER, NVDA, "0.5", "0.0001")
        await rig.records.until(lambda: bool(rig.records.fills and rig.records.payments))
        report = await rig.execution.account(0)
        assert {fill.fill_id for fill in rig.records.fills} == {fill.fill_id for fill in report.fills}
        assert {p.payment_id for p in rig.records.payments} == {p.payment_id for p in report.funding}
        assert rig.records.payments[0] == report.funding[0]

    run(scenario, prepare=quotes)


def test_the_snapshot_at_the_beginning_of_a_channel_is_not_booked_again() -> None:
    async def scenario(rig: Rig) -> None:
        old = {"coin": NVDA, "px": "1.0", "sz": "1.0", "side": "B", "time": 1, "oid": 1, "crossed": True,
               "fee": "0.0", "tid": 1, "feeToken": "USDC", "cloid": "0x" + "ab" * 16}  # fmt: skip
        rig.venue.state.account(OWNER).fills.append(old)
        await rig.start()

    rig = run(scenario)
    assert rig.records.fills == []


FRAGMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6)
    | st.sampled_from(["1.5", "NaN", "Infinity", "A", "B", NVDA, "open", "9" * 30, "1e9999"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["fills", "fundings", "order", "status", "coin", "px", "sz", "oid", "cloid", "time", "side",
                         "statusTimestamp", "origSz", "limitPx", "timestamp", "usdc", "fundingRate", "subscription"]),
        inner, max_size=6,
    ),
    max_leaves=14,
)  # fmt: skip
FRAMES = st.lists(
    st.tuples(
        st.sampled_from(["orderUpdates", "userFills", "userFundings", "subscriptionResponse", "error", "x"]), FRAGMENTS
    ),
    max_size=8,
)


NUMBERS = st.sampled_from(["1.5", "0", "-1", "NaN", "sNaN", "Infinity", "1e9999", "x", ""])
ORDER = st.fixed_dictionaries(
    {"coin": st.sampled_from([NVDA, "BTC", "@1"]), "side": st.sampled_from("ABC"), "limitPx": NUMBERS, "sz": NUMBERS,
     "origSz": NUMBERS, "oid": st.integers(-1, 5), "timestamp": st.integers(-1, 10**13)},
    optional={"cloid": st.sampled_from([None, "", "0x" + "ab" * 16, "x"])},
)  # fmt: skip
UPDATE = st.fixed_dictionaries(
    {"order": ORDER, "status": st.sampled_from(["open", "filled", "canceled", "x"]),
     "statusTimestamp": st.integers(-1, 10**13)}
)  # fmt: skip
FILL = st.fixed_dictionaries(
    {"coin": st.sampled_from([NVDA, "BTC", "@1"]), "side": st.sampled_from("ABC"), "px": NUMBERS, "sz": NUMBERS,
     "fee": NUMBERS, "crossed": st.booleans(), "time": st.integers(-1, 10**13), "oid": st.integers(-1, 5),
     "tid": st.integers(-1, 5), "cloid": st.sampled_from([None, "", "0x" + "ab" * 16, "x"])}
)  # fmt: skip
LIKELY = st.lists(
    st.tuples(st.just("orderUpdates"), st.lists(UPDATE, max_size=3))
    | st.tuples(st.just("userFills"), st.fixed_dictionaries({"user": st.just(OWNER), "fills": st.lists(FILL)})),
    min_size=1,
    max_size=8,
)


class NothingMissed(AccountReader):
    """Answers that nothing happened meanwhile."""

    def __init__(self) -> None: ...

    async def executions(self, since_ns: int) -> Executions:
        return Executions((), ())


@settings(max_examples=100)
@given(frames=LIKELY | FRAMES, noise=st.binary(max_size=40))
def test_no_private_frame_raises(frames: list[tuple[str, object]], noise: bytes) -> None:
    async def scenario() -> None:
        records, universe = ExecutionRecords(takes_payments=True), Universe((), ("", "xyz"))
        private = PrivateStream(OWNER, records, NothingMissed(), universe, OrderNames(), SystemClock(), NoRandomness())
        private.opened()
        for channel, data in frames:
            private.handle(json.dumps({"channel": channel, "data": data}).encode(), 1)
        private.handle(noise, 1)
        private.lost("the end")
        assert all(fill.client_order_id and fill.symbol for fill in records.fills)
        assert all(report.client_order_id for report in records.reports)

    asyncio.run(scenario())


def test_the_venues_greeting_is_no_unreadable_message() -> None:
    async def scenario() -> None:
        records, universe = ExecutionRecords(takes_payments=True), Universe((), ("", "xyz"))
        private = PrivateStream(OWNER, records, NothingMissed(), universe, OrderNames(), SystemClock(), NoRandomness())
        private.handle(b"Websocket connection established.", 1)
        assert (private.malformed, private.trouble) == (0, "not connected yet")

    asyncio.run(scenario())


# recorded ------------------------------------------------------------------------------------------------------


def cassette(name: str, kind: str) -> bytes:
    path: Path = recording("hyperliquid/hyperliquid-dex+hyperliquid-python-sdk") / name
    for interaction in yaml.safe_load(path.read_text())["interactions"]:
        if json.loads(interaction["request"]["body"])["type"] == kind:
            body = interaction["response"]["body"]["string"]
            raw = body if isinstance(body, bytes) else body.encode()
            return gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
    raise LookupError(kind)


@needs_recordings
def test_recorded_accounts_are_read() -> None:
    state = decode_clearinghouse(cassette("test_get_user_state.yaml", "clearinghouseState"))
    btc = state.asset_positions[0].position
    assert (btc.coin, btc.quantity, btc.entry_price, btc.unrealized_pnl) == (
        "BTC",
        D("-0.00785"),
        D(26951),
        D("-0.08007"),
    )
    universe, names = Universe((), ("",)), OrderNames()
    payments = decode_fundings(cassette("test_user_funding_history_with_end_time.yaml", "userFunding"))
    named = [funding_of(row.delta, row.time_ms, universe) for row in payments]
    assert len({payment.payment_id for payment in named if payment}) == len(payments)
    folder = recording("hyperliquid/nautechsystems+nautilus_trader")
    fills = decode_fills((folder / "hyperliquid__http_user_fills_dust_conversion.json").read_bytes())
    booked = [fill_of(fill, universe, names, 1) for fill in fills]
    assert [fill and (fill.symbol, fill.client_order_id) for fill in booked][:3] == [
        ("ARB/USDC:USDC", "oid-481029459465"), ("JUP/USDC:USDC", "oid-481029451261"), None,
    ]  # fmt: skip
    liquidated = json.loads((folder / "hyperliquid__ws_user_fill_liquidation.json").read_bytes())["data"]["fills"]
    (fill,) = decode_fills(json.dumps(liquidated).encode())
    assert fill.cloid == "0xe8d5fd7ebbb4c3cff4d1803472a11463"
