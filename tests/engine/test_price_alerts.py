"""Price alerts are the engine's: they go off with no console attached, once or each time, and outlive a restart."""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import pytest

from core.control.commands import (
    AcknowledgeAlarms,
    CommandResult,
    Outcome,
    RemovePriceAlert,
    SetPriceAlert,
)
from core.io.virtual_loop import VirtualLoop
from core.ports.alert_sink import AlertRoute
from core.state.desk import DeskRequest, PriceAlertView
from tests.engine.rig import PERP, EngineRig, in_virtual_time
from tests.engine.test_alert_delivery import ScriptedSink

ALICE = "console:alice"
NAME = "price alert p-1"


def over_a_rig(script: Callable[[EngineRig], Awaitable[None]], sink: ScriptedSink | None = None) -> None:
    routes = [] if sink is None else [AlertRoute(name="phone", sink=sink, timeout_s=2.0)]

    async def main(loop: VirtualLoop) -> None:
        await script(await EngineRig(loop, alert_routes=routes).start())

    in_virtual_time(main)


async def wish(rig: EngineRig, price: str = "105", **more: Any) -> CommandResult:
    fields: dict[str, Any] = {"venue": "v1", "symbol": PERP, "price": Decimal(price), "who": ALICE} | more
    return await rig.execute(SetPriceAlert(**fields))


async def quote(rig: EngineRig, price: str) -> None:
    middle = Decimal(price)
    rig.feed.quote(PERP, f"{middle - Decimal('0.1')}", f"{middle + Decimal('0.1')}")
    await rig.elapse(2)


def shown(rig: EngineRig) -> list[PriceAlertView]:
    return rig.engine.desk(DeskRequest()).price_alerts


def standing(rig: EngineRig) -> list[str]:
    return [alert.name for alert in rig.engine.monitoring().alerts]


def test_an_alert_waits_with_its_distance_and_goes_off_through_the_sinks_when_the_book_is_there() -> None:
    sink = ScriptedSink()

    async def script(rig: EngineRig) -> None:
        result = await wish(rig)
        assert (result.outcome, result.data["crossing"], result.data["distance_pct"]) == (
            Outcome.DONE, "above", Decimal("5.00"),
        )  # fmt: skip
        assert [(each.fired_ns, each.distance_pct) for each in shown(rig)] == [(None, Decimal("5.00"))]
        await quote(rig, "104.8")
        assert standing(rig) == []
        await quote(rig, "105")
        assert standing(rig) == [NAME]
        assert shown(rig)[0].fired_price == 105
        assert [(each.name, each.severity.value) for each in sink.taken] == [(NAME, "warning")]
        assert "BTC/USDT:USDT@v1 above 105" in sink.taken[0].text

    over_a_rig(script, sink)


def test_a_trade_through_the_price_is_enough() -> None:
    async def script(rig: EngineRig) -> None:
        assert (await wish(rig, "95")).data["crossing"] == "below"
        rig.feed.trade(PERP, "94.7", rig.next_trade_id())
        await rig.settle()
        assert standing(rig) == [NAME]
        assert shown(rig)[0].fired_price == Decimal("94.7")

    over_a_rig(script)


def test_an_alert_for_once_stays_until_somebody_has_seen_it() -> None:
    async def script(rig: EngineRig) -> None:
        await wish(rig)
        await quote(rig, "106")
        await quote(rig, "100")
        assert standing(rig) == [NAME]
        await rig.execute(AcknowledgeAlarms(who=ALICE, alarms={NAME: "warning"}))
        await rig.elapse(2)
        assert (standing(rig), shown(rig)) == ([], [])

    over_a_rig(script)


def test_a_repeated_one_waits_again_only_after_the_price_has_really_left() -> None:
    async def script(rig: EngineRig) -> None:
        await wish(rig, "200", crossing="above", is_repeated=True)
        await quote(rig, "200")
        assert (standing(rig), shown(rig)[0].times) == ([NAME], 1)
        await quote(rig, "199.9")
        await quote(rig, "200")
        assert (standing(rig), shown(rig)[0].times) == ([NAME], 1)
        await quote(rig, "199.8")
        assert standing(rig) == []
        await quote(rig, "201")
        assert (standing(rig), shown(rig)[0].times) == ([NAME], 2)

    over_a_rig(script)


