"""Gaussian-process regression of one target: kernel, marginal likelihood, prediction, held-out prediction.

Equations: Rasmussen and Williams, Gaussian Processes for Machine Learning (2006), algorithm 2.1 and section 5.4.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve, lapack, solve_triangular

from accel_core.surrogates.tables import FloatArray
from accel_core.surrogates.tuning import Fold

_JITTER = 1e-8
_CHUNK = 8192

# Centers and widths of log-normal priors. They keep hundreds of rows from fitting dozens of length scales to noise:
# irrelevant features drift to long scales, and noise stays between 0.1 % and half of the spread.
_PRIOR_LENGTH, _PRIOR_LENGTH_WIDTH = np.log(4.0), 1.2
_PRIOR_SIGNAL, _PRIOR_SIGNAL_WIDTH = np.log(0.5), 1.0
_PRIOR_LINEAR, _PRIOR_LINEAR_WIDTH = np.log(1.0), 1.5
_PRIOR_NOISE, _PRIOR_NOISE_WIDTH = np.log(0.05), 1.2


@dataclass(frozen=True)
class Hyper:
    """Logarithms of the kernel's scales.

    The kernel is ``linear^2 (1 + z.z'/d) + signal^2 shape(r)`` plus ``noise^2`` on the diagonal, with
    ``r^2 = sum(((z - z') / length)^2)``: a power law between logarithms, and smooth deviations from it.
    """

    shape: str
    log_lengths: FloatArray
    log_signal: float
    log_linear: float
    log_noise: float

    def flat(self) -> FloatArray:
        """Return all logarithms as one vector."""
        return np.concatenate([self.log_lengths, [self.log_signal, self.log_linear, self.log_noise]])

    @staticmethod
    def from_flat(shape: str, theta: FloatArray) -> Hyper:
        """Return the scales that `flat` gave."""
        return Hyper(shape, theta[:-3], float(theta[-3]), float(theta[-2]), float(theta[-1]))


def _matern32(r2: FloatArray) -> tuple[FloatArray, FloatArray]:
    s = np.sqrt(3.0 * r2)
    e = np.exp(-s)
    return (1 + s) * e, -1.5 * e


def _matern52(r2: FloatArray) -> tuple[FloatArray, FloatArray]:
    s = np.sqrt(5.0 * r2)
    e = np.exp(-s)
    return (1 + s + s**2 / 3) * e, -(5 / 6) * (1 + s) * e


def _gaussian(r2: FloatArray) -> tuple[FloatArray, FloatArray]:
    e = np.exp(-0.5 * r2)
    return e, -0.5 * e


SHAPES: dict[str, Callable[[FloatArray], tuple[FloatArray, FloatArray]]] = {
    "matern52": _matern52,
    "matern32": _matern32,
    "gaussian": _gaussian,
}
"""Correlation as a function of the squared distance, and its derivative."""


def initial_hyper(shape: str, n_features: int) -> Hyper:
    """Return the middle of the priors, the one start of the optimization."""
    return Hyper(shape, np.full(n_features, _PRIOR_LENGTH), _PRIOR_SIGNAL, _PRIOR_LINEAR, _PRIOR_NOISE)


def fit_hyper(Z: FloatArray, t: FloatArray, start: Hyper, max_evaluations: int) -> Hyper:
    """Return the scales of largest posterior density, from one start.

    Args:
        Z: Features, shape ``(n, d)``.
        t: One standardized target, shape ``(n,)``.
        start: Where to begin; gives the kernel's shape.
        max_evaluations: Limit on likelihood evaluations, each O(n^3).
    """
    from scipy.optimize import minimize  # noqa: PLC0415 - see LAZY in tests/test_imports.py

    found = minimize(
        lambda theta: _negative_log_posterior(Hyper.from_flat(start.shape, theta), Z, t),
        start.flat(),
        jac=True,
        method="L-BFGS-B",
        bounds=[(-3.0, 7.0)] * Z.shape[1] + [(-5.0, 3.0), (-5.0, 4.0), (-7.0, 1.0)],
        options={"maxfun": max_evaluations, "maxiter": max_evaluations, "ftol": 1e-6},
    )
    return Hyper.from_flat(start.shape, found.x)


@dataclass(frozen=True)
class Process:
    """A Gaussian process that has seen its data."""

    hyper: Hyper
    Z: FloatArray
    lower: FloatArray
    alpha: FloatArray

    def predict(self, Z: FloatArray, with_std: bool) -> tuple[FloatArray, FloatArray | None]:
        """Return mean and standard deviation (noise included) at new features, each ``(n_designs,)``."""
        mean = np.empty(len(Z))
        std = np.empty(len(Z)) if with_std else None
        for begin in range(0, len(Z), _CHUNK):
            rows = slice(begin, begin + _CHUNK)
            cross = kernel(self.hyper, Z[rows], self.Z)
            mean[rows] = cross @ self.alpha
            if std is not None:
                # Single precision halves the largest cost and errs far below the noise.
                solved = solve_triangular(
                    self._lower32, cross.T.astype(np.float32), lower=True, check_finite=False, overwrite_b=True
                )
                explained = np.einsum("ij,ij->j", solved, solved, dtype=np.float64)
                variance = _diagonal(self.hyper, Z[rows]) - explained
                std[rows] = np.sqrt(np.maximum(variance, 0.0) + np.exp(2 * self.hyper.log_noise))
        return mean, std

    @property
    def _lower32(self) -> npt.NDArray[np.float32]:
        return np.asfortranarray(self.lower, dtype=np.float32)


def condition(hyper: Hyper, Z: FloatArray, t: FloatArray) -> Process:
    """Return the process of given scales after seeing all rows."""
    covariance = kernel(hyper, Z, Z)
    covariance[np.diag_indices(len(Z))] += np.exp(2 * hyper.log_noise) + _JITTER
    lower, _ = cho_factor(covariance, lower=True, check_finite=False)
    lower = np.tril(lower)
    return Process(hyper, Z, lower, cho_solve((lower, True), t, check_finite=False))


def held_out(process: Process, t: FloatArray, folds: Sequence[Fold]) -> tuple[FloatArray, FloatArray]:
    """Predict each fold from the other rows without refitting, each ``(n,)``.

    With the inverse covariance ``P`` and a fold ``B``: mean ``t_B - P_BB^-1 (P t)_B``, covariance ``P_BB^-1`` (the
    block form of Rasmussen and Williams equation 5.12). The scales have seen the held-out rows, which matters little:
    they are few.
    """
    inverse = _inverse(process.lower)
    mean, std = np.empty_like(t), np.empty_like(t)
    for _, test in folds:
        block = np.linalg.inv(inverse[np.ix_(test, test)])
        mean[test] = t[test] - block @ process.alpha[test]
        std[test] = np.sqrt(np.maximum(np.diag(block), 0.0))
    return mean, std


def kernel(hyper: Hyper, A: FloatArray, B: FloatArray) -> FloatArray:
    """Return the covariance without noise, shape ``(len(A), len(B))``."""
    smooth, _ = SHAPES[hyper.shape](_squared_distances(hyper, A, B))
    return np.asarray(np.exp(2 * hyper.log_signal) * smooth + np.exp(2 * hyper.log_linear) * (1 + A @ B.T / A.shape[1]))


def _diagonal(hyper: Hyper, Z: FloatArray) -> FloatArray:
    linear = 1 + np.einsum("ij,ij->i", Z, Z) / Z.shape[1]
    return np.asarray(np.exp(2 * hyper.log_signal) + np.exp(2 * hyper.log_linear) * linear)


def _squared_distances(hyper: Hyper, A: FloatArray, B: FloatArray) -> FloatArray:
    scale = np.exp(-hyper.log_lengths)
    a, b = A * scale, B * scale
    squared = np.einsum("ij,ij->i", a, a)[:, None] + np.einsum("ij,ij->i", b, b)[None, :] - 2 * (a @ b.T)
    return np.asarray(np.maximum(squared, 0.0), dtype=np.float64)


def _inverse(lower: FloatArray) -> FloatArray:
    half, status = lapack.dpotri(lower, lower=1)
    if status != 0:
        raise np.linalg.LinAlgError("covariance cannot be inverted")
    return np.asarray(np.tril(half) + np.tril(half, -1).T, dtype=np.float64)


def _negative_log_posterior(hyper: Hyper, Z: FloatArray, t: FloatArray) -> tuple[float, FloatArray]:
    """Return the negative log posterior density, up to a constant, and its gradient."""
    n, d = Z.shape
    signal2, linear2 = np.exp(2 * hyper.log_signal), np.exp(2 * hyper.log_linear)
    noise2 = np.exp(2 * hyper.log_noise)
    smooth, slope = SHAPES[hyper.shape](_squared_distances(hyper, Z, Z))
    linear = 1 + Z @ Z.T / d
    covariance = signal2 * smooth + linear2 * linear
    covariance[np.diag_indices(n)] += noise2 + _JITTER
    lower, status = lapack.dpotrf(covariance, lower=1)
    theta = hyper.flat()
    if status != 0:
        return 1e10, np.zeros_like(theta)
    alpha = cho_solve((lower, True), t, check_finite=False)
    W = _inverse(lower) - np.outer(alpha, alpha)
    weighted = W * (signal2 * slope)
    # sum_ij V_ij (z_i - z_j)^2 for each feature at once, V symmetric
    apart = 2 * ((Z**2 * weighted.sum(axis=1)[:, None]).sum(axis=0) - np.einsum("ij,ij->j", Z, weighted @ Z))
    gradient = np.concatenate(
        [
            -apart * np.exp(-2 * hyper.log_lengths),
            [signal2 * np.sum(W * smooth), linear2 * np.sum(W * linear), noise2 * np.trace(W)],
        ]
    )
    value = 0.5 * float(t @ alpha) + float(np.log(np.diag(lower)).sum())
    centers, widths = _priors(d)
    value += 0.5 * float((((theta - centers) / widths) ** 2).sum())
    return value, gradient + (theta - centers) / widths**2


def _priors(n_features: int) -> tuple[FloatArray, FloatArray]:
    centers = [_PRIOR_LENGTH] * n_features + [_PRIOR_SIGNAL, _PRIOR_LINEAR, _PRIOR_NOISE]
    widths = [_PRIOR_LENGTH_WIDTH] * n_features + [_PRIOR_SIGNAL_WIDTH, _PRIOR_LINEAR_WIDTH, _PRIOR_NOISE_WIDTH]
    return np.array(centers), np.array(widths)
