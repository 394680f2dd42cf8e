"""What is confirmed is what was shown: another engine, another mode or another halt since then is not agreed to."""

from dataclasses import dataclass, field
from decimal import Decimal

import pytest
from msgspec.structs import replace

from core.control.commands import AmendOrder, Arm, Kill, Resume, SetRiskMode
from core.state.desk import DeskSnapshot, OrderView
from core.types.control import Blocker, HaltLevel
from tests.console.driving import Desk, run_console
from tests.console.fake_jobs import START_NS
from tests.console.fake_link import FakeLink
from tests.console.test_one_key import BTC, armed, clear_of_own_orders, sent

D = Decimal


@dataclass
class RestartingLink(FakeLink):
    """An engine that can be another one at the next look."""

    run: int = 1
    quote_usd: Decimal | None = Decimal(1)
    order_tick: Decimal | None = None
    contract_size: Decimal = Decimal(1)
    has_empty_books: bool = False
    more_orders: list[OrderView] = field(default_factory=list[OrderView])

    def snapshot(self) -> DeskSnapshot:
        snapshot = super().snapshot()
        snapshot.orders += self.more_orders
        snapshot.engine_id = f"run-{self.run}"
        for venue in snapshot.monitoring.market.values():
            for market in venue.values():
                market.point_value_usd = self.quote_usd
        snapshot.instruments = [
            replace(each, order_tick_size=self.order_tick, contract_size=self.contract_size)
            for each in snapshot.instruments
        ]
        if self.has_empty_books:
            nothing: dict[str, list[int]] = {"bid_ticks": [], "bid_lots": [], "ask_ticks": [], "ask_lots": []}
            snapshot.books = {name: replace(book, **nothing) for name, book in snapshot.books.items()}
        return snapshot


def order_view(side: str, quantity: str, price: str) -> OrderView:
    return OrderView(
        client_order_id="o-9", venue="sim-a", symbol="BTC/USDT:USDT", side=side, order_type="limit",
        quantity=D(quantity), filled_quantity=D(0), limit_price=D(price), average_price=None, status="open",
        source="manual", reason=None, is_external=False, created_ns=0, updated_ns=0,
    )  # fmt: skip


async def ask_for_a_small_order(desk: Desk) -> None:
    await clear_of_own_orders(desk)
    await desk.press("b")
    await desk.type("0.001")
    await desk.press("enter")
    assert "Send this order?" in str(desk.app.dialogs.top and desk.app.dialogs.top.border_title)


@pytest.mark.parametrize("is_seen", [True, False])
def test_an_order_asked_about_on_paper_is_not_sent_to_an_engine_that_came_back_with_real_money(
    *, is_seen: bool
) -> None:
    async def script(desk: Desk) -> None:
        await ask_for_a_small_order(desk)
        await desk.press("down")
        desk.link.trading_mode = "live"
        if is_seen:
            await desk.frame()
        desk.clock.advance(0.3)
        await desk.pilot.press("enter")
        await desk.redraw()
        assert desk.app.dialogs.top is None
        assert "not done: the engine was started anew" in desk.bar("message")

    link, _ = run_console(script, RestartingLink())
    assert sent(link) == []


def test_a_ticket_that_was_begun_before_a_restart_leads_to_no_order() -> None:
    async def script(desk: Desk) -> None:
        assert isinstance(desk.link, RestartingLink)
        await clear_of_own_orders(desk)
        await desk.press("b")
        await desk.type("0.001")
        desk.link.run = 2
        await desk.press("enter")
        assert desk.app.dialogs.top is None

    link, _ = run_console(script, RestartingLink())
    assert sent(link) == []


def test_the_same_engine_gets_the_order_that_was_confirmed() -> None:
    async def script(desk: Desk) -> None:
        await ask_for_a_small_order(desk)
        await desk.press("down", "enter")

    link, _ = run_console(script, RestartingLink())
    assert [order.quantity for order in sent(link)] == [D("0.001")]


