"""Short-term volatility of one symbol."""

import itertools
import math
from collections import deque
from decimal import Decimal

from core.types.instrument import InstrumentId


class ShortTermVolatility:
    """Realised volatility of the last `window_s` seconds, in percent.

    The square root of the sum of squared log returns between the last prices of successive sampling steps
    (Andersen and Bollerslev, 1998), so it is the size of a typical move over the window, not a yearly rate.
    Steps without a price carry no return; the next return spans them.
    """

    def __init__(self, window_s: float = 60.0, step_s: float = 1.0, least_steps: int = 5) -> None:
        if not 0 < step_s <= window_s:
            raise ValueError(f"volatility step is {step_s} s; allowed is above 0 and at most the window, {window_s} s")
        self._step_ns = int(step_s * 1e9)
        self._steps = int(window_s / step_s)
        self._least_steps = least_steps
        self._samples: deque[tuple[int, float]] = deque()  # (step, log price), one a step, oldest first
        # The first sample that counts, and the sum of squared returns from there but for the newest, which still moves.
        self._settled: tuple[int, float] | None = None

    def update(self, at_ns: int, price: float) -> None:
        """Take a price over; one that is no positive number, or a step late, is left out.

        One that is older still tells that the clock was set back: everything begins anew, for prices that are left out
        until the old time comes again would show a calm market, whatever it does.
        """
        if not (price > 0 and math.isfinite(price)):
            return
        step = at_ns // self._step_ns
        if self._samples and step == self._samples[-1][0] - 1:
            return
        if self._samples and step < self._samples[-1][0]:
            self._samples.clear()
            self._settled = None
        if self._samples and step == self._samples[-1][0]:
            self._samples.pop()
        else:
            self._settled = None
        self._samples.append((step, math.log(price)))
        self._forget(step)

    def percent(self, now_ns: int) -> float | None:
        """Return the volatility, None while fewer than `least_steps` returns lie in the window."""
        first = self._first_within(now_ns)
        if len(self._samples) - first <= max(1, self._least_steps):
            return None
        # Once a step: consoles and the scheduler ask for every symbol many times a second.
        if self._settled is None or self._settled[0] != first:
            prices = self._prices(first)[:-1]
            self._settled = first, sum((later - earlier) ** 2 for earlier, later in itertools.pairwise(prices))
        return 100 * math.sqrt(self._settled[1] + (self._samples[-1][1] - self._samples[-2][1]) ** 2)

    def mean_price(self, now_ns: int) -> float | None:
        """Return the geometric mean of the window's prices, None while fewer than `least_steps` steps have one."""
        prices = self._prices(self._first_within(now_ns))
        return None if len(prices) < self._least_steps else math.exp(sum(prices) / len(prices))

    def _prices(self, first: int) -> list[float]:
        return [price for _, price in itertools.islice(self._samples, first, None)]

    def _first_within(self, now_ns: int) -> int:
        """Return how many samples are too old to count; they are kept, for the clock may be set back a little."""
        step = now_ns // self._step_ns
        return next(
            (place for place, (at, _) in enumerate(self._samples) if step - at <= self._steps), len(self._samples)
        )

    def _forget(self, step: int) -> None:
        while self._samples and step - self._samples[0][0] > self._steps:
            self._samples.popleft()
            self._settled = None


class VolatilityBoard:
    """Short-term volatility of every instrument that has had a price."""

    def __init__(self, window_s: float) -> None:
        self._window_s = window_s
        self._symbols: dict[InstrumentId, ShortTermVolatility] = {}

    def update(self, instrument_id: InstrumentId, price: float, at_ns: int) -> None:
        volatility = self._symbols.get(instrument_id)
        if volatility is None:
            volatility = self._symbols[instrument_id] = ShortTermVolatility(
                self._window_s, step_s=min(1.0, self._window_s)
            )
        volatility.update(at_ns, price)

    def mean_price(self, instrument_id: InstrumentId, now_ns: int) -> Decimal | None:
        """Return the mean price of the window, None while there are too few prices."""
        volatility = self._symbols.get(instrument_id)
        mean = None if volatility is None else volatility.mean_price(now_ns)
        return None if mean is None else Decimal(f"{mean:.12g}")  # without the noise of exp(log(price))

    def percent(self, instrument_id: InstrumentId, now_ns: int) -> float | None:
        """Return the volatility in percent, None while there are too few prices."""
        volatility = self._symbols.get(instrument_id)
        return None if volatility is None else volatility.percent(now_ns)
