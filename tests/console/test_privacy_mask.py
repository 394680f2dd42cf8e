"""Hidden money hides no age: how old a number is, and how many alarms stand, is read over any shoulder."""

from tests.console.driving import MEDIUM, Desk, run_console


def test_the_age_of_a_silent_engine_is_read_on_panes_of_own_money() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("ctrl+y")
        desk.link.is_silent = True
        await desk.frame(12)
        assert "no data for 12 s" in desk.pane("positions").splitlines()[0]
        assert "0.25" not in desk.pane("positions")

    run_console(script, size=MEDIUM)


def test_the_ages_of_prices_and_the_count_of_alarms_are_read_and_no_amount_is() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("ctrl+y")
        await desk.frame()
        assert "<0.5 s" in desk.pane("positions")
        assert "5.12" not in desk.pane("positions")
        await desk.press("4")
        for _ in range(3):
            await desk.frame()
        assert " open" in desk.pane("alerts").splitlines()[0]
        assert "• open" not in desk.pane("alerts").splitlines()[0]

    run_console(script, size=MEDIUM)
