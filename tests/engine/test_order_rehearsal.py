"""A rehearsed order: verdict, fill, fees, margin and the room left, and nothing of it happens."""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from core.control.arming import raises_risk
from core.control.commands import Arm, CommandResult, Outcome, Pause, PlaceOrder, RehearseOrder
from core.control.consoles import ConsoleHello
from core.io.inline_journal import InlineJournal
from core.io.virtual_loop import VirtualLoop
from core.journal.facts import OrderIntended
from core.risk.limits import RiskLimits
from core.risk.rooms import LIMITS
from core.risk.table import RULES
from core.state.rehearsal import OrderRehearsalView, RoomView
from core.types.control import RiskMode
from tests.engine.rig import PERP, EngineRig, in_virtual_time
from tests.engine.venues import perpetual, spot

D = Decimal
Work = Callable[[EngineRig], Awaitable[None]]


def run(work: Work, **more: Any) -> None:
    async def main(loop: VirtualLoop) -> None:
        await work(await EngineRig(loop, **more).start())

    in_virtual_time(main)


def order(side: str = "buy", quantity: str = "1", price: str | None = None, **more: Any) -> PlaceOrder:
    return PlaceOrder(
        venue=more.pop("venue", "v1"),
        symbol=more.pop("symbol", PERP),
        side=side,
        quantity=D(quantity),
        order_type=more.pop("order_type", "market" if price is None else "limit"),
        limit_price=None if price is None else D(price),
        **more,
    )


async def rehearse(rig: EngineRig, wanted: PlaceOrder) -> OrderRehearsalView:
    result = await rig.execute(RehearseOrder.of(wanted))
    assert result.outcome is Outcome.DONE, result.message
    return msgspec.convert(result.data, OrderRehearsalView, from_attributes=True)


def room(view: OrderRehearsalView, rule: str) -> RoomView:
    return next(each for each in view.rooms if each.rule == rule)


def test_a_market_order_is_told_its_price_slippage_fee_margin_and_verdict() -> None:
    async def work(rig: EngineRig) -> None:
        view = await rehearse(rig, order(quantity="2"))
        assert (view.verdict, view.reason) == ("approved", "")
        assert view.order == f"BUY 2 {PERP}@v1 market"
        assert (view.fill.taken, view.fill.average_price, view.fill.levels) == (D(2), D("100.1"), 1)
        assert (view.fill.slippage_bps, view.fill.mid_cost_bps) == (D(0), D(10))
        assert (view.fill.rests, view.fill.beyond_depth) == (D(0), D(0))
        assert (view.fees.taker_rate, view.fees.taken, view.fees.resting) == (D("0.0005"), D("0.1001"), D(0))
        assert view.funding is not None
        assert (view.funding.kind, view.funding.unit) == ("margin", "USD")
        assert view.funding.needed == D("200.2") / 3  # the least of the account's and the venue's leverage
        assert view.value_usd == D("200.2")

    run(work)


def test_a_limit_that_rests_pays_the_makers_fee_and_takes_nothing() -> None:
    async def work(rig: EngineRig) -> None:
        view = await rehearse(rig, order(quantity="2", price="99"))
        assert (view.fill.taken, view.fill.rests, view.fill.average_price) == (D(0), D(2), None)
        assert view.fill.slippage_bps is None
        assert (view.fees.taken, view.fees.resting) == (D(0), D("0.0396"))

    run(work)


def test_a_book_that_is_too_thin_is_said_to_be_and_the_price_of_what_there_is_told() -> None:
    async def work(rig: EngineRig) -> None:
        rig.feed.quote(PERP, "99.9", "100.1", "0.5")
        await rig.settle()
        view = await rehearse(rig, order(quantity="2"))
        assert (view.fill.taken, view.fill.beyond_depth) == (D("0.5"), D("1.5"))
        assert view.verdict == "refused"
        assert any("too thin: it shows 0.5 of 2" in note for note in view.notes)
        # Nobody knows what the whole of it would cost, so no room is told either.
        assert room(view, "order_value").left_after is None
        assert room(view, "order_value").note
        assert room(view, "order_value").left_now == RiskLimits().max_position_per_trade_usd

    run(work)


