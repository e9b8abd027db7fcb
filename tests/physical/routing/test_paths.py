"""Patterns and mazes against a plain search in Python, and negotiation against a recount."""

import heapq
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accel_core.physical.routing.edges import BEND, Edges, edge_cost, is_on, lay, lengths
from accel_core.physical.routing.grid import Grid
from accel_core.physical.routing.maze import best_path, make_scratch
from accel_core.physical.routing.negotiation import negotiate
from accel_core.physical.routing.patterns import best_pattern

ROWS, COLUMNS = 5, 6
cell = st.integers(0, ROWS * COLUMNS - 1)


def random_edges(seed, rows=ROWS, columns=COLUMNS) -> Edges:
    rng = np.random.default_rng(seed)
    shape = (2, rows, columns)
    return Edges(rng.integers(0, 6, shape), rng.integers(0, 5, shape), rng.uniform(0, 2, shape))


def steps_of(corners, columns=COLUMNS):
    """Every edge of a path, as (way, y, x)."""
    steps = []
    for one, other in pairwise(corners):
        (y, x), (to_y, to_x) = divmod(int(one), columns), divmod(int(other), columns)
        assert (y == to_y) != (x == to_x), "a piece is straight and not empty"
        steps += [(0, y, at) for at in range(min(x, to_x), max(x, to_x))]
        steps += [(1, at, x) for at in range(min(y, to_y), max(y, to_y))]
    return steps


def cost_of(edges, corners, pressure) -> float:
    wires = sum(edge_cost(edges, *step, pressure) for step in steps_of(corners, edges.demand.shape[2]))
    return wires + BEND * (len(corners) - 2)


def least_cost(edges, begin, end, pressure, margin) -> float:
    """Dijkstra's algorithm over cells and directions."""
    rows, columns = edges.demand.shape[1:]
    (y0, x0), (y1, x1) = divmod(begin, columns), divmod(end, columns)
    heap = [(0.0, begin, way) for way in (0, 1)]
    done = set()
    while True:
        cost, at, way = heapq.heappop(heap)
        if at == end:
            return cost
        if (at, way) in done:
            continue
        done.add((at, way))
        y, x = divmod(at, columns)
        for new_y, new_x in ((y, x + 1), (y, x - 1), (y + 1, x), (y - 1, x)):
            inside = min(y0, y1) - margin <= new_y <= max(y0, y1) + margin
            inside &= min(x0, x1) - margin <= new_x <= max(x0, x1) + margin
            if inside and 0 <= new_y < rows and 0 <= new_x < columns:
                turn = int(new_x == x)
                step = edge_cost(edges, turn, min(y, new_y), min(x, new_x), pressure) + BEND * (turn != way)
                heapq.heappush(heap, (cost + step, new_y * columns + new_x, turn))


def patterns(begin, end, columns=COLUMNS):
    """All paths of at most two bends inside the box around their ends."""
    (y, x), (to_y, to_x) = divmod(begin, columns), divmod(end, columns)
    for column in range(min(x, to_x), max(x, to_x) + 1):
        yield [begin, y * columns + column, to_y * columns + column, end]
    for row in range(min(y, to_y), max(y, to_y) + 1):
        yield [begin, row * columns + x, row * columns + to_x, end]


def without_repeats(corners):
    return [at for index, at in enumerate(corners) if index == 0 or at != corners[index - 1]]


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 10**6), cell, cell, st.floats(0.0, 30.0))
def test_the_pattern_is_the_cheapest_of_all(seed, begin, end, pressure):
    edges = random_edges(seed)
    found = best_pattern(edges, begin, end, pressure).tolist()
    if begin == end:
        assert found == [begin]
        return
    assert (found[0], found[-1]) == (begin, end)
    least = min(cost_of(edges, without_repeats(path), pressure) for path in patterns(begin, end)
                if len(set(without_repeats(path))) == len(without_repeats(path)))  # fmt: skip
    assert cost_of(edges, found, pressure) == pytest.approx(least)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(cell, cell), min_size=1, max_size=4), st.integers(0, 10**6), st.floats(0.0, 30.0),
       st.integers(0, 3))  # fmt: skip