async def ask_for(desk: Desk, side: str, price: str) -> None:
    await clear_of_own_orders(desk)
    await desk.press(side)
    await desk.type("0.001")
    await desk.press("tab", *["backspace"] * 12)
    await desk.type(price)
    await desk.press("enter", "down")


@pytest.mark.parametrize(
    ("price", "moved_ticks", "told"),
    [
        ("64000", -4_000, "above the touch"),  # a bid that is far above a market that has fallen
        ("", 1_000, "value 64.5"),
        ("", -1_000, None),  # a market order that has become cheaper
        ("64000", -500, None),
    ],
)
def test_an_order_whose_market_went_away_while_it_was_confirmed_is_asked_about_again(
    price: str, moved_ticks: int, told: str | None
) -> None:
    async def script(desk: Desk) -> None:
        await ask_for(desk, "b", price)
        desk.link.moved_ticks = moved_ticks
        await desk.press("enter")
        if told is None:
            assert len(sent(desk.link)) == 1
            return
        assert sent(desk.link) == []
        assert told in " ".join(desk.dialog().split())
        assert price or "0.8 % higher than when this was asked" in desk.dialog()
        await desk.press("enter")  # Cancel has the focus, or a word is asked for
        assert sent(desk.link) == []

    run_console(script, RestartingLink())


def test_an_order_that_another_hand_sent_meanwhile_is_asked_about_again_and_then_sent() -> None:
    twin = order_view("buy", "0.001", "64000")

    async def script(desk: Desk) -> None:
        assert isinstance(desk.link, RestartingLink)
        await ask_for(desk, "b", "64000")
        desk.link.more_orders = [replace(twin, created_ns=desk.link.engine_ns)]
        await desk.press("enter")
        assert sent(desk.link) == []
        assert "the same order was sent" in desk.dialog()
        await desk.press("down", "enter")

    link, _ = run_console(script, RestartingLink())
    assert len(sent(link)) == 1


def test_an_order_that_would_meet_an_own_one_placed_while_it_was_confirmed_is_not_sent() -> None:
    async def script(desk: Desk) -> None:
        assert isinstance(desk.link, RestartingLink)
        await ask_for(desk, "b", "64000")
        desk.link.more_orders = [order_view("sell", "0.5", "63999")]
        await desk.press("enter")
        assert "is in the way" in desk.bar("message")

    link, _ = run_console(script, RestartingLink())
    assert sent(link) == []


def test_an_order_whose_book_was_lost_while_it_was_confirmed_takes_a_typed_word() -> None:
    async def script(desk: Desk) -> None:
        await ask_for(desk, "b", "64000")
        desk.link.stale = {BTC}
        await desk.press("enter")
        assert "cannot be read" in desk.dialog()
        assert sent(desk.link) == []
        await desk.type("64")
        await desk.press("enter")

    link, _ = run_console(script, RestartingLink())
    assert len(sent(link)) == 1


def test_a_market_that_goes_on_moving_is_asked_about_each_time() -> None:
    async def script(desk: Desk) -> None:
        await ask_for(desk, "b", "")
        for moved_ticks, told in ((1_000, "0.8 % higher"), (40_000, "30.2 % higher")):
            desk.link.moved_ticks = moved_ticks
            await desk.press("enter")
            assert sent(desk.link) == []
            assert told in desk.dialog()
            await desk.press("down")
        await desk.press("enter")

    link, _ = run_console(script, RestartingLink())
    assert len(sent(link)) == 1


def test_a_market_order_whose_book_was_lost_shows_no_value_and_takes_its_quantity() -> None:
    async def script(desk: Desk) -> None:
        await ask_for(desk, "b", "")
        assert "value 64.02" in desk.dialog()
        desk.link.stale = {BTC}
        await desk.press("enter")
        assert "value —" in desk.dialog()
        assert "type 0.001 and press enter" in desk.dialog()
        await desk.type("0.001")
        await desk.press("enter")

    link, _ = run_console(script, RestartingLink())
    assert len(sent(link)) == 1


