"""Dominance and front quality, against slow twins that follow the definitions word by word."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from accel_core.errors import InvalidInputError
from accel_core.pareto import hypervolume, igd_plus, is_nondominated, pareto_rank, reference_point

DIRECTIONS = st.lists(st.sampled_from(["min", "max"]), min_size=1, max_size=4)


WHOLE = st.integers(-3, 3).map(float)


@st.composite
def problems(draw, max_points=12, elements=WHOLE, n_objectives=None):
    """Return points on a coarse grid, so that ties and duplicates are common, with directions."""
    directions = (
        draw(DIRECTIONS)
        if n_objectives is None
        else draw(st.lists(st.sampled_from(["min", "max"]), min_size=n_objectives, max_size=n_objectives))
    )
    shape = (draw(st.integers(0, max_points)), len(directions))
    values = draw(hnp.arrays(np.float64, shape, elements=elements))
    values.setflags(write=False)
    return values, directions


def dominates(a, b, directions):
    signs = [1 if direction == "min" else -1 for direction in directions]
    pairs = [(s * x, s * y) for s, x, y in zip(signs, a, b, strict=True)]
    return all(x <= y for x, y in pairs) and any(x < y for x, y in pairs)


def twin_nondominated(values, directions):
    return [
        not np.isnan(p).any() and not any(dominates(q, p, directions) for q in values if not np.isnan(q).any())
        for p in values
    ]


MAYBE_MISSING = st.one_of(st.integers(-3, 3).map(float), st.sampled_from([np.nan, np.inf, -np.inf, -0.0]))


@given(problems(elements=MAYBE_MISSING))
def test_is_nondominated_follows_its_definition(problem):
    values, directions = problem
    assert is_nondominated(values, directions).tolist() == twin_nondominated(values, directions)


@given(problems(elements=MAYBE_MISSING))
def test_pareto_rank_peels_fronts(problem):
    values, directions = problem
    ranks = pareto_rank(values, directions)
    left = np.arange(len(values))[~np.isnan(values).any(axis=1)]
    for rank in itertools.count():
        if not len(left):
            assert (ranks[np.isnan(values).any(axis=1)] == rank).all()
            break
        front = left[twin_nondominated(values[left], directions)]
        assert sorted(front) == np.flatnonzero((ranks == rank) & ~np.isnan(values).any(axis=1)).tolist()
        left = np.setdiff1d(left, front)


@given(problems(max_points=7))
@settings(max_examples=60)
def test_hypervolume_counts_dominated_unit_cells(problem):
    values, directions = problem
    reference = np.array([4.0 if direction == "min" else -4.0 for direction in directions])
    signs = np.array([1 if direction == "min" else -1 for direction in directions])
    cells = np.stack(np.meshgrid(*[np.arange(-3, 4)] * len(directions), indexing="ij"), axis=-1)
    points = (values * signs).reshape(-1, *[1] * len(directions), len(directions))
    dominated = (points <= cells).all(axis=-1).any(axis=0) if len(values) else np.zeros(1)
    assert hypervolume(values, reference, directions) == pytest.approx(dominated.sum())


def test_hypervolume_by_hand():
    # Two steps below (4, 4): 3 x 1 and 1 x 2 above it, and the same picture upside down.
    assert hypervolume([[1.0, 3.0], [3.0, 1.0]], [4.0, 4.0], ["min", "min"]) == 5.0
    assert hypervolume([[-1.0, 3.0], [-3.0, 1.0]], [-4.0, 4.0], ["max", "min"]) == 5.0


def test_points_outside_the_reference_and_missing_ones_add_no_volume():
    values = [[1.0, 3.0], [5.0, 0.0], [np.nan, 0.0], [0.0, 4.0]]
    assert hypervolume(values, [4.0, 4.0], ["min", "min"]) == 3.0


@given(problems(max_points=6, n_objectives=2), problems(max_points=6, n_objectives=2))
def test_igd_plus_follows_its_definition(found, front):
    values, directions = found
    true_front = front[0]
    if not len(true_front):
        with pytest.raises(InvalidInputError, match="no points"):
            igd_plus(values, true_front, directions)
        return
    signs = np.array([1 if direction == "min" else -1 for direction in directions])
    lost = np.maximum(signs * values[None] - signs * true_front[:, None], 0.0)
    expected = np.sqrt((lost**2).sum(axis=2)).min(axis=1).mean() if len(values) else np.inf
    assert igd_plus(values, true_front, directions) == pytest.approx(expected)


def test_an_infinitely_good_point_has_infinite_volume():
    assert hypervolume([[-np.inf, 3.0], [1.0, 1.0]], [4.0, 4.0], ["min", "min"]) == np.inf
    assert hypervolume([[np.inf, 3.0], [1.0, 1.0]], [4.0, 4.0], ["min", "min"]) == 9.0


def test_reference_point_is_worse_by_the_margin():
    values = [[0.0, 10.0, 5.0], [4.0, 30.0, 5.0], [np.nan, 99.0, 5.0]]
    assert reference_point(values, ["min", "max", "min"], margin=0.1) == pytest.approx([4.4, 8.0, 5.5])


@given(problems())
def test_every_point_beats_the_reference_point(problem):
    values, directions = problem
    if len(values):
        reference = reference_point(values, directions)
        assert all(dominates(point, reference, directions) for point in values)
        assert hypervolume(values, reference, directions) > 0


def test_no_points():
    assert is_nondominated(np.empty((0, 2)), ["min", "max"]).shape == (0,)
    assert pareto_rank([], ["min", "max"]).shape == (0,)
    assert hypervolume([], [1.0, 1.0], ["min", "max"]) == 0.0
    with pytest.raises(InvalidInputError, match="reference point needs points"):
        reference_point([[np.nan, 1.0]], ["min", "min"])


def test_copies_of_a_front_point_all_stay():
    assert is_nondominated([[1.0, 2.0]] * 3 + [[2.0, 2.0]], ["min", "min"]).tolist() == [True] * 3 + [False]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: is_nondominated([[1.0, 2.0]], ["min"]), r"points have shape \(1, 2\); allowed: \(n, 1\)"),
        (lambda: is_nondominated([[1.0]], ["down"]), "direction is 'down'; allowed: min, max"),
        (lambda: is_nondominated([[1.0]], []), "no objectives"),
        (lambda: hypervolume([[1.0]], [1.0, 2.0], ["min"]), "reference point is .* allowed: 1 finite"),
        (lambda: hypervolume([[1.0]], [np.nan], ["min"]), "allowed: 1 finite"),
    ],
)
def test_wrong_input_is_told(call, message):
    with pytest.raises(InvalidInputError, match=message):
        call()


def test_a_hundred_thousand_points_take_no_time():
    values = np.random.default_rng(0).random((100_000, 3))
    front = values[is_nondominated(values, ["min", "max", "min"])]
    assert 10 < len(front) < 1000
    assert is_nondominated(front, ["min", "max", "min"]).all()
