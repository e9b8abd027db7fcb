"""How a search went: hypervolume after each evaluation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from accel_core.errors import InvalidInputError
from accel_core.objectives import Goal, directions_of, is_feasible, minimized
from accel_core.optimizers.ranking import all_min
from accel_core.pareto import hypervolume


def trace(results: pd.DataFrame, goals: Sequence[Goal], reference_point: Sequence[float]) -> pd.DataFrame:
    """Return ``evaluations`` (1 to n) and the feasible ``hypervolume`` after each, rows taken in their order.

    Only rows that the front does not dominate cost a computation, so a thousand evaluations take well under a second.

    Args:
        results: Metrics of the goals, and ``status`` where rows may have failed.
        goals: Objectives and bounds.
        reference_point: One number an objective, in the objective's own unit and direction.

    Raises:
        InvalidInputError: If there is no objective, a metric is no column, or the reference point does not fit.
    """
    directions = directions_of(goals)
    if len(reference_point) != len(directions) or not np.isfinite(np.asarray(reference_point, dtype=np.float64)).all():
        raise InvalidInputError(
            f"reference point is {list(reference_point)}; allowed: {len(directions)} finite numbers, one an objective"
        )
    signs = np.array([1.0 if direction == "min" else -1.0 for direction in directions])
    reference = np.asarray(reference_point, dtype=np.float64) * signs
    values = minimized(results, goals)
    counts = is_feasible(results, goals) & (values < reference).all(axis=1)
    return pd.DataFrame(
        {
            "evaluations": np.arange(1, len(results) + 1, dtype=np.int64),
            "hypervolume": _growth(values, counts, reference),
        }
    )


def _growth(
    values: npt.NDArray[np.float64], counts: npt.NDArray[np.bool_], reference: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    directions = all_min(len(reference))
    volumes = np.zeros(len(values))
    front = np.empty((0, len(reference)))
    volume = 0.0
    for row in range(len(values)):
        if counts[row] and not (front <= values[row]).all(axis=1).any():
            front = np.vstack([front[~(values[row] <= front).all(axis=1)], values[row]])
            volume = hypervolume(front, reference, directions)
        volumes[row] = volume
    return volumes
