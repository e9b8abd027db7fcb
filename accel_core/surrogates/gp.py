"""Gaussian processes with one length scale a feature, in seconds for hundreds of rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from accel_core.surrogates.base import Assessment, Settings, Surrogate
from accel_core.surrogates.gp_math import Process, condition, fit_hyper, held_out, initial_hyper
from accel_core.surrogates.tables import FloatArray
from accel_core.surrogates.tuning import Fold, Partition, seed_for

MAX_ROWS = 1500
"""Most rows that an exact process keeps (its cost grows with the cube); more are thinned at random by the seed."""

HYPER_ROWS = 450
"""Rows that the length scales are fitted on; predictions use all rows."""

_EVALUATIONS = 60


@dataclass(frozen=True)
class _Processes:
    """One process a target."""

    processes: Sequence[Process]

    def predict(self, Z: FloatArray, columns: Sequence[int], with_std: bool) -> tuple[FloatArray, FloatArray | None]:
        """Return mean and standard deviation of the chosen targets."""
        parts = [self.processes[t].predict(Z, with_std) for t in columns]
        stds = [std for _, std in parts if std is not None]
        return np.column_stack([mean for mean, _ in parts]), np.column_stack(stds) if with_std else None


class GaussianProcess(Surrogate):
    """Exact Gaussian processes with a linear part and an ARD kernel, held-out predictions in closed form."""

    name: ClassVar[str] = "gp"
    title: ClassVar[str] = "Gaussian process"

    def candidates(self) -> list[Settings]:
        """Return kernel shapes, from the usual compromise to rougher and smoother."""
        return [{"shape": "matern52"}, {"shape": "matern32"}, {"shape": "gaussian"}]

    def candidate_seconds(self, n_rows: int, n_features: int, n_targets: int) -> float:
        """Return the nominal cost of fitting scales on a subset and of one factorization with all rows."""
        some, most = min(n_rows, HYPER_ROWS), min(n_rows, MAX_ROWS)
        return n_targets * float(0.02 + 0.5 * (some / HYPER_ROWS) ** 2.5 + 0.5 * (most / MAX_ROWS) ** 3)

    def assess(self, settings: Settings, Z: FloatArray, T: FloatArray, partitions: Sequence[Partition]) -> Assessment:
        """Fit one process for each target, and hold out folds in closed form."""
        kept = _thinned(len(Z), MAX_ROWS, self.seed)
        start = initial_hyper(settings["shape"], Z.shape[1])
        some = kept[_thinned(len(kept), HYPER_ROWS, self.seed)]
        hypers = [fit_hyper(Z[some], t[some], start, _EVALUATIONS) for t in T.T]
        processes = [condition(hyper, Z[kept], t[kept]) for hyper, t in zip(hypers, T.T, strict=True)]
        mean, std = np.empty_like(T), np.empty_like(T)
        for t, process in enumerate(processes):
            mean[:, t], std[:, t] = _hold_out(process, Z, T[:, t], kept, partitions[0])
        return Assessment(_Processes(processes), mean, std)


def _thinned(n_rows: int, limit: int, seed: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    if n_rows <= limit:
        return np.arange(n_rows)
    chosen = np.random.default_rng(seed_for(seed, "gp", limit)).choice(n_rows, limit, replace=False)
    return np.sort(chosen)


def _hold_out(
    process: Process,
    Z: FloatArray,
    t: FloatArray,
    kept: np.ndarray[tuple[int], np.dtype[np.int64]],
    folds: Sequence[Fold],
) -> tuple[FloatArray, FloatArray]:
    if len(kept) == len(Z):
        return held_out(process, t, folds)
    mean, std = np.empty_like(t), np.empty_like(t)
    for train, test in folds:
        inside = np.intersect1d(train, kept, assume_unique=True)
        mean[test], found = condition(process.hyper, Z[inside], t[inside]).predict(Z[test], True)
        assert found is not None
        std[test] = found
    return mean, std
