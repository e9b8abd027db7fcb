"""Error figures of predictions, as the full-stack framework reports them.

The absolute percentage error of one design is ``APE = 100 |predicted - actual| / |actual|`` (VeriGOOD-ML rtml_ppa.py,
mlReport). The mean over designs is called muAPE and the maximum MAPE in the TODAES 2024 paper; STD APE is the
population standard deviation.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from accel_core.errors import InvalidInputError
from accel_core.surrogates.tables import FloatArray

ERROR_COLUMNS = ("muape", "p95_ape", "max_ape", "std_ape")


def ape(predicted: npt.ArrayLike, actual: npt.ArrayLike) -> FloatArray:
    """Return the absolute percentage error of each value.

    Raises:
        InvalidInputError: If an actual value is zero, for which no relative error exists.
    """
    values = np.asarray(actual, dtype=np.float64)
    if (values == 0).any():
        raise InvalidInputError("an actual value is 0; allowed: values other than 0, because APE divides by them")
    return np.asarray(100.0 * np.abs(np.asarray(predicted, dtype=np.float64) - values) / np.abs(values))


def summarize(errors: npt.ArrayLike) -> dict[str, float]:
    """Return muAPE, 95th percentile, maximum and population standard deviation of percentage errors."""
    values = np.asarray(errors, dtype=np.float64)
    if values.size == 0:
        return dict.fromkeys(ERROR_COLUMNS, float("nan"))
    return {
        "muape": float(values.mean()),
        "p95_ape": float(np.quantile(values, 0.95)),
        "max_ape": float(values.max()),
        "std_ape": float(values.std()),
    }


def error_table(predictions: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Summarize a tidy table of predictions.

    Args:
        predictions: One row a prediction, with columns ``predicted`` and ``actual``.
        by: Columns to group by, such as ``["model", "metric", "split"]``.

    Returns:
        One row a group, with the group's columns, ``n_test`` and the columns of ``ERROR_COLUMNS`` in percent.
    """
    errors = predictions.assign(ape=ape(predictions["predicted"], predictions["actual"]))
    rows = []
    for key, group in errors.groupby(by, sort=False):
        labels = dict(zip(by, key, strict=True)) if isinstance(key, tuple) else {by[0]: key}
        rows.append({**labels, "n_test": len(group), **summarize(group["ape"])})
    return pd.DataFrame(rows, columns=[*by, "n_test", *ERROR_COLUMNS])
