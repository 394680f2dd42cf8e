"""[console] read alone says what the whole configuration would say, or that it cannot tell."""

from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from core.config.console import ConsoleConfig
from core.config.console_choices import ConsoleChoices, choices_of, read_console
from core.config.console_words import BellLevel, ChartTimeframe, ThemeName, UpColour
from core.config.problem import ConfigError

RIGHT: dict[str, st.SearchStrategy[Any]] = {
    "theme": st.sampled_from(get_args(ThemeName)),
    "up": st.sampled_from(get_args(UpColour)),
    "frame_rate_hz": st.integers(1, 60) | st.decimals(Decimal("0.1"), 60, places=2),
    "timeframe": st.sampled_from(get_args(ChartTimeframe)),
    "mouse": st.booleans(),
    "bell": st.sampled_from(get_args(BellLevel)),
    "record": st.booleans(),
    "recording_max_mb": st.integers(1, 10_000),
    "recordings_kept": st.integers(1, 10_000),
    "keys": st.dictionaries(st.text(max_size=5), st.text(max_size=5) | st.lists(st.text(max_size=5), max_size=2)),
}
ANYTHING = (
    st.none()
    | st.booleans()
    | st.integers(-2, 20_000)
    | st.decimals(allow_nan=False)
    | st.just(Decimal("nan"))
    | st.sampled_from(("yes", "off", "1", "dark", "4", "severe", "1m"))
    | st.lists(st.integers(), max_size=2)
    | st.dictionaries(st.text(max_size=3), st.integers(), max_size=2)
)
SHOWN = (*(name for name in RIGHT if name != "keys"), "own_keys", "given")


def shown(table: Any) -> dict[str, Any]:
    return {name: getattr(table, name) for name in SHOWN}


@given(st.fixed_dictionaries({}, optional=RIGHT))
def test_a_right_table_is_read_as_the_whole_configuration_reads_it(table: dict[str, Any]) -> None:
    choices = choices_of(table)
    assert choices is not None
    assert shown(choices) == shown(ConsoleConfig.model_validate(table))


@given(st.fixed_dictionaries({}, optional={**{name: right | ANYTHING for name, right in RIGHT.items()}, "x": ANYTHING}))
def test_what_is_read_is_never_what_the_whole_configuration_refuses(table: dict[str, Any]) -> None:
    choices = choices_of(table)
    try:
        whole = ConsoleConfig.model_validate(table)
    except ValidationError:
        assert choices is None
    else:
        assert choices is None or shown(choices) == shown(whole)


def test_there_are_the_same_keys_with_the_same_defaults() -> None:
    assert {*ConsoleChoices.__struct_fields__} - {"given"} == {*ConsoleConfig.model_fields} == {*RIGHT}
    assert shown(ConsoleChoices()) == shown(ConsoleConfig())


def test_the_environment_counts_and_each_key_has_its_place(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[console]\ntheme = "light"\nup = "red"\n[risk]\nnonsense = 1\n')
    choices, places = read_console(file, {"SERAPHIM_CONSOLE__UP": "green", "SERAPHIM_RISK__MORE": "1"})
    assert choices is not None
    assert (choices.theme, choices.up, choices.given) == ("light", "green", {"theme", "up"})
    assert places.of(("console", "theme")) == f"{file}:2"
    assert places.of(("console", "up")) == "environment variable SERAPHIM_CONSOLE__UP"


@pytest.mark.parametrize("text", ["console = 1", "[[console]]\ntheme = 'dark'", "[console]\ngiven = ['theme']"])
def test_what_is_no_table_of_choices_is_left_to_the_whole_reading(tmp_path: Path, text: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(text)
    assert read_console(file, {})[0] is None


def test_a_file_that_is_no_toml_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("[console")
    with pytest.raises(ConfigError, match="not TOML"):
        read_console(file, {})
