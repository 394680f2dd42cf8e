"""Latent fair prices of all underlyings: correlated, with clusters of volatility and rare jumps.

Log prices follow dp = sigma·exp(h)·dW with h = h_fast + h_slow, two Ornstein-Uhlenbeck processes
(a two-factor stochastic volatility model). Jumps arrive as a Poisson process.
"""

from math import exp, log, sqrt
from typing import Final

import msgspec
import numpy as np
from numpy.random import Generator

_SECONDS_PER_YEAR: Final = 365 * 86_400
_FAST_TAU_S: Final = 45.0
_FAST_SPREAD: Final = 0.45  # stationary standard deviation of the fast log-volatility
_SLOW_TAU_S: Final = 1_800.0
_SLOW_SPREAD: Final = 0.35
_JUMPS_PER_S: Final = 1 / 600
_JUMP_SIZE: Final = 6.0  # in standard deviations of one second
_VOLATILITY_CAP: Final = 5.0


class Underlying(msgspec.Struct, frozen=True):
    name: str
    start_price: float
    yearly_volatility: float


UNDERLYINGS: Final = (
    Underlying("BTC", 64_000.0, 0.50),
    Underlying("ETH", 2_600.0, 0.65),
    Underlying("SOL", 150.0, 0.80),
    Underlying("NVDA", 180.0, 0.45),
)

# Correlations of returns in the order of UNDERLYINGS; crypto moves together, the stock loosely with it.
_CORRELATION: Final = (
    (1.00, 0.85, 0.75, 0.30),
    (0.85, 1.00, 0.78, 0.28),
    (0.75, 0.78, 1.00, 0.25),
    (0.30, 0.28, 0.25, 1.00),
)


class FairPrices:
    """Advance all fair prices together; one fixed number of draws a step, whatever happens elsewhere."""

    def __init__(self, random: Generator, anchors: dict[str, float]) -> None:
        self._random = random
        self._mixing: list[list[float]] = np.linalg.cholesky(np.array(_CORRELATION)).tolist()
        self._log_prices = [log(anchors.get(u.name, u.start_price)) for u in UNDERLYINGS]
        self._second_sigma = [u.yearly_volatility / sqrt(_SECONDS_PER_YEAR) for u in UNDERLYINGS]
        self._fast = [0.0] * len(UNDERLYINGS)
        self._slow = [0.0] * len(UNDERLYINGS)
        self.prices = {u.name: exp(p) for u, p in zip(UNDERLYINGS, self._log_prices, strict=True)}
        self.volatility = {u.name: 1.0 for u in UNDERLYINGS}  # present volatility as a multiple of its mean

    def advance(self, step_s: float) -> None:
        """Move one step of `step_s` seconds."""
        count = len(UNDERLYINGS)
        normals: list[float] = self._random.standard_normal(4 * count).tolist()
        uniforms: list[float] = self._random.random(count).tolist()
        fast_pull, slow_pull = step_s / _FAST_TAU_S, step_s / _SLOW_TAU_S
        fast_kick, slow_kick = _FAST_SPREAD * sqrt(2 * fast_pull), _SLOW_SPREAD * sqrt(2 * slow_pull)
        for i, underlying in enumerate(UNDERLYINGS):
            self._fast[i] += -fast_pull * self._fast[i] + fast_kick * normals[count + i]
            self._slow[i] += -slow_pull * self._slow[i] + slow_kick * normals[2 * count + i]
            volatility = min(exp(self._fast[i] + self._slow[i]), _VOLATILITY_CAP)
            shock = sum(weight * normal for weight, normal in zip(self._mixing[i], normals[:count], strict=True))
            sigma = self._second_sigma[i]
            move = sigma * volatility * sqrt(step_s) * shock
            if uniforms[i] < _JUMPS_PER_S * step_s:
                move += _JUMP_SIZE * sigma * normals[3 * count + i]
            self._log_prices[i] += move
            self.prices[underlying.name] = exp(self._log_prices[i])
            self.volatility[underlying.name] = volatility


class LocalPrice:
    """The fair price at one venue: it follows the common one with a lag and a basis that wanders."""

    def __init__(self, random: Generator, *, basis_bps: float, mean_basis_bps: float, tau_s: float, lag_s: float):
        self._random = random
        self._spread_bps = basis_bps
        self._mean_bps = mean_basis_bps
        self._tau_s = tau_s
        self._lag_s = lag_s
        self.basis_bps = mean_basis_bps + basis_bps * float(random.standard_normal())
        self._followed: float | None = None

    def advance(self, fair_price: float, step_s: float) -> float:
        """Return the local fair price after a step."""
        pull = step_s / self._tau_s
        kick = self._spread_bps * sqrt(2 * pull) * float(self._random.standard_normal())
        self.basis_bps += pull * (self._mean_bps - self.basis_bps) + kick
        followed = fair_price if self._followed is None else self._followed
        weight = 1.0 if self._lag_s <= step_s else step_s / self._lag_s
        self._followed = followed + weight * (fair_price - followed)
        return self._followed * (1 + self.basis_bps / 1e4)
