"""Random forest (scikit-learn), plain or on top of a linear trend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from accel_core.surrogates.base import Assessment, Settings, Surrogate
from accel_core.surrogates.ensemble import assess_by_folds
from accel_core.surrogates.linear import Ridge, without_trend
from accel_core.surrogates.tables import FloatArray
from accel_core.surrogates.tuning import Partition, seed_for

if TYPE_CHECKING:
    from sklearn.ensemble import RandomForestRegressor

_TREES = 40
"""Trees in each of five fold members, so 200 in the ensemble."""


@dataclass(frozen=True)
class _Forest:
    """A forest of all targets together, on top of an optional trend."""

    forest: RandomForestRegressor
    trend: Ridge | None

    def predict(self, Z: FloatArray, columns: Sequence[int], with_std: bool) -> tuple[FloatArray, FloatArray | None]:
        """Return mean and spread over the trees."""
        chosen = list(columns)
        # The trees take float32 only; converting once instead of in each tree halves the time.
        rows = np.asarray(Z, dtype=np.float32)
        total, square = np.zeros((2, len(Z), len(chosen)))
        for tree in self.forest.estimators_:
            values = tree.tree_.predict(rows).reshape(len(Z), -1)[:, chosen]
            total += values
            square += values**2
        count = len(self.forest.estimators_)
        mean = total / count
        std = np.sqrt(np.maximum(square / count - mean**2, 0.0)) if with_std else None
        if self.trend is not None:
            mean = mean + self.trend.predict(Z, columns, False)[0]
        return mean, std


class RandomForest(Surrogate):
    """Averaged trees of all targets together; uncertainty from the spread of the trees."""

    name: ClassVar[str] = "forest"
    title: ClassVar[str] = "Random forest"

    def candidates(self) -> list[Settings]:
        """Return trends and shares of features tried at a split; full depth, as the source's grids end beyond it."""
        return [
            {"trend": trend, "max_features": share}
            for trend, share in (("none", 0.7), ("linear", 0.7), ("quadratic", 0.5), ("none", 1.0), ("linear", 0.4))
        ]

    def candidate_seconds(self, n_rows: int, n_features: int, n_targets: int) -> float:
        """Return the nominal cost of 200 trees."""
        return 0.5 + 2e-3 * n_rows * (1 + 0.02 * n_features)

    def assess(self, settings: Settings, Z: FloatArray, T: FloatArray, partitions: Sequence[Partition]) -> Assessment:
        """Fit one forest for each fold."""
        return assess_by_folds(
            Z, T, partitions, lambda Z, T, number: self._fit(settings, Z, T, seed_for(self.seed, "forest", number))
        )

    def _fit(self, settings: Settings, Z: FloatArray, T: FloatArray, seed: int) -> _Forest:
        from sklearn.ensemble import RandomForestRegressor  # noqa: PLC0415 - see LAZY in tests/test_imports.py

        trend, rest = without_trend(settings["trend"], Z, T)
        forest = RandomForestRegressor(
            n_estimators=_TREES, max_features=settings["max_features"], random_state=seed, n_jobs=1
        )
        return _Forest(forest.fit(Z, rest if rest.shape[1] > 1 else rest.ravel()), trend)
