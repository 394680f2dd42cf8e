"""What was not done is not marked as done, and what does not fit is said to go on."""

import pytest

from tests.console.driving import MEDIUM, SMALL, Desk, run_console


@pytest.mark.parametrize("key", ["x", "enter", "l", "h", "plus", "E", "k"])
def test_a_key_that_has_nothing_to_act_on_says_what_to_do_and_bears_no_tick(key: str) -> None:
    async def script(desk: Desk) -> None:
        await desk.press(key)
        assert "→" in desk.bar("message")
        assert "✓" not in desk.bar("message")

    link, _ = run_console(script, size=SMALL)
    assert link.commands == []


@pytest.mark.parametrize(("key", "label"), [("7", "7"), ("f1", "f1"), ("Z", "Z"), ("ö", "ö"), ("slash", "/")])
def test_a_key_without_a_meaning_says_so_and_where_the_keys_are(key: str, label: str) -> None:
    async def script(desk: Desk) -> None:
        await desk.press(key)
        assert f"→ {label} does nothing here; ? lists the keys" in desk.bar("message")

    run_console(script)


def test_a_table_that_does_not_fit_says_how_many_rows_lie_below() -> None:
    async def script(desk: Desk) -> None:
        desk.app.area.desk = 6
        desk.app.hands.rearranged()
        await desk.frame()
        shown = desk.pane("orders")
        assert "↓" not in shown.splitlines()[0]
        await desk.pilot.resize_terminal(80, 16)
        for _ in range(3):
            await desk.frame()
        frame = desk.pane("orders").splitlines()[0]
        assert " more" in frame

    run_console(script, size=MEDIUM)


def test_a_log_of_a_few_rows_shows_its_newest_line_whole() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("6")
        desk.app.say("warning", "REFUSED " + "because of this and that " * 6 + "and_of_the_very_last_word")
        for _ in range(4):
            await desk.frame()
        assert "the_very_last_word" in desk.pane("log")

    run_console(script, size=SMALL)
