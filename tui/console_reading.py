"""The settings of a console that attaches: [console] at once, the rest of the file once it is painted."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from core.config.console_choices import ConsoleChoices, ConsoleTable, read_console
from core.config.problem import ConfigError
from core.config.source import Places
from tui.console.key_map import key_faults
from tui.console.settings import ConsoleSettings, console_settings

FileProblem = Callable[[], str]  # empty where nothing is wrong


class FirstSettings(NamedTuple):
    """What to show by, and how to find out what is wrong with the file; that may take a while."""

    settings: ConsoleSettings
    problem: FileProblem


def first_settings(config_file: Path, *, is_slow_link: bool) -> FirstSettings:
    """Read how the screen should look; a file that is wrong by now keeps nobody from looking at a running engine.

    Where [console] is plainly right it counts, whatever is wrong with the engine's part of the file. Where it is not,
    the whole file is read first, and the console shows itself by default settings if that fails.
    """
    table, places, problem = _plainly_right(config_file) or _read_whole(config_file)
    settings = console_settings(table, is_slow_link=is_slow_link, places=places, config_file=str(config_file))
    return FirstSettings(settings, problem)


_Read = tuple[ConsoleTable, Places | None, FileProblem]


def _plainly_right(config_file: Path) -> _Read | None:
    try:
        table, places = read_console(config_file)
    except ConfigError:
        return None
    if table is None or any(key_faults(table.own_keys)):
        return None
    return table, places, lambda: _problem_of(config_file)


def _problem_of(config_file: Path) -> str:
    from core.config.load import load_config  # noqa: PLC0415 - heavy, and not for what is painted first

    try:
        load_config(config_file)
    except ConfigError as error:
        return f"an engine would not start with this configuration: {_in_a_line(error)}"
    return ""


def _in_a_line(error: ConfigError) -> str:
    first, *others = error.problems
    more = f"; {len(others)} more, see `seraphim config check`" if others else ""
    return f"{first}{more}"


def _read_whole(config_file: Path) -> _Read:
    from core.config.load import load_config, places_of  # noqa: PLC0415 - heavy, and rarely needed here
    from tui.compose.configuration import key_problems  # noqa: PLC0415 - as above

    try:
        console = load_config(config_file).console
        places = places_of(config_file)
        if problems := key_problems(console, places):
            raise ConfigError(problems)
    except ConfigError as error:
        said = f"the console shows itself by default settings, for the configuration is wrong: {_in_a_line(error)}"
        return ConsoleChoices(), None, lambda: said
    return console, places, str
