"""``python -m bench NAME [--json]``: measure one thing against its peers in the same run."""

import argparse
import importlib
import inspect
import sys

import msgspec

from bench.registry import BENCHES
from bench.result import BenchError, Result


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure ours against its peers, interleaved.")
    parser.add_argument("name", choices=sorted(BENCHES), help="what to measure")
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    parser.add_argument("--rounds", type=int, default=7, help="how often each side runs (default 7)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the generated data (default 1)")
    parser.add_argument("--messages", type=int, help="how much is sent, where a benchmark can be made longer")
    arguments = parser.parse_args()
    if arguments.rounds < 1:
        parser.error(f"--rounds is {arguments.rounds}, allowed are numbers from 1")
    run = importlib.import_module(BENCHES[arguments.name]).run
    options = {} if arguments.messages is None else {"messages": arguments.messages}
    if not options.keys() <= inspect.signature(run).parameters.keys():
        parser.error(f"{arguments.name} has no --messages")
    try:
        result = run(arguments.rounds, arguments.seed, **options)
    except BenchError as error:
        print(f"bench {arguments.name}: {error}", file=sys.stderr)
        return 1
    print(msgspec.json.encode(result).decode() if arguments.json else table_of(result))
    return 0


def table_of(result: Result) -> str:
    rows = [(name, str(value)) for name, value in result.measured.items()]
    rows += [(f"times better than {peer}", f"{ratio:.1f}") for peer, ratio in result.ratio.items()]
    width = max(len(name) for name, _ in rows)
    return "\n".join([f"bench {result.name}", *(f"  {name:<{width}}  {value}" for name, value in rows)])


if __name__ == "__main__":
    sys.exit(main())
