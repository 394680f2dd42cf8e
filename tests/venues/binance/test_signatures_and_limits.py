"""Who is let in, and how much they may ask."""

from decimal import Decimal

import msgspec
import pytest

from adapters.sim.binance_protocol.allowance import STRIKES
from adapters.sim.binance_protocol.config import SPOT_LIMITS, USDM_LIMITS, RehearsalConfig
from tests.venues.binance.rig import SYMBOL, Rig, limit, rehearse

ACCOUNT = "/api/v3/account"


def test_unsigned_and_wrongly_signed_requests_are_refused():
    async def scenario(rig: Rig) -> None:
        now_ms = rig.server.exchange.now_ms()
        assert (await rig.ann.raw("GET", f"{ACCOUNT}?timestamp={now_ms}")).code == -1102
        assert (await rig.ann.raw("GET", f"{ACCOUNT}?timestamp={now_ms}&signature=abc")).code == -1022
        bad_key = await rig.ann.raw("GET", f"{ACCOUNT}?timestamp={now_ms}&signature=abc", key="short")
        assert (bad_key.status, bad_key.code) == (401, -2014)
        stranger = await rig.ann.raw("GET", f"{ACCOUNT}?timestamp={now_ms}&signature=abc", key="x" * 64)
        assert (stranger.status, stranger.code) == (401, -2015)
        assert (await rig.ann.send("GET", ACCOUNT)).status == 200

    rehearse(scenario)


def test_signature_covers_a_form_in_the_body_and_the_query_together():
    async def scenario(rig: Rig) -> None:
        import hashlib
        import hmac

        query = f"symbol={SYMBOL}&side=BUY&type=MARKET&quantity=0.01"
        body = f"recvWindow=5000&timestamp={rig.server.exchange.now_ms()}"
        secret = rig.ann.account.secret.encode()
        signature = hmac.new(secret, (query + body).encode(), hashlib.sha256).hexdigest()
        url = f"{rig.server.url}/api/v3/order?{query}"
        headers = {"X-MBX-APIKEY": rig.ann.account.key, "Content-Type": "application/x-www-form-urlencoded"}
        for changed, status in (("&quantity=5", 400), ("", 200)):
            text = f"{body}&signature={signature}{changed}"
            async with rig.session.post(url, data=text, headers=headers) as response:
                assert response.status == status

    rehearse(scenario)


@pytest.mark.parametrize(
    ("late_ms", "window", "code"),
    [(5_001, None, -1021), (5_000, None, None), (9_000, 10_000, None), (10_001, 10_000, -1021), (-1_000, None, -1021),
     (-999, None, None), (0, 60_001, -1131)],
)  # fmt: skip
def test_requests_are_taken_within_their_window_only(late_ms: int, window: int | None, code: int | None):
    async def scenario(rig: Rig) -> None:
        params: dict[str, object] = {"timestamp": rig.server.exchange.now_ms() - late_ms}
        if window is not None:
            params["recvWindow"] = window
        assert (await rig.ann.send("GET", ACCOUNT, **params)).code == code

    rehearse(scenario)


def test_used_weight_and_orders_are_told_and_begin_anew_each_minute():
    async def scenario(rig: Rig) -> None:
        rig.clock.now_ns = rig.clock.now_ns // 60_000_000_000 * 60_000_000_000
        first = await rig.ann.send("GET", ACCOUNT)
        second = await rig.ann.spot(**limit("BUY", "0.01", rig.price("BUY", 100)))
        assert [int(answer.headers["X-MBX-USED-WEIGHT-1M"]) for answer in (first, second)] == [20, 21]
        assert (second.headers["X-MBX-ORDER-COUNT-10S"], second.headers["X-MBX-ORDER-COUNT-1D"]) == ("1", "1")
        usdm = await rig.ann.usdm(**limit("BUY", "0.01", rig.price("BUY", 100, "usdm")))
        assert (usdm.headers["X-MBX-USED-WEIGHT-1M"], usdm.headers["X-MBX-ORDER-COUNT-1M"]) == ("0", "1")
        rig.clock.advance_ms(60_000)
        third = await rig.ann.raw("GET", "/api/v3/ping")
        assert (third.headers["X-MBX-USED-WEIGHT-1M"], third.headers["X-MBX-ORDER-COUNT-10S"]) == ("1", "0")

    rehearse(scenario)


def test_too_much_weight_is_refused_until_the_minute_ends_and_going_on_is_banned():
    async def scenario(rig: Rig) -> None:
        rig.clock.now_ns = rig.clock.now_ns // 60_000_000_000 * 60_000_000_000 + 15_000_000_000
        answers = [await rig.ann.raw("GET", f"/api/v3/depth?symbol={SYMBOL}") for _ in range(3)]
        assert [answer.status for answer in answers] == [200, 200, 429]
        assert (answers[2].code, answers[2].headers["RETRY-AFTER"]) == (-1003, "45")
        assert (await rig.ann.raw("GET", "/fapi/v1/ping")).status == 200
        for _ in range(STRIKES):
            last = await rig.ann.raw("GET", "/api/v3/ping")
        assert (last.status, last.headers["RETRY-AFTER"]) == (418, "120")
        rig.clock.advance_ms(61_000)
        assert (await rig.ann.raw("GET", "/api/v3/ping")).status == 418
        rig.clock.advance_ms(60_000)
        assert (await rig.ann.raw("GET", "/api/v3/ping")).status == 200

    limits = msgspec.structs.replace(SPOT_LIMITS, weight_1m=12)
    rehearse(scenario, RehearsalConfig(spot_limits=limits))


def test_too_many_orders_are_refused_by_account_and_not_placed():
    async def scenario(rig: Rig) -> None:
        rig.clock.now_ns = rig.clock.now_ns // 10_000_000_000 * 10_000_000_000
        price = rig.price("BUY", 100, "usdm")
        answers = [await rig.ann.usdm(**limit("BUY", "0.01", price - Decimal(n))) for n in range(3)]
        assert [answer.status for answer in answers] == [200, 200, 429]
        assert (answers[2].code, answers[2].headers["RETRY-AFTER"]) == (-1015, "10")
        assert len((await rig.ann.usdm("GET", "openOrders")).body) == 2
        assert (await rig.bob.usdm(**limit("BUY", "0.01", price))).status == 200

    limits = msgspec.structs.replace(USDM_LIMITS, orders_10s=2)
    rehearse(scenario, RehearsalConfig(usdm_limits=limits))
