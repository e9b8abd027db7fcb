"""What it costs to cross from one grid cell to the next, and the wires that do."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from accel_core.physical.graph import Bools, Floats, Ints

BEND = 1.0
"""What a bend, which is a via, costs in lengths of a grid cell; assumed."""
_SPREAD = 0.5  # Of the length more where the last track is taken, so that wires keep apart before they must; assumed.


class Edges(NamedTuple):
    """The edges of the grid, each array of shape (2, rows, columns) as in ``Grid``.

    Attributes:
        demand: Wires that cross each edge.
        capacity: Tracks that they may use.
        history: Grows in every round in which the edge is over its capacity (McMurchie and Ebeling, FPGA 1995).
    """

    demand: Ints
    capacity: Ints
    history: Floats


@njit(cache=True)
def edge_cost(edges: Edges, way: int, y: int, x: int, pressure: float) -> float:
    """Cost of one more wire across an edge in lengths of a grid cell, 1 or more.

    It is McMurchie and Ebeling's (1 + history) x (price of the present), the latter growing by ``pressure`` for each
    track that is missing.
    """
    wires, tracks = edges.demand[way, y, x] + 1, edges.capacity[way, y, x]
    fill = wires / tracks if wires < tracks else 1.0
    missing = max(wires - tracks, 0)
    return float((1.0 + edges.history[way, y, x]) * (1.0 + _SPREAD * fill * fill + pressure * missing))


@njit(cache=True)
def run_cost(edges: Edges, way: int, line: int, one: int, other: int, pressure: float) -> float:
    """Cost of a straight wire along ``way`` from place ``one`` to ``other`` in a row or column ``line``."""
    cost = 0.0
    for place in range(min(one, other), max(one, other)):
        y, x = (line, place) if way == 0 else (place, line)
        cost += edge_cost(edges, way, y, x, pressure)
    return cost


@njit(cache=True)
def lay(edges: Edges, corners: Ints, change: int) -> None:
    """Add ``change`` wires to every edge of a path, given by the numbers of the cells at its ends and bends."""
    demand, columns = edges.demand, edges.demand.shape[2]
    for i in range(len(corners) - 1):
        way, y, x, length = piece_of(corners[i], corners[i + 1], columns)
        for step in range(length):
            if way == 0:
                demand[0, y, x + step] += change
            else:
                demand[1, y + step, x] += change


@njit(cache=True)
def piece_of(one: int, other: int, columns: int) -> tuple[int, int, int, int]:
    """Direction of the straight piece between two cells, y and x of its first edge, and its edges' number."""
    y, x = divmod(one, columns)
    to_y, to_x = divmod(other, columns)
    return 0 if y == to_y else 1, min(y, to_y), min(x, to_x), abs(to_y - y) + abs(to_x - x)


@njit(cache=True)
def is_on(marked: Bools, corners: Ints) -> bool:
    """Tell whether a path crosses a marked edge."""
    columns = marked.shape[2]
    for i in range(len(corners) - 1):
        way, y, x, length = piece_of(corners[i], corners[i + 1], columns)
        for step in range(length):
            if marked[0, y, x + step] if way == 0 else marked[1, y + step, x]:
                return True
    return False


@njit(cache=True)
def lengths(firsts: Ints, corners: Ints, columns: int) -> Ints:
    """Grid cells that each path goes along and across, shape (paths, 2)."""
    found = np.zeros((len(firsts) - 1, 2), np.int64)
    for path in range(len(firsts) - 1):
        for i in range(firsts[path], firsts[path + 1] - 1):
            way, _, _, length = piece_of(corners[i], corners[i + 1], columns)
            found[path, way] += length
    return found
