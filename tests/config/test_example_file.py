"""config.example.toml is complete: every setting is there, with its default."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from core.config.alerts import AlertSinkConfig
from core.config.config import Config
from core.config.load import load_config
from core.config.problem import ConfigError
from core.config.schema import is_table, kind_of, tables_of
from core.config.strategies import StrategyConfig
from core.config.venues import VenueConfig

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
VENUES = tables_of(get_args(VenueConfig)[0])


def everything_on() -> str:
    """Take the # off every line that is switched off with it."""
    return re.sub(r"^#(?=\S)", "", EXAMPLE.read_text(encoding="utf-8"), flags=re.MULTILINE)


def sections(model: type[BaseModel], above: str = "") -> Iterator[tuple[str, type[BaseModel]]]:
    for name, field in model.model_fields.items():
        if is_table(field.annotation):
            table: Any = field.annotation
            yield f"{above}{name}", table
            yield from sections(table, f"{above}{name}.")


def table_at(tables: dict[str, Any], path: str) -> dict[str, Any]:
    for part in path.split("."):
        tables = tables[part]
    return tables


def test_example_loads_and_equals_the_defaults():
    assert load_config(EXAMPLE, {}) == Config()


def test_example_with_every_line_switched_on_is_refused_only_for_the_replay_beside_other_venues(tmp_path: Path):
    path = tmp_path / "config.toml"
    path.write_text(everything_on(), encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        load_config(path, {})
    assert {problem.key for problem in refused.value.problems} == {"venues.recorded"}


def test_example_with_every_line_but_the_replay_switched_on_loads(tmp_path: Path):
    path = tmp_path / "config.toml"
    path.write_text(re.sub(r"\[venues\.recorded\].*?(?=\n\[)", "", everything_on(), flags=re.DOTALL), encoding="utf-8")
    kinds = {venue.kind for venue in load_config(path, {}).venues.values()}
    assert kinds == {kind_of(model) for model in VENUES} - {"replay"}


def test_the_replay_of_the_example_loads_alone_under_its_venues_name(tmp_path: Path):
    block = re.search(r"\[venues\.recorded\].*?(?=\n\[)", everything_on(), flags=re.DOTALL)
    assert block is not None
    path = tmp_path / "config.toml"
    path.write_text(block[0].replace("venues.recorded", "venues.binanceusdm"), encoding="utf-8")
    assert [venue.kind for venue in load_config(path, {}).venues.values()] == ["replay"]


@pytest.mark.parametrize(("path", "model"), list(sections(Config)))
def test_example_has_every_key_of_each_section(path: str, model: type[BaseModel]):
    assert set(table_at(tomllib.loads(everything_on()), path)) == set(model.model_fields)


@pytest.mark.parametrize("model", VENUES, ids=kind_of)
def test_example_has_every_key_of_each_kind_of_venue(model: type[BaseModel]):
    shown = [venue for venue in tomllib.loads(everything_on())["venues"].values() if venue["kind"] == kind_of(model)]
    assert any(set(venue) == set(model.model_fields) for venue in shown)


def test_example_has_every_key_of_a_strategy():
    shown = tomllib.loads(everything_on())["strategies"].values()
    assert any(set(strategy) == set(StrategyConfig.model_fields) for strategy in shown)


def test_example_has_every_key_of_a_sink_of_alerts():
    shown = tomllib.loads(everything_on().replace("#url_file", "url_file"))["alerts"]["sinks"]["phone"]
    assert set(shown) == set(AlertSinkConfig.model_fields)


def test_every_setting_has_a_description():
    models = [Config, StrategyConfig, AlertSinkConfig, *VENUES, *(model for _, model in sections(Config))]
    missing = [f"{m.__name__}.{name}" for m in models for name, f in m.model_fields.items() if not f.description]
    assert missing == []
