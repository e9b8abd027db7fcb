"""Expected hypervolume improvement in closed form, for independent normal or log-normal predictions.

The improvement by a point y is the volume between y and the reference point that the front does not dominate yet.
With the dominated region cut into disjoint boxes (l, u) it is ``prod(r - y) - sum over boxes prod(u - max(l, y))``,
each factor taken as 0 where negative. For independent objectives the expectation goes into each factor:
``E[(u - max(l, y))+] = f(u) - f(l)`` with ``f(b) = E[(b - y)+]``, which is closed for normal y (expected improvement,
Jones et al. 1998) and for log-normal y (the price of a put, Black and Scholes 1973).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from accel_core.optimizers.ranking import all_min
from accel_core.pareto import is_nondominated

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Belief:
    """What is predicted of designs' objectives, to be minimized.

    Attributes:
        mean: Means of the value, or of its natural logarithm where ``is_log``; shape ``(n_designs, n_objectives)``.
        std: Standard deviations of the same, above zero.
        is_log: For each objective whether the value is log-normal.
    """

    mean: FloatArray
    std: FloatArray
    is_log: npt.NDArray[np.bool_]

    def take(self, rows: npt.NDArray[np.int64]) -> Belief:
        """Return the belief about some of the designs."""
        return Belief(self.mean[rows], self.std[rows], self.is_log)

    def central(self) -> FloatArray:
        """Return the medians, in the objectives' own scale."""
        return np.where(self.is_log, np.exp(np.where(self.is_log, self.mean, 0.0)), self.mean)


def dominated_boxes(front: FloatArray, reference: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Cut the region between a front and the reference point into disjoint boxes; return lower and upper corners.

    The algorithm is that of Lacour, Klamroth and Fonseca, "A box decomposition algorithm to compute the hypervolume
    indicator" (2017): every point splits the local upper bounds above it, and each bound, with the points that define
    it, spans one box. About two boxes a point for three objectives.

    Args:
        front: Points to be minimized, shape ``(n_points, n_objectives)``; dominated and useless ones are left out.
        reference: The reference point.
    """
    d = len(reference)
    points = front[(front < reference).all(axis=1)]
    points = np.unique(points[is_nondominated(points, all_min(d))], axis=0)
    bounds = reference[None, :].copy()
    # definers[i, k] is the point that gives bound i its coordinate k; at first dummies on the axes.
    definers = np.full((1, d, d), -np.inf)
    definers[0, np.arange(d), np.arange(d)] = reference
    others = ~np.eye(d, dtype=np.bool_)
    others[:, 0] = False
    for point in points:  # in ascending order of the first objective
        hit = (point < bounds).all(axis=1)
        above = definers[hit]
        largest_other = np.where(others, above, -np.inf).max(axis=1)
        which, axis = np.nonzero(point >= largest_other)
        new_bounds = bounds[hit][which]
        new_bounds[np.arange(len(which)), axis] = point[axis]
        new_definers = above[which]
        new_definers[np.arange(len(which)), axis] = point
        bounds = np.concatenate([bounds[~hit], new_bounds])
        definers = np.concatenate([definers[~hit], new_definers])
    lower = np.empty_like(bounds)
    upper = bounds.copy()
    lower[:, 0], upper[:, 0] = definers[:, 0, 0], reference[0]
    for k in range(1, d):
        lower[:, k] = definers[:, :k, k].max(axis=1)
    solid = (lower < upper).all(axis=1)
    return lower[solid], upper[solid]


def expected_improvement(belief: Belief, front: FloatArray, reference: FloatArray) -> FloatArray:
    """Return each design's expected hypervolume improvement over a front, in the objectives' own units.

    Args:
        belief: Predictions of ``n`` designs.
        front: Known points to be minimized, shape ``(n_points, n_objectives)``; may be empty.
        reference: The reference point.
    """
    lower, upper = dominated_boxes(front, reference)
    whole = np.ones(len(belief.mean))
    known = np.ones((len(belief.mean), len(lower)))
    for k in range(len(reference)):
        levels, where = np.unique(np.concatenate([lower[:, k], upper[:, k], reference[[k]]]), return_inverse=True)
        gains = _expected_shortfall(belief.mean[:, k], belief.std[:, k], levels, bool(belief.is_log[k]))
        n = len(lower)
        known *= gains[:, where[n : 2 * n]] - gains[:, where[:n]]
        whole *= gains[:, where[-1]]
    return np.asarray(np.maximum(whole - known.sum(axis=1), 0.0))


def _expected_shortfall(mean: FloatArray, std: FloatArray, levels: FloatArray, is_log: bool) -> FloatArray:
    """Return ``E[(level - y)+]``, shape ``(n_designs, n_levels)``."""
    m, s = mean[:, None], std[:, None]
    if not is_log:
        z = (levels - m) / s
        return np.asarray(s * (z * ndtr(z) + np.exp(-0.5 * z * z) / np.sqrt(2 * np.pi)))
    positive = levels > 0
    z = (np.log(np.where(positive, levels, 1.0)) - m) / s
    put = levels * ndtr(z) - np.exp(m + 0.5 * s * s) * ndtr(z - s)
    return np.asarray(np.where(positive, np.maximum(put, 0.0), 0.0))