def test_the_maze_finds_the_cheapest_path_again_and_again(ends, seed, pressure, margin):
    edges, scratch = random_edges(seed), make_scratch(ROWS * COLUMNS)
    for begin, end in ends:
        if begin == end:
            continue
        found = best_path(edges, begin, end, pressure, margin, scratch).tolist()
        assert (found[0], found[-1]) == (begin, end)
        assert cost_of(edges, found, pressure) == pytest.approx(least_cost(edges, begin, end, pressure, margin))


def test_the_cost_of_an_edge_by_hand():
    edges = Edges(np.full((2, 1, 1), 3), np.full((2, 1, 1), 2), np.full((2, 1, 1), 0.5))
    # The fourth wire on two tracks misses two: (1 + 0.5) * (1 + 0.5 + 10 * 2).
    assert edge_cost(edges, 0, 0, 0, 10.0) == pytest.approx(32.25)
    # The first wire of two tracks fills half of them: 1.5 * (1 + 0.5 * 0.25).
    edges.demand[:] = 0
    assert edge_cost(edges, 0, 0, 0, 10.0) == pytest.approx(1.6875)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), cell, cell)
def test_laying_a_wire_and_taking_it_up_leaves_nothing(seed, begin, end):
    edges = random_edges(seed)
    before = edges.demand.copy()
    path = best_pattern(edges, begin, end, 1.0)
    lay(edges, path, 1)
    added = np.argwhere(edges.demand - before)
    assert sorted(map(tuple, added.tolist())) == sorted(steps_of(path))
    assert lengths(np.array([0, len(path)]), path, COLUMNS).sum() == len(added)
    marked = np.zeros(before.shape, dtype=bool)
    assert not is_on(marked, path)
    for step in steps_of(path):
        marked[:] = False
        marked[step] = True
        assert is_on(marked, path)
    lay(edges, path, -1)
    assert (edges.demand == before).all()


def grid_with(capacity) -> Grid:
    capacity = np.array(capacity, dtype=float)
    _, rows, columns = capacity.shape
    layers = np.zeros((2, *capacity.shape))
    layers[0, 0], layers[1, 1] = capacity
    return Grid(columns, rows, (1.0, 1.0), ("m1", "m2"), (1, 2), np.array([0, 1]), layers)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.lists(st.tuples(cell, cell), min_size=1, max_size=60), st.integers(0, 6))
def test_demand_is_what_a_recount_of_all_paths_gives(seed, ends, rounds):
    capacity = np.random.default_rng(seed).integers(0, 4, (2, ROWS, COLUMNS))
    capacity[0, :, -1] = capacity[1, -1] = 0
    begin, end = np.array(ends).T
    paths = negotiate(grid_with(capacity), begin.copy(), end.copy(), rounds)
    recount = np.zeros(capacity.shape, dtype=int)
    for wire in range(len(ends)):
        path = paths.corners[paths.first[wire] : paths.first[wire + 1]].tolist()
        assert (path[0], path[-1]) == ends[wire]
        for step in steps_of(path):
            recount[step] += 1
    assert (paths.demand == recount).all()
    assert paths.overflow[-1] == np.maximum(recount - capacity, 0).sum()
    assert len(paths.overflow) <= rounds + 1


def test_wires_that_compete_for_a_track_make_room_for_each_other():
    # Three wires from the left to the right edge of the middle row; each row has one track.
    capacity = np.ones((2, 3, 4))
    capacity[1] = 9.0
    paths = negotiate(grid_with(capacity), np.array([4, 4, 4]), np.array([7, 7, 7]), 20)
    assert paths.overflow[0] == 6  # Two wires too many on three edges.
    assert paths.overflow[-1] == 0
    assert (paths.demand[0, :, :3] == 1).all()


def test_what_cannot_be_is_given_up():
    paths = negotiate(grid_with(np.ones((2, 1, 2))), np.array([0, 0, 0]), np.array([1, 1, 1]), 40)
    assert set(paths.overflow) == {2}
    assert len(paths.overflow) < 15
