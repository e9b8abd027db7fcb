"""Clusters of points that lie near to each other and weigh about the same."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def balanced_clusters(xy: Floats, weight: Floats, count: int) -> Ints:
    """Cut points into ``count`` clusters by halving again and again, across the longer side of what is cut.

    A part that becomes k clusters is cut into floor(k/2) and the rest, each with its share of the weight, so that
    clusters differ from the mean by little more than the weight of one point. Points of one place keep their order.

    Args:
        xy: Places, shape (n, 2).
        weight: Above 0, shape (n,).
        count: 1 to n.

    Returns:
        The cluster of each point, 0 to ``count`` - 1, none of them empty; neighbors have neighboring numbers.
    """
    label = np.zeros(len(xy), dtype=np.int64)
    parts = [(np.arange(len(xy)), 0, count)]
    while parts:
        points, first, clusters = parts.pop()
        if clusters == 1:
            label[points] = first
            continue
        spans = np.ptp(xy[points], axis=0)
        axis = int(spans[1] > spans[0])
        order = points[np.lexsort((xy[points, 1 - axis], xy[points, axis]))]
        low = clusters // 2
        cut = _cut(weight[order], low / clusters, low, len(points) - (clusters - low))
        parts += [(order[:cut], first, low), (order[cut:], first + low, clusters - low)]
    return label


def _cut(weight: Floats, share: float, least: int, most: int) -> int:
    """How many points have nearest to a share of the weight, between two bounds."""
    total = np.concatenate([[0.0], np.cumsum(weight)])
    return int(np.clip(np.abs(total - share * total[-1]).argmin(), least, most))


def centers(xy: Floats, label: Ints, count: int) -> Floats:
    """The point of each cluster whose farthest member is nearest in rectilinear distance, shape (count, 2).

    Rectilinear distance is the larger of two distances along the diagonals, so it is the middle of both their ranges.
    """
    turned = np.stack([xy[:, 0] + xy[:, 1], xy[:, 0] - xy[:, 1]], axis=1)
    low, high = np.full((count, 2), np.inf), np.full((count, 2), -np.inf)
    np.minimum.at(low, label, turned)
    np.maximum.at(high, label, turned)
    middle = (low + high) / 2.0
    return np.stack([middle[:, 0] + middle[:, 1], middle[:, 0] - middle[:, 1]], axis=1) / 2.0
