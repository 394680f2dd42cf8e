"""`seraphim version`, `daemon` and `simulate`: the program itself."""

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
    app.command(
        "simulate",
        help="Run the engine over the embedded market in virtual time and print the journal's digest.\n\n"
        "Example: seraphim simulate --seed 7 --seconds 3600 --json",
    )(simulate)


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


def daemon(config: ConfigFile = None) -> None:
    launch: Any = import_module("tui.launch")
    raise typer.Exit(int(launch.run_daemon(config)))


def simulate(
    seed: Annotated[int, typer.Option("--seed", help="Same seed, same market.")] = 1,
    seconds: Annotated[int, typer.Option("--seconds", min=1, help="Virtual seconds to run.")] = 600,
    digest: Annotated[bool, typer.Option("--digest", help="Print the journal's SHA-256 and nothing else.")] = False,
    config: ConfigFile = None,
    json: Json = False,
) -> None:
    simulation: Any = import_module("strategies.simulate")
    result: dict[str, object] = simulation.run_simulation(seed=seed, seconds=seconds, config_file=config)
    if digest:
        say(str(result["digest"]))
        return
    if json:
        say_json(result)
        return
    for name, value in result.items():
        say(f"{name:<10} {value}")
