"""Orders at the loopback venue: what goes over the wire, and what comes of it."""

import asyncio
import json
from decimal import Decimal

import msgspec
import pytest

from adapters.hyperliquid.dead_man import DeadMan
from adapters.hyperliquid.outcomes import ActionResult, doubt
from adapters.hyperliquid.settings import ExecutionSettings
from adapters.named_execution import NamedExecution
from core.io.virtual_loop import VirtualLoop
from core.ports.venue import SendOutcome
from core.types.order import Liquidity, OrderStatus, Side, TimeInForce
from tests.adapters.hyperliquid.rig import AGENT, BTC, NVDA, OWNER, QUICK, Rig, run
from tests.venues.hyperliquid.faults import after, answered, done_and_answered, done_and_lost, lost
from tests.venues.hyperliquid.server import LoopbackHyperliquid
from tests.venues.hyperliquid.signatures import signer_of

D = Decimal
ACCEPTED, REJECTED, IN_DOUBT = SendOutcome.ACCEPTED, SendOutcome.REJECTED, SendOutcome.IN_DOUBT
ONE = "stag-0001-1"


def quotes(venue: LoopbackHyperliquid) -> None:
    for n in range(5):
        venue.state.crowd(NVDA, Side.BUY, f"{190.4 - n:.1f}", "1")
        venue.state.crowd(NVDA, Side.SELL, f"{190.6 + n:.1f}", "1")


async def with_books(rig: Rig) -> None:
    await rig.start_feed()
    await rig.start()
    await rig.sink.until(lambda: all(book.mid() is not None for book in [rig.sink.books[NVDA]]))


def test_an_order_for_a_builders_symbol_names_its_asset_and_is_signed_by_the_agent() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.start()
        result = await rig.submit(ONE, Side.BUY, "190.4", "0.5")
        assert result.outcome is ACCEPTED
        assert result.venue_order_id == str(
            rig.venue.state.find(OWNER, rig.venue.sent("order")[0]["orders"][0]["c"]).number
        )
        await rig.records.until(lambda: rig.records.statuses(ONE) == ["open"])

    rig = run(scenario)
    (body,) = rig.venue.actions
    (order,) = body["action"]["orders"]
    assert (order["a"], order["p"], order["s"], order["t"]) == (110_002, "190.4", "0.5", {"limit": {"tif": "Gtc"}})
    assert signer_of(body, is_mainnet=True) == AGENT
    assert signer_of(body, is_mainnet=False) != AGENT


def test_an_order_is_filled_in_parts_and_every_fill_is_named_by_its_client_id() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.start()
        await rig.submit(ONE, Side.BUY, "190.4", "0.5")
        rig.venue.state.crowd(NVDA, Side.SELL, "190.4", "0.2")
        rig.venue.state.crowd(NVDA, Side.SELL, "190.4", "0.3")
        await rig.records.until(lambda: "filled" in rig.records.statuses(ONE))
        await rig.records.until(lambda: rig.records.filled(ONE) == D("0.5"))

    rig = run(scenario)
    first, second = rig.records.fills[:2]
    assert [(fill.symbol, fill.price, fill.quantity) for fill in (first, second)] == [
        (NVDA, D("190.4"), D("0.2")),
        (NVDA, D("190.4"), D("0.3")),
    ]
    assert first.fee == D("0.2") * D("190.4") * D("0.00015")
    assert first.liquidity is Liquidity.MAKER
    assert all(type(fill.price) is type(fill.quantity) is type(fill.fee) is Decimal for fill in rig.records.fills)


def test_a_market_order_takes_no_further_than_its_bound_and_its_remainder_is_reported_gone() -> None:
    async def scenario(rig: Rig) -> None:
        await with_books(rig)
        result = await rig.submit(ONE, Side.BUY, None, "3")
        assert result.outcome is ACCEPTED
        await rig.records.until(lambda: "cancelled" in rig.records.statuses(ONE))
        await rig.records.until(lambda: rig.records.filled(ONE) == D(2))

    rig = run(scenario, prepare=quotes)
    (order,) = rig.venue.sent("order")[0]["orders"]
    assert (order["p"], order["t"]) == ("192.5", {"limit": {"tif": "Ioc"}})  # 190.6 and a hundredth, to five figures
    assert "filled" not in rig.records.statuses(ONE)


