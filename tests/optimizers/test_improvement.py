import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accel_core.optimizers.improvement import Belief, dominated_boxes, expected_improvement
from accel_core.pareto import hypervolume


def points(n_objectives, most=12):
    # Few distinct numbers, so that ties and duplicates are common.
    number = st.integers(0, 8).map(lambda value: value / 8)
    return st.lists(st.tuples(*[number] * n_objectives), max_size=most).map(
        lambda rows: np.array(rows, dtype=float).reshape(-1, n_objectives)
    )


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 4).flatmap(points))
def test_boxes_have_the_hypervolume_and_do_not_overlap(front):
    reference = np.full(front.shape[1], 0.9)
    lower, upper = dominated_boxes(front, reference)
    volume = np.prod(upper - lower, axis=1).sum()
    assert volume == pytest.approx(hypervolume(front, reference, ["min"] * front.shape[1]), abs=1e-12)
    overlap = np.minimum(upper[:, None], upper[None]) - np.maximum(lower[:, None], lower[None])
    both = (overlap > 1e-12).all(axis=2)
    assert not both[~np.eye(len(lower), dtype=bool)].any()


@settings(max_examples=30, deadline=None)
@given(points(3), points(3, most=4))
def test_certain_predictions_give_the_exact_improvement(front, candidates):
    reference = np.full(3, 0.9)
    belief = Belief(candidates, np.full(candidates.shape, 1e-9), np.zeros(3, dtype=bool))
    gained = expected_improvement(belief, front, reference)
    before = hypervolume(front, reference, ["min"] * 3)
    for row, gain in zip(candidates, gained, strict=True):
        after = hypervolume(np.vstack([front, row]), reference, ["min"] * 3)
        assert gain == pytest.approx(after - before, abs=1e-7)


@pytest.mark.parametrize("is_log", [(False, False), (True, True), (True, False)])
def test_expectation_agrees_with_monte_carlo(is_log):
    rng = np.random.default_rng(0)
    front = np.array([[1.0, 3.0], [2.0, 2.0], [3.0, 1.0]])
    reference = np.array([4.0, 4.0])
    mean, std = np.array([[0.4, 0.5]]), np.array([[0.5, 0.3]])
    mean = np.where(is_log, mean, np.exp(mean))
    drawn = mean + std * rng.standard_normal((4000, 2))
    drawn = np.where(is_log, np.exp(drawn), drawn)
    before = hypervolume(front, reference, ["min", "min"])
    gains = [hypervolume(np.vstack([front, y]), reference, ["min", "min"]) - before for y in drawn]
    expected = expected_improvement(Belief(mean, std, np.array(is_log)), front, reference)[0]
    assert expected == pytest.approx(np.mean(gains), abs=4 * np.std(gains) / np.sqrt(len(gains)))


def test_no_front_gives_the_whole_volume_and_a_hopeless_design_nothing():
    belief = Belief(np.array([[1.0, 1.0], [9.0, 9.0]]), np.full((2, 2), 1e-6), np.zeros(2, dtype=bool))
    gain = expected_improvement(belief, np.empty((0, 2)), np.array([3.0, 2.0]))
    assert gain == pytest.approx([2.0, 0.0])
