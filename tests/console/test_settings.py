"""The settings screen: a change applies at once, what is kept comes back, and everything says where it comes from."""

from pathlib import Path

import pytest

from core.config.load import load_config, places_of
from core.control.commands import Kill
from tests.console.driving import LARGE, MEDIUM, SMALL, Desk, run_console
from tests.console.fake_link import FakeLink
from tui.console.files import ConsoleFiles
from tui.console.memory import ConsoleMemory, MemoryFile
from tui.console.setting_table import SETTINGS
from tui.console.settings import DEFAULTS, ConsoleSettings, console_settings
from tui.present.ladder_columns import SideColumns

NAMES = [setting.name for setting in SETTINGS]
SIZES = pytest.mark.parametrize("size", [SMALL, MEDIUM, LARGE])


def files(folder: Path, memory: ConsoleMemory | None = None) -> ConsoleFiles:
    kept = ConsoleFiles(MemoryFile(folder / "console.json"), folder / "exports")
    assert kept.memory.save(memory or ConsoleMemory()) == ""
    return kept


def configured(folder: Path, text: str, *, is_slow_link: bool = False) -> ConsoleSettings:
    file = folder / "config.toml"
    file.write_text(text)
    console = load_config(file, {}).console
    return console_settings(console, is_slow_link=is_slow_link, places=places_of(file, {}), config_file=str(file))


async def go_to(desk: Desk, name: str) -> None:
    await desk.press(",")
    await desk.press(*["down"] * NAMES.index(name))


def row(desk: Desk, label: str) -> str:
    return next(line for line in desk.dialog().splitlines() if line[3:].startswith(label))


def read(desk: Desk, name: str) -> str:
    return SETTINGS[NAMES.index(name)].read(desk.app)


@pytest.mark.parametrize("setting", SETTINGS, ids=NAMES)
def test_every_change_applies_at_once_goes_around_and_comes_back_when_kept(setting: object, tmp_path: Path) -> None:
    known = next(each for each in SETTINGS if each is setting)
    kept = files(tmp_path)

    async def change(desk: Desk) -> None:
        before = read(desk, known.name)
        await go_to(desk, known.name)
        await desk.press("right")
        after = read(desk, known.name)
        assert after == known.following(before, 1) != before
        assert "changed, not kept yet" in row(desk, known.label)
        await desk.press("ctrl+s")
        assert "saved screen" in row(desk, known.label)
        desk.names.append(after)
        seen.append(after)

    async def look(desk: Desk) -> None:
        assert read(desk, known.name) == seen[0]
        await desk.press(",")
        assert "saved screen" in row(desk, known.label)

    seen: list[str] = []
    run_console(change, files=kept)
    run_console(look, files=kept)


def test_the_left_arrow_takes_a_change_back(tmp_path: Path) -> None:
    async def script(desk: Desk) -> None:
        await go_to(desk, "theme")
        await desk.press("right", "right", "left", "left")
        assert "default" in row(desk, "theme")

    run_console(script, files=files(tmp_path))


def test_frames_come_at_the_chosen_rate_and_a_slow_link_slows_and_frees_them() -> None:
    async def script(desk: Desk) -> None:
        app = desk.app
        await go_to(desk, "frame_rate_hz")
        await desk.press("right")
        assert app.drawn.frame_period_s == 0.05
        await desk.press("up", "right")
        assert (app.drawn.pace, app.drawn.frame_period_s) == (4, 0.25)
        await desk.press("right")
        assert (app.drawn.pace, app.drawn.frame_period_s) == (1, 0.1)

    run_console(script)


def test_every_ladder_shows_the_chosen_columns(tmp_path: Path) -> None:
    async def script(desk: Desk) -> None:
        assert {ladder.columns.sides for ladder in desk.app.area.ladders} == {SideColumns.SIZE}
        assert not any(ladder.columns.shows_pnl for ladder in desk.app.area.ladders)

    memory = ConsoleMemory(chosen={"ladder_sizes": "size", "ladder_profit": "off"})
    run_console(script, files=files(tmp_path, memory))


