"""Dominance between points and the quality of fronts, on any mixture of minimized and maximized columns.

A point dominates another if it is nowhere worse and somewhere better. Equal points do not dominate each other, so all
copies of a nondominated point are nondominated. A point with a missing value (NaN) neither dominates nor is it ever
nondominated. The numbers are moocore's (Fonseca, López-Ibáñez, Paquete, Guerreiro).
"""

from __future__ import annotations

from collections.abc import Sequence

import moocore
import numpy as np
import numpy.typing as npt

from accel_core.errors import InvalidInputError
from accel_core.metrics import Direction

FloatArray = npt.NDArray[np.float64]


def is_nondominated(values: npt.ArrayLike, directions: Sequence[Direction]) -> npt.NDArray[np.bool_]:
    """Tell which points no other point dominates.

    Args:
        values: Points, shape ``(n_points, n_objectives)``; no points give an empty result.
        directions: ``min`` or ``max`` for each column.
    """
    points = _minimized(values, directions)
    known = ~np.isnan(points).any(axis=1)
    result = np.zeros(len(points), dtype=np.bool_)
    if known.any():
        result[known] = moocore.is_nondominated(_finite(points[known]), keep_weakly=True)
    return result


def pareto_rank(values: npt.ArrayLike, directions: Sequence[Direction]) -> npt.NDArray[np.int64]:
    """Return 0 for the points of the front, 1 for those of the front once these are removed, and so on.

    Points with a missing value share the rank after the last. With three or more objectives time grows with the
    square of the number of points.

    Args:
        values: Points, shape ``(n_points, n_objectives)``.
        directions: ``min`` or ``max`` for each column.
    """
    points = _minimized(values, directions)
    known = ~np.isnan(points).any(axis=1)
    ranks = np.zeros(len(points), dtype=np.int64)
    if known.any():
        ranks[known] = moocore.pareto_rank(_finite(points[known]))
        ranks[~known] = ranks[known].max() + 1
    return ranks


def reference_point(values: npt.ArrayLike, directions: Sequence[Direction], margin: float = 0.1) -> FloatArray:
    """Return a point worse than all points by ``margin`` of each column's range, as hypervolumes need.

    A column whose values are all alike gets a margin of that share of the value's size, or of 1 if it is 0.

    Args:
        values: Points, shape ``(n_points, n_objectives)``; rows with a missing or infinite value are left out.
        directions: ``min`` or ``max`` for each column.
        margin: Share of the range, 0 or more.

    Raises:
        InvalidInputError: If no row is left.
    """
    points = _minimized(values, directions)
    points = points[np.isfinite(points).all(axis=1)]
    if not len(points):
        raise InvalidInputError("a reference point needs points; there is none without a missing value")
    worst = points.max(axis=0)
    spread = worst - points.min(axis=0)
    size = np.where(spread > 0, spread, np.where(worst != 0, np.abs(worst), 1.0))
    return np.asarray(_signs(directions) * (worst + margin * size), dtype=np.float64)


def hypervolume(values: npt.ArrayLike, reference_point: npt.ArrayLike, directions: Sequence[Direction]) -> float:
    """Return the volume that points dominate up to a reference point; more is better, 0 for no points.

    Points that are not better than the reference point everywhere add nothing.

    Args:
        values: Points, shape ``(n_points, n_objectives)``.
        reference_point: One number for each column, as in the table (not negated).
        directions: ``min`` or ``max`` for each column.
    """
    points = _minimized(values, directions)
    reference = _reference(reference_point, directions)
    points = points[(points < reference).all(axis=1)]
    if np.isinf(points).any():
        return float("inf")
    return float(moocore.hypervolume(points, ref=reference)) if len(points) else 0.0


def igd_plus(values: npt.ArrayLike, true_front: npt.ArrayLike, directions: Sequence[Direction]) -> float:
    """Return how far, on average, points of a true front lie beyond a found front (Ishibuchi et al. 2015).

    Distances are in the columns' own units, so scale columns alike first. 0 is perfect; no found points give
    infinity.

    Args:
        values: Found points, shape ``(n_points, n_objectives)``.
        true_front: Points of the true front, at least one; rows with a missing or infinite value are left out.
        directions: ``min`` or ``max`` for each column.

    Raises:
        InvalidInputError: If the true front has no point.
    """
    points, front = _minimized(values, directions), _minimized(true_front, directions)
    points = points[np.isfinite(points).all(axis=1)]
    front = front[np.isfinite(front).all(axis=1)]
    if not len(front):
        raise InvalidInputError("the true front has no points; allowed: at least one")
    return float(moocore.igd_plus(points, ref=front)) if len(points) else float("inf")


def _minimized(values: npt.ArrayLike, directions: Sequence[Direction]) -> FloatArray:
    """Return points as a new array in which every column is minimized."""
    signs = _signs(directions)
    points = np.asarray(values, dtype=np.float64)
    if points.size == 0:
        return np.empty((len(points), len(signs)))
    if points.ndim != 2 or points.shape[1] != len(signs):
        raise InvalidInputError(
            f"points have shape {points.shape}; allowed: (n, {len(signs)}) for {len(signs)} directions"
        )
    # Adding zero turns -0.0 into 0.0.
    return np.ascontiguousarray(points * signs + 0.0)


def _finite(points: FloatArray) -> FloatArray:
    """Replace each column by its order where a value is infinite: same dominance, and moocore crashes on infinities."""
    if np.isfinite(points).all():
        return points
    orders = [np.unique(column, return_inverse=True)[1] for column in points.T]
    return np.column_stack(orders).astype(np.float64)


def _reference(point: npt.ArrayLike, directions: Sequence[Direction]) -> FloatArray:
    signs = _signs(directions)
    reference = np.asarray(point, dtype=np.float64)
    if reference.shape != signs.shape or not np.isfinite(reference).all():
        raise InvalidInputError(f"reference point is {reference.tolist()!s:.80}; allowed: {len(signs)} finite numbers")
    return np.asarray(reference * signs, dtype=np.float64)


def _signs(directions: Sequence[Direction]) -> FloatArray:
    if not directions:
        raise InvalidInputError("there are no objectives; allowed: at least one")
    for direction in directions:
        if direction not in ("min", "max"):
            raise InvalidInputError(f"direction is '{direction}'; allowed: min, max")
    return np.array([1.0 if direction == "min" else -1.0 for direction in directions])
