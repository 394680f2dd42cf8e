"""One way to compile a function of arrays: numba without the interpreter, cached on disk where that is possible."""

from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from types import FunctionType
from typing import Any, Final, ParamSpec, TypeVar, TypeVarTuple, Unpack, cast

import numba
import numpy as np
from numba.core import caching
from numba.core.compiler import (
    CompilerBase,
    DefaultPassBuilder,
)

P = ParamSpec("P")
R = TypeVar("R")
Ts = TypeVarTuple("Ts")


class _StampedLocator:
    """Makes numba's cache see the constants and the kernels of other files that a kernel was compiled with.

    numba itself looks at the kernel's own file only, and would go on using machine code that has an old constant or
    an old callee in it.
    """

    stamped: Any  # the function as Python has it

    @classmethod
    def from_function(cls, py_func: FunctionType, py_file: str) -> Any:
        locator = cast("Any", super()).from_function(py_func, py_file)
        if locator is not None:
            locator.stamped = py_func
        return locator

    def get_source_stamp(self) -> bytes:
        own = cast("Any", super()).get_source_stamp()
        return sha256(repr((own, sorted(_OPTIONS.items()), _DISJOINT, stamp_of(self.stamped))).encode()).digest()


class UserProvidedLocator(_StampedLocator, caching.UserProvidedCacheLocator):
    """The folder that NUMBA_CACHE_DIR names."""


class InTreeLocator(_StampedLocator, caching.InTreeCacheLocator):
    """``__pycache__`` beside the source."""


class UserWideLocator(_StampedLocator, caching.UserWideCacheLocator):
    """The user's cache folder, where the sources cannot be written to."""


# No kernel allocates, so none counts references; a call with arrays costs more than most kernels do, so none is left.
_OPTIONS: Final = {"error_model": "numpy", "forceinline": True, "_nrt": False}
_DISJOINT: Final = {"noalias": True}
_LOCATORS = ",".join(
    f"{__name__}.{locator.__name__}" for locator in (UserProvidedLocator, InTreeLocator, UserWideLocator)
)


def stamp_of(function: FunctionType) -> tuple[object, ...]:
    """Return the numbers a function's module holds and the files of the kernels it imports, with theirs in turn.

    The module as a whole counts: a kernel further down, which is not there yet, may use what is imported above.
    """
    own_file = function.__code__.co_filename
    stamp: list[object] = []
    for name, value in sorted(function.__globals__.items()):
        callee = getattr(value, "py_func", getattr(value, "_defn", None))  # of a kernel, of an intrinsic
        if isinstance(callee, FunctionType):
            if callee.__code__.co_filename != own_file:
                status = Path(callee.__code__.co_filename).stat()
                stamp.append((name, status.st_mtime_ns, status.st_size, stamp_of(callee)))
        elif isinstance(value, int | float | np.number):
            stamp.append((name, repr(cast("object", value))))
    return tuple(stamp)


class _DisjointCompiler(CompilerBase):
    """Tells the compiler that no array it writes shares memory with another argument."""

    def define_pipelines(self) -> list[Any]:
        this = cast("Any", self)
        for name, value in _DISJOINT.items():
            setattr(this.state.flags, name, value)
        return [cast("Any", DefaultPassBuilder).define_nopython_pipeline(this.state)]


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function on its first call; integer and array arguments only, no exceptions inside.

    The machine code is cached beside the source. Where nothing can be written (read-only installation, no home), it
    is compiled anew in each process instead of failing.
    """
    return _compiled(function, _OPTIONS)


def disjoint_kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile like `kernel`, for callers that give each array it writes memory of its own.

    Only so may a loop that looks things up in some arrays and writes others take several elements in one step.
    """
    return _compiled(function, {**_OPTIONS, "pipeline_class": _DisjointCompiler})


def _compiled(function: Callable[P, R], options: dict[str, Any]) -> Callable[P, R]:
    compiler = cast("Callable[..., Any]", numba.njit)
    config = cast("Any", numba).config
    locators, config.CACHE_LOCATOR_CLASSES = config.CACHE_LOCATOR_CLASSES, _LOCATORS
    try:
        compiled = compiler(cache=True, **options)(function)
    except RuntimeError:  # numba found no folder for its cache
        return compiler(**options)(function)
    finally:
        config.CACHE_LOCATOR_CLASSES = locators
    _keep_versions_apart(compiled._cache)
    _keep_working_on_a_full_disk(compiled._cache)
    return compiled


def _keep_versions_apart(cache: Any) -> None:
    """Name a kernel's machine code by what it was compiled from.

    numba writes its index before the code that the index names. Where only the index came to the disk, the new one
    named the code of the version before, and each later start used that.
    """
    file = cache._cache_file
    base = file._index_name.removesuffix(".nbi")
    file._data_name_pattern = f"{base}-{file._source_stamp.hex()[:16]}.{{number:d}}.nbc"


def _keep_working_on_a_full_disk(cache: Any) -> None:
    """Let a kernel that cannot be kept for the next start be used in this one all the same: numba would raise."""
    save = cache.save_overload

    def save_if_possible(signature: object, compiled: object) -> None:
        with suppress(OSError):
            save(signature, compiled)

    cache.save_overload = save_if_possible


def entry_of(function: Callable[[Unpack[Ts]], R], *arguments: *Ts) -> Callable[[Unpack[Ts]], R]:
    """Call a kernel once and return its machine code for arguments of exactly these types and dimensions.

    A call through it is 0.1 us shorter because the types are not looked at: others crash the process. It is for
    callers that make each of the arrays themselves.
    """
    function(*arguments)
    dispatcher = cast("Any", function)
    types = tuple(dispatcher.typeof_pyval(argument) for argument in arguments)
    return dispatcher.overloads[types].entry_point
