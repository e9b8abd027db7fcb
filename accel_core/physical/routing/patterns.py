"""Pattern routing: the cheapest path with at most two bends inside the box around its ends, L and Z shapes."""

from __future__ import annotations

import numpy as np
from numba import njit

from accel_core.physical.graph import Ints
from accel_core.physical.routing.edges import BEND, Edges, run_cost


@njit(cache=True)
def best_pattern(edges: Edges, begin: int, end: int, pressure: float) -> Ints:
    """Return the cells at the ends and bends of the cheapest pattern between two cells."""
    columns = edges.demand.shape[2]
    y, x = divmod(begin, columns)
    to_y, to_x = divmod(end, columns)
    corners, count = np.empty(4, np.int64), 1
    corners[0] = begin
    if begin == end:
        return corners[:1]
    if x == to_x or y == to_y:
        corners[1] = end
        return corners[:2]
    across, column = best_middle(edges, 0, (x, to_x), (y, to_y), pressure)
    upward, row = best_middle(edges, 1, (y, to_y), (x, to_x), pressure)
    if across <= upward:
        bends = (y * columns + column, to_y * columns + column)
    else:
        bends = (row * columns + x, row * columns + to_x)
    for corner in bends:
        if corner not in (begin, end):
            corners[count] = corner
            count += 1
    corners[count] = end
    return corners[: count + 1]


@njit(cache=True)
def best_middle(
    edges: Edges, way: int, along: tuple[int, int], across: tuple[int, int], pressure: float
) -> tuple[float, int]:
    """Go along ``way`` to some place, cross over there, and go on; return the least cost and that place.

    Args:
        edges: Of the grid.
        way: Direction at both ends.
        along: Begin and end in this direction.
        across: Begin and end in the other.
        pressure: See ``edge_cost``.
    """
    begin, end = along
    step = 1 if end > begin else -1
    before, after = 0.0, run_cost(edges, way, across[1], begin, end, pressure)
    best, best_place, place = np.inf, begin, begin
    while True:
        bends = 1 if place in (begin, end) else 2
        cost = before + run_cost(edges, 1 - way, place, across[0], across[1], pressure) + after + bends * BEND
        if cost < best:
            best, best_place = cost, place
        if place == end:
            return best, best_place
        before += run_cost(edges, way, across[0], place, place + step, pressure)
        after -= run_cost(edges, way, across[1], place, place + step, pressure)
        place += step
