"""Whether predicted uncertainties are honest: how many designs fall inside intervals that claim to hold a share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from accel_core.surrogates.base import Prediction

LEVELS = (0.5, 0.8, 0.9, 0.95)


def coverage(prediction: Prediction, actual: pd.DataFrame, levels: Sequence[float] = LEVELS) -> pd.DataFrame:
    """Return how many designs fall inside the predicted intervals.

    Returns:
        One row a metric and level: ``metric``, ``level`` (claimed share), ``coverage`` (found share), ``n``, and
        ``median_width`` (of the interval, in shares of the actual value).
    """
    rows = []
    for level in levels:
        lower, upper = prediction.interval(level)
        for metric in actual.columns:
            value = actual[metric].to_numpy(dtype=np.float64)
            low = lower[metric].to_numpy(dtype=np.float64)
            high = upper[metric].to_numpy(dtype=np.float64)
            rows.append(
                {
                    "metric": metric,
                    "level": level,
                    "coverage": float(np.mean((low <= value) & (value <= high))),
                    "n": len(value),
                    "median_width": float(np.median((high - low) / np.abs(value))),
                }
            )
    return pd.DataFrame(rows)


def calibration_error(table: pd.DataFrame) -> pd.Series:
    """Return the mean of ``|coverage - level|`` over the levels, for each metric of a `coverage` table."""
    gap = (table["coverage"] - table["level"]).abs()
    return gap.groupby(table["metric"], sort=False).mean().rename("calibration_error")