def test_a_market_order_without_a_book_is_not_sent_and_one_that_only_reduces_asks_the_venue() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.start()
        assert (await rig.submit("s0001-1", Side.BUY, "190.6", "1")).outcome is ACCEPTED
        result = await rig.submit("s0001-2", Side.SELL, None, "1")
        assert (result.outcome, "no fresh book" in result.reason) == (REJECTED, True)
        assert (await rig.submit("s0001-3", Side.SELL, None, "1", reduce_only=True)).outcome is ACCEPTED

    rig = run(scenario, prepare=quotes)
    assert [each["orders"][0]["p"] for each in rig.venue.sent("order")] == ["190.6", "188.5"]
    assert rig.venue.state.account(OWNER).positions[NVDA][0] == 0


@pytest.mark.parametrize(
    ("changes", "price", "reason"),
    [
        ({"post_only": True}, "190.6", "immediately matched"),
        ({"time_in_force": TimeInForce.IOC}, "190.5", "could not immediately match"),
        ({"reduce_only": True}, "190.4", "would increase position"),
        ({"quantity": D("0.001")}, "190.4", "minimum value"),
        ({"quantity": D(5000)}, "190.4", "Insufficient margin"),
        ({"quantity": D("0.0001")}, "190.4", "below what the venue takes"),
        ({"symbol": "xyz:NONE"}, "190.4", "not traded"),
        ({"client_order_id": "o1"}, "190.4", "not of the form"),
    ],
)
def test_what_the_venue_refuses_is_a_known_refusal(changes: dict, price: str, reason: str) -> None:
    async def scenario(rig: Rig) -> None:
        await rig.start()
        result = await rig.submit(ONE, Side.BUY, price, "0.5", **changes)
        assert result.outcome is REJECTED
        assert reason in result.reason

    rig = run(scenario, prepare=quotes)
    assert not [order for order in rig.venue.state.orders.values() if order.status == "open"]


@pytest.mark.parametrize(
    ("fault", "outcome", "lives"),
    [
        (done_and_lost, IN_DOUBT, True),
        (lost, IN_DOUBT, False),
        (done_and_answered(502, "<html>"), IN_DOUBT, True),
        (answered(500), IN_DOUBT, False),
        (done_and_answered(200, '{"status":"ok"'), IN_DOUBT, True),
        (answered(200, '{"status":"err","response":"words that nobody has seen"}'), IN_DOUBT, False),
        (answered(422, "Failed to deserialize the JSON body into the target type"), REJECTED, False),
        (answered(429), REJECTED, False),
    ],
)  # fmt: skip
def test_what_nobody_knows_is_doubt_and_the_account_shows_the_truth(fault, outcome, lives: bool) -> None:
    async def scenario(rig: Rig) -> None:
        await rig.start()
        rig.venue.exchange_faults.append(fault)
        assert (await rig.submit(ONE, Side.BUY, "190.4", "0.5")).outcome is outcome
        if not lives and outcome is REJECTED:
            return
        report = await rig.execution.account(0)
        assert [order.intent.client_order_id for order in report.open_orders] == ([ONE] if lives else [])
        if lives:
            await rig.records.until(lambda: rig.records.statuses(ONE) == ["open"])

    rig = run(scenario, prepare=quotes)
    assert len(rig.venue.actions) == 1, "what is in doubt is never sent again"


def test_an_order_that_fills_before_its_answer_is_lost_is_told_by_the_stream() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.start()
        rig.venue.exchange_faults.append(done_and_lost)
        assert (await rig.submit(ONE, Side.BUY, "190.6", "0.5")).outcome is IN_DOUBT
        await rig.records.until(lambda: "filled" in rig.records.statuses(ONE))
        await rig.records.until(lambda: rig.records.filled(ONE) == D("0.5"))

    run(scenario, prepare=quotes)


