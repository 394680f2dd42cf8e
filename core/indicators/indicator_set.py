"""All indicators of one instrument, updated by one compiled call a bar."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from core.indicators.set_kernel import PROGRAM_COLUMNS, STATE_AT, init_state, run_set, state_size, update_set
from core.indicators.spec import IndicatorSpec

Floats = NDArray[np.float64]

BAR_ROWS = 5  # open, high, low, close, volume


class IndicatorSet:
    """Streaming indicators by name. Bands have three outputs: ``name.middle``, ``name.upper``, ``name.lower``."""

    def __init__(self, specs: Mapping[str, IndicatorSpec]) -> None:
        self._specs = tuple(specs.values())
        self._program = np.zeros((len(specs), PROGRAM_COLUMNS), np.int64)
        self._places: dict[str, int] = {}
        size = 0
        for row, (name, spec) in enumerate(specs.items()):
            self._program[row] = (spec.kind, spec.source, size, len(self._places))
            size += state_size(spec)
            for suffix in spec.output_suffixes:
                self._places[name + suffix] = len(self._places)
        self._state = np.empty(size)
        self._outputs = np.empty((2, len(self._places)))  # newest bar, bar before
        self._bar = np.empty((BAR_ROWS, 1))
        self.reset()

    @property
    def names(self) -> tuple[str, ...]:
        """Return the outputs' names in the order of the rows of `run`."""
        return tuple(self._places)

    @property
    def is_warm(self) -> bool:
        """Tell whether every output has a value at the newest bar."""
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
        for row, spec in enumerate(self._specs):
            init_state(self._state, int(self._program[row, STATE_AT]), spec)

    def update(self, opened: float, high: float, low: float, close: float, volume: float) -> None:
        """Take one bar."""
        bar = self._bar
        bar[0, 0], bar[1, 0], bar[2, 0], bar[3, 0], bar[4, 0] = opened, high, low, close, volume
        update_set(self._program, self._state, self._outputs, bar, 0)

    def run(self, bars: Floats) -> Floats:
        """Take many bars: rows open, high, low, close, volume in; one row an output and one column a bar out."""
        columns = np.ascontiguousarray(bars, dtype=np.float64)
        if columns.ndim != 2 or columns.shape[0] != BAR_ROWS:
            raise ValueError(f"bars have five rows (open, high, low, close, volume), not the shape {columns.shape}")
        series = np.empty((len(self._places), columns.shape[1]))
        run_set(self._program, self._state, self._outputs, columns, series)
        return series
