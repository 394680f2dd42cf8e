"""What happens by itself: the dead man's timer, funding, listen keys that end."""

from decimal import Decimal

from adapters.sim.binance_protocol.config import HOUR_S, RehearsalConfig
from adapters.sim.binance_protocol.user_streams import LIFETIME_MS
from tests.venues.binance.rig import SYMBOL, Rig, limit, market, rehearse

HOUR_MS = HOUR_S * 1_000


def test_countdown_empties_the_book_of_one_account_and_symbol_when_it_runs_out():
    async def scenario(rig: Rig) -> None:
        price = rig.price("BUY", 300, "usdm")
        for send in (rig.ann.usdm, rig.bob.usdm):
            await send(**limit("BUY", "0.01", price))
            await send(**limit("BUY", "0.02", price - 5))
        await rig.ann.usdm(**limit("BUY", "0.1", Decimal(2_000), symbol="ETHUSDT"))
        told = (await rig.ann.usdm("POST", "countdownCancelAll", countdownTime=1_000)).body
        assert told == {"symbol": SYMBOL, "countdownTime": "1000"}
        rig.step(19)
        assert len((await rig.ann.usdm("GET", "openOrders")).body) == 2
        rig.step()
        assert (await rig.ann.usdm("GET", "openOrders")).body == []
        assert {order["status"] for order in (await rig.ann.usdm("GET", "allOrders")).body} == {"CANCELED"}
        assert len((await rig.ann.usdm("GET", "openOrders", symbol="ETHUSDT")).body) == 1
        assert len((await rig.bob.usdm("GET", "openOrders")).body) == 2

    rehearse(scenario)


def test_countdown_that_is_renewed_or_stopped_cancels_nothing():
    async def scenario(rig: Rig) -> None:
        await rig.ann.usdm(**limit("BUY", "0.01", rig.price("BUY", 300, "usdm")))
        for _ in range(3):
            await rig.ann.usdm("POST", "countdownCancelAll", countdownTime=1_000)
            rig.step(15)
        await rig.ann.usdm("POST", "countdownCancelAll", countdownTime=0)
        rig.step(40)
        assert len((await rig.ann.usdm("GET", "openOrders")).body) == 1

    rehearse(scenario)


def test_funding_is_paid_at_the_hour_by_longs_to_shorts():
    async def scenario(rig: Rig) -> None:
        await rig.ann.usdm(**market("BUY", "1"))
        await rig.bob.usdm(**market("SELL", "1"))
        key = (await rig.ann.raw("POST", "/fapi/v1/listenKey")).body["listenKey"]
        due_ms = (await rig.ann.raw("GET", f"/fapi/v1/premiumIndex?symbol={SYMBOL}")).body["nextFundingTime"]
        assert due_ms % HOUR_MS == 0
        async with rig.stream(f"/usdm/ws/{key}") as events:
            rig.clock.now_ns = due_ms * 1_000_000 - 500_000_000
            rig.step(40)
            event = await events.until(lambda event: event["e"] == "ACCOUNT_UPDATE")
        (settled,) = (await rig.ann.raw("GET", f"/fapi/v1/fundingRate?symbol={SYMBOL}")).body
        owed = (Decimal(settled["fundingRate"]) * Decimal(settled["markPrice"])).quantize(Decimal("1E-8"))
        incomes = [(await t.send("GET", "/fapi/v1/income", incomeType="FUNDING_FEE")).body for t in rig.traders]
        assert [[Decimal(row["income"]) for row in rows] for rows in incomes] == [[-owed], [owed]]
        assert owed != 0
        assert (settled["fundingTime"], event["a"]["m"]) == (due_ms, "FUNDING_FEE")
        assert Decimal(event["a"]["B"][0]["bc"]) == -owed

    rehearse(scenario, RehearsalConfig(funding_interval_s=HOUR_S))


def test_listen_key_ends_after_an_hour_unless_kept_alive():
    async def scenario(rig: Rig) -> None:
        key = (await rig.ann.raw("POST", "/fapi/v1/listenKey")).body["listenKey"]
        async with rig.stream(f"/usdm/ws/{key}") as events:
            rig.clock.advance_ms(LIFETIME_MS - 1_000)
            assert (await rig.ann.raw("PUT", "/fapi/v1/listenKey")).body["listenKey"] == key
            rig.clock.advance_ms(LIFETIME_MS - 1_000)
            rig.step()
            await rig.ann.usdm(**limit("BUY", "0.01", rig.price("BUY", 300, "usdm")))
            assert (await events.next())["e"] == "ORDER_TRADE_UPDATE"
            rig.clock.advance_ms(1_000)
            rig.step()
            assert (await events.next())["e"] == "listenKeyExpired"
            assert (await rig.ann.raw("PUT", "/fapi/v1/listenKey")).code == -1125

    rehearse(scenario)
