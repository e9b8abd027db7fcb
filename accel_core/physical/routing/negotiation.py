"""Negotiated congestion: wires that share an overfull edge seek other paths until none is (PathFinder).

L. McMurchie and C. Ebeling, PathFinder: a negotiation-based performance-driven router for FPGAs, FPGA 1995. First every
wire takes its cheapest pattern, short ones first since they have the least choice. Then, in rounds, every wire that
crosses an overfull edge is taken up and laid again on the cheapest path of any shape, while edges cost more the
longer they have been overfull.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from accel_core.physical.graph import Bools, Floats, Ints
from accel_core.physical.routing.edges import Edges, is_on, lay
from accel_core.physical.routing.grid import Grid, overflow_of
from accel_core.physical.routing.maze import Scratch, best_path, make_scratch
from accel_core.physical.routing.patterns import best_pattern

# How the price of a missing track begins, grows by the round and ends, what an overfull edge remembers of each round,
# and how far a path may leave the box around its ends. All assumed: they decide how soon the rounds end.
_PRESSURE, _GROWTH, _MOST_PRESSURE = 1.0, 1.1, 3.0
_MEMORY = 0.5
_MARGIN, _MORE_MARGIN = 4, 1
# Give up when this many rounds have not lessened the overflow by this share; assumed.
_PATIENCE, _PROGRESS = 8, 0.1


@dataclass(frozen=True)
class Paths:
    """Paths of W wires over the grid.

    Attributes:
        first: The first corner of each wire, and the number of corners; shape (W + 1,).
        corners: Numbers of the cells at the ends and bends of all wires; a wire inside one cell has one.
        demand: Wires that cross each edge, shape (2, rows, columns).
        overflow: Tracks missing after the patterns and after each round, all edges together.
    """

    first: Ints
    corners: Ints
    demand: Ints
    overflow: tuple[float, ...]


def negotiate(grid: Grid, begin: Ints, end: Ints, rounds: int) -> Paths:
    """Lay wires between grid cells.

    Args:
        grid: Where.
        begin: Number of each wire's first cell, shape (W,).
        end: Of its last.
        rounds: How often to negotiate at most.
    """
    capacity = grid.capacity
    edges = Edges(np.zeros(capacity.shape, dtype=np.int64), capacity, np.zeros(capacity.shape))
    distance = np.abs(begin // grid.columns - end // grid.columns) + np.abs(begin % grid.columns - end % grid.columns)
    order = np.argsort(distance, kind="stable")
    first, count = np.zeros(len(begin), dtype=np.int64), np.zeros(len(begin), dtype=np.int64)
    corners, used = _lay_patterns(edges, begin, end, order, first, count, _PRESSURE)
    history = [_settle(edges)]
    scratch = make_scratch(grid.columns * grid.rows)
    pressure = _PRESSURE
    for number in range(rounds):
        if history[-1] == 0.0 or _is_stuck(history):
            break
        marked = overflow_of(edges.demand, capacity) > 0.0
        pressure = min(pressure * _GROWTH, _MOST_PRESSURE)
        margin = _MARGIN + _MORE_MARGIN * number
        corners, used = _lay_again(
            edges, begin, end, order, first, count, corners, used, marked, pressure, margin, scratch
        )
        history.append(_settle(edges))
    starts = np.concatenate([[0], np.cumsum(count)])
    places = np.repeat(first - starts[:-1], count) + np.arange(starts[-1])
    return Paths(starts, corners[places], edges.demand, tuple(history))


def _settle(edges: Edges) -> float:
    """Let overfull edges remember that they are, and return the tracks that are missing."""
    overflow: Floats = overflow_of(edges.demand, edges.capacity)
    edges.history[overflow > 0.0] += _MEMORY
    return float(overflow.sum())


def _is_stuck(history: list[float]) -> bool:
    if len(history) <= _PATIENCE:
        return False
    return min(history[-_PATIENCE:]) > (1.0 - _PROGRESS) * min(history[:-_PATIENCE])


@njit(cache=True)
def _lay_patterns(
    edges: Edges, begin: Ints, end: Ints, order: Ints, first: Ints, count: Ints, pressure: float
) -> tuple[Ints, int]:
    """Lay all wires; fill in where the corners of each are, and return these and how many there are."""
    corners, used = np.empty(4 * len(begin), np.int64), 0
    for wire in order:
        path = best_pattern(edges, begin[wire], end[wire], pressure)
        lay(edges, path, 1)
        first[wire], count[wire] = used, len(path)
        corners[used : used + len(path)] = path
        used += len(path)
    return corners, used


@njit(cache=True)
def _lay_again(
    edges: Edges, begin: Ints, end: Ints, order: Ints, first: Ints, count: Ints, corners: Ints, used: int,
    marked: Bools, pressure: float, margin: int, scratch: Scratch,
) -> tuple[Ints, int]:  # fmt: skip
    """Take up and lay again all wires on marked edges; new corners go behind the old ones."""
    for wire in order:
        old = corners[first[wire] : first[wire] + count[wire]]
        if not is_on(marked, old):
            continue
        lay(edges, old, -1)
        path = best_path(edges, begin[wire], end[wire], pressure, margin, scratch)
        lay(edges, path, 1)
        if used + len(path) > len(corners):
            corners = np.concatenate((corners, np.empty(len(corners) + len(path), np.int64)))
        first[wire], count[wire] = used, len(path)
        corners[used : used + len(path)] = path
        used += len(path)
    return corners, used
