"""The two-stage scheme: first whether a design can meet its clock, then its metrics among designs that can.

Far beyond the reachable clock, a flow's results say more about its despair than about the design. The full-stack
framework therefore fits its regressors on a region of interest (ROI): designs with
``(1 - r) f_target <= f_effective <= (1 + r) f_target`` (VeriGOOD-ML rtml_ppa.py, HybridErrorPlot).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from accel_core.errors import InvalidInputError, NotFittedError
from accel_core.surrogates.tables import MIN_ROWS, FloatArray, TableEncoder
from accel_core.surrogates.tuning import seed_for

if TYPE_CHECKING:
    import lightgbm

TOLERANCE = 0.3
"""Half width r of the ROI; assumed, because the source does not publish the value it used for Axiline."""

TARGET_CLOCK, EFFECTIVE_CLOCK = "f_target_hz", "f_effective_hz"
BoolArray = npt.NDArray[np.bool_]


def in_roi(f_target_hz: npt.ArrayLike, f_effective_hz: npt.ArrayLike, tolerance: float = TOLERANCE) -> BoolArray:
    """Tell which designs reach their target clock within a tolerance (a share of the target).

    Raises:
        InvalidInputError: If the tolerance is not between 0 and 1.
    """
    if not 0 < tolerance < 1:
        raise InvalidInputError(f"ROI tolerance is {tolerance}; allowed: above 0 and below 1")
    target = np.asarray(f_target_hz, dtype=np.float64)
    effective = np.asarray(f_effective_hz, dtype=np.float64)
    return np.asarray(((1 - tolerance) * target <= effective) & (effective <= (1 + tolerance) * target))


class RoiClassifier:
    """Gradient-boosted trees (LightGBM) that tell how likely a design lies in the ROI."""

    def __init__(self, seed: int = 0) -> None:
        """Set up an unfitted classifier."""
        self.seed = seed
        self._encoder: TableEncoder | None = None

    def fit(self, X: pd.DataFrame, is_inside: BoolArray) -> Self:
        """Learn from designs and whether each lies in the ROI.

        When all training designs lie on one side, the share of that side, with one design each added to both
        (Laplace's rule), is the answer for every design.

        Raises:
            InvalidInputError: If there are too few rows or the labels do not match.
        """
        inside = np.asarray(is_inside, dtype=np.bool_)
        if len(X) != len(inside):
            raise InvalidInputError(f"X has {len(X)} rows and there are {len(inside)} labels; allowed: one each")
        if len(X) < MIN_ROWS:
            raise InvalidInputError(f"there are {len(X)} rows to learn from; allowed: at least {MIN_ROWS}")
        encoder = TableEncoder(X)
        self._share = (float(inside.sum()) + 1) / (len(inside) + 2)
        self._booster = None if inside.all() or not inside.any() else self._train(encoder.encode(X).features, inside)
        self._encoder = encoder
        return self

    def probability(self, X: pd.DataFrame) -> FloatArray:
        """Return the probability of lying in the ROI, shape ``(n_designs,)``."""
        if self._encoder is None:
            raise NotFittedError("the ROI classifier has not been fitted; call fit first")
        Z = self._encoder.encode(X).features
        if self._booster is None:
            return np.full(len(X), self._share)
        return np.asarray(self._booster.predict(Z, num_threads=1), dtype=np.float64)

    def _train(self, Z: FloatArray, inside: BoolArray) -> lightgbm.Booster:
        import lightgbm  # noqa: PLC0415 - see LAZY in tests/test_imports.py

        parameters = {
            "objective": "binary",
            "num_leaves": 8,
            "learning_rate": 0.08,
            "min_data_in_leaf": min(5, max(1, len(Z) // 8)),
            "lambda_l2": 1.0,
            "verbosity": -1,
            "num_threads": 1,
            "deterministic": True,
            "force_row_wise": True,
            "seed": seed_for(self.seed, "roi"),
        }
        data = lightgbm.Dataset(Z, inside.astype(np.float64), params=parameters)
        return lightgbm.train(parameters, data, num_boost_round=120)


def confusion(predicted: npt.ArrayLike, actual: npt.ArrayLike) -> pd.Series:
    """Compare predicted with actual membership.

    Returns:
        Counts ``true_inside``, ``false_inside`` (predicted inside, really outside), ``false_outside``,
        ``true_outside``, and ``accuracy`` from 0 to 1 (NaN without designs).
    """
    said, real = np.asarray(predicted, dtype=np.bool_), np.asarray(actual, dtype=np.bool_)
    counts = {
        "true_inside": int((said & real).sum()),
        "false_inside": int((said & ~real).sum()),
        "false_outside": int((~said & real).sum()),
        "true_outside": int((~said & ~real).sum()),
    }
    right = float(np.mean(said == real)) if len(real) else float("nan")
    return pd.Series({**counts, "accuracy": right})
