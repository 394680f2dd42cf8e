"""Engine and strategies use no clock, no chance, no sleep, no thread and no order of a set but through ports."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.repository.tree import ROOT, python_files

EXEMPT = {
    "strategies/simulate.py": "composes the engine over virtual time and measures how fast that runs",
    "strategies/simulation/campaign.py": "measures how fast many runs are",
    "strategies/simulation/timeline.py": "is the time of everything outside of the engine, with its timers",
    "strategies/simulation/workers.py": "runs seeds in processes",
}
BANNED_MODULES = {"time", "random", "secrets", "uuid", "threading", "multiprocessing", "concurrent", "_thread", "queue"}
BANNED_NAMES = {
    "asyncio.sleep", "asyncio.to_thread", "datetime.now", "datetime.utcnow", "datetime.today", "date.today",
    "os.urandom", "np.random", "numpy.random",
}  # fmt: skip
BANNED_METHODS = {"run_in_executor", "call_later", "call_at"}
SET_MAKERS = {"set", "frozenset"}
ORDER_KEEPERS = {
    "list",
    "tuple",
    "iter",
    "next",
    "enumerate",
    "zip",
    "map",
    "filter",
    "deque",
    "fromkeys",
    "join",
    "extend",
}


def governed_files() -> Iterator[Path]:
    for path in python_files("core", "strategies"):
        name = path.relative_to(ROOT).as_posix()
        if not name.startswith("core/io/") and name not in EXEMPT:
            yield path


def offences(source: str) -> list[str]:
    tree = ast.parse(source)
    return [f"line {node.lineno}: {what}" for node, what in (*_banned(tree), *_set_walks(tree))]


def _banned(tree: ast.Module) -> Iterator[tuple[ast.expr | ast.stmt, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node, a.name) for a in node.names if a.name.partition(".")[0] in BANNED_MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from ((node, n) for n in names if n.partition(".")[0] in BANNED_MODULES or n in BANNED_NAMES)
        elif isinstance(node, ast.Attribute):
            dotted = ast.unparse(node)
            if node.attr in BANNED_METHODS or any(
                dotted == name or dotted.endswith(f".{name}") for name in BANNED_NAMES
            ):
                yield node, dotted


def _set_walks(tree: ast.Module) -> Iterator[tuple[ast.expr, str]]:
    """Find iteration over what is a set by its form, or by its name's annotation or assignment in this module."""
    named = _set_names(tree)
    for node in ast.walk(tree):
        walked: list[ast.expr] = []
        if isinstance(node, ast.For | ast.comprehension):
            walked = [node.iter]
        elif isinstance(node, ast.Starred):
            walked = [node.value]
        elif isinstance(node, ast.Call) and _last_name(node.func) in ORDER_KEEPERS:
            walked = node.args
        yield from ((each, f"walks the set {ast.unparse(each)}") for each in walked if _is_set(each, named))


def _set_names(tree: ast.Module) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign) and _names_a_set(node.annotation):
            found.add(ast.unparse(node.target))
        elif isinstance(node, ast.arg) and node.annotation is not None and _names_a_set(node.annotation):
            found.add(node.arg)
        elif isinstance(node, ast.Assign) and _is_set(node.value, found):
            found.update(ast.unparse(target) for target in node.targets)
    return found


def _names_a_set(annotation: ast.expr) -> bool:
    text = ast.unparse(annotation).strip("'\"").removeprefix("Final[")
    return text.partition("[")[0] in {"set", "frozenset", "Set", "AbstractSet"}


def _is_set(node: ast.expr, named: set[str]) -> bool:
    match node:
        case ast.Set() | ast.SetComp():
            return True
        case ast.Call():
            return _last_name(node.func) in SET_MAKERS
        case ast.BinOp(op=ast.BitOr() | ast.BitAnd() | ast.Sub() | ast.BitXor()):
            return any(_is_set(side, named) or _is_key_view(side) for side in (node.left, node.right))
        case ast.Name() | ast.Attribute():
            return ast.unparse(node) in named
        case _:
            return False


def _is_key_view(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and _last_name(node.func) == "keys"


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def test_nothing_undetermined_gets_in_but_through_a_port():
    found = {path.relative_to(ROOT).as_posix(): offences(path.read_text("utf-8")) for path in governed_files()}
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_exceptions_still_need_to_be_ones():
    assert all(offences((ROOT / name).read_text("utf-8")) for name in EXEMPT)


@pytest.mark.parametrize(
    "source",
    [
        "import time", "from time import monotonic", "import random", "from uuid import uuid4", "import threading",
        "from concurrent.futures import Future", "import asyncio\nawait_ = asyncio.sleep(1)",
        "from asyncio import sleep", "import datetime\nx = datetime.datetime.now()", "x = datetime.utcnow()",
        "x = np.random.rand()", "loop.run_in_executor(None, f)", "loop.call_later(1, f)",
        "for x in {1, 2}: pass", "for x in set(y): pass", "z = [x for x in frozenset(y)]", "z = list({x for x in y})",
        "z = [*{1, 2}]", "z = next(iter({1}))", "','.join({'a'})", "for x in a.keys() - b: pass",
        "z = {1}\nfor x in z: pass", "s: set[int] = make()\nfor x in s: pass",
        "def f(seen: set[int]):\n    return tuple(seen)", "dict.fromkeys({1, 2})",
    ],
)  # fmt: skip
def test_the_check_finds(source: str):
    assert offences(source) != []


@pytest.mark.parametrize(
    "source",
    [
        "for x in sorted({2, 1}): pass", "x = 1 in {1, 2}", "x = max({1, 2})", "for x in {1: 2}: pass",
        "from datetime import datetime\nx = datetime.fromtimestamp(0)", "seen: set[int] = set()\nseen.add(1)",
        "self.time", "x = clock.monotonic_ns()", "import asyncio\nx = asyncio.timeout(1)",
        "y = a - b\nfor x in y: pass",
    ],
)  # fmt: skip
def test_the_check_lets_pass(source: str):
    assert offences(source) == []
