"""Goals of a search: what is minimized, what is broken and by how much, and the weighted cost."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accel_core.errors import InvalidInputError
from accel_core.objectives import (
    LOSSES,
    Bound,
    CostFunction,
    NormalizedCost,
    Objective,
    directions_of,
    is_feasible,
    loss_weights,
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


def test_a_normalized_cost_is_in_standard_deviations_of_its_sample():
    sample = pd.DataFrame(
        {
            "cycles": [100.0, 300.0, 9e9],
            "utilization": [0.2, 0.6, 1.0],
            "energy_j": [3.3e-4, 3.3e-4, 1.0],
            "status": ["ok", "ok", "failed"],
        }
    )
    cost = NormalizedCost.from_sample(sample, {"cycles": 2.0, "utilization": -1.0, "energy_j": 5.0})
    assert (cost.mean["cycles"], cost.std["cycles"]) == (200.0, 100.0)
    assert cost.std["energy_j"] == 0.0
    # One deviation faster and half a one better used: 2 * -1 - 0.5; energy has no spread and does not count.
    designs = pd.DataFrame({"cycles": [100.0, 200.0], "utilization": [0.5, 0.4], "energy_j": [1.0, 2.0]})
    assert cost(designs).tolist() == pytest.approx([-2.5, 0.0])


def test_a_design_without_result_has_the_worst_loss():
    cost = NormalizedCost(
        {"cycles": 1.0, "energy_j": 0.0}, {"cycles": 0.0, "energy_j": 0.0}, dict.fromkeys(("cycles", "energy_j"), 1.0)
    )
    designs = pd.DataFrame(
        {
            "cycles": [1e9, np.nan, 2.0, 3.0],
            "energy_j": [1.0, 1.0, 1.0, np.nan],
            "status": ["ok", "ok", "infeasible", "ok"],
        }
    )
    assert cost(designs).tolist() == [1e9, np.inf, np.inf, np.inf]
    assert cost(designs.drop(columns="status")).tolist() == [1e9, np.inf, 2.0, np.inf]


@given(st.lists(st.floats(1.0, 1e6), min_size=2, max_size=20))
def test_one_metric_normalized_keeps_its_order(values):
    frame = pd.DataFrame({"cycles": values})
    loss = NormalizedCost.from_sample(frame, {"cycles": 1.0})(frame)
    assert (np.diff(loss[np.argsort(values)]) >= 0).all()


def test_losses_are_read_from_names_texts_and_mappings():
    assert loss_weights("source") == {"cycles": 1, "energy_j": 1, "throughput_flops": -1, "utilization": -1}
    assert loss_weights("cycles=1, energy_j=-2.5e-1") == {"cycles": 1.0, "energy_j": -0.25}
    assert loss_weights({"edp_js": "1e-3"}) == {"edp_js": 0.001}
    for weights in LOSSES.values():
        assert loss_weights(weights) == weights


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        ("fast", "loss 'fast': write source, edp, speed, energy, or metric=weight"),
        ("cycles=1,cycles=2", "cycles stands twice"),
        ("cycles=many", "the weight of cycles is 'many'; allowed: a finite number"),
        ({"cycles": float("nan")}, "the weight of cycles is nan"),
        ({"cycles": True}, "the weight of cycles is True"),
        ({"happiness": 1.0}, "metric 'happiness' is unknown"),
        ({"cycles": 0}, "loss: no metric has a weight"),
        ({}, "loss: no metric has a weight"),
    ],
)
def test_wrong_losses_are_told(loss, message):
    with pytest.raises(InvalidInputError, match=message):
        loss_weights(loss)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (
            lambda: NormalizedCost.from_sample(FRAME.iloc[:1], {"runtime_s": 1.0}),
            "the loss needs runtime_s of at least 2 designs for its scale; there are 1",
        ),
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
