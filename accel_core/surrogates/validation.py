"""Score models on designs they have not seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from accel_core.surrogates.accuracy import error_table
from accel_core.surrogates.base import Prediction
from accel_core.surrogates.calibration import LEVELS, coverage
from accel_core.surrogates.roi import EFFECTIVE_CLOCK, TARGET_CLOCK, TOLERANCE, RoiClassifier, in_roi
from accel_core.surrogates.splits import Split


class Model(Protocol):
    """What can be validated: a `Surrogate` or a `Composed` one."""

    def fit(self, X: pd.DataFrame, y: pd.DataFrame, groups: npt.ArrayLike | None = None) -> Model:
        """Learn from designs and metrics."""

    def predict(self, X: pd.DataFrame) -> Prediction:
        """Predict metrics of designs."""


ModelFactory = Callable[[], Model]


@dataclass(frozen=True)
class Validation:
    """Every held-out prediction, and what it says.

    Attributes:
        predictions: One row a held-out value: ``model metric split fold row n_train actual predicted std in_roi``;
            ``row`` is the label in the table, ``in_roi`` is about the actual clock (True without clocks).
        covered: One row a model, split, metric and level: ``level``, ``coverage``, ``n``, ``median_width``.
    """

    predictions: pd.DataFrame
    covered: pd.DataFrame

    def errors(self, only_roi: bool = False) -> pd.DataFrame:
        """Return one row a model, metric and split: ``n_train n_test muape p95_ape max_ape std_ape`` in percent.

        Args:
            only_roi: Count designs that really are in the ROI only, as the source does.
        """
        kept = self.predictions[self.predictions["in_roi"]] if only_roi else self.predictions
        by = ["model", "metric", "split"]
        n_train = kept.groupby(by, sort=False)["n_train"].mean().round().astype(int).reset_index()
        table = error_table(kept, by).merge(n_train, on=by)
        return table[[*by, "n_train", *table.columns.difference([*by, "n_train"], sort=False)]]


def validate(
    models: Mapping[str, ModelFactory],
    X: pd.DataFrame,
    y: pd.DataFrame,
    splits: Sequence[Split],
    *,
    tolerance: float = TOLERANCE,
    train_on_roi: bool = False,
) -> Validation:
    """Fit every model on every split and predict what it held out.

    Args:
        models: Name -> function that makes an unfitted model.
        X: Designs.
        y: Metrics.
        splits: Ways to divide the rows.
        tolerance: Half width of the ROI.
        train_on_roi: Fit on designs in the ROI only, the second stage of the two-stage scheme.
    """
    inside = _inside(X, y, tolerance)
    predictions: list[pd.DataFrame] = []
    covered: dict[tuple[str, str], list[tuple[Prediction, pd.DataFrame]]] = {}
    for name, make in models.items():
        for split in splits:
            keep = inside[split.train] if train_on_roi else np.ones(len(split.train), dtype=np.bool_)
            train = split.train[keep]
            model = make().fit(X.iloc[train], y.iloc[train], None if split.groups is None else split.groups[keep])
            found, actual = model.predict(X.iloc[split.test]), y.iloc[split.test]
            covered.setdefault((name, split.name), []).append((found, actual))
            table = _tidy(found, actual, inside[split.test])
            predictions.append(table.assign(model=name, split=split.name, fold=split.fold, n_train=len(train)))
    order = ["model", "metric", "split", "fold", "row", "n_train", "actual", "predicted", "std", "in_roi"]
    return Validation(pd.concat(predictions, ignore_index=True)[order], _covered(covered))


def validate_roi(
    X: pd.DataFrame, y: pd.DataFrame, splits: Sequence[Split], tolerance: float = TOLERANCE, seed: int = 0
) -> pd.DataFrame:
    """Score the ROI classifier on held-out designs.

    Returns:
        One row a held-out design: ``split``, ``fold``, ``row``, ``probability``, and membership
        ``predicted`` and ``actual``.
    """
    inside = _inside(X, y, tolerance)
    parts = []
    for split in splits:
        model = RoiClassifier(seed).fit(X.iloc[split.train], inside[split.train])
        probability = model.probability(X.iloc[split.test])
        parts.append(
            pd.DataFrame(
                {
                    "split": split.name,
                    "fold": split.fold,
                    "row": X.index[split.test],
                    "probability": probability,
                    "predicted": probability >= 0.5,
                    "actual": inside[split.test],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _inside(X: pd.DataFrame, y: pd.DataFrame, tolerance: float) -> npt.NDArray[np.bool_]:
    if TARGET_CLOCK not in X or EFFECTIVE_CLOCK not in y:
        return np.ones(len(X), dtype=np.bool_)
    return in_roi(X[TARGET_CLOCK], y[EFFECTIVE_CLOCK], tolerance)


def _tidy(found: Prediction, actual: pd.DataFrame, inside: npt.NDArray[np.bool_]) -> pd.DataFrame:
    parts = [
        pd.DataFrame(
            {
                "metric": metric,
                "row": actual.index,
                "actual": actual[metric].to_numpy(),
                "predicted": found.mean[metric].to_numpy(),
                "std": found.std[metric].to_numpy(),
                "in_roi": inside,
            }
        )
        for metric in found.mean.columns
    ]
    return pd.concat(parts, ignore_index=True)


def _covered(found: Mapping[tuple[str, str], list[tuple[Prediction, pd.DataFrame]]]) -> pd.DataFrame:
    """Average each model's coverage over its folds, weighted by their size."""
    parts = []
    for (model, split), folds in found.items():
        scored = [(prediction, actual[prediction.mean.columns]) for prediction, actual in folds]
        table = pd.concat([coverage(prediction, actual, LEVELS) for prediction, actual in scored])
        for name in ("coverage", "median_width"):
            table[name] *= table["n"]
        total = table.groupby(["metric", "level"], sort=False).sum().reset_index()
        for name in ("coverage", "median_width"):
            total[name] /= total["n"]
        parts.append(total.assign(model=model, split=split))
    return pd.concat(parts, ignore_index=True)[["model", "split", "metric", "level", "coverage", "n", "median_width"]]
