"""`seraphim config`: check a configuration, show what is in force."""

from pathlib import Path
from typing import Annotated, Final

import typer

from core.paths import Paths
from tui.cli.exits import CommandError, ExitCode
from tui.cli.output import Json, say, say_json

EXAMPLES: Final = "Examples: seraphim config check · seraphim config check ./my.toml · seraphim config show --json"
File = Annotated[Path | None, typer.Argument(help="The file; left out: the usual one.", show_default=False)]

group = typer.Typer(help=f"Check the configuration, or show what is in force.\n\n{EXAMPLES}", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.add_typer(group, name="config")


@group.command("check", help="Say everything that is wrong with a configuration; exit with 2 where something is.")
def check(file: File = None, json: Json = False) -> None:
    from tui.compose.configuration import load_for_engine  # noqa: PLC0415 - strategies with it

    path = _path(file)
    config = load_for_engine(path, Paths.from_environment())
    source = str(path) if path.exists() else "built-in defaults"
    if json:
        say_json({"ok": True, "file": str(path), "exists": path.exists()})
    else:
        say(
            f"ok: {source}: {len(config.venues)} venues, {len(config.strategies)} strategies, {config.engine.mode} mode"
        )


@group.command("show", help="Show the configuration in force: file, environment and defaults together.")
def show(file: File = None, json: Json = False) -> None:
    from core.config.load import load_config  # noqa: PLC0415 - pydantic is not for the commands beside this one

    config = load_config(_path(file))
    if json:
        say_json(config.model_dump())
        return
    for key, value in _lines(config.model_dump(exclude_none=True)):
        say(f"{key} = {value}")


def _path(file: Path | None) -> Path:
    if file is not None and not file.exists():
        raise CommandError(ExitCode.USAGE, f"{file}: no such file")
    return file or Paths.from_environment().config_file


def _lines(tables: dict[str, object], above: str = "") -> list[tuple[str, str]]:
    from core.config.problem import dotted, show  # noqa: PLC0415 - pydantic, too

    lines: list[tuple[str, str]] = []
    for name, value in tables.items():
        key = f"{above}{dotted((name,))}"
        if isinstance(value, dict):
            lines += _lines(value, f"{key}.")  # pyright: ignore[reportUnknownArgumentType] - a dumped model
        else:
            lines.append((key, show(value, limit=None)))
    return lines
