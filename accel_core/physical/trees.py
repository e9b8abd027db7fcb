"""Rectilinear wiring trees of many nets at once, and their electrical moments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Trees:
    """Trees of M nets with J nodes each; node 0 is the driver, and every node comes after its parent.

    Attributes:
        order: Which of the net's given points a node is, -1 for a branching point that was added; shape (M, J).
        parent: Node each node hangs on, shape (M, J); 0 for node 0.
        span: Horizontal and vertical length of the wire to the parent, shape (M, J, 2).
    """

    order: Ints
    parent: Ints
    span: Floats


def grow_trees(points: Floats) -> Trees:
    """Span the points of M nets, shape (M, D, 2) with the driver first.

    Two points are a wire. Three meet at their median, which is the shortest tree there is. More points form the
    minimum spanning tree (Prim); the shortest Steiner tree would be at most a third shorter, typically a tenth.
    """
    count, degree = points.shape[:2]
    if degree == 3:
        return _stars(points)
    row = np.arange(count)
    order = np.zeros((count, degree), dtype=np.int64)
    parent = np.zeros((count, degree), dtype=np.int64)
    distance = np.abs(points - points[:, :1]).sum(axis=2)
    nearest = np.zeros((count, degree), dtype=np.int64)  # As a node of the growing tree.
    distance[:, 0] = np.inf
    for node in range(1, degree):
        chosen = distance.argmin(axis=1)
        order[:, node] = chosen
        parent[:, node] = nearest[row, chosen]
        fresh = np.abs(points - points[row, chosen][:, None]).sum(axis=2)
        closer = (fresh < distance) & np.isfinite(distance)
        distance = np.where(closer, fresh, distance)
        nearest = np.where(closer, node, nearest)
        distance[row, chosen] = np.inf
    places = np.take_along_axis(points, order[:, :, None], axis=1)
    return Trees(order, parent, _spans(places, parent))


def _stars(points: Floats) -> Trees:
    count = len(points)
    order = np.tile(np.array([0, -1, 1, 2]), (count, 1))
    parent = np.tile(np.array([0, 0, 1, 1]), (count, 1))
    places = np.stack([points[:, 0], np.median(points, axis=1), points[:, 1], points[:, 2]], axis=1)
    return Trees(order, parent, _spans(places, parent))


def _spans(places: Floats, parent: Ints) -> Floats:
    return np.asarray(np.abs(places - np.take_along_axis(places, parent[:, :, None], axis=1)))


def moments(parent: Ints, resistance: Floats, cap: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Driving-point moments and Elmore delays (O'Brien and Savarino, DAC 1989).

    Args:
        parent: Node each node hangs on, shape (M, J).
        resistance: Of the wire to the parent in ohm, shape (M, J).
        cap: Load at each node in F, shape (M, J, 2) for rising and falling edges.

    Returns:
        y1, y2, y3 of shape (M, 2), and the Elmore delay of every node in s, shape (M, J, 2).
    """
    row = np.arange(len(parent))
    y1, y2, y3 = cap.copy(), np.zeros_like(cap), np.zeros_like(cap)
    for node in range(parent.shape[1] - 1, 0, -1):
        above = parent[:, node]
        r = resistance[:, node, None]
        d1, d2, d3 = y1[:, node], y2[:, node], y3[:, node]
        y1[row, above] += d1
        y2[row, above] += d2 - r * d1**2
        y3[row, above] += d3 - 2.0 * r * d1 * d2 + r**2 * d1**3
    elmore = np.zeros_like(cap)
    for node in range(1, parent.shape[1]):
        elmore[:, node] = elmore[row, parent[:, node]] + resistance[:, node, None] * y1[:, node]
    return y1[:, 0], y2[:, 0], y3[:, 0], elmore
