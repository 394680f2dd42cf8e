"""Each venue's account as a person reads it: what is known is exact, what is not is not told."""

from collections.abc import Awaitable, Callable
from decimal import Decimal

from core.io.virtual_loop import VirtualLoop
from core.state.account import AccountView
from core.state.desk import DeskRequest
from core.types.instrument import InstrumentId
from core.types.market import FundingRate
from tests.engine.rig import PERP, EngineRig, in_virtual_time
from tests.engine.venues import START_NS

HOUR_NS = 3_600_000_000_000


def over_a_rig(script: Callable[[EngineRig], Awaitable[None]]) -> None:
    async def main(loop: VirtualLoop) -> None:
        await script(await EngineRig(loop, cash="10000").start())

    in_virtual_time(main)


def account(rig: EngineRig) -> AccountView:
    (found,) = rig.engine.desk(DeskRequest(accounts=True)).accounts
    return found


def test_a_desk_that_does_not_ask_gets_none() -> None:
    async def script(rig: EngineRig) -> None:
        assert rig.engine.desk(DeskRequest()).accounts == []

    over_a_rig(script)


def test_balances_are_the_venues_word_with_its_age() -> None:
    async def script(rig: EngineRig) -> None:
        found = account(rig)
        (usdt,) = found.balances
        assert (usdt.asset, usdt.total, usdt.free, usdt.used) == ("USDT", 10_000, 10_000, 0)
        assert (usdt.value_usd, usdt.rate_age_s) == (10_000, None)
        before = found.read_age_s
        await rig.elapse(5)
        assert before is not None
        after = account(rig).read_age_s
        assert after is not None
        assert round(after - before, 3) == 5

    over_a_rig(script)


def test_margin_leverage_and_liquidation_follow_the_position() -> None:
    async def script(rig: EngineRig) -> None:
        assert (await rig.place(quantity="4")).outcome.value == "done"
        await rig.settle()
        found = account(rig)
        (contract,) = found.contracts
        assert (contract.symbol, contract.quantity) == (PERP, 4)
        assert found.margin_used_usd == Decimal(400) / found.max_leverage
        assert found.maintenance_usd == 20
        assert found.leverage == Decimal("0.04")
        price, collateral = contract.liquidation_price, found.collateral_usd
        # The collateral carries a fall to nothing: no price above zero liquidates.
        assert collateral is not None
        assert price is None
        assert contract.liquidation_distance_pct is None

    over_a_rig(script)


def test_what_a_liquidation_price_leaves_is_the_maintenance_margin() -> None:
    async def script(rig: EngineRig) -> None:
        assert (await rig.place("sell", quantity="4")).outcome.value == "done"
        await rig.settle()
        found = account(rig)
        (contract,) = found.contracts
        price, collateral, notional = contract.liquidation_price, found.collateral_usd, contract.notional_usd
        assert price is not None
        assert collateral is not None
        assert notional is not None
        mark = -notional / 4
        left = collateral - 4 * (price - mark)
        assert abs(left - 4 * price * Decimal("0.05")) < 1
        assert contract.liquidation_distance_pct == ((price / mark - 1) * 100).quantize(Decimal("0.01"))

    over_a_rig(script)


def test_the_next_funding_is_told_with_what_it_would_be_at_the_rate_of_now() -> None:
    async def script(rig: EngineRig) -> None:
        await rig.place(quantity="4")
        await rig.settle()
        (contract,) = account(rig).contracts
        assert (contract.funding_rate, contract.next_funding_ns, contract.next_funding_usd) == (None, None, None)
        due_ns, now_ns = START_NS + 8 * HOUR_NS, rig.clock.utc_ns()
        funding = FundingRate(InstrumentId("v1", PERP), 0.0001, 28_800, due_ns, now_ns)
        rig.engine.parts.market.funding_rate(funding)
        (contract,) = account(rig).contracts
        assert (contract.funding_rate, contract.next_funding_ns) == (0.0001, due_ns)
        assert contract.next_funding_usd == Decimal("-0.04")

    over_a_rig(script)


def test_a_funding_rate_grows_old_though_the_clock_was_set_back() -> None:
    async def script(rig: EngineRig) -> None:
        await rig.place(quantity="4")
        await rig.settle()
        (contract,) = account(rig).contracts
        assert contract.funding_age_s is None
        now_ns = rig.clock.utc_ns()
        funding = FundingRate(InstrumentId("v1", PERP), 0.0001, 28_800, START_NS + 8 * HOUR_NS, now_ns)
        rig.engine.parts.market.funding_rate(funding)
        rig.clock.step(-600)
        await rig.elapse(60)
        (contract,) = account(rig).contracts
        assert contract.funding_age_s is not None
        assert round(contract.funding_age_s) == 60

    over_a_rig(script)


def test_fees_are_those_of_the_instruments() -> None:
    async def script(rig: EngineRig) -> None:
        found = account(rig)
        assert found.maker_fee_rates == (Decimal("0.0002"), Decimal("0.0002"))
        assert found.taker_fee_rates == (Decimal("0.0005"), Decimal("0.0005"))

    over_a_rig(script)


def test_without_a_price_nothing_that_needs_one_is_told() -> None:
    async def script(rig: EngineRig) -> None:
        await rig.place("sell", quantity="4")
        await rig.settle()
        rig.engine.parts.market.marks._marks.clear()
        found = account(rig)
        assert (found.margin_used_usd, found.margin_free_usd, found.leverage) == (None, None, None)
        assert found.liquidation_distance_pct is None
        (contract,) = found.contracts
        assert (contract.notional_usd, contract.liquidation_price, contract.next_funding_usd) == (None, None, None)

    over_a_rig(script)
