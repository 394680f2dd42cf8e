"""Faults asked for through the rehearsal's own door: each does what it says, as often as it says."""

import asyncio
from typing import Any

import aiohttp
import pytest

from tests.venues.binance.rig import Rig, limit, rehearse

ORDER = "/fapi/v1/order"


async def ask_for(rig: Rig, **fault: object) -> None:
    async with rig.session.post(f"{rig.server.url}/rehearsal/faults", json=fault) as response:
        assert response.status == 200, await response.text()


def order(rig: Rig, **more: object) -> dict[str, object]:
    return limit("BUY", "0.01", rig.price("BUY", 300, "usdm"), newClientOrderId="mine", **more)


async def status(rig: Rig) -> object:
    return (await rig.ann.usdm("GET", origClientOrderId="mine")).body.get("status")


def test_lost_ack_leaves_an_order_nobody_was_told_of():
    async def scenario(rig: Rig) -> None:
        await ask_for(rig, kind="drop_ack", method="POST", path=ORDER)
        with pytest.raises(aiohttp.ClientConnectionError):
            await rig.ann.usdm(**order(rig))
        assert await status(rig) == "NEW"
        await rig.ann.usdm("DELETE", origClientOrderId="mine")
        assert (await rig.ann.usdm(**order(rig))).status == 200

    rehearse(scenario)


@pytest.mark.parametrize(("executed", "left"), [(True, "NEW"), (False, None)])
def test_unknown_outcome_may_be_either(executed: bool, left: str | None):
    async def scenario(rig: Rig) -> None:
        await ask_for(rig, kind="unknown", path=ORDER, executed=executed)
        answer = await rig.ann.usdm(**order(rig))
        assert (answer.status, answer.code) == (503, -1007)
        assert await status(rig) == left

    rehearse(scenario)


def test_refusals_come_with_the_code_asked_for_and_do_nothing():
    async def scenario(rig: Rig) -> None:
        await ask_for(rig, kind="reject", path=ORDER, code=-2019, msg="Margin is insufficient.", times=2)
        await ask_for(rig, kind="too_many", path=ORDER, status=418, retry_after_s=7)
        answers = [await rig.ann.usdm(**order(rig)) for _ in range(4)]
        assert [(answer.status, answer.code) for answer in answers] == [
            (400, -2019), (400, -2019), (418, -1003), (200, None),
        ]  # fmt: skip
        assert answers[2].headers["RETRY-AFTER"] == "7"

    rehearse(scenario)


def test_delayed_answer_comes_behind_one_that_was_asked_for_later():
    async def scenario(rig: Rig) -> None:
        await ask_for(rig, kind="delay", path=ORDER, method="POST", delay_ms=600_000)
        placing = asyncio.ensure_future(rig.ann.usdm(**order(rig)))
        while await status(rig) is None:
            assert not placing.done()
        placing.cancel()

    rehearse(scenario)


def test_private_events_are_lost_and_repeated():
    async def scenario(rig: Rig) -> None:
        key = (await rig.ann.raw("POST", "/fapi/v1/listenKey")).body["listenKey"]
        async with rig.stream(f"/usdm/ws/{key}") as events:
            await ask_for(rig, kind="omit_event", event="ORDER_TRADE_UPDATE")
            await ask_for(rig, kind="repeat_event", event="ORDER_TRADE_UPDATE")
            await rig.ann.usdm(**order(rig))
            await rig.ann.usdm("DELETE", origClientOrderId="mine")
            first, second = await events.next(), await events.next()
            assert (first["o"]["x"], first) == ("CANCELED", second)

    rehearse(scenario)


def test_gap_in_the_diffs_is_a_hole_in_their_ids():
    async def scenario(rig: Rig) -> None:
        async with rig.stream("/usdm/ws/btcusdt@depth@100ms") as events:
            rig.step(4)
            before = await events.next()
            assert await joined(events, before) is True
            await ask_for(rig, kind="depth_gap", symbol="BTCUSDT")
            rig.step(6)
            assert await joined(events, events.seen[-1]) is False
            assert await joined(events, events.seen[-1]) is True

    async def joined(events: Any, before: Any) -> bool:
        return (await events.next())["pu"] == before["u"]

    rehearse(scenario)


def test_silenced_stream_carries_nothing_until_faults_are_cleared():
    async def scenario(rig: Rig) -> None:
        async with rig.stream("/stream?streams=btcusdt@miniTicker/ethusdt@miniTicker") as events:
            await ask_for(rig, kind="silence", stream="btcusdt@*")
            rig.step(40)
            assert [(await events.next())["stream"] for _ in range(2)] == ["ethusdt@miniTicker"] * 2
            async with rig.session.delete(f"{rig.server.url}/rehearsal/faults") as response:
                assert await response.json() == []
            rig.step(20)
            assert (await events.next())["stream"] == "btcusdt@miniTicker"

    rehearse(scenario)


def test_skewed_clock_refuses_who_does_not_look_at_it():
    async def scenario(rig: Rig) -> None:
        now_ms = rig.server.exchange.now_ms()
        await ask_for(rig, kind="clock_skew", skew_ms=-8_000)
        assert (await rig.ann.raw("GET", "/fapi/v1/time")).body["serverTime"] == now_ms - 8_000
        assert (await rig.ann.usdm(**order(rig))).code == -1021
        assert (await rig.ann.usdm(**order(rig, timestamp=now_ms - 8_000))).status == 200

    rehearse(scenario)


def test_sockets_are_dropped_together():
    async def scenario(rig: Rig) -> None:
        async with rig.stream("/ws/btcusdt@trade") as one, rig.stream("/ws-api/v3") as other:
            async with rig.session.post(f"{rig.server.url}/rehearsal/disconnect") as response:
                assert await response.json() == {"closed": 2}
            assert await one.is_closed()
            assert await other.is_closed()

    rehearse(scenario)


@pytest.mark.parametrize(
    "fault", [{"kind": "earthquake"}, {}, {"kind": "delay", "delay": 5}, {"kind": "delay", "times": 0}]
)
def test_what_is_no_fault_is_told(fault: dict[str, object]):
    async def scenario(rig: Rig) -> None:
        async with rig.session.post(f"{rig.server.url}/rehearsal/faults", json=fault) as response:
            assert response.status == 400
            assert "not a fault" in (await response.json())["error"]
        assert rig.server.exchange.faults.waiting() == []

    rehearse(scenario)
