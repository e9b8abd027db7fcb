"""Gradient-boosted decision trees (LightGBM), boosted from a linear trend where that helps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from accel_core.surrogates.base import Assessment, Settings, Surrogate
from accel_core.surrogates.ensemble import assess_by_folds
from accel_core.surrogates.linear import Ridge, without_trend
from accel_core.surrogates.tables import FloatArray
from accel_core.surrogates.tuning import Partition, seed_for

if TYPE_CHECKING:
    import lightgbm

_FIXED: Mapping[str, Any] = {
    "objective": "regression",
    "verbosity": -1,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "bagging_freq": 1,
    "min_data_in_bin": 1,
    "min_gain_to_split": 0.0,
}


@dataclass(frozen=True)
class _Trees:
    """One booster a target, on top of an optional trend."""

    boosters: Sequence[lightgbm.Booster]
    trend: Ridge | None

    def predict(self, Z: FloatArray, columns: Sequence[int], with_std: bool) -> tuple[FloatArray, FloatArray | None]:
        """Return the mean of the chosen targets; uncertainty comes from the ensemble."""
        mean = np.column_stack([self.boosters[t].predict(Z, num_threads=1) for t in columns])
        if self.trend is not None:
            mean = mean + self.trend.predict(Z, columns, False)[0]
        return mean, None


class GradientBoosting(Surrogate):
    """LightGBM on fold ensembles.

    Trees predict constants between and beyond what they saw. Boosting what a linear model (between logarithms, hence a
    power law) leaves over removes most of that, so tuning chooses between both.
    """

    name: ClassVar[str] = "gbdt"
    title: ClassVar[str] = "Gradient-boosted trees"

    def candidates(self) -> list[Settings]:
        """Return tree sizes for tables of tens to thousands of rows, with and without the linear trend."""
        return [
            {"trend": trend, "num_leaves": leaves, "rounds": rounds, "learning_rate": rate, "min_data_in_leaf": rows}
            for trend, leaves, rounds, rate, rows in (
                ("linear", 8, 100, 0.1, 5),
                ("none", 16, 120, 0.12, 3),
                ("quadratic", 6, 60, 0.08, 8),
                ("linear", 16, 100, 0.1, 3),
                ("none", 8, 150, 0.15, 5),
            )
        ]

    def candidate_seconds(self, n_rows: int, n_features: int, n_targets: int) -> float:
        """Return the nominal cost: boosting rounds are bound by histograms, a little by rows."""
        return n_targets * (0.1 + 5e-4 * n_rows)

    def assess(self, settings: Settings, Z: FloatArray, T: FloatArray, partitions: Sequence[Partition]) -> Assessment:
        """Fit one booster for each fold and target."""
        return assess_by_folds(
            Z, T, partitions, lambda Z, T, number: self._fit(settings, Z, T, seed_for(self.seed, "gbdt", number))
        )

    def _fit(self, settings: Settings, Z: FloatArray, T: FloatArray, seed: int) -> _Trees:
        import lightgbm  # noqa: PLC0415 - see LAZY in tests/test_imports.py

        trend, rest = without_trend(settings["trend"], Z, T)
        parameters = {
            **_FIXED,
            "seed": seed,
            "num_leaves": settings["num_leaves"],
            "learning_rate": settings["learning_rate"],
            "min_data_in_leaf": min(settings["min_data_in_leaf"], max(1, len(Z) // 4)),
            "bagging_fraction": 0.9 if len(Z) >= 40 else 1.0,
        }
        boosters = []
        for column in rest.T:
            data = lightgbm.Dataset(Z, np.ascontiguousarray(column), params=parameters)
            boosters.append(lightgbm.train(parameters, data, num_boost_round=settings["rounds"]))
        return _Trees(boosters, trend)
