"""Wiring trees and their moments against slow twins."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import minimum_spanning_tree

from accel_core.physical.trees import grow_trees, moments

points = st.integers(0, 40)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(points, points), min_size=4, max_size=9, unique=True))
def test_many_points_form_a_minimum_spanning_tree(places):
    array = np.array([places], dtype=float)
    trees = grow_trees(array)
    assert sorted(trees.order[0]) == list(range(len(places)))
    assert trees.order[0, 0] == 0
    assert all(trees.parent[0, node] < node for node in range(1, len(places)))
    distances = np.abs(array[0][:, None] - array[0][None]).sum(axis=2)
    assert trees.span.sum() == pytest.approx(minimum_spanning_tree(distances).sum())


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(points, points), min_size=2, max_size=3))
def test_two_and_three_points_are_as_short_as_can_be(places):
    array = np.array([places], dtype=float)
    half_perimeter = np.ptp(array[0], axis=0).sum()
    assert grow_trees(array).span.sum() == pytest.approx(half_perimeter)


def test_nets_do_not_influence_each_other():
    rng = np.random.default_rng(3)
    array = rng.uniform(0, 10, (7, 6, 2))
    together = grow_trees(array)
    for net in range(7):
        alone = grow_trees(array[net : net + 1])
        assert (alone.parent[0] == together.parent[net]).all()
        assert (alone.span[0] == together.span[net]).all()


def test_moments_of_one_resistor_by_hand():
    # C1 - R - C2: y1 = C1 + C2, y2 = -R C2^2, y3 = R^2 C2^3, Elmore = R C2.
    cap = np.array([[[1.0, 1.0], [2.0, 3.0]]])
    y1, y2, y3, elmore = moments(np.array([[0, 0]]), np.array([[0.0, 10.0]]), cap)
    assert y1.tolist() == [[3.0, 4.0]]
    assert y2.tolist() == [[-40.0, -90.0]]
    assert y3.tolist() == [[800.0, 2700.0]]
    assert elmore[0, 1].tolist() == [20.0, 30.0]


def test_elmore_delays_against_shared_path_resistance():
    rng = np.random.default_rng(1)
    parent = np.array([[0, 0, 0, 1, 1, 3, 2]])
    resistance = rng.uniform(1, 5, (1, 7))
    resistance[0, 0] = 0.0
    cap = rng.uniform(1, 3, (1, 7, 2))
    *_, elmore = moments(parent, resistance, cap)

    def path(node):
        return {node} | path(parent[0, node]) if node else set()

    for node in range(1, 7):
        shared = [sum(resistance[0, r] for r in path(node) & path(other)) for other in range(7)]
        assert elmore[0, node] == pytest.approx(np.array(shared) @ cap[0])
