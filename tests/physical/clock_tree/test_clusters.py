"""Clusters are near, alike and complete, whatever the points are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accel_core.physical.clock_tree.clusters import balanced_clusters, centers

coordinates = st.integers(0, 1000)
points = st.lists(st.tuples(coordinates, coordinates, st.integers(1, 8)), min_size=1, max_size=60)


@given(points, st.data())
def test_clusters_are_complete_and_weigh_about_the_same(rows, data):
    count = data.draw(st.integers(1, len(rows)))
    xy, weight = np.array([row[:2] for row in rows], dtype=float), np.array([row[2] for row in rows], dtype=float)
    label = balanced_clusters(xy, weight, count)
    assert set(label.tolist()) == set(range(count))
    # A cut is off by half of the heaviest point, and a part inherits at most two thirds of what its whole was off.
    heavy = np.bincount(label, weight)[np.bincount(label) > 1]
    assert (heavy <= weight.sum() / count + 1.5 * weight.max()).all()
    assert (balanced_clusters(xy, weight, count) == label).all()


@given(st.lists(st.tuples(coordinates, coordinates), min_size=1, max_size=60), st.data())
def test_clusters_of_equal_points_differ_by_few_of_them(rows, data):
    count = data.draw(st.integers(1, len(rows)))
    sizes = np.bincount(balanced_clusters(np.array(rows, dtype=float), np.ones(len(rows)), count), minlength=count)
    assert np.abs(sizes - len(rows) / count).max() <= 1.5
    if len(rows) % count == 0:
        assert len(set(sizes.tolist())) == 1


def test_a_row_of_points_is_cut_across():
    xy = np.array([[10.0 * place, place % 2] for place in range(8)])
    assert balanced_clusters(xy, np.ones(8), 4).tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert balanced_clusters(xy[:, ::-1], np.ones(8), 2).tolist() == [0, 0, 0, 0, 1, 1, 1, 1]
    assert balanced_clusters(xy[:3], np.array([9.0, 1.0, 8.0]), 2).tolist() == [0, 1, 1]


@given(st.lists(st.tuples(coordinates, coordinates), min_size=1, max_size=12))
def test_no_point_is_nearer_to_its_farthest_member_than_the_center(rows):
    xy = np.array(rows, dtype=float)
    center = centers(xy, np.zeros(len(xy), dtype=np.int64), 1)[0]

    def farthest(point):
        return np.abs(xy - point).sum(axis=1).max()

    # No point is nearer than half of the largest distance between two members.
    assert farthest(center) == pytest.approx(max(farthest(point) for point in xy) / 2.0)
