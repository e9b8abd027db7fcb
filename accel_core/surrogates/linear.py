"""Ridge regression on features and their products: the trend under other models, and a member of the stack."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from accel_core.surrogates.tables import FloatArray

_PENALTIES = np.logspace(-4, 3, 15)


@dataclass(frozen=True)
class Ridge:
    """A linear model of each target in the features, or in the features and all their products of two."""

    quadratic: bool
    center: FloatArray
    scale: FloatArray
    weights: FloatArray
    intercept: FloatArray

    def predict(self, Z: FloatArray, columns: Sequence[int], with_std: bool) -> tuple[FloatArray, FloatArray | None]:
        """Return the mean of the chosen targets; a ridge has no opinion on its own uncertainty."""
        chosen = list(columns)
        basis = (_basis(Z, self.quadratic) - self.center) / self.scale
        return basis @ self.weights[:, chosen] + self.intercept[chosen], None


def fit_ridge(Z: FloatArray, T: FloatArray, quadratic: bool) -> Ridge:
    """Fit each target with the penalty that predicts best when leaving one row out.

    Leave-one-out errors follow from one singular value decomposition (Golub, Heath and Wahba 1979).
    """
    basis = _basis(Z, quadratic)
    center = basis.mean(axis=0)
    scale = basis.std(axis=0)
    scale[scale < 1e-12] = 1.0
    U, s, Vt = np.linalg.svd((basis - center) / scale, full_matrices=False)
    intercept = T.mean(axis=0)
    projected = U.T @ (T - intercept)
    best = np.full(T.shape[1], np.inf)
    weights = np.zeros((basis.shape[1], T.shape[1]))
    for penalty in _PENALTIES * len(Z) / 100:
        shrink = s**2 / (s**2 + penalty)
        fitted = U @ (shrink[:, None] * projected)
        leverage = np.minimum((U**2) @ shrink + 1.0 / len(Z), 0.999)
        error = np.mean(((T - intercept - fitted) / (1 - leverage)[:, None]) ** 2, axis=0)
        better = error < best
        candidate = Vt.T @ ((s / (s**2 + penalty))[:, None] * projected)
        weights[:, better] = candidate[:, better]
        best = np.minimum(best, error)
    return Ridge(quadratic, center, scale, weights, intercept)


def without_trend(kind: str, Z: FloatArray, T: FloatArray) -> tuple[Ridge | None, FloatArray]:
    """Return a trend of kind ``none``, ``linear`` or ``quadratic``, and the targets without it."""
    if kind == "none":
        return None, T
    trend = fit_ridge(Z, T, quadratic=kind == "quadratic")
    return trend, T - trend.predict(Z, range(T.shape[1]), False)[0]


def _basis(Z: FloatArray, quadratic: bool) -> FloatArray:
    if not quadratic:
        return Z
    first, second = np.triu_indices(Z.shape[1])
    return np.hstack([Z, Z[:, first] * Z[:, second]])
