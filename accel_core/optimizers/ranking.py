"""From values and violations to who is better: constrained ranks and crowding (Deb et al. 2002, NSGA-II)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from accel_core.metrics import Direction
from accel_core.pareto import pareto_rank

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


def all_min(n: int) -> tuple[Direction, ...]:
    """Return the directions of ``n`` columns that are all to be minimized."""
    smaller: Direction = "min"
    return (smaller,) * n


def constrained_ranks(values: FloatArray, violation: FloatArray) -> IntArray:
    """Return 0 for the feasible front, 1 for the next, and so on; then the others by violation, equal ones alike.

    Args:
        values: Objectives to minimize, shape ``(n, n_objectives)``; only those of feasible rows are looked at.
        violation: Total excess over the limits, 0 for feasible rows, infinite for designs that could not be evaluated.
    """
    ranks = np.zeros(len(values), dtype=np.int64)
    feasible = violation <= 0
    if feasible.any():
        ranks[feasible] = pareto_rank(values[feasible], all_min(values.shape[1]))
    after = int(ranks[feasible].max()) + 1 if feasible.any() else 0
    _, order = np.unique(violation[~feasible], return_inverse=True)
    ranks[~feasible] = after + order
    return ranks


def crowding(values: FloatArray, ranks: IntArray) -> FloatArray:
    """Return each row's crowding distance within its rank: larger is lonelier, infinite at both ends."""
    distance = np.zeros(len(values))
    for rank in np.unique(ranks):
        rows = np.flatnonzero(ranks == rank)
        part = values[rows]
        if np.isnan(part).any():
            continue
        for column in part.T:
            order = np.argsort(column, kind="stable")
            ordered = column[order]
            spread = ordered[-1] - ordered[0]
            distance[rows[order[[0, -1]]]] = np.inf
            if spread > 0:
                distance[rows[order[1:-1]]] += (ordered[2:] - ordered[:-2]) / spread
    return distance


def best_first(values: FloatArray, violation: FloatArray) -> tuple[IntArray, IntArray, FloatArray]:
    """Return row numbers from best to worst (rank, then loneliness), and each row's rank and crowding distance."""
    ranks = constrained_ranks(values, violation)
    lonely = crowding(values, ranks)
    return np.lexsort((-lonely, ranks)).astype(np.int64), ranks, lonely