def test_a_silent_book_leaves_everything_unknown_and_nothing_zero() -> None:
    async def work(rig: EngineRig) -> None:
        rig.feed.is_silent = True
        await rig.elapse(5)
        view = await rehearse(rig, order(price="100"))
        assert view.verdict == "refused"
        assert "stale" in view.fill.problem
        assert (view.fill.taken, view.fill.average_price, view.fill.rests, view.fees.taken) == (None, None, None, None)
        day = room(view, "day_loss")
        assert (day.left_after, day.note) == (None, "what the order costs at once is not known")

    run(work)


def test_fees_that_a_venue_does_not_state_are_unknown() -> None:
    async def work(rig: EngineRig) -> None:
        view = await rehearse(rig, order())
        assert (view.fees.taker_rate, view.fees.taken, view.fees.resting) == (None, None, None)
        assert room(view, "day_loss").left_after is None
        assert any("does not state its fees" in note for note in view.notes)

    run(work, venues=[("v1", [perpetual("v1", has_fee_rates=False, taker_fee_rate="0", maker_fee_rate="0")])])


def test_a_purchase_needs_cash_with_its_fee_and_a_sale_the_holding() -> None:
    async def work(rig: EngineRig) -> None:
        bought = await rehearse(rig, order(symbol="BTC/USDT"))
        assert bought.funding is not None
        assert (bought.funding.kind, bought.funding.unit) == ("cash", "USDT")
        assert bought.funding.needed == D("100.1") * D("1.0005")
        assert bought.funding.left == D(100_000) - D("100.1") * D("1.0005")
        sold = await rehearse(rig, order("sell", symbol="BTC/USDT"))
        assert sold.funding is not None
        assert (sold.funding.kind, sold.funding.needed, sold.funding.available) == ("holding", D(1), D(0))
        assert sold.verdict == "refused"

    run(work, venues=[("v1", [spot("v1")])])


def test_the_room_at_each_limit_is_told_now_and_after() -> None:
    async def work(rig: EngineRig) -> None:
        limits = rig.limits
        view = await rehearse(rig, order(quantity="2"))
        assert [each.rule for each in view.rooms] == list(LIMITS)
        directional = room(view, "directional_sum")
        assert directional.left_now == limits.max_position_size_usd
        assert directional.left_after == limits.max_position_size_usd - D("200.2")
        pool = room(view, "capital_pool")
        assert pool.of == "arb v1"
        assert pool.left_now is not None
        assert pool.left_after == pool.left_now - D("200.2")
        day = room(view, "day_loss")
        assert day.left_now == limits.daily_loss_usd
        assert day.left_after == limits.daily_loss_usd - D("0.2") - D("0.1001")  # half the spread, and the fee
        gross = room(view, "instrument_gross")
        assert (gross.of, gross.left_now) == (f"{PERP}@v1", limits.max_instrument_gross_usd)
        waiting = room(view, "open_orders")
        assert (waiting.left_now, waiting.left_after) == (D(100), D(99))
        assert all(each.left_now is not None and each.left_after is not None for each in view.rooms)

    run(work)


@pytest.mark.parametrize(
    ("quantity", "price"),
    [("1", None), ("19", None), ("21", None), ("60", None), ("1", "90"), ("1", "110"), ("0.015", "100")],
)
def test_the_verdict_is_the_one_that_the_order_then_gets(quantity: str, price: str | None) -> None:
    async def work(rig: EngineRig) -> None:
        wanted = order(quantity=quantity, price=price)
        view = await rehearse(rig, wanted)
        result = await rig.execute(wanted)
        assert (view.verdict == "refused") == (result.outcome is Outcome.REFUSED)
        assert result.outcome is not Outcome.REFUSED or view.reason in result.message
        failed = [each.rule for each in view.checks if not each.passed]
        told: Any = result.data.get("refused_by", [])
        assert sorted(failed) == sorted(each["rule"] for each in told)

    run(work)


@pytest.mark.parametrize("quantity", ["0.5", "5", "15", "25", "150", "2500"])
def test_a_limit_without_room_after_the_order_is_one_that_refuses_it(quantity: str) -> None:
    async def work(rig: EngineRig) -> None:
        view = await rehearse(rig, order(quantity=quantity, price="100"))
        passed = {check.rule: check.passed for check in view.checks}
        for each in view.rooms:
            if each.left_after is None or each.rule in {"day_loss", "drawdown"}:
                continue
            assert passed[each.rule] == (each.left_after >= 0), each

    run(work)


