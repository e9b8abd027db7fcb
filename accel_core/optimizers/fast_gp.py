"""Gaussian processes for search: the same mathematics as the surrogate ``gp``, refitted seldom instead of validated.

A search asks again after every batch and needs neither cross-validation nor calibration. So length scales are fitted
only when the number of rows has grown by a sixth, on the rows known at that moment; which depends on the results alone.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from accel_core.space import DesignSpace, Parameter
from accel_core.surrogates.gp_math import Hyper, condition, fit_hyper, initial_hyper
from accel_core.surrogates.tables import LOG_FEATURE_RATIO, LOG_TARGET_RATIO

FloatArray = npt.NDArray[np.float64]

HYPER_ROWS = 256
"""Rows that length scales are fitted on; more cost time in the cube and move them little."""

_EVALUATIONS = 40
_GROWTH = 7 / 6


class FastProcesses:
    """One Gaussian process a target, over encoded designs."""

    def __init__(self, seed: int) -> None:
        """Set up without data; the seed only thins rows."""
        self._seed = seed
        self._scales: dict[tuple[str, int], Hyper] = {}

    def fit(self, Z: FloatArray, y: pd.DataFrame, kept: npt.NDArray[np.int64]) -> None:
        """Learn the columns of ``y``.

        Args:
            Z: Encoded designs, shape ``(n, n_features)``, in order of telling.
            y: Finite targets.
            kept: Numbers of the rows that predictions rest on.
        """
        values = y.to_numpy(dtype=np.float64)
        self.is_log = is_log(values)
        standard, self._center, self._scale = _standardized(values, self.is_log)
        with threadpool_limits(1):
            scales = [self._fitted_scales(str(name), Z, values[:, k]) for k, name in enumerate(y.columns)]
            self._processes = [condition(scales[k], Z[kept], standard[kept, k]) for k in range(len(scales))]

    @property
    def spread(self) -> FloatArray:
        """Standard deviation of each target's known values, in the modeled scale."""
        return self._scale

    def mean(self, Z: FloatArray) -> FloatArray:
        """Return predicted means in the modeled scale (logarithms where ``is_log``), ``(n, n_targets)``."""
        return self._predict(Z, False)[0]

    def mean_and_std(self, Z: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return means and standard deviations in the modeled scale, each ``(n, n_targets)``."""
        return self._predict(Z, True)

    def _predict(self, Z: FloatArray, with_std: bool) -> tuple[FloatArray, FloatArray]:
        with threadpool_limits(1):
            parts = [process.predict(Z, with_std) for process in self._processes]
        mean = np.column_stack([mean for mean, _ in parts])
        std = np.column_stack([np.ones(len(Z)) if std is None else std for _, std in parts])
        return mean * self._scale + self._center, std * self._scale

    def _fitted_scales(self, name: str, Z: FloatArray, values: FloatArray) -> Hyper:
        count = checkpoint(len(Z))
        if (name, count) not in self._scales:
            rows = np.arange(count)
            if count > HYPER_ROWS:
                rng = np.random.default_rng([self._seed, count])
                rows = np.sort(rng.choice(count, HYPER_ROWS, replace=False))
            some = values[rows, None]
            target = _standardized(some, is_log(some))[0][:, 0]
            start = initial_hyper("matern52", Z.shape[1])
            self._scales = {key: kept for key, kept in self._scales.items() if key[0] != name}
            self._scales[name, count] = fit_hyper(Z[rows], target, start, _EVALUATIONS)
        return self._scales[name, count]


def is_log(values: FloatArray) -> npt.NDArray[np.bool_]:
    """Tell which columns are modeled by their logarithm: positive ones over more than a narrow range."""
    low, high = values.min(axis=0), values.max(axis=0)
    return np.asarray((low > 0) & (high >= LOG_TARGET_RATIO * np.maximum(low, 0.0)))


def _standardized(values: FloatArray, as_log: npt.NDArray[np.bool_]) -> tuple[FloatArray, FloatArray, FloatArray]:
    modeled = np.where(as_log, np.log(np.where(as_log, values, 1.0)), values)
    center, spread = modeled.mean(axis=0), modeled.std(axis=0)
    scale = np.where(spread > 1e-12 * (1 + np.abs(center)), spread, 1.0)
    return (modeled - center) / scale, center, scale


def checkpoint(n_rows: int) -> int:
    """Return the largest number of rows, up to ``n_rows``, at which length scales are fitted."""
    count = min(n_rows, 8)
    while (following := max(count + 4, int(count * _GROWTH))) <= n_rows:
        count = following
    return count


def encode(space: DesignSpace, designs: pd.DataFrame) -> FloatArray:
    """Return designs as numbers of about zero mean and unit spread, shape ``(n, n_features)``.

    Numbers over a wide range count by their logarithm, ordered texts by their position, others by one 0/1 column a
    text. The encoding follows from the space alone, so it does not change as results come in.
    """
    parts = [_encoded(parameter, designs[parameter.name]) for parameter in space.parameters if parameter.size != 1]
    return np.ascontiguousarray(np.column_stack(parts)) if parts else np.zeros((len(designs), 1))


def _encoded(parameter: Parameter, column: pd.Series) -> FloatArray:
    if parameter.kind == "categorical":
        index = parameter.index_of(column)
        return np.asarray((index[:, None] == np.arange(len(parameter.values))) * 2.0, dtype=np.float64)
    if not parameter.is_numeric:
        return np.asarray((parameter.to_unit(column) - 0.5) * np.sqrt(12.0), dtype=np.float64)
    ends = [float(v) for v in parameter.values] or [float(parameter.low or 0.0), float(parameter.high or 0.0)]
    low, high = min(ends), max(ends)
    values = column.to_numpy(dtype=np.float64)
    if low > 0 and high >= LOG_FEATURE_RATIO * low:
        low, high, values = np.log(low), np.log(high), np.log(values)
    return np.asarray((values - (low + high) / 2) / (high - low) * np.sqrt(12.0), dtype=np.float64)
