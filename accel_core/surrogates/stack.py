"""A stacked ensemble: different kinds of model, weighted by how well each predicts rows held out from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from accel_core.surrogates.ann import NeuralNetwork
from accel_core.surrogates.base import Assessment, Learner, Settings, Surrogate
from accel_core.surrogates.ensemble import assess_by_folds
from accel_core.surrogates.gbdt import GradientBoosting
from accel_core.surrogates.gp import GaussianProcess
from accel_core.surrogates.linear import fit_ridge
from accel_core.surrogates.tables import FloatArray
from accel_core.surrogates.tuning import Partition


@dataclass(frozen=True)
class _Stack:
    """Weighted learners; ``weights`` has one row a learner and one column a target."""

    learners: Sequence[Learner]
    weights: FloatArray

    def predict(self, Z: FloatArray, columns: Sequence[int], with_std: bool) -> tuple[FloatArray, FloatArray | None]:
        """Return the weighted mean, and the standard deviation of the mixture of the learners."""
        weights = self.weights[:, list(columns)]
        means, stds = np.zeros((2, len(self.learners), len(Z), len(columns)))
        for number, learner in enumerate(self.learners):
            used = np.flatnonzero(weights[number])
            if used.size:
                mean, std = learner.predict(Z, [columns[int(t)] for t in used], with_std)
                means[number][:, used] = mean
                stds[number][:, used] = 0.0 if std is None else std
        return _mixture(means, stds, weights, with_std)


class StackedEnsemble(Surrogate):
    """Gaussian process, boosted trees, quadratic regression and neural networks with a linear meta learner.

    The meta learner's weights are not negative and add up to one, found by least squares on held-out predictions: a
    plain linear one, as in the source framework, may subtract models from each other and then extrapolates badly.
    """

    name: ClassVar[str] = "stack"
    title: ClassVar[str] = "Stacked ensemble"

    def candidates(self) -> list[Settings]:
        """Return the one stack; its members bring the first of their own candidates."""
        return [{"members": ("gp", "gbdt", "quadratic", "ann")}]

    def candidate_seconds(self, n_rows: int, n_features: int, n_targets: int) -> float:
        """Return the sum of the members' nominal costs."""
        shape = (n_rows, n_features, n_targets)
        return sum(model.candidate_seconds(*shape) for model in self._models())

    def assess(self, settings: Settings, Z: FloatArray, T: FloatArray, partitions: Sequence[Partition]) -> Assessment:
        """Assess each member on the same folds, then weigh them by their held-out predictions."""
        found = [model.assess(model.candidates()[0], Z, T, partitions) for model in self._models()]
        found.append(assess_by_folds(Z, T, partitions, lambda Z, T, _: fit_ridge(Z, T, quadratic=True)))
        means = np.array([one.mean for one in found])
        stds = np.array([one.std for one in found])
        weights = np.column_stack([_convex_weights(means[:, :, t].T, T[:, t]) for t in range(T.shape[1])])
        mean, std = _mixture(means, stds, weights, True)
        assert std is not None
        return Assessment(_Stack([one.learner for one in found], weights), mean, std)

    def _models(self) -> list[Surrogate]:
        return [kind(self.seed) for kind in (GaussianProcess, GradientBoosting, NeuralNetwork)]


def _convex_weights(predictions: FloatArray, target: FloatArray) -> FloatArray:
    """Return weights that are not negative and add up to one, shape ``(n_models,)``."""
    from scipy.optimize import nnls  # noqa: PLC0415 - see LAZY in tests/test_imports.py

    # Rows weighted by the inverse of the best model's error, bounded, so that outliers do not choose the weights.
    error = np.abs(predictions - target[:, None]).min(axis=1)
    trust = 1.0 / (error + np.median(error) + 1e-9)
    one = np.full((1, predictions.shape[1]), 1e3 * trust.sum())
    system = np.vstack([predictions * trust[:, None], one])
    weights, _ = nnls(system, np.append(target * trust, one[0, 0]))
    weights[weights < 0.05] = 0.0
    total = float(weights.sum())
    return weights / total if total > 0 else np.full(predictions.shape[1], 1.0 / predictions.shape[1])


def _mixture(
    means: FloatArray, stds: FloatArray, weights: FloatArray, with_std: bool
) -> tuple[FloatArray, FloatArray | None]:
    """Combine ``(n_models, n_designs, n_targets)`` predictions with ``(n_models, n_targets)`` weights."""
    share = weights[:, None, :]
    mean = (means * share).sum(axis=0)
    if not with_std:
        return mean, None
    variance = ((stds**2 + (means - mean) ** 2) * share).sum(axis=0)
    return mean, np.sqrt(variance)