def test_nothing_is_sent_held_journaled_or_counted() -> None:
    async def work(rig: EngineRig) -> None:
        rows = rig.journal.digest()
        log = rig.log()
        for wanted in (
            order(),
            order(),
            order(quantity="1000"),
            order(price="99", take_profit=D(110), stop_loss=D(90)),
            order("sell", order_type="stop", stop_price=D(90)),
        ):
            await rehearse(rig, wanted)
        await rig.settle()
        assert rig.journal.digest() == rows
        assert rig.log() == log
        assert rig.venue.open_orders == []
        assert not rig.facts(OrderIntended)
        result = await rig.place()  # not a duplicate of one that was only asked about
        assert result.outcome is Outcome.DONE, result.message
        assert str(result.data["client_order_id"]).endswith("-1")  # and the first id is still free

    run(work, journal=InlineJournal())


def test_a_pause_is_told_and_a_reducing_order_is_let_through() -> None:
    async def work(rig: EngineRig) -> None:
        await rig.place(quantity="2")
        await rig.execute(Pause(who="test"))
        view = await rehearse(rig, order())
        assert view.verdict == "refused"
        assert "halt_level" in view.reason
        out = await rehearse(rig, order("sell", quantity="2", reduce_only=True))
        assert (out.verdict, out.reason) == ("approved", "")
        assert out.funding is not None
        assert out.funding.needed == 0
        assert room(out, "capital_pool").left_after == room(out, "capital_pool").left_now

    run(work)


def test_an_own_order_in_the_way_is_told_as_the_refusal_it_would_be() -> None:
    async def work(rig: EngineRig) -> None:
        await rig.place("sell", "1", "101")
        view = await rehearse(rig, order(price="101"))
        assert view.verdict == "refused"
        assert "self_cross" in view.reason

    run(work)


def test_a_post_only_order_that_would_trade_is_warned_of() -> None:
    async def work(rig: EngineRig) -> None:
        view = await rehearse(rig, order(price="100.1", post_only=True))
        assert any("post-only" in note and "rejects" in note for note in view.notes)

    run(work)


def test_what_is_held_is_valued_at_its_trigger_and_its_fill_is_not_foreseen() -> None:
    async def work(rig: EngineRig) -> None:
        view = await rehearse(rig, order(order_type="stop", stop_price=D(110)))
        assert (view.verdict, view.is_held) == ("approved", True)
        assert "stop 110" in view.order
        assert view.value == D(110)
        assert view.fill.taken is None
        assert any("when it triggers" in note for note in view.notes)
        through = await rehearse(rig, order(order_type="stop", stop_price=D(90)))
        assert through.verdict == "refused"
        assert "would trigger at once" in through.reason

    run(work)


def test_the_entry_of_a_bracket_is_rehearsed_as_the_order_it_is() -> None:
    async def work(rig: EngineRig) -> None:
        view = await rehearse(rig, order(stop_loss=D(95)))
        assert (view.verdict, view.is_held, view.fill.taken) == ("approved", False, D(1))
        assert "then SELL up to 1" in view.order

    run(work)


@pytest.mark.parametrize(
    "wanted",
    [order(symbol="NOPE"), order("hold"), order(quantity="0"), order(order_type="limit"), order(order_type="stop")],
)
def test_a_form_that_is_wrong_is_answered_as_by_the_order_itself(wanted: PlaceOrder) -> None:
    async def work(rig: EngineRig) -> None:
        asked, placed = await rig.execute(RehearseOrder.of(wanted)), await rig.execute(wanted)
        assert (asked.outcome, asked.message) == (Outcome.INVALID, placed.message)

    run(work)


def test_a_console_that_may_not_trade_may_ask_and_is_told_so() -> None:
    async def work(rig: EngineRig) -> None:
        for console in ("a", "b"):
            rig.engine.attach(ConsoleHello(console=console, who=f"console:{console}", interval_ms=100))
        armed = await rig.execute(Arm(console="a", who="console:a"))
        assert armed.outcome is Outcome.DONE
        theirs = await rig.execute(RehearseOrder.of(order(console="b")))
        assert theirs.data["verdict"] == "refused"
        assert "console:a is armed" in str(theirs.data["reason"])
        own: CommandResult = await rig.execute(RehearseOrder.of(order(console="a")))
        assert own.data["verdict"] == "approved"

    run(work)


def test_asking_raises_no_risk() -> None:
    assert not raises_risk(RehearseOrder.of(order()), RiskMode.BALANCED)


def test_every_limit_that_is_told_is_a_rule() -> None:
    assert set(LIMITS) <= {rule.name for rule in RULES}
