"""Alarms wait for a person: seen with one key, put aside with a question, grouped by cause, rung for once."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from core.control.commands import AcknowledgeAlarms, AnyCommand, ShelveAlarm, UnshelveAlarm
from core.state.monitoring import Alert
from tests.console.driving import LARGE, MEDIUM, SMALL, Desk, run_console
from tests.console.fake_alarms import LOST, alarm, lost_link
from tests.console.fake_jobs import START_NS
from tests.console.fake_link import FakeLink
from tui.console.alarm_bell import FORGOTTEN_AFTER_NS, AlarmBell
from tui.console.settings import DEFAULTS
from tui.present.header import LinkView, header_lines
from tui.present.ink import Decor, Span

SIZES = pytest.mark.parametrize("size", [SMALL, MEDIUM, LARGE], ids=str)


def over(
    alarms: list[Alert],
    script: Callable[[Desk], Awaitable[None]],
    size: tuple[int, int] = MEDIUM,
    **settings: Any,
) -> list[AnyCommand]:
    async def on_desk_four(desk: Desk) -> None:
        await desk.press("4")
        await desk.focus("alerts")
        await script(desk)

    link, _ = run_console(on_desk_four, FakeLink(alarms=alarms), size, DEFAULTS._replace(**settings))
    return link.commands


@SIZES
def test_what_nobody_has_seen_comes_first_the_gravest_before_the_others(size: tuple[int, int]) -> None:
    async def script(desk: Desk) -> None:
        text = desk.pane("alerts")
        assert text.index("critical  job 0001-7") < text.index(LOST) < text.index("seen before")
        assert "left 0.4 BTC naked" in text

    over(lost_link(), script, size)


@SIZES
def test_a_lost_link_folds_what_it_explains_and_enter_shows_it(size: tuple[int, int]) -> None:
    async def script(desk: Desk) -> None:
        await desk.press("z", "down")
        assert "explains 3 more, worst severe, 3 open" in " ".join(desk.pane("alerts").split())
        assert "order o-3" not in desk.pane("alerts")
        await desk.press("enter")
        text = desk.pane("alerts")
        assert text.index(f"severe  {LOST}") < text.index("└ ‼ severe  order o-3") < text.index("seen before")
        assert f"explained by {LOST}" in text
        await desk.press("enter")
        assert "order o-3" not in desk.pane("alerts")

    over(lost_link(), script, size)


def test_the_key_acknowledges_the_selected_alarm_as_bad_as_it_is_shown() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("k")

    assert over(lost_link(), script) == [AcknowledgeAlarms(who="console:test", alarms={"job 0001-7": "critical"})]


def test_acknowledging_a_folded_cause_acknowledges_what_it_explains_and_unfolded_only_itself() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("down", "k", "enter", "k")

    folded, unfolded = over(lost_link(), script)
    assert isinstance(folded, AcknowledgeAlarms)
    assert folded.alarms == {
        LOST: "severe",
        "unwatched ETH@sim-b": "severe",
        "order o-3": "severe",
        "latency sim-b": "warning",
    }
    assert unfolded == AcknowledgeAlarms(who="console:test", alarms={LOST: "severe"})


def test_an_acknowledged_alarm_says_by_whom_and_is_not_acknowledged_twice() -> None:
    seen = alarm("feed x", acknowledged=True, acknowledged_by="console:bob", acknowledged_ns=START_NS)

    async def script(desk: Desk) -> None:
        assert "acknowledged by bob at 12:31:07" in " ".join(desk.pane("alerts").split())
        await desk.press("k")
        assert "acknowledged already" in desk.bar("message")

    assert over([seen], script) == []


def test_without_a_selected_alarm_the_keys_say_where_alarms_are() -> None:
    async def script(desk: Desk) -> None:
        await desk.focus("log")
        for key in ("k", "K"):
            await desk.press(key)
            assert "no alarm is selected: 4 shows them" in desk.bar("message")

    assert over(lost_link(), script) == []


@pytest.mark.parametrize(
    ("downs", "length"), [(1, {"seconds": 900.0}), (2, {"seconds": 3600.0}), (3, {"until_day_end": True})]
)
def test_shelving_asks_for_how_long_and_cancel_has_the_focus(downs: int, length: dict[str, Any]) -> None:
    async def script(desk: Desk) -> None:
        await desk.press("K", "enter")
        assert desk.link.commands == []
        await desk.press("K", *["down"] * downs, "enter")

    commands = over([alarm("feed x", text="down")], script)
    assert commands == [ShelveAlarm(who="console:test", name="feed x", severity="severe", **length)]


def test_shelving_a_folded_cause_shelves_what_it_explains_for_the_same_time() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("down", "K")
        assert "With it go the 3 that it explains" in desk.dialog()
        await desk.press("down", "down", "enter")

    commands = over(lost_link(), script)
    names = {command.name: command.seconds for command in commands if isinstance(command, ShelveAlarm)}
    assert names == dict.fromkeys((LOST, "unwatched ETH@sim-b", "order o-3", "latency sim-b"), 3600.0)


def test_a_critical_alarm_is_shelved_only_with_the_typed_word() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("K", "down", "enter")
        assert "nobody can arm" in " ".join(desk.dialog().split())
        await desk.type("yes")
        await desk.press("enter")
        assert desk.link.commands == []
        await desk.press("escape", "K", "down", "enter")
        await desk.type("shelve")
        await desk.press("enter")

    commands = over(lost_link(), script)
    assert commands == [
        ShelveAlarm(who="console:test", name="job 0001-7", severity="critical", seconds=900.0, word="shelve")
    ]


def test_a_shelved_alarm_says_until_when_and_the_same_key_brings_it_back_at_once() -> None:
    shelved = alarm("feed x", shelved_by="console:bob", shelved_until_ns=START_NS + 900_000_000_000)

    async def script(desk: Desk) -> None:
        assert "shelved until 12:46:07 UTC by bob" in " ".join(desk.pane("alerts").split())
        await desk.press("K")

    assert over([shelved], script) == [UnshelveAlarm(who="console:test", name="feed x")]


@SIZES
def test_the_header_says_how_many_alarms_nobody_has_seen_and_the_gravest(size: tuple[int, int]) -> None:
    async def script(desk: Desk) -> None:
        assert "■ CRITICAL, 5 open" in desk.bar("header")
        assert "PAPER" in desk.bar("header")
        desk.link.alarms = [alarm("feed x")]
        await desk.frame()
        assert ("‼ severe, 1 open" if size == LARGE else "▌‼ 1 ▌") in desk.bar("header")
        desk.link.alarms = [alarm("feed x", acknowledged=True)]
        await desk.frame()
        assert "‼" not in desk.bar("header")

    over(lost_link(), script, size)


def test_the_alarms_of_a_silent_engine_fade_in_the_header() -> None:
    snapshot = FakeLink(alarms=lost_link()).snapshot()

    def cell(age_s: float) -> Span:
        link = LinkView(is_hosted=False, lost_reason=None, snapshot_age_s=age_s, console_lag_ms=1.0)
        return next(span for span in header_lines(snapshot, link, 200)[0] if "CRITICAL" in span.text)

    assert not cell(0.1).decor & Decor.DIM
    assert cell(30.0).decor & Decor.DIM


def test_a_critical_alarm_that_is_only_shelved_stays_in_the_header() -> None:
    async def script(desk: Desk) -> None:
        assert "critical shelved" in desk.bar("header")

    over([alarm("kill global", "critical", shelved_by="x", shelved_until_ns=START_NS + 10**12)], script)


def test_arming_says_beforehand_which_alarm_the_engine_will_refuse_for() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("a")
        text = " ".join(desk.dialog().split())
        assert "The engine will refuse" in text
        assert "job 0001-7" in text
        await desk.press("escape")
        desk.link.alarms = [alarm("feed x")]
        await desk.press("a")
        assert "refuse" not in desk.dialog()

    over(lost_link(), script)


def test_an_empty_list_teaches_what_would_show_and_the_keys() -> None:
    async def script(desk: Desk) -> None:
        text = " ".join(desk.pane("alerts").replace("│", " ").split())
        assert "No standing alarms" in text
        assert "K puts it aside" in text

    over([], script)


def test_an_alarm_of_minutes_is_not_painted_every_second() -> None:
    async def script(desk: Desk) -> None:
        before = desk.pane("alerts")
        await desk.frame(1.0)
        assert desk.pane("alerts") == before

    over([alarm("feed x", age_s=600, text="down")], script)


def test_the_bell_is_off_unless_asked_for_and_rings_once_for_each_new_alarm() -> None:
    def rung(bell: str) -> list[str]:
        rings: list[str] = []

        async def script(desk: Desk) -> None:
            desk.app.bell = lambda: rings.append("bell")
            desk.link.alarms = [alarm("feed x"), alarm("feed y")]
            for _ in range(3):
                await desk.frame()
            desk.app.paint_anew()
            desk.link.alarms = [alarm("feed x"), alarm("feed y"), alarm("mild", "warning")]
            await desk.frame()

        over([], script, bell=bell)
        return rings

    assert rung("off") == []
    assert rung("severe") == ["bell"]
    assert rung("warning") == ["bell", "bell"]


def test_what_an_engine_goes_through_while_it_starts_is_not_rung_for() -> None:
    rung: list[str] = []

    async def script(desk: Desk) -> None:
        desk.app.bell = lambda: rung.append("bell")
        desk.link.alarms, desk.link.status = [alarm("reconciliation venue:x")], "starting"
        await desk.frame()
        assert rung == []
        desk.link.status = "running"
        await desk.frame()
        assert rung == ["bell"]

    over([], script, bell="warning")


def rings(bell: AlarmBell, *alarms: Alert, at_s: float = 0.0) -> bool:
    return bell.rings_for(alarms, START_NS + int(at_s * 1e9))


def test_the_bell_rings_again_for_what_got_worse_came_back_or_is_not_shelved_any_more() -> None:
    bell = AlarmBell("warning")
    assert rings(bell, alarm("x", "warning"))
    assert not rings(bell, alarm("x", "warning"), at_s=1)
    assert rings(bell, alarm("x", "critical"), at_s=2)
    assert not rings(bell, alarm("x", "severe"), at_s=3)
    assert not rings(bell, alarm("x", "critical", shelved_until_ns=1), at_s=4)
    assert rings(bell, alarm("x", "critical"), at_s=5)


def test_the_bell_takes_what_flickers_for_the_same_alarm() -> None:
    bell = AlarmBell("warning")
    assert rings(bell, alarm("x"))
    assert not rings(bell, at_s=2)
    assert not rings(bell, alarm("x"), at_s=4)
    assert not rings(bell, at_s=4 + FORGOTTEN_AFTER_NS / 1e9)
    assert rings(bell, alarm("x"), at_s=5 + FORGOTTEN_AFTER_NS / 1e9)


def test_the_bell_is_silent_for_what_was_seen_and_what_a_standing_alarm_explains() -> None:
    bell = AlarmBell("info")
    assert not rings(bell, alarm("x", acknowledged=True), alarm("y", explained_by=LOST))
