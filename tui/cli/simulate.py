"""`seraphim simulate`: the engine in virtual time, over the embedded market or among faults."""

import os
import re
import sys
from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Final, Protocol

import typer

from tui.cli.exits import CommandError, ExitCode
from tui.cli.output import Json, note, say, say_json

HELP: Final = """Run the whole engine in virtual time, without a screen and without files.

With --seconds or --config, or without --seed, it runs over the embedded market and prints what came of it.

With --seed or --seeds alone it is tried against faults: three venues that lose, repeat, delay and refuse, disks that
fill, clocks that jump, and engines killed in the middle of everything. After every step the invariants are checked
against the venues' own truth. It exits with 1 where one was violated, and says which command repeats it.

Examples: seraphim simulate --seed 7 --seconds 3600 --json · seraphim simulate --seeds 0:500 --json ·
seraphim simulate --seed 7 --digest · seraphim simulate --seeds 0:40 --fault F13
"""
SHOWN_VIOLATIONS: Final = 20
ConfigFile = Annotated[
    Path | None, typer.Option("--config", help="Configuration file of the embedded market's run.", show_default=False)
]
Seed = Annotated[int | None, typer.Option("--seed", help="Same seed, same run.", show_default=False)]
Seconds = Annotated[
    int | None, typer.Option("--seconds", min=1, help="Virtual seconds over the embedded market; 600 without.")
]
Seeds = Annotated[str | None, typer.Option("--seeds", help="Seeds from:to, e.g. 0:500, on all cores.")]
FaultId = Annotated[str | None, typer.Option("--fault", help="Only this fault, F01 to F40; all at random without.")]
Digest = Annotated[bool, typer.Option("--digest", help="Print the journal's SHA-256 and nothing else.")]
Processes = Annotated[int | None, typer.Option("--processes", min=1, help="Worker processes; one a core without.")]


class Progress(Protocol):
    def __call__(self, done: int, total: int, /) -> None: ...


def register(app: typer.Typer) -> None:
    app.command("simulate", help=HELP)(simulate)


def simulate(
    seed: Seed = None,
    seconds: Seconds = None,
    seeds: Seeds = None,
    fault: FaultId = None,
    digest: Digest = False,
    processes: Processes = None,
    config: ConfigFile = None,
    json: Json = False,
) -> None:
    is_over_market = seconds is not None or config is not None or (seed is None and seeds is None)
    if is_over_market:
        if seeds is not None or fault is not None or processes is not None:
            raise CommandError(ExitCode.USAGE, "--seconds and --config do not go with --seeds, --fault or --processes")
        _over_the_market(1 if seed is None else seed, seconds or 600, config, digest=digest, json=json)
        return
    if (seed is None) == (seeds is None):
        raise CommandError(ExitCode.USAGE, "give either --seed or --seeds")
    if digest:
        if seed is None:
            raise CommandError(ExitCode.USAGE, "--digest is of one --seed")
        _print_digest(seed, fault)
        return
    chosen = _range_of(seeds) if seeds is not None else range(seed or 0, (seed or 0) + 1)
    _among_faults(chosen, fault, processes, json=json)


def _over_the_market(seed: int, seconds: int, config: Path | None, *, digest: bool, json: bool) -> None:
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


def _print_digest(seed: int, fault: str | None) -> None:
    warm_up: Any = import_module("core.book.warm_up")
    warm_up.warm_up()
    episode: Any = import_module("strategies.simulation.episode")
    say(str(episode.run_episode(seed, _fault(fault)).digest))


def _among_faults(seeds: range, fault: str | None, processes: int | None, *, json: bool) -> None:
    only = _fault(fault)
    campaign: Any = import_module("strategies.simulation.campaign")
    quiet = not sys.stderr.isatty()
    with nullcontext(_no_progress) if quiet else _progress_bar() as progress:
        result = campaign.run_campaign(seeds, only, processes or os.cpu_count() or 1, progress)
    if json:
        import msgspec  # noqa: PLC0415 - no other command needs it this early

        say_json(msgspec.to_builtins(result))
    else:
        _print(result)
    for violation in result.violations[:SHOWN_VIOLATIONS]:
        note(f"seed {violation.seed} at {violation.at_s:.3f} s: {violation.invariant}: {violation.text}")
        note(f"  again: {violation.repeat}")
    if result.violations:
        raise typer.Exit(ExitCode.FAILED)


def _print(result: Any) -> None:
    say(f"{result.seeds} seeds, {len(result.violations)} violations")
    say(f"{result.orders} orders, {result.fills} fills, {result.lives} engine starts, {result.repeated} seeds repeated")
    say("faults  " + "  ".join(f"{name} {count}" for name, count in result.faults.items()))
    say(
        f"{result.virtual_seconds:.0f} virtual seconds in {result.wall_seconds:.1f} s: "
        f"{result.virtual_ratio:.0f} times, {result.steps_per_second:.0f} steps/s"
    )


def _fault(name: str | None) -> object:
    if name is None:
        return None
    faults: Any = import_module("strategies.simulation.faults")
    known = [each.value for each in faults.Fault]
    if name not in known:
        raise CommandError(ExitCode.USAGE, f"fault {name!r} is not one of {known[0]} to {known[-1]}")
    return faults.Fault(name)


def _range_of(text: str) -> range:
    found = re.fullmatch(r"(\d+):(\d+)", text)
    chosen = range(int(found[1]), int(found[2])) if found else range(0)
    if not chosen:
        raise CommandError(ExitCode.USAGE, f"--seeds {text!r} is not from:to with from below to, e.g. 0:500")
    return chosen


def _no_progress(_done: int, _total: int) -> None: ...


@contextmanager
def _progress_bar() -> Generator[Progress]:
    from rich.console import Console  # noqa: PLC0415 - only for a person at a terminal
    from rich.progress import Progress as Bar  # noqa: PLC0415 - the same

    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("seeds", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