def test_a_stale_book_sets_nothing_off() -> None:
    async def script(rig: EngineRig) -> None:
        await wish(rig)
        rig.feed.quote(PERP, "105.9", "106.1")
        rig.feed.invalidate(PERP)
        await rig.elapse(2)
        assert standing(rig) == []

    over_a_rig(script)


def test_alerts_outlive_a_crash_and_go_off_at_what_happened_meanwhile() -> None:
    async def main(loop: VirtualLoop) -> None:
        first = await EngineRig(loop).start()
        await wish(first)
        await wish(first, "95", is_repeated=True)
        await wish(first, "90")
        await first.execute(RemovePriceAlert(alert_id="p-3", who=ALICE))
        await first.crash()
        again = EngineRig(loop, world=first)
        again.feed.set_quote(PERP, "107.9", "108.1")
        await again.start()
        assert [(each.alert_id, each.is_repeated) for each in shown(again)] == [("p-1", False), ("p-2", True)]
        assert [name for name in standing(again) if name.startswith("price")] == [NAME]
        assert (await wish(again, "120")).data["alert_id"] == "p-4"

    in_virtual_time(main)


def test_what_has_gone_off_is_not_told_twice_over_a_crash() -> None:
    async def main(loop: VirtualLoop) -> None:
        first = await EngineRig(loop).start()
        await wish(first)
        await quote(first, "106")
        times = shown(first)[0].fired_ns
        await first.crash()
        again = await EngineRig(loop, world=first).start()
        assert [(each.fired_ns, each.times) for each in shown(again)] == [(times, 1)]

    in_virtual_time(main)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"price": "100"}, "is at 100"),
        ({"price": "105", "crossing": "below"}, "is at 100"),
        ({"price": "0"}, "more than 0"),
        ({"price": "NaN"}, "more than 0"),
        ({"price": "105", "crossing": "over"}, "above, below"),
        ({"price": "105", "severity": "critical"}, "info, warning, severe"),
        ({"price": "105", "symbol": "BTC/USDT:USD"}, "near are BTC/USDT:USDT@v1"),
    ],
)
def test_what_makes_no_sense_is_refused_with_what_is_allowed(fields: dict[str, str], words: str) -> None:
    async def script(rig: EngineRig) -> None:
        result = await wish(rig, fields["price"], **{name: each for name, each in fields.items() if name != "price"})
        assert result.outcome is Outcome.INVALID
        assert words in result.message
        assert shown(rig) == []

    over_a_rig(script)


def test_a_key_pressed_twice_sets_one_alert() -> None:
    async def script(rig: EngineRig) -> None:
        await wish(rig)
        assert (await wish(rig)).message == "price alert p-1 waits there already"
        assert (await wish(rig, is_repeated=True)).outcome is Outcome.DONE
        assert len(shown(rig)) == 2

    over_a_rig(script)


def test_removing_one_that_is_not_there_says_which_are() -> None:
    async def script(rig: EngineRig) -> None:
        await wish(rig)
        result = await rig.execute(RemovePriceAlert(alert_id="p-9", who=ALICE))
        assert (result.outcome, result.message) == (Outcome.INVALID, "there is no price alert 'p-9'; p-1")

    over_a_rig(script)


def test_the_log_tells_of_each() -> None:
    async def script(rig: EngineRig) -> None:
        await wish(rig)
        await quote(rig, "106")
        await rig.execute(RemovePriceAlert(alert_id="p-1", who=ALICE))
        said = [line.text for line in rig.engine.desk(DeskRequest()).log if line.text.startswith("price alert")]
        assert said == [
            "price alert p-1 set by console:alice: BTC/USDT:USDT@v1 above 105",
            "price alert p-1 went off at 106",
            "price alert p-1 removed by console:alice",
        ]

    over_a_rig(script)