def test_a_cancel_ends_an_order_and_one_that_comes_too_late_is_refused() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.start()
        await rig.submit("s0001-1", Side.BUY, "190.4", "0.5")
        assert (await rig.execution.cancel("s0001-1", NVDA)).outcome is ACCEPTED
        await rig.records.until(lambda: rig.records.statuses("s0001-1") == ["open", "cancelled"])
        await rig.submit("s0001-2", Side.BUY, "190.5", "0.5")
        rig.venue.exchange_faults.append(after(lambda v: v.state.crowd(NVDA, Side.SELL, "190.5", "0.5")))
        late = await rig.execution.cancel("s0001-2", NVDA)
        assert (late.outcome, "already canceled, or filled" in late.reason) == (REJECTED, True)
        await rig.records.until(lambda: rig.records.statuses("s0001-2") == ["open", "filled"])

    run(scenario, prepare=quotes)


def test_a_foreign_order_is_reported_by_the_venues_name_and_can_be_cancelled_by_it() -> None:
    wire = {"a": 110_002, "b": True, "p": "100", "s": "1", "r": False, "t": {"limit": {"tif": "Alo"}}}

    async def scenario(rig: Rig) -> None:
        await rig.start()
        rig.venue.state.place(OWNER, wire)
        rig.venue.state.place(OWNER, wire | {"c": "0x" + "ab" * 16})
        orders = (await rig.execution.account(0)).open_orders
        names = [order.intent.client_order_id for order in orders]
        assert names == [f"oid-{orders[0].venue_order_id}", "0x" + "ab" * 16]
        assert all(order.intent.post_only for order in orders)
        for name in names:
            assert (await rig.execution.cancel(name, NVDA)).outcome is ACCEPTED
        assert (await rig.execution.account(0)).open_orders == ()

    run(scenario)


def test_orders_leave_the_reserved_slice_of_the_allowance_to_cancels_and_reads() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.start()
        await rig.submit("s0001-1", Side.BUY, "190.4", "0.5")
        rig.budget.told_used(1200 * 0.85)
        refused = await rig.submit("s0001-2", Side.BUY, "190.4", "0.5")
        assert (refused.outcome, "rate limit" in refused.reason) == (REJECTED, True)
        assert len((await rig.execution.account(0)).open_orders) == 1
        assert (await rig.execution.cancel("s0001-1", NVDA)).outcome is ACCEPTED

    rig = run(scenario)
    assert len(rig.venue.sent("order")) == 1


def test_a_429_shuts_the_way_for_orders_at_once() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.start()
        rig.venue.exchange_faults.append(answered(429, "", **{"Retry-After": "30"}))
        for name in ("s0001-1", "s0001-2"):
            result = await rig.submit(name, Side.BUY, "190.4", "0.5")
            assert (result.outcome, "rate limit" in result.reason) == (REJECTED, True)

    rig = run(scenario)
    assert len(rig.venue.actions) == 1


def test_nothing_goes_out_but_what_was_asked_for_and_no_order_names_a_third_party() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.start()
        await rig.submit("s0001-1", Side.BUY, "190.4", "0.5")
        assert [body["action"]["type"] for body in rig.venue.actions] == ["order"]
        await rig.execution.cancel("s0001-1", NVDA)
        await rig.execution.account(0)

    rig = run(scenario, prepare=quotes)
    assert [body["action"]["type"] for body in rig.venue.actions] == ["order", "cancelByCloid"]
    order = rig.venue.sent("order")[0]
    assert set(order) == {"type", "orders", "grouping"}
    assert set(order["orders"][0]) == {"a", "b", "p", "s", "r", "t", "c"}
    assert set(rig.venue.actions[0]) == {"action", "nonce", "signature", "vaultAddress", "expiresAfter"}
    text = json.dumps([rig.venue.actions, rig.venue.questions]).lower()
    assert not [word for word in ("builder", "referr", "approve", "agentname") if word in text]


def test_leverage_is_set_within_what_the_instrument_allows() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.start()
        assert (await rig.execution.set_leverage(NVDA, 5, is_cross=False)).outcome is ACCEPTED
        assert (await rig.execution.set_leverage(BTC, 21, is_cross=True)).outcome is REJECTED

    rig = run(scenario)
    assert rig.venue.sent("updateLeverage") == [
        {"type": "updateLeverage", "asset": 110_002, "isCross": False, "leverage": 5}
    ]


