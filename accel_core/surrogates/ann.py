"""Artificial neural networks: an ensemble of small perceptrons that learn all targets together."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from accel_core.surrogates.base import Assessment, Settings, Surrogate
from accel_core.surrogates.ensemble import assess_by_folds
from accel_core.surrogates.linear import Ridge, fit_ridge
from accel_core.surrogates.tables import FloatArray
from accel_core.surrogates.tuning import Partition, seed_for

if TYPE_CHECKING:
    from sklearn.neural_network import MLPRegressor


@dataclass(frozen=True)
class _Network:
    """A perceptron of all targets, on top of a linear trend (a skip connection)."""

    network: MLPRegressor
    trend: Ridge

    def predict(self, Z: FloatArray, columns: Sequence[int], with_std: bool) -> tuple[FloatArray, FloatArray | None]:
        """Return the mean of the chosen targets; uncertainty comes from the ensemble."""
        rest = self.network.predict(Z).reshape(len(Z), -1)[:, list(columns)]
        return rest + self.trend.predict(Z, columns, False)[0], None


class NeuralNetwork(Surrogate):
    """Perceptrons with one or two hidden layers, fitted by L-BFGS, which suits hundreds of rows better than steps."""

    name: ClassVar[str] = "ann"
    title: ClassVar[str] = "Neural networks"

    def candidates(self) -> list[Settings]:
        """Return layer widths and weight penalties, light and smooth first."""
        return [
            {"hidden_layer_sizes": layers, "alpha": alpha}
            for layers, alpha in (((48,), 0.3), ((32, 32), 1.0), ((48,), 1.0), ((32, 32), 0.3), ((64, 64), 3.0))
        ]

    def candidate_seconds(self, n_rows: int, n_features: int, n_targets: int) -> float:
        """Return the nominal cost of five networks."""
        return 0.3 + 3e-3 * n_rows

    def assess(self, settings: Settings, Z: FloatArray, T: FloatArray, partitions: Sequence[Partition]) -> Assessment:
        """Fit one network for each fold."""
        return assess_by_folds(
            Z, T, partitions, lambda Z, T, number: self._fit(settings, Z, T, seed_for(self.seed, "ann", number))
        )

    def _fit(self, settings: Settings, Z: FloatArray, T: FloatArray, seed: int) -> _Network:
        from sklearn.exceptions import ConvergenceWarning  # noqa: PLC0415 - see LAZY in tests/test_imports.py
        from sklearn.neural_network import MLPRegressor  # noqa: PLC0415 - see LAZY in tests/test_imports.py

        trend = fit_ridge(Z, T, quadratic=False)
        rest = T - trend.predict(Z, range(T.shape[1]), False)[0]
        network = MLPRegressor(
            hidden_layer_sizes=settings["hidden_layer_sizes"],
            activation="tanh",
            solver="lbfgs",
            alpha=settings["alpha"],
            max_iter=300,
            max_fun=400,
            random_state=seed,
        )
        with warnings.catch_warnings():
            # Stopping early is part of the regularization here, not an accident.
            warnings.simplefilter("ignore", ConvergenceWarning)
            network.fit(Z, rest if rest.shape[1] > 1 else rest.ravel())
        return _Network(network, trend)
