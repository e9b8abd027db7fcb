"""Negotiated congestion: wires that share an overfull edge seek other paths until none is (PathFinder).

L. McMurchie and C. Ebeling, PathFinder: a negotiation-based performance-driven router for FPGAs, FPGA 1995. First every
wire takes its cheapest pattern, short ones first since they have the least choice. Then, in rounds, every wire that
crosses an overfull edge is taken up and laid again on the cheapest path of any shape, while edges cost more the
longer they have been overfull. Once none is, the wires that go farther than they must try once more, on tracks that are
free.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from accel_core.physical.graph import Bools, Ints
from accel_core.physical.routing.edges import Edges, is_on, lay, piece_of
from accel_core.physical.routing.grid import Grid
from accel_core.physical.routing.maze import Scratch, best_path, make_scratch
from accel_core.physical.routing.patterns import best_pattern

# How the price of a missing track begins, grows by the round and ends, what an overfull edge remembers of each round,
# and how far a path may leave the box around its ends. All assumed: they decide how soon the rounds end.
_PRESSURE, _GROWTH, _MOST_PRESSURE = 1.0, 1.3, 30.0
_MEMORY = 1.0
_MARGIN, _MORE_MARGIN = 4, 1
_FORBIDDING = 1e6  # More than any path costs.
# Give up when this many rounds have not lessened the overflow by this share; assumed.
_PATIENCE, _PROGRESS = 6, 0.2


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
    overflow: tuple[int, ...]


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
        if history[-1] == 0 or _is_stuck(history):
            break
        wires = order[_crossing(edges.demand > capacity, first, count, corners)[order]]
        pressure = min(pressure * _GROWTH, _MOST_PRESSURE)
        margin = _MARGIN + _MORE_MARGIN * number
        corners, used = _lay_again(edges, begin, end, wires, first, count, corners, used, pressure, margin, scratch)
        history.append(_settle(edges))
    if len(history) > 1 and history[-1] == 0:
        # What is remembered made some wires go round tracks that others have left since.
        edges.history[:] = 0.0
        margin = _MARGIN + _MORE_MARGIN * len(history)
        wires = order[_lengths(first, count, corners, grid.columns)[order] > distance[order]]
        corners, used = _lay_again(edges, begin, end, wires, first, count, corners, used, _FORBIDDING, margin, scratch)
    starts = np.concatenate([[0], np.cumsum(count)])
    places = np.repeat(first - starts[:-1], count) + np.arange(starts[-1])
    return Paths(starts, corners[places], edges.demand, tuple(history))


def _settle(edges: Edges) -> int:
    """Let overfull edges remember that they are, and return the tracks that are missing."""
    missing = np.maximum(edges.demand - edges.capacity, 0)
    edges.history[missing > 0] += _MEMORY
    return int(missing.sum())


def _is_stuck(history: list[int]) -> bool:
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
def _crossing(marked: Bools, first: Ints, count: Ints, corners: Ints) -> Bools:
    """Whether each wire crosses a marked edge."""
    found = np.zeros(len(first), np.bool_)
    for wire in range(len(first)):
        found[wire] = is_on(marked, corners[first[wire] : first[wire] + count[wire]])
    return found


@njit(cache=True)
def _lengths(first: Ints, count: Ints, corners: Ints, columns: int) -> Ints:
    """How many edges each wire crosses."""
    found = np.zeros(len(first), np.int64)
    for wire in range(len(first)):
        for i in range(first[wire], first[wire] + count[wire] - 1):
            found[wire] += piece_of(corners[i], corners[i + 1], columns)[3]
    return found


@njit(cache=True)
def _lay_again(
    edges: Edges, begin: Ints, end: Ints, wires: Ints, first: Ints, count: Ints, corners: Ints, used: int,
    pressure: float, margin: int, scratch: Scratch,
) -> tuple[Ints, int]:  # fmt: skip
    """Take up and lay again these wires one by one; new corners go behind the old ones."""
    for wire in wires:
        lay(edges, corners[first[wire] : first[wire] + count[wire]], -1)
        path = best_path(edges, begin[wire], end[wire], pressure, margin, scratch)
        lay(edges, path, 1)
        if used + len(path) > len(corners):
            corners = np.concatenate((corners, np.empty(len(corners) + len(path), np.int64)))
        first[wire], count[wire] = used, len(path)
        corners[used : used + len(path)] = path
        used += len(path)
    return corners, used