@pytest.mark.parametrize("has_traded_enough", [True, False])
def test_the_venues_own_timer_is_set_and_taken_back_where_it_is_granted(has_traded_enough: bool) -> None:
    async def scenario(rig: Rig) -> None:
        rig.venue.has_traded_enough = has_traded_enough
        await rig.start()
        await rig.venue.until(lambda: bool(rig.venue.sent("scheduleCancel")))
        await rig.submit("s0001-1", Side.BUY, "190.4", "0.5")
        assert (rig.venue.scheduled_ms is not None) is has_traded_enough
        await rig.execution.stop()

    rig = run(scenario, settings=ExecutionSettings(stream=QUICK, dead_man_s=60.0))
    set_at, taken_back = rig.venue.sent("scheduleCancel")
    assert "time" in set_at
    assert "time" not in taken_back
    assert rig.venue.scheduled_ms is None
    assert rig.venue.state.find(OWNER, rig.venue.sent("order")[0]["orders"][0]["c"]).status == "open"


def test_a_timer_that_is_not_granted_is_said_once_and_stands_in_plain_words(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario(rig: Rig) -> None:
        rig.venue.has_traded_enough = False
        await rig.start()
        await rig.venue.until(lambda: bool(rig.execution.cautions))
        (caution,) = NamedExecution(rig.execution, "mine").cautions
        assert "is NOT armed, orders stay when this program dies: Hyperliquid grants it after 1,000,000 USD" in caution
        await rig.execution.stop()
        assert rig.execution.cautions == ()

    run(scenario, settings=ExecutionSettings(stream=QUICK, dead_man_s=60.0))
    assert [each.levelname for each in caplog.records if "dead man's switch" in each.message] == ["WARNING"]


class ScriptedExchange:
    """Answers the next settings as told, and the last of these for ever."""

    venue_ms = 0

    def __init__(self, *answers: ActionResult | Exception) -> None:
        self._answers = list(answers)
        self.sent = 0

    async def send(self, action: object, purpose: object) -> tuple[ActionResult]:
        answer = self._answers[min(self.sent, len(self._answers) - 1)]
        self.sent += 1
        if isinstance(answer, Exception):
            raise answer
        return (answer,)


def test_the_timer_counts_as_armed_no_longer_than_the_venue_waits() -> None:
    done, silent = ActionResult(ACCEPTED), doubt("no answer")

    async def scenario() -> None:
        exchange = ScriptedExchange(done, done, silent)
        switch = DeadMan(exchange, 60.0)
        switch.start()
        await asyncio.sleep(79)  # set at 0 and 20, then unheard
        assert (exchange.sent, switch.caution) == (4, "")
        await asyncio.sleep(2)
        assert switch.caution.endswith("NOT armed, orders stay when this program dies: no answer")
        await switch.stop()
        broken = DeadMan(ScriptedExchange(ValueError("no nonce")), 60.0)
        broken.start()
        await asyncio.sleep(1)
        assert broken.caution.endswith("setting it ended by a fault")
        with pytest.raises(ValueError, match="no nonce"):
            await broken.stop()
        off = DeadMan(exchange, None)
        off.start()
        assert off.caution == ""

    loop = VirtualLoop()
    try:
        loop.run_until_complete(scenario())
    finally:
        loop.close()


def test_an_unknown_status_is_doubt() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.start()
        await rig.submit(ONE, Side.BUY, "190.4", "0.5")
        update = next(iter(rig.venue.state.orders.values())).update() | {"status": "teleported"}
        rig.venue.say({"channel": "orderUpdates", "data": [update]})
        await rig.records.until(lambda: rig.records.statuses(ONE) == ["open", "in_doubt"])

    rig = run(scenario)
    assert rig.records.reports[-1].reason == "unknown status 'teleported' of the venue"
    assert rig.records.reports[-1].status is OrderStatus.IN_DOUBT


def test_an_order_carries_the_moment_after_which_the_venue_must_not_take_it_any_more() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.start()
        await rig.submit("s0001-1", Side.BUY, "190.4", "0.5")
        await rig.execution.cancel("s0001-1", NVDA)

    rig = run(scenario, settings=msgspec.structs.replace(ExecutionSettings(stream=QUICK), expires_after_s=8.0))
    order, cancel = rig.venue.actions
    assert order["expiresAfter"] - order["nonce"] in range(7_900, 8_100)
    assert cancel["expiresAfter"] is None
    assert cancel["nonce"] > order["nonce"]
