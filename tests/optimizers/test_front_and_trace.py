import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accel_core.errors import InvalidInputError
from accel_core.objectives import Bound, CostFunction, Objective
from accel_core.optimizers import front, pick, trace
from accel_core.pareto import hypervolume

GOALS = [Objective("energy_j", "min"), Objective("throughput_flops", "max"), Bound("power", "power_w", upper=1.0)]


def table(rows):
    columns = ["energy_j", "throughput_flops", "power_w", "status"]
    return pd.DataFrame(rows, columns=columns)


rows = st.lists(
    st.tuples(
        st.integers(0, 5).map(float),
        st.integers(0, 5).map(float),
        st.sampled_from([0.5, 1.0, 1.5, np.nan]),
        st.sampled_from(["ok", "ok", "ok", "failed"]),
    ),
    max_size=25,
)


def dominates(a, b):
    no_worse = a.energy_j <= b.energy_j and a.throughput_flops >= b.throughput_flops
    return no_worse and (a.energy_j < b.energy_j or a.throughput_flops > b.throughput_flops)


@settings(max_examples=40, deadline=None)
@given(rows)
def test_front_is_what_brute_force_finds(data):
    results = table(data).astype({"energy_j": float, "throughput_flops": float, "power_w": float})
    feasible = [row for row in results.itertuples() if row.status == "ok" and row.power_w <= 1.0]
    expected = [row.Index for row in feasible if not any(dominates(other, row) for other in feasible)]
    assert front(results, GOALS).index.tolist() == expected


@settings(max_examples=30, deadline=None)
@given(rows)
def test_trace_is_the_hypervolume_of_every_prefix(data):
    results = table(data).astype({"energy_j": float, "throughput_flops": float, "power_w": float})
    found = trace(results, GOALS, (4.5, 0.5))
    assert found["evaluations"].tolist() == list(range(1, len(results) + 1))
    for count, volume in zip(found["evaluations"], found["hypervolume"], strict=True):
        best = front(results.iloc[:count], GOALS)[["energy_j", "throughput_flops"]]
        assert volume == pytest.approx(hypervolume(best, (4.5, 0.5), ["min", "max"]))


def test_trace_of_a_thousand_evaluations_grows():
    rng = np.random.default_rng(0)
    results = pd.DataFrame(rng.random((1000, 3)), columns=["a", "b", "c"])
    volumes = trace(results, [Objective(name) for name in "abc"], (1.0, 1.0, 1.0))["hypervolume"]
    assert len(volumes) == 1000
    assert volumes.is_monotonic_increasing
    assert volumes.iloc[-1] == pytest.approx(hypervolume(results, (1.0, 1.0, 1.0), ["min"] * 3))


@pytest.mark.parametrize("point", [(1.0,), (1.0, np.nan), (1.0, 2.0, 3.0)])
def test_trace_refuses_a_reference_point_that_does_not_fit(point):
    with pytest.raises(InvalidInputError, match="allowed: 2 finite numbers"):
        trace(table([]), GOALS, point)


def test_front_needs_an_objective_and_its_metrics():
    with pytest.raises(InvalidInputError, match="needs an objective"):
        front(table([]), [Bound("power", "power_w", upper=1.0)])
    with pytest.raises(InvalidInputError, match="no metric 'runtime_s'"):
        front(table([(1.0, 2.0, 3.0, "ok")]), [Objective("runtime_s")])
    assert front(table([]), [Objective("runtime_s")]).empty


def test_picks_are_the_cheapest_first_without_missing_costs():
    results = pd.DataFrame({"energy_j": [3.0, 1.0, np.nan, 2.0], "chip_area_mm2": [1.0, 5.0, 1.0, 1.0]})
    cost = CostFunction({"energy_j": 1.0, "chip_area_mm2": 1.0})
    assert pick(results, cost, 2).index.tolist() == [3, 0]
    assert pick(results, cost, 9).index.tolist() == [3, 0, 1]
    assert pick(results.iloc[:0], cost).empty


def test_diverse_picks_pass_over_near_copies_until_nothing_else_is_left():
    results = pd.DataFrame({"energy_j": [1.0, 1.001, 1.002, 2.0, 3.0]})
    cost = CostFunction({"energy_j": 1.0})
    assert pick(results, cost, 3, spread=["energy_j"]).index.tolist() == [0, 3, 4]
    assert pick(results, cost, 4, spread=["energy_j"]).index.tolist() == [0, 3, 4, 1]


def test_pick_refuses_senseless_arguments():
    results = pd.DataFrame({"energy_j": [1.0]})
    with pytest.raises(InvalidInputError, match="number of picks is 0"):
        pick(results, CostFunction({"energy_j": 1.0}), 0)
    with pytest.raises(InvalidInputError, match="no metric 'speed'"):
        pick(results, CostFunction({"energy_j": 1.0}), 1, spread=["speed"])