@pytest.mark.parametrize(("moved_ticks", "told"), [(20_000, "15.6 % higher"), (-20_000, None), (0, None)])
def test_a_market_order_whose_book_comes_back_elsewhere_is_measured_by_the_price_that_was_shown_last(
    moved_ticks: int, told: str | None
) -> None:
    async def script(desk: Desk) -> None:
        await ask_for(desk, "b", "")
        desk.link.stale = {BTC}
        await desk.press("enter")
        await desk.type("0.001")
        desk.link.stale, desk.link.moved_ticks = set(), moved_ticks
        await desk.press("enter")
        assert len(sent(desk.link)) == (told is None)
        assert (told or "") in desk.dialog()

    run_console(script, RestartingLink())


@pytest.mark.parametrize("quote_usd", [D(1_000), None], ids=["changed", "lost"])
def test_an_order_that_a_new_rate_of_its_currency_made_large_takes_a_typed_word(quote_usd: Decimal | None) -> None:
    async def script(desk: Desk) -> None:
        assert isinstance(desk.link, RestartingLink)
        await ask_for(desk, "b", "64000")
        desk.link.quote_usd = quote_usd
        await desk.press("enter")
        assert sent(desk.link) == []
        assert "type 64 and press enter" in desk.dialog()
        await desk.type("64")
        await desk.press("enter")

    link, _ = run_console(script, RestartingLink())
    assert len(sent(link)) == 1


def test_an_order_whose_contracts_became_larger_is_asked_about_with_its_value_of_now() -> None:
    async def script(desk: Desk) -> None:
        assert isinstance(desk.link, RestartingLink)
        await ask_for(desk, "b", "64000")
        desk.link.contract_size = D(10)
        await desk.press("enter")
        assert sent(desk.link) == []
        assert "value 640.00" in desk.dialog()
        await desk.press("down", "enter")

    link, _ = run_console(script, RestartingLink())
    assert len(sent(link)) == 1


def test_a_price_far_below_the_market_that_is_far_above_it_by_now_is_asked_about_again() -> None:
    async def script(desk: Desk) -> None:
        await ask_for(desk, "b", "62000")
        assert "below the touch" in desk.dialog()
        await desk.type("62")
        desk.link.moved_ticks = -10_000
        await desk.press("enter")
        assert sent(desk.link) == []
        assert "above the touch" in desk.dialog()
        await desk.type("62")
        await desk.press("enter")

    link, _ = run_console(script, RestartingLink())
    assert len(sent(link)) == 1


def test_a_price_that_could_not_be_checked_is_asked_about_once_it_can_be_and_is_far_away() -> None:
    async def script(desk: Desk) -> None:
        assert isinstance(desk.link, RestartingLink)
        desk.link.has_empty_books = True
        await ask_for(desk, "b", "70000")
        assert "its book is empty" in desk.dialog()
        await desk.type("70")
        desk.link.has_empty_books = False
        await desk.press("enter")
        assert sent(desk.link) == []
        assert "above the touch" in desk.dialog()

    run_console(script, RestartingLink())


@pytest.mark.parametrize(("key", "word"), [("a", "arm"), ("M", "aggressive")])
def test_arming_and_a_riskier_mode_are_asked_again_after_a_restart(key: str, word: str) -> None:
    async def script(desk: Desk) -> None:
        assert isinstance(desk.link, RestartingLink)
        await desk.press(key)
        await desk.type(word)
        desk.link.run = 2
        await desk.press("enter")

    link, _ = run_console(script, RestartingLink())
    assert not [command for command in link.commands if isinstance(command, Arm | SetRiskMode)]


