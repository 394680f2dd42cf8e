"""Positions of set bits in 64-bit words: one machine instruction each."""

from collections.abc import Callable
from typing import Any, cast

from llvmlite import ir  # pyright: ignore[reportMissingTypeStubs]  # no type information
from numba import types  # pyright: ignore[reportMissingTypeStubs]  # no type information
from numba.extending import intrinsic  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]  # same


def _lowest(_typing_context: Any, _word: Any) -> Any:
    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.int64), generate


def _above_highest(_typing_context: Any, _word: Any) -> Any:
    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.ctlz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.int64), generate


# inside kernels only; undefined for a word that is 0
trailing_zeros = cast("Callable[[int], int]", intrinsic(_lowest))
leading_zeros = cast("Callable[[int], int]", intrinsic(_above_highest))
