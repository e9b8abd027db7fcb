import numpy as np
import pandas as pd
import pytest

from accel_core.objectives import Bound, Objective
from accel_core.optimizers.bayesian import BayesianOptimization
from accel_core.optimizers.fast_gp import FastProcesses, checkpoint, encode
from accel_core.optimizers.motpe import ParzenSearch
from accel_core.space import DesignSpace, Parameter, sample

SPACE = DesignSpace(
    "mac array",
    (
        Parameter("rows", "ordinal", values=(4, 8, 16, 32, 64)),
        Parameter("bits", "integer", 4, 16),
        Parameter("clock_hz", "real", 2e8, 1e9, scale="log"),
        Parameter("flow", "categorical", values=("ws", "os", "rs")),
        Parameter("speed", "ordinal", values=("slow", "typical", "fast")),
        Parameter("fixed", "integer", 1, 1),
    ),
)


def measured(designs):
    slow = designs["flow"].map({"ws": 1.0, "os": 2.0, "rs": 1.5}).astype(float)
    return designs.assign(
        runtime_s=slow * 1e9 / (designs["rows"] ** 2 * designs["clock_hz"]),
        energy_j=1e-3 * designs["bits"] ** 1.5 * slow * (1 + 4 / designs["rows"]),
        status="ok",
    )


def test_encoding_has_unit_spread_and_knows_logarithms_order_and_texts():
    designs = sample(SPACE, 400, "lhs", 0).designs
    Z = encode(SPACE, designs)
    # rows, bits, clock, three columns of flow, speed; the fixed one is left out.
    assert Z.shape == (400, 7)
    assert np.allclose(Z.std(axis=0), 1.0, atol=0.45)
    steps = np.diff(encode(SPACE, designs.iloc[:5].assign(rows=[4, 8, 16, 32, 64]))[:, 0])
    assert np.allclose(steps, steps[0])
    order = encode(SPACE, designs.iloc[:3].assign(speed=["slow", "typical", "fast"]))[:, 6]
    assert (np.diff(order) > 0).all()


def test_length_scales_are_fitted_at_the_same_rows_whatever_the_batches():
    marks = [checkpoint(n) for n in range(1, 400)]
    assert all(mark <= n for n, mark in enumerate(marks, start=1))
    assert sorted(marks) == marks
    assert len(set(marks)) < 40
    assert all(checkpoint(mark) == mark for mark in marks)


def test_processes_learn_a_power_law_and_know_what_they_do_not_know():
    designs = sample(SPACE, 160, "lhs", 1).designs
    results = measured(designs)
    Z = encode(SPACE, designs)
    processes = FastProcesses(seed=0)
    processes.fit(Z[:80], results[["runtime_s", "energy_j"]].iloc[:80], np.arange(80))
    assert processes.is_log.tolist() == [True, True]
    mean, std = processes.mean_and_std(Z[80:])
    error = mean - np.log(results[["runtime_s", "energy_j"]].to_numpy()[80:])
    assert np.abs(error).mean(axis=0).max() < 0.03
    assert (np.abs(error) < 4 * std).mean() > 0.95
    assert np.allclose(processes.mean(Z[80:]), mean)


def test_active_search_avoids_what_cannot_be_built():
    search = BayesianOptimization(SPACE, [Objective("runtime_s"), Objective("energy_j")], seed=0)

    def tried(designs):
        # The best runtimes need 32 or 64 rows, which fail without a number.
        return measured(designs).assign(status=np.where(designs["rows"] > 16, "failed", "ok"))

    for _ in range(3):
        search.tell(tried(search.ask(16)))
    late = search.ask(10)
    assert (late["rows"] <= 16).mean() >= 0.8
    assert (late["rows"] == 16).any()


@pytest.mark.parametrize("search", [BayesianOptimization, ParzenSearch])
def test_bounds_steer_the_search(search):
    goals = [Objective("runtime_s"), Bound("energy", "energy_j", upper=0.02)]
    chosen = search(SPACE, goals, seed=1)
    share_at_random = (measured(sample(SPACE, 400).designs)["energy_j"] <= 0.02).mean()
    for _ in range(6):
        chosen.tell(measured(chosen.ask(10)))
    assert (chosen.told["energy_j"].iloc[30:] <= 0.02).mean() > max(0.5, 1.5 * share_at_random)


def test_maximizing_is_minimizing_the_negative():
    def last(direction, sign):
        search = ParzenSearch(SPACE, [Objective("value", direction), Objective("energy_j")], seed=3)
        for _ in range(4):
            results = measured(search.ask(8))
            search.tell(results.assign(value=sign * results["runtime_s"]))
        return search.ask(8)

    pd.testing.assert_frame_equal(last("min", 1.0), last("max", -1.0))


def test_active_search_maximizes():
    search = BayesianOptimization(SPACE, [Objective("throughput_flops", "max"), Objective("energy_j")], seed=0)
    for _ in range(5):
        results = measured(search.ask(8))
        search.tell(results.assign(throughput_flops=1.0 / results["runtime_s"]))
    best = 64**2 * 1e9 / 1e9
    assert search.told["throughput_flops"].max() > 0.9 * best
