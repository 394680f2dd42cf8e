from collections import Counter

from core.control import verbs
from core.control.verbs import Verb
from tests.console.driving import Desk, run_console
from tui.console.actions import ACTIONS, BY_NAME, Group, Guard
from tui.console.bars import footer_line
from tui.console.dialogs.pages import help_lines
from tui.console.key_map import USUAL_KEYS
from tui.console.key_names import is_free_in_text, key_label
from tui.present.cells import line_width
from tui.present.ink import text_of


def test_no_key_is_bound_twice() -> None:
    keys = Counter(key for action in ACTIONS for key in action.keys)
    assert [key for key, count in keys.items() if count > 1] == []


def test_no_two_actions_share_a_name() -> None:
    assert len(BY_NAME) == len(ACTIONS)


def test_every_action_is_in_the_help_with_its_keys() -> None:
    lines = [text_of(line) for line in help_lines(200, USUAL_KEYS)]
    for action in ACTIONS:
        assert any(action.help in line and key_label(action.keys[0]) in line for line in lines), action.name


def test_every_verb_is_one_of_the_engines() -> None:
    known = {value for value in vars(verbs).values() if isinstance(value, Verb)}
    assert {action.verb for action in ACTIONS if action.verb is not None} <= known


def test_what_makes_things_safer_has_no_guard() -> None:
    safer = ("halt", "pause", "cancel-all", "reduce-only", "safer-mode", "halt-selected", "safe-mode", "end-override")
    for name in (*safer, "cancel", "cancel-symbol", "cancel-buys", "cancel-sells", "stop-strategy"):
        assert BY_NAME[name].guard is Guard.NONE


def test_halt_pause_and_cancel_all_work_everywhere() -> None:
    assert {action.name for action in ACTIONS if action.everywhere} == {"halt", "pause", "cancel-all"}


def test_keys_that_work_everywhere_are_no_characters_to_type() -> None:
    assert all(is_free_in_text(key) for action in ACTIONS if action.everywhere for key in action.keys)


def test_the_footer_always_starts_with_halt_and_never_overflows() -> None:
    for width in range(9, 220):
        line = footer_line(width, USUAL_KEYS, can_resume=False)
        assert text_of(line).startswith(" ^k HALT")
        assert line_width(line) <= width


def test_the_footer_offers_resume_when_trading_stands_still() -> None:
    assert " p resume " in text_of(footer_line(80, USUAL_KEYS, can_resume=True))


def test_every_group_has_actions() -> None:
    assert {action.group for action in ACTIONS} == set(Group)


def test_the_palette_lists_every_action() -> None:
    async def script(desk: Desk) -> None:
        commands = list(desk.app.get_system_commands(desk.app.screen))
        assert len(commands) == len(ACTIONS)
        assert all(action.help in command.help for action, command in zip(ACTIONS, commands, strict=True))

    run_console(script)


def test_every_action_can_be_carried_out_on_a_fresh_console() -> None:
    async def script(desk: Desk) -> None:
        for action in ACTIONS:
            if action.name in {"detach", "hint-quit"}:
                continue
            desk.app.action_act(action.name)
            await desk.redraw()
            while desk.app.dialogs.top is not None or len(desk.app.screen_stack) > 1:
                await desk.press("escape")
        failed = [line.text for line in desk.app.messages.lines if " failed: " in line.text]
        assert failed == []

    run_console(script)


def test_help_explains_the_focused_pane_first_then_every_key() -> None:
    async def script(desk: Desk) -> None:
        for name, pane in desk.app.area.panes.items():
            if not pane.ABOUT:
                continue
            desk.app.area.zoomed = name
            desk.app.arrange()
            await desk.focus(name)
            await desk.press("question_mark")
            lines = desk.dialog().splitlines()
            assert lines[0].strip() == pane.TITLE
            assert all(any(BY_NAME[key].help[:30] in line for line in lines) for key in pane.KEYS), name
            assert any(line.strip() == Group.SAFETY.value for line in lines)
            await desk.press("escape")

    run_console(script)


def test_every_pane_says_what_it_shows() -> None:
    async def script(desk: Desk) -> None:
        assert [name for name, pane in desk.app.area.panes.items() if not pane.ABOUT] == []

    run_console(script)
