"""`seraphim version` and `daemon`: the program itself."""

import platform
from importlib import import_module, metadata
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from core.control.verbs import VERSION
from core.paths import Paths
from tui.cli.output import Json, note, say, say_json

SHOWN_PACKAGES: Final = ("textual", "aiohttp", "picows", "msgspec", "numpy", "numba")
ConfigFile = Annotated[
    Path | None, typer.Option("--config", help="Configuration file instead of the usual one.", show_default=False)
]


def register(app: typer.Typer) -> None:
    app.command(VERSION.name, help=VERSION.help)(version)
    app.command(
        "daemon", help="Run the engine without a console, in the foreground; SIGTERM ends it, SIGUSR1 is `kill`."
    )(daemon)


def version(json: Json = False) -> None:
    paths = Paths.from_environment()
    versions = {"seraphim": metadata.version("seraphim"), "python": platform.python_version()}
    versions |= {name: metadata.version(name) for name in SHOWN_PACKAGES}
    places = {
        "config": str(paths.config_file),
        "state": str(paths.state_dir),
        "socket": str(paths.socket),
        "logs": str(paths.log_dir),
        "data": str(paths.data_dir),
    }
    if json:
        say_json({"versions": versions, "paths": places, "notice": paths.notice})
        return
    for name, value in {**versions, **places}.items():
        say(f"{name:<10} {value}")
    if paths.notice:
        note(paths.notice)


def daemon(
    config: ConfigFile = None,
    live: Annotated[
        bool, typer.Option("--live", help="Confirm that orders go out with real money, where the configuration allows.")
    ] = False,
) -> None:
    launch: Any = import_module("tui.launch")
    raise typer.Exit(int(launch.run_daemon(config, is_live=live)))
