"""Goals of a search: what is minimized, what is broken and by how much, and the weighted cost."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accel_core.errors import InvalidInputError
from accel_core.objectives import (
    Bound,
    CostFunction,
    Objective,
    directions_of,
    is_feasible,
    minimized,
    objectives_of,
    violations,
)
from accel_core.pareto import is_nondominated

GOALS = [
    Objective("runtime_s", "min"),
    Objective("throughput_flops", "max", lower=100.0),
    Bound("area", "chip_area_mm2", upper=2.0),
    Bound("slack", "worst_slack_s", lower=0.0, upper=1.0),
]
FRAME = pd.DataFrame(
    {
        "runtime_s": [1.0, 2.0, 3.0, np.nan],
        "throughput_flops": [200.0, 50.0, 100.0, 100.0],
        "chip_area_mm2": [1.0, 3.0, 2.0, 1.0],
        "worst_slack_s": [0.5, -0.25, 1.0, 0.0],
    }
)


def test_objectives_are_minimized_and_bounds_are_not():
    assert [goal.metric for goal in objectives_of(GOALS)] == ["runtime_s", "throughput_flops"]
    assert directions_of(GOALS) == ["min", "max"]
    assert minimized(FRAME, GOALS)[:3].tolist() == [[1.0, -200.0], [2.0, -50.0], [3.0, -100.0]]


def test_violations_are_relative_and_one_per_limit():
    # throughput >= 100, area <= 2, slack >= 0 (a limit of zero counts as one), slack <= 1.
    assert violations(FRAME, GOALS)[:3].tolist() == [
        [-1.0, -0.5, -0.5, -0.5],
        [0.5, 0.5, 0.25, -1.25],
        [0.0, 0.0, -1.0, 0.0],
    ]


def test_feasible_rows_keep_all_limits_and_have_all_objectives():
    assert is_feasible(FRAME, GOALS).tolist() == [True, False, True, False]
    status = FRAME.assign(status=["infeasible", "ok", "ok", "ok"])
    assert is_feasible(status, GOALS).tolist() == [False, False, True, False]
    missing = FRAME.assign(chip_area_mm2=[np.nan, 1.0, 1.0, 1.0])
    assert not is_feasible(missing, GOALS)[0]


@given(st.lists(st.tuples(*[st.integers(0, 4)] * 2), min_size=1, max_size=10))
def test_minimized_keeps_dominance(rows):
    frame = pd.DataFrame(rows, columns=["runtime_s", "throughput_flops"], dtype=float)
    goals = GOALS[:2]
    assert (
        is_nondominated(minimized(frame, goals), ["min", "min"]).tolist()
        == is_nondominated(frame.to_numpy(), directions_of(goals)).tolist()
    )


def test_without_goals_of_a_kind_there_are_no_columns():
    assert violations(FRAME, [Objective("runtime_s")]).shape == (4, 0)
    assert minimized(FRAME, [GOALS[2]]).shape == (4, 0)
    assert is_feasible(FRAME, []).all()


def test_the_cost_is_a_weighted_sum():
    cost = CostFunction({"runtime_s": 2.0, "chip_area_mm2": 0.5})
    assert cost(FRAME)[:3].tolist() == [2.5, 5.5, 7.0]
    assert np.isnan(cost(FRAME)[3])


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Objective("power_w", "down"), "objective 'power_w': direction is 'down'; allowed: min, max"),
        (
            lambda: Objective("power_w", lower=2, upper=1),
            "objective 'power_w': lower 2 is above upper 1; lower must not",
        ),
        (lambda: Bound("b", "power_w"), "bound 'b' on power_w has no limit; give lower, upper or both"),
        (lambda: Bound("b", "power_w", 2, 1), "bound 'b' on power_w: lower 2 is above upper 1"),
        (lambda: minimized(FRAME, [Objective("power_w")]), "the table has no metric 'power_w'; it has: runtime_s"),
        (lambda: violations(FRAME, [Bound("b", "power_w", 1)]), "the table has no metric 'power_w'"),
        (lambda: CostFunction({"power_w": 1.0})(FRAME), "the table has no metric 'power_w'"),
    ],
)
def test_wrong_goals_are_told(build, message):
    with pytest.raises(InvalidInputError, match=message):
        build()


@pytest.mark.parametrize("limit", [float("nan"), float("inf"), -float("inf")])
def test_a_limit_must_be_a_finite_number(limit):
    with pytest.raises(InvalidInputError, match=r"objective 'power_w': upper is .*; allowed: a finite number"):
        Objective("power_w", "min", upper=limit)
    with pytest.raises(InvalidInputError, match=r"bound 'cool' on power_w: lower is .*; allowed: a finite number"):
        Bound("cool", "power_w", lower=limit)
