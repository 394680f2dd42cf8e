"""What an attaching console shows itself by, and what it says of a configuration that is wrong."""

from pathlib import Path

import pytest

from tui.console_reading import first_settings


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def read(file: Path, text: str) -> tuple[str, str, str]:
    """Return theme, where it was set and what is said to be wrong."""
    file.write_text(text)
    settings, problem = first_settings(file, is_slow_link=False)
    return settings.theme, settings.origins.get("theme", ""), problem()


def test_a_right_file_is_shown_by_and_nothing_is_said(file: Path) -> None:
    assert read(file, '[console]\ntheme = "light"') == ("light", f"{file}:2", "")


def test_no_file_is_the_defaults(file: Path) -> None:
    settings, problem = first_settings(file, is_slow_link=True)
    assert (settings.theme, settings.is_low_bandwidth, problem()) == ("dark", True, "")


def test_a_wrong_part_of_the_engine_leaves_the_screen_as_it_was_set_and_is_said(file: Path) -> None:
    theme, _, said = read(file, '[console]\ntheme = "light"\n[risk]\nnonsense = 1\nmore = 2')
    assert theme == "light"
    assert said.startswith(f"an engine would not start with this configuration: {file}:4: risk.nonsense")
    assert said.endswith("; 1 more, see `seraphim config check`")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('theme = "light"\nbell = "loud"', ":3: console.bell"),
        ('theme = "light"\n[console.keys]\nbuy = "ctrl+k"', ":4: console.keys.buy"),
        ('theme = "light"\n[nonsense', "not TOML"),
    ],
)
def test_a_wrong_screen_shows_itself_by_default_settings_and_says_why(file: Path, text: str, said: str) -> None:
    theme, _, problem = read(file, f"[console]\n{text}")
    assert theme == "dark"
    assert problem.startswith("the console shows itself by default settings, for the configuration is wrong: ")
    assert said in problem


def test_a_lax_spelling_means_what_it_means_to_the_engine(file: Path) -> None:
    file.write_text('[console]\nmouse = "off"\ntheme = "light"')
    settings, problem = first_settings(file, is_slow_link=False)
    assert (settings.has_mouse, settings.theme, problem()) == (False, "light", "")
