"""Compiled kernels: what is cached on disk never outlives what it was compiled from."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def run(folder: Path, program: str, **environment: str) -> str:
    answer = subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": f"{folder}:{ROOT}"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.strip()


def test_a_changed_constant_or_callee_of_another_file_is_seen(tmp_path) -> None:
    cached = {"NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    program = "import entry; print(entry.answer(1), sum(entry.answer.stats.cache_hits.values()))"
    (tmp_path / "constants.py").write_text("STEP = 10\n")
    callee = "from core.compiled import kernel\n\n@kernel\ndef twice(x):\n    return {} * x\n"
    (tmp_path / "callee.py").write_text(callee.format(2))
    (tmp_path / "entry.py").write_text(
        "from callee import twice\nfrom constants import STEP\nfrom core.compiled import kernel\n\n"
        "@kernel\ndef answer(x):\n    return _inner(x)\n\n@kernel\ndef _inner(x):\n    return STEP + twice(x)\n"
    )
    assert run(tmp_path, program, **cached) == "12 0"
    assert run(tmp_path, program, **cached) == "12 1"
    (tmp_path / "constants.py").write_text("STEP = 20\n")
    assert run(tmp_path, program, **cached) == "22 0"
    (tmp_path / "callee.py").write_text(callee.format("3 * 1"))
    assert run(tmp_path, program, **cached) == "23 0"
    assert run(tmp_path, program, **cached) == "23 1"


def test_a_kernel_on_disjoint_arrays_is_cached_too(tmp_path) -> None:
    cached = {"NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    (tmp_path / "entry.py").write_text(
        "from core.compiled import disjoint_kernel\n\n@disjoint_kernel\ndef look_up(at, table, out):\n"
        "    for row in range(len(at)):\n        out[row] = 2 * table[at[row] & 7]\n"
    )
    program = (
        "import entry, numpy as np\nout = np.zeros(11, np.int64)\n"
        "entry.look_up(np.arange(11) % 3, np.arange(8), out)\n"
        "print(out.tolist(), sum(entry.look_up.stats.cache_hits.values()))"
    )
    wanted = str([2 * (row % 3) for row in range(11)])
    assert run(tmp_path, program, **cached) == f"{wanted} 0"
    assert run(tmp_path, program, **cached) == f"{wanted} 1"


def test_a_disk_without_room_for_the_cache_keeps_no_kernel_from_working(tmp_path) -> None:
    cached = {"NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    (tmp_path / "entry.py").write_text("from core.compiled import kernel\n\n@kernel\ndef twice(x):\n    return 2 * x\n")
    program = (
        "import entry, errno, os\n"
        "def full(*_):\n    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))\n"
        "os.replace = full\n"  # numba puts each file of its cache in place with it
        "print(entry.twice(21))"
    )
    assert run(tmp_path, program, **cached) == "42"
    assert run(tmp_path, program.replace("os.replace = full", ""), **cached) == "42"


def test_a_version_whose_code_did_not_come_to_the_disk_is_never_taken_for_the_one_before(tmp_path) -> None:
    cached = {"NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    program = (
        "import entry, errno, os\n"
        "replace = os.replace\n"
        "def full(source, target):\n"
        "    if str(target).endswith('.nbc'):\n        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))\n"
        "    replace(source, target)\n"
        "if {is_full}:\n    os.replace = full\n"  # the index is written before what it names
        "print(entry.twice(1))"
    )
    source = "from core.compiled import kernel\n\n@kernel\ndef twice(x):\n    return {} * x\n"
    told: list[str] = []
    for factor, is_full in ((2, False), (333, True), (333, False), (333, False)):
        (tmp_path / "entry.py").write_text(source.format(factor))
        told.append(run(tmp_path, program.replace("{is_full}", str(is_full)), **cached))
    assert told == ["2", "333", "333", "333"]


def test_the_book_can_be_imported_without_the_compiler() -> None:
    program = "import sys, core.book.book; print(sorted({'numba', 'llvmlite'} & set(sys.modules)))"
    assert run(ROOT, program) == "[]"


def test_warming_up_compiles_all_that_the_first_message_needs() -> None:
    program = """
from adapters.binance import depth
from core.book import kernels, warm_up
from adapters.binance import depth_kernel
from adapters.streams import checksum_kernel, message_kernel, warm_up as streams
warm_up.warm_up(); depth.warm_up(); streams.warm_up_reader(); streams.warm_up_checksum()
used = [kernels.apply_batch, kernels.load_batch, kernels.best_levels, kernels.lots_at, depth_kernel.decode_depth]
used += [message_kernel.read_message, checksum_kernel.top_checksum]
before = [len(kernel.signatures) for kernel in used]
import numpy as np
from core.book.book import Book
from core.types.order import Side
book, decoder = Book(warm_up.EXAMPLE), depth.DepthDecoder(warm_up.EXAMPLE)
none = np.zeros(0, np.int64)
book.apply_snapshot(none, none, none, none, sequence=1, venue_ns=0, received_ns=0)
assert decoder.decode(b'{"e":"depthUpdate","E":1,"s":"BTCUSDT","U":1,"u":1,"b":[["1.00","1.000"]],"a":[]}') == 0
decoder.apply_to(book, 1)
book.top(20), book.lots_at(Side.SELL, 5)
from adapters.streams.message_grammar import Object, Text
from adapters.streams.message_reader import MessageReader
from adapters.streams.top_checksum import TopChecksum
assert MessageReader(warm_up.EXAMPLE, Object({"a": Text("b")})).read(b'{"a":"b"}')
assert TopChecksum(warm_up.EXAMPLE, 25, is_alternating=False).of(book) > 0
print(before, [len(kernel.signatures) for kernel in used])
"""
    assert run(ROOT, program) == f"{[1] * 7} {[1] * 7}"
