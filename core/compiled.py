"""One way to compile a function of arrays: numba without the interpreter, cached on disk where that is possible."""

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

import numba  # pyright: ignore[reportMissingTypeStubs]  # numba ships no type information

P = ParamSpec("P")
R = TypeVar("R")


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function on its first call; integer and array arguments only, no exceptions inside.

    The machine code is cached beside the source. Where nothing can be written (read-only installation, no home), it
    is compiled anew in each process instead of failing.
    """
    compiler = cast("Callable[..., Any]", numba.njit)  # pyright: ignore[reportUnknownMemberType]  # as above
    try:
        return compiler(cache=True, nogil=True, error_model="numpy")(function)
    except RuntimeError:  # numba found no folder for its cache
        return compiler(nogil=True, error_model="numpy")(function)
