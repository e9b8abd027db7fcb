"""Maze routing: the cheapest path of any shape inside a window, by A* (Hart, Nilsson and Raphael, 1968)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from accel_core.physical.graph import Floats, Ints
from accel_core.physical.routing.edges import BEND, Edges, edge_cost


class Scratch(NamedTuple):
    """Memory of the search; a state is a grid cell and the direction that it was entered in.

    Attributes:
        cost: Least cost found of each state, shape (2 * cells,).
        came: The state before each.
        stamp: The search that each state was last seen in; the last entry counts searches; shape (2 * cells + 1,).
        keys: Heap of lower bounds of whole paths, shape (8 * cells + 2,): a state is reached from two cells, which have
            two states each.
        states: The state of each heap entry.
    """

    cost: Floats
    came: Ints
    stamp: Ints
    keys: Floats
    states: Ints


def make_scratch(cells: int) -> Scratch:
    """Memory for a grid of so many cells."""
    room = 8 * cells + 2
    return Scratch(
        np.empty(2 * cells), np.empty(2 * cells, np.int64), np.zeros(2 * cells + 1, np.int64), np.empty(room),
        np.empty(room, np.int64),
    )  # fmt: skip


@njit(cache=True)
def push(scratch: Scratch, size: int, key: float, state: int) -> int:
    """Put a state on the heap; return its new size."""
    keys, states, place = scratch.keys, scratch.states, size
    while place > 0:
        above = (place - 1) // 2
        if keys[above] <= key:
            break
        keys[place], states[place] = keys[above], states[above]
        place = above
    keys[place], states[place] = key, state
    return size + 1


@njit(cache=True)
def pop(scratch: Scratch, size: int) -> int:
    """Take the least off the heap; what it was lies behind its end then. Return the new size."""
    keys, states = scratch.keys, scratch.states
    least_key, least_state = keys[0], states[0]
    size -= 1
    key, state, place = keys[size], states[size], 0
    while 2 * place + 1 < size:
        below = 2 * place + 1
        if below + 1 < size and keys[below + 1] < keys[below]:
            below += 1
        if keys[below] >= key:
            break
        keys[place], states[place] = keys[below], states[below]
        place = below
    keys[place], states[place] = key, state
    keys[size], states[size] = least_key, least_state
    return size


@njit(cache=True)
def best_path(edges: Edges, begin: int, end: int, pressure: float, margin: int, scratch: Scratch) -> Ints:
    """Return the cells at the ends and bends of the cheapest path between two different cells.

    Args:
        edges: Of the grid.
        begin: Number of the first cell.
        end: Number of the last.
        pressure: See ``edge_cost``.
        margin: How many cells it may leave the box around its ends.
        scratch: Memory, as it was left by the last search.
    """
    rows, columns = edges.demand.shape[1:]
    cells = rows * columns
    y, x = divmod(begin, columns)
    to_y, to_x = divmod(end, columns)
    low_x, high_x = max(min(x, to_x) - margin, 0), min(max(x, to_x) + margin, columns - 1)
    low_y, high_y = max(min(y, to_y) - margin, 0), min(max(y, to_y) + margin, rows - 1)
    cost, came, stamp = scratch.cost, scratch.came, scratch.stamp
    stamp[-1] += 1
    search, size = stamp[-1], 0
    for way in range(2):
        state = way * cells + begin
        cost[state], came[state], stamp[state] = 0.0, -1, search
        size = push(scratch, size, 0.0, state)
    while True:
        size = pop(scratch, size)
        key, state = scratch.keys[size], scratch.states[size]
        way, cell = divmod(state, cells)
        if cell == end:
            return corners_of(scratch, state, cells, columns)
        y, x = divmod(cell, columns)
        here = cost[state]
        if key > here + abs(to_x - x) + abs(to_y - y) + 1e-9:
            continue  # It was reached at less cost since.
        for side in range(4):
            new_way = side // 2
            new_x = x + (side == 0) - (side == 1)
            new_y = y + (side == 2) - (side == 3)
            if not (low_x <= new_x <= high_x and low_y <= new_y <= high_y):
                continue
            fresh = here + edge_cost(edges, new_way, min(y, new_y), min(x, new_x), pressure)
            fresh += BEND if new_way != way else 0.0
            there = new_way * cells + new_y * columns + new_x
            if stamp[there] != search or fresh < cost[there]:
                cost[there], came[there], stamp[there] = fresh, state, search
                size = push(scratch, size, fresh + abs(to_x - new_x) + abs(to_y - new_y), there)


@njit(cache=True)
def corners_of(scratch: Scratch, state: int, cells: int, columns: int) -> Ints:
    """Follow a path back from its last state; return the cells at its ends and bends, the first cell first."""
    count, last = 2, state
    while scratch.came[last] >= 0:
        before = scratch.came[last]
        if scratch.came[before] >= 0 and before // cells != last // cells:
            count += 1
        last = before
    corners = np.empty(count, np.int64)
    place, last = count - 1, state
    corners[place] = state % cells
    while scratch.came[last] >= 0:
        before = scratch.came[last]
        if scratch.came[before] < 0 or before // cells != last // cells:
            place -= 1
            corners[place] = before % cells
        last = before
    return corners
