"""What numba has no name for: positions of set bits, and eight bytes of text as one word."""

from collections.abc import Callable
from typing import Any, cast

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray


def _lowest(_typing_context: Any, word: Any) -> Any:
    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return word(word), generate


def _above_highest(_typing_context: Any, word: Any) -> Any:
    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.ctlz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return word(word), generate


def _word(_typing_context: Any, text: Any, _at: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        address = builder.gep(array.data, [arguments[1]])
        word = builder.load(builder.bitcast(address, ir.IntType(64).as_pointer()))
        word.align = 1
        return word

    return types.uint64(text, types.int64), generate


def _put(_typing_context: Any, text: Any, _at: Any, word: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        address = builder.gep(array.data, [arguments[1]])
        store = builder.store(arguments[2], builder.bitcast(address, ir.IntType(64).as_pointer()))
        store.align = 1
        return context.get_dummy_value()

    return types.void(text, types.int64, types.uint64), generate


# inside kernels only; both are undefined for a word that is 0
trailing_zeros = cast("Callable[[int], int]", intrinsic(_lowest))
leading_zeros = cast("Callable[[int], int]", intrinsic(_above_highest))

# the eight bytes from `at` on, the first one lowest (little-endian machines); the text must reach that far
word_at = cast("Callable[[NDArray[np.uint8], int], int]", intrinsic(_word))

# writes a word's eight bytes from `at` on, the lowest one first; the text must reach that far
put_word = cast("Callable[[NDArray[np.uint8], int, int], None]", intrinsic(_put))