def test_the_first_size_of_single_keys_is_shown_on_the_ladders_and_comes_back(tmp_path: Path) -> None:
    kept = files(tmp_path)

    async def change(desk: Desk) -> None:
        assert "size 0.001" in desk.pane("ladder-1")
        await go_to(desk, "order_size_usd")
        await desk.press("right", "right", "right", "right", "ctrl+s", "escape")
        assert "size 0.001" in desk.pane("ladder-1")  # 100 USD at 64,000
        await go_to(desk, "order_size_usd")
        await desk.press("right", "right", "ctrl+s", "escape")
        assert "size 0.007" in desk.pane("ladder-1")

    async def again(desk: Desk) -> None:
        assert "size 0.007" in desk.pane("ladder-1")

    run_console(change, files=kept)
    run_console(again, files=kept)


def test_what_is_configured_says_the_file_and_the_line(tmp_path: Path) -> None:
    settings = configured(tmp_path, '[console]\ntheme = "light"\nframe_rate_hz = 5\n')

    async def script(desk: Desk) -> None:
        await desk.press(",")
        assert row(desk, "theme").rstrip().endswith("config.toml:2") or "…" in row(desk, "theme")
        assert " 5 " in row(desk, "frames a second")
        assert "default" in row(desk, "mouse")

    assert settings.origins["theme"] == f"{tmp_path / 'config.toml'}:2"
    run_console(script, settings=settings, size=LARGE)


def test_the_command_line_goes_before_what_was_saved(tmp_path: Path) -> None:
    async def script(desk: Desk) -> None:
        await desk.press(",")
        assert "command line" in row(desk, "low bandwidth")
        assert read(desk, "low_bandwidth") == "on"

    settings = configured(tmp_path, "", is_slow_link=True)
    run_console(script, settings=settings, files=files(tmp_path, ConsoleMemory(chosen={"low_bandwidth": "off"})))


def test_a_saved_value_that_is_no_longer_allowed_is_passed_over(tmp_path: Path) -> None:
    async def script(desk: Desk) -> None:
        assert read(desk, "frame_rate_hz") == "10"

    memory = ConsoleMemory(chosen={"frame_rate_hz": "1000", "gone": "x"})
    run_console(script, files=files(tmp_path, memory))


@SIZES
def test_what_needs_the_configuration_is_read_only_with_its_key_and_file(size: tuple[int, int]) -> None:
    async def script(desk: Desk) -> None:
        await desk.press(",")
        for label, key in (
            ("keys", "[console.keys]"),
            ("risk limits", "[risk]"),
            ("alert sinks", "[alerts.sinks.NAME]"),
        ):
            assert key in row(desk, label)
        before = [read(desk, name) for name in NAMES]
        await desk.press("up", "right", "left", "enter")
        assert [read(desk, name) for name in NAMES] == before
        assert "/etc/s.toml" in desk.dialog()
        top = desk.app.dialogs.top
        assert top is not None
        assert top.region.height <= size[1]
        assert top.virtual_size.height <= top.size.height

    run_console(script, size=size, settings=DEFAULTS._replace(config_file="/etc/s.toml"))


def test_the_engine_of_another_process_has_a_configuration_of_its_own() -> None:
    async def script(desk: Desk) -> None:
        await desk.press(",", "up")
        assert "the configuration of the engine" in " ".join(desk.dialog().split())

    run_console(script, FakeLink(is_hosted=False))


def test_nothing_is_kept_before_it_is_asked_for(tmp_path: Path) -> None:
    kept = files(tmp_path)

    async def script(desk: Desk) -> None:
        await desk.press(",", "right", "escape")

    run_console(script, files=kept)
    assert kept.memory.load() == (ConsoleMemory(), "")


def test_the_halt_key_works_over_the_settings() -> None:
    async def script(desk: Desk) -> None:
        await desk.press(",", "ctrl+k")

    link, _ = run_console(script)
    assert any(isinstance(command, Kill) for command in link.commands)
