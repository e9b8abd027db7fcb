"""Runtime and energy by their definitions from a learned clock and a learned power.

A platform knows exactly how many cycles a workload takes, so runtime (cycles / clock) and energy (power * runtime) need
not be learned: its own equations give them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from accel_core.errors import InvalidInputError, NotFittedError
from accel_core.surrogates.base import Prediction, Surrogate
from accel_core.surrogates.intervals import conformal_multiple
from accel_core.surrogates.tables import FloatArray

CLOCK, POWER, RUNTIME, ENERGY = "f_effective_hz", "power_w", "runtime_s", "energy_j"

SystemMetrics = Callable[[pd.DataFrame], pd.DataFrame]
"""Designs with ``f_effective_hz`` and ``power_w`` -> the same rows with ``runtime_s`` and ``energy_j``."""


class Composed:
    """A surrogate whose runtime and energy follow from its own clock and power.

    Uncertainties are relative ones: runtime has the clock's, energy has both as if they were independent, with the
    wider of both sets of held-out scores.
    """

    def __init__(self, surrogate: Surrogate, system_metrics: SystemMetrics | None = None) -> None:
        """Wrap an unfitted surrogate.

        Args:
            surrogate: Learns every target but runtime and energy.
            system_metrics: A platform's own equations for one workload; None lets the surrogate learn all targets.
        """
        self.surrogate = surrogate
        self.system_metrics = system_metrics
        self._columns: pd.Index | None = None

    def fit(self, X: pd.DataFrame, y: pd.DataFrame, groups: npt.ArrayLike | None = None) -> Self:
        """Learn the targets; see `Surrogate.fit`.

        Raises:
            InvalidInputError: If runtime or energy is asked for without the clock and power that it follows from.
        """
        derived = [name for name in (RUNTIME, ENERGY) if name in y and self.system_metrics is not None]
        missing = [name for name in (CLOCK, POWER) if name not in y]
        if derived and missing:
            raise InvalidInputError(f"y lacks column '{missing[0]}', which {derived[0]} follows from")
        self.surrogate.fit(X, y.drop(columns=derived), groups)
        self._columns, self._derived = y.columns, derived
        return self

    def predict(self, X: pd.DataFrame) -> Prediction:
        """Predict all targets of `fit`, in their order."""
        columns = self._fitted_columns()
        known = self.surrogate.predict(X)
        mean = self._completed(X, known.mean)
        std, scores = known.std.copy(), dict(known.scores)
        if self._derived:
            clock, power = std[CLOCK] / mean[CLOCK], std[POWER] / mean[POWER]
            std[RUNTIME], scores[RUNTIME] = mean[RUNTIME] * clock, scores[CLOCK]
            std[ENERGY] = mean[ENERGY] * np.hypot(clock, power)
            scores[ENERGY] = _wider(scores[CLOCK], scores[POWER])
        return Prediction(mean[columns], std[columns], {str(name): scores[str(name)] for name in columns})

    def predict_mean(self, X: pd.DataFrame) -> pd.DataFrame:
        """Predict means only."""
        columns = self._fitted_columns()
        return self._completed(X, self.surrogate.predict_mean(X))[columns]

    def _completed(self, X: pd.DataFrame, mean: pd.DataFrame) -> pd.DataFrame:
        if not self._derived or self.system_metrics is None:
            return mean
        found = self.system_metrics(X.assign(**{CLOCK: mean[CLOCK], POWER: mean[POWER]}))
        return mean.assign(**{RUNTIME: found[RUNTIME], ENERGY: found[ENERGY]})

    def _fitted_columns(self) -> pd.Index:
        if self._columns is None:
            raise NotFittedError(f"surrogate '{self.surrogate.name}' has not been fitted; call fit first")
        return self._columns


def _wider(first: FloatArray, second: FloatArray) -> FloatArray:
    return first if conformal_multiple(first, 0.9) >= conformal_multiple(second, 0.9) else second