def test_the_kill_key_asks_nothing_and_goes_to_whichever_engine_there_is() -> None:
    async def script(desk: Desk) -> None:
        assert isinstance(desk.link, RestartingLink)
        await desk.press("b")
        desk.link.run = 2
        await desk.press("ctrl+k")

    link, _ = run_console(script, RestartingLink())
    assert [type(command) for command in link.commands] == [Kill]


def halt(cause: str) -> Blocker:
    return Blocker(
        scope="global", cause=cause, level=HaltLevel.HALTED, since_ns=START_NS, who="engine", reason="its reason"
    )


def type_a_resume(meanwhile: list[Blocker], *, lost: str | None = None) -> FakeLink:
    async def script(desk: Desk) -> None:
        desk.link.scoped_blockers = [halt("kill")]
        await desk.frame()
        await desk.press("p")
        await desk.type("resume")
        desk.link.scoped_blockers = [halt("kill"), *meanwhile]
        desk.link.lost_reason = lost
        await desk.press("enter")
        await desk.type("why")
        await desk.press("enter")

    return run_console(script)[0]


def test_a_halt_that_came_while_the_word_was_typed_is_not_lifted_unseen() -> None:
    assert [type(each) for each in type_a_resume([]).commands] == [Resume]
    assert type_a_resume([halt("daily_loss")]).commands == []


def test_nothing_is_resumed_while_what_stands_is_not_known() -> None:
    assert type_a_resume([], lost="the engine is silent").commands == []


def test_a_safer_mode_from_an_old_picture_is_the_safest_for_the_mode_of_now_may_be_below_the_one_shown() -> None:
    async def script(desk: Desk) -> None:
        desk.link.risk_mode = "aggressive"
        await desk.frame()
        desk.link.lost_reason = "the engine is silent"
        await desk.press("m")

    link, _ = run_console(script)
    assert [each.mode for each in link.commands if isinstance(each, SetRiskMode)] == ["conservative"]


def test_a_held_key_on_a_slow_link_is_measured_by_the_moment_of_the_keys_not_of_the_pictures() -> None:
    async def script(desk: Desk) -> None:
        await clear_of_own_orders(desk)
        desk.clock.advance(0.24)
        await desk.pilot.press("l")
        desk.clock.advance(0.56)
        desk.link.step += 8
        desk.link.moved_ticks = 3
        await desk.redraw()
        desk.clock.advance(0.1)
        await desk.pilot.press("l")
        await desk.redraw()
        assert "the same order was sent 0.7 s ago" in desk.dialog()

    link = armed()
    run_console(script, link)
    assert len(sent(link)) == 1


async def select_own_buy(desk: Desk) -> None:
    await desk.press("6")
    await desk.focus("orders")


def test_the_amount_of_a_move_is_typed_by_its_worth_in_dollars_not_in_the_quote_currency() -> None:
    async def script(desk: Desk) -> None:
        await select_own_buy(desk)
        await desk.press("shift+up")
        assert "type its value" in desk.dialog()

    link = RestartingLink(quote_usd=D(1))
    run_console(script, link)
    link = RestartingLink(quote_usd=D("0.0001"))

    async def cheap(desk: Desk) -> None:
        await select_own_buy(desk)
        await desk.press("shift+up")
        assert "type its value" not in desk.dialog()

    run_console(cheap, link)


def test_an_order_is_moved_by_the_step_that_orders_keep_to() -> None:
    async def script(desk: Desk) -> None:
        await select_own_buy(desk)
        await desk.press("shift+down")

    link, _ = run_console(script, RestartingLink(order_tick=D(2)))
    assert [each.limit_price for each in link.commands if isinstance(each, AmendOrder)] == [D("64002.0")]


def test_a_mode_that_this_version_does_not_know_is_shown_and_asked_about_as_real_money() -> None:
    async def script(desk: Desk) -> None:
        assert "LIVE" in desk.bar("header")
        assert "PAPER" not in desk.bar("header")
        await ask_for_a_small_order(desk)
        assert "LIVE: this is real money" in desk.dialog()

    run_console(script, FakeLink(trading_mode="shadow"))
