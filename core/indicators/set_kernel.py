"""The compiled half of an indicator set: a program of rows, one an indicator, over one state array."""

import numpy as np
from numpy.typing import NDArray

from core.compiled import kernel
from core.indicators.bollinger import bollinger_size, bollinger_step, init_bollinger
from core.indicators.deviation import deviation_size, deviation_step, init_deviation
from core.indicators.exponential import (
    EXPONENTIAL_SIZE,
    ema_weight,
    exponential_step,
    init_exponential,
    rma_weight,
)
from core.indicators.rsi import init_rsi, init_rsi_simple, rsi_simple_size, rsi_simple_step, rsi_size, rsi_step
from core.indicators.sma import init_sma, sma_size, sma_step
from core.indicators.spec import IndicatorKind, IndicatorSpec, Source

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

KIND, SOURCE, STATE_AT, OUTPUT_AT = 0, 1, 2, 3  # columns of a program
PROGRAM_COLUMNS = 4

# Plain integers: compiled code takes module constants in, but not members of an enum's class.
_SMA, _EMA, _RMA = int(IndicatorKind.SMA), int(IndicatorKind.EMA), int(IndicatorKind.RMA)
_RSI, _RSI_SIMPLE = int(IndicatorKind.RSI), int(IndicatorKind.RSI_SIMPLE)
_DEVIATION, _BOLLINGER = int(IndicatorKind.DEVIATION), int(IndicatorKind.BOLLINGER)
_OPEN, _HIGH, _LOW, _CLOSE = int(Source.OPEN), int(Source.HIGH), int(Source.LOW), int(Source.CLOSE)
_VOLUME, _HL2, _HLC3 = int(Source.VOLUME), int(Source.HL2), int(Source.HLC3)


def state_size(spec: IndicatorSpec) -> int:
    """Return how many floats the state of an indicator takes."""
    match spec.kind:
        case IndicatorKind.SMA:
            return sma_size(spec.length)
        case IndicatorKind.EMA | IndicatorKind.RMA:
            return EXPONENTIAL_SIZE
        case IndicatorKind.RSI:
            return rsi_size(spec.length)
        case IndicatorKind.RSI_SIMPLE:
            return rsi_simple_size(spec.length)
        case IndicatorKind.DEVIATION:
            return deviation_size(spec.length)
        case IndicatorKind.BOLLINGER:
            return bollinger_size(spec.length)


def init_state(state: Floats, at: int, spec: IndicatorSpec) -> None:
    """Make `state[at:]` an indicator that has seen nothing."""
    match spec.kind:
        case IndicatorKind.SMA:
            init_sma(state, at, spec.length)
        case IndicatorKind.EMA:
            init_exponential(state, at, spec.length, ema_weight(spec.length))
        case IndicatorKind.RMA:
            init_exponential(state, at, spec.length, rma_weight(spec.length))
        case IndicatorKind.RSI:
            init_rsi(state, at, spec.length)
        case IndicatorKind.RSI_SIMPLE:
            init_rsi_simple(state, at, spec.length)
        case IndicatorKind.DEVIATION:
            init_deviation(state, at, spec.length)
        case IndicatorKind.BOLLINGER:
            init_bollinger(state, at, spec.length, spec.width)


@kernel
def _price(source: int, bars: Floats, column: int) -> float:
    opened, high, low, close = bars[0, column], bars[1, column], bars[2, column], bars[3, column]
    if source == _CLOSE:
        return close
    if source == _OPEN:
        return opened
    if source == _HIGH:
        return high
    if source == _LOW:
        return low
    if source == _VOLUME:
        return bars[4, column]
    if source == _HL2:
        return (high + low) / 2.0
    if source == _HLC3:
        return (high + low + close) / 3.0
    return (opened + high + low + close) / 4.0


@kernel
def _step(program: Ints, row: int, state: Floats, value: float, outputs: Floats) -> None:
    kind, at, output_at = program[row, KIND], program[row, STATE_AT], program[row, OUTPUT_AT]
    if kind == _SMA:
        outputs[output_at] = sma_step(state, at, value)
    elif kind == _EMA:
        outputs[output_at] = exponential_step(state, at, value)
    elif kind == _RSI:
        outputs[output_at] = rsi_step(state, at, value)
    elif kind == _RSI_SIMPLE:
        outputs[output_at] = rsi_simple_step(state, at, value)
    elif kind == _RMA:
        outputs[output_at] = exponential_step(state, at, value)
    elif kind == _DEVIATION:
        outputs[output_at] = deviation_step(state, at, value)
    elif kind == _BOLLINGER:
        middle, upper, lower = bollinger_step(state, at, value)
        outputs[output_at] = middle
        outputs[output_at + 1] = upper
        outputs[output_at + 2] = lower


@kernel
def update_set(program: Ints, state: Floats, outputs: Floats, bars: Floats, column: int) -> None:
    """Move row 0 of `outputs` to row 1 and write the values of one column (open, high, low, close, volume)."""
    for output in range(outputs.shape[1]):
        outputs[1, output] = outputs[0, output]
    for row in range(len(program)):
        _step(program, row, state, _price(program[row, SOURCE], bars, column), outputs[0])


@kernel
def run_set(program: Ints, state: Floats, outputs: Floats, bars: Floats, series: Floats) -> None:
    """Update by every column of `bars` and write the outputs into the columns of `series`."""
    for column in range(bars.shape[1]):
        update_set(program, state, outputs, bars, column)
        for output in range(outputs.shape[1]):
            series[output, column] = outputs[0, output]
