"""All indicators of one instrument, updated by one compiled call a bar."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.compiled import kernel
from core.indicators import bollinger, deviation, exponential, rsi, sma
from core.indicators.spec import IndicatorKind, IndicatorSpec, Source

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

KIND, SOURCE, STATE_AT, OUTPUT_AT = 0, 1, 2, 3  # columns of a program, one row an indicator

# Plain integers: a compiled function takes module constants in, enum members cost a lookup each.
_SMA, _EMA, _RMA = int(IndicatorKind.SMA), int(IndicatorKind.EMA), int(IndicatorKind.RMA)
_RSI, _RSI_SIMPLE = int(IndicatorKind.RSI), int(IndicatorKind.RSI_SIMPLE)
_DEVIATION, _BOLLINGER = int(IndicatorKind.DEVIATION), int(IndicatorKind.BOLLINGER)


class _Layout(NamedTuple):
    size: Callable[[IndicatorSpec], int]
    init: Callable[[Floats, int, IndicatorSpec], None]


def _exponential_layout(weight: Callable[[int], float]) -> _Layout:
    return _Layout(
        lambda _: exponential.EXPONENTIAL_SIZE,
        lambda state, at, spec: exponential.init_exponential(state, at, spec.length, weight(spec.length)),
    )


_LAYOUTS: dict[IndicatorKind, _Layout] = {
    IndicatorKind.SMA: _Layout(
        lambda spec: sma.sma_size(spec.length), lambda state, at, spec: sma.init_sma(state, at, spec.length)
    ),
    IndicatorKind.EMA: _exponential_layout(exponential.ema_weight),
    IndicatorKind.RMA: _exponential_layout(exponential.rma_weight),
    IndicatorKind.RSI: _Layout(
        lambda spec: rsi.rsi_size(spec.length), lambda state, at, spec: rsi.init_rsi(state, at, spec.length)
    ),
    IndicatorKind.RSI_SIMPLE: _Layout(
        lambda spec: rsi.rsi_simple_size(spec.length),
        lambda state, at, spec: rsi.init_rsi_simple(state, at, spec.length),
    ),
    IndicatorKind.DEVIATION: _Layout(
        lambda spec: deviation.deviation_size(spec.length),
        lambda state, at, spec: deviation.init_deviation(state, at, spec.length),
    ),
    IndicatorKind.BOLLINGER: _Layout(
        lambda spec: bollinger.bollinger_size(spec.length),
        lambda state, at, spec: bollinger.init_bollinger(state, at, spec.length, spec.width),
    ),
}


@kernel
def _price(source: int, opened: float, high: float, low: float, close: float, volume: float) -> float:
    if source == 3:
        return close
    if source == 0:
        return opened
    if source == 1:
        return high
    if source == 2:
        return low
    if source == 4:
        return volume
    if source == 5:
        return (high + low) / 2.0
    if source == 6:
        return (high + low + close) / 3.0
    return (opened + high + low + close) / 4.0


@kernel
def _step(kind: int, state: Floats, at: int, value: float, outputs: Floats, output_at: int) -> None:
    if kind == _SMA:
        outputs[output_at] = sma.sma_step(state, at, value)
    elif kind in (_EMA, _RMA):
        outputs[output_at] = exponential.exponential_step(state, at, value)
    elif kind == _RSI:
        outputs[output_at] = rsi.rsi_step(state, at, value)
    elif kind == _RSI_SIMPLE:
        outputs[output_at] = rsi.rsi_simple_step(state, at, value)
    elif kind == _DEVIATION:
        outputs[output_at] = deviation.deviation_step(state, at, value)
    elif kind == _BOLLINGER:
        middle, upper, lower = bollinger.bollinger_step(state, at, value)
        outputs[output_at] = middle
        outputs[output_at + 1] = upper
        outputs[output_at + 2] = lower


@kernel
def _update(
    program: Ints, state: Floats, outputs: Floats,
    opened: float, high: float, low: float, close: float, volume: float,
) -> None:  # fmt: skip
    """Move the newest row of `outputs` to the row before and write the values of one bar."""
    newest, before = outputs[0], outputs[1]
    before[:] = newest
    for row in range(len(program)):
        value = _price(program[row, SOURCE], opened, high, low, close, volume)
        _step(program[row, KIND], state, program[row, STATE_AT], value, newest, program[row, OUTPUT_AT])


@kernel
def _run(program: Ints, state: Floats, outputs: Floats, bars: Floats, series: Floats) -> None:
    for index in range(bars.shape[1]):
        _update(
            program, state, outputs,
            bars[0, index], bars[1, index], bars[2, index], bars[3, index], bars[4, index],
        )  # fmt: skip
        series[:, index] = outputs[0]


class IndicatorSet:
    """Streaming indicators by name. Bands have three outputs: ``name.middle``, ``name.upper``, ``name.lower``."""

    def __init__(self, specs: Mapping[str, IndicatorSpec]) -> None:
        self._program = np.zeros((len(specs), 4), np.int64)
        self._places: dict[str, int] = {}
        state_size = 0
        for row, (name, spec) in enumerate(specs.items()):
            self._program[row] = (spec.kind, spec.source, state_size, len(self._places))
            state_size += _LAYOUTS[spec.kind].size(spec)
            for suffix in spec.output_suffixes:
                self._places[name + suffix] = len(self._places)
        self._specs = dict(specs)
        self._state = np.empty(state_size)
        self._outputs = np.empty((2, len(self._places)))
        self.reset()

    @property
    def names(self) -> tuple[str, ...]:
        """Return the outputs' names in the order of the rows of `run`."""
        return tuple(self._places)

    @property
    def is_warm(self) -> bool:
        """Tell whether every output has a value."""
        return not bool(np.isnan(self._outputs[0]).any())

    @property
    def was_warm(self) -> bool:
        """Tell whether every output had a value at the bar before."""
        return not bool(np.isnan(self._outputs[1]).any())

    def value(self, name: str) -> float:
        """Return an output at the newest bar, NaN until warm; raise KeyError for an unknown name."""
        return float(self._outputs[0, self._places[name]])

    def previous(self, name: str) -> float:
        """Return an output at the bar before the newest."""
        return float(self._outputs[1, self._places[name]])

    def reset(self) -> None:
        """Forget every bar."""
        self._outputs.fill(np.nan)
        for row, spec in enumerate(self._specs.values()):
            _LAYOUTS[spec.kind].init(self._state, int(self._program[row, STATE_AT]), spec)

    def update(self, opened: float, high: float, low: float, close: float, volume: float) -> None:
        """Take one bar."""
        _update(self._program, self._state, self._outputs, opened, high, low, close, volume)

    def run(self, bars: Floats) -> Floats:
        """Take many bars: rows open, high, low, close, volume in, one row an output out, a column a bar."""
        columns = np.ascontiguousarray(bars, dtype=np.float64)
        if columns.ndim != 2 or columns.shape[0] != 5:
            raise ValueError(f"bars have five rows (open, high, low, close, volume), not the shape {columns.shape}")
        series = np.empty((len(self._places), columns.shape[1]))
        _run(self._program, self._state, self._outputs, columns, series)
        return series
