"""The best designs of a result table: its feasible front, and a few picks from it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from accel_core.errors import InvalidInputError
from accel_core.objectives import CostFunction, Goal, directions_of, is_feasible, minimized
from accel_core.optimizers.ranking import all_min
from accel_core.pareto import is_nondominated

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

MIN_SPREAD = 0.05
"""Share of a metric's range on the front by which diverse picks differ."""


def front(results: pd.DataFrame, goals: Sequence[Goal]) -> pd.DataFrame:
    """Return the rows that keep every limit and that no other such row dominates, with their index and order.

    Rows whose ``status`` is not ``ok``, and rows with a missing metric, are not feasible.

    Raises:
        InvalidInputError: If no goal is an objective, or a goal's metric is no column.
    """
    if not directions_of(goals):
        raise InvalidInputError("a front needs an objective; the goals have none")
    feasible = results[is_feasible(results, goals)]
    return feasible[is_nondominated(minimized(feasible, goals), all_min(len(directions_of(goals))))]


def pick(front: pd.DataFrame, cost: CostFunction, n: int = 3, spread: Sequence[str] = ()) -> pd.DataFrame:
    """Return the ``n`` cheapest rows, cheapest first, fewer if there are fewer; rows without a cost are left out.

    Args:
        front: Designs with the metrics of the cost; commonly the result of `front`.
        cost: What to minimize.
        n: How many.
        spread: Metrics in which picks must differ by at least `MIN_SPREAD` of the front's range from each earlier pick,
            in one at least; as many as needed are taken regardless once none differs enough. Empty: no such rule.

    Raises:
        InvalidInputError: If ``n`` is below 1 or a metric is no column.
    """
    if n < 1:
        raise InvalidInputError(f"the number of picks is {n}; allowed: 1 or more")
    if missing := [metric for metric in spread if metric not in front]:
        raise InvalidInputError(f"the front has no metric '{missing[0]}'; it has: {', '.join(map(str, front.columns))}")
    costs = cost(front)
    order = np.argsort(costs, kind="stable")
    order = order[np.isfinite(costs[order])]
    if spread:
        order = order[_different_first(front[list(spread)].to_numpy(dtype=np.float64)[order])]
    return front.iloc[order[:n]]


def _different_first(values: FloatArray) -> IntArray:
    """Return row numbers in their order, those too close to an earlier one put last."""
    if not len(values):
        return np.empty(0, dtype=np.int64)
    spread = np.nanmax(values, axis=0) - np.nanmin(values, axis=0)
    scaled = values / np.where(spread > 0, spread, 1.0)
    chosen: list[int] = []
    for row in range(len(scaled)):
        if not chosen or (np.abs(scaled[chosen] - scaled[row]).max(axis=1) >= MIN_SPREAD).all():
            chosen.append(row)
    return np.array(chosen + [row for row in range(len(scaled)) if row not in set(chosen)], dtype=np.int64)
