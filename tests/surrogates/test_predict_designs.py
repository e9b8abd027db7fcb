"""Predicting many designs from few implemented ones, on results whose law is known."""

import numpy as np
import pandas as pd
import pytest

from accel_core.errors import InvalidInputError
from accel_core.surrogates.composed import Derivation
from accel_core.surrogates.predict_designs import learn

PARAMETERS = ["kind", "size", "f_target_hz"]


def designs_of(n, seed=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "kind": rng.choice(["flat", "deep"], n),
            "size": rng.integers(1, 40, n),
            "f_target_hz": rng.uniform(4e8, 1e9, n),
        }
    )


def law(designs):
    """Large designs cannot exceed 1 GHz / (1 + size / 40), so many of them miss a high target by far."""
    size = designs["size"].to_numpy(dtype=float)
    reach = 1.0e9 / (1 + size / 40)
    clock = np.minimum(1.02 * designs["f_target_hz"], reach)
    power = 1e-12 * (5 + size) * designs["f_target_hz"] * np.where(designs["kind"] == "deep", 1.5, 1.0)
    return designs.assign(f_effective_hz=clock, power_w=power, chip_area_mm2=1e-3 * (2 + size))


def system_metrics(table):
    cycles = 1000 * (1 + table["size"])
    runtime = cycles / table["f_effective_hz"]
    return table.assign(cycles=cycles, runtime_s=runtime, energy_j=table["power_w"] * runtime)


EQUATIONS = Derivation(("f_effective_hz", "power_w"), system_metrics)


def results_of(n=160, seed=0):
    return system_metrics(law(designs_of(n, seed))).assign(status="ok")


@pytest.fixture(scope="module")
def learned():
    return learn(results_of(), PARAMETERS, architecture=["kind", "size"], equations=EQUATIONS, budget_s=1.0)


def test_predicts_the_metrics_of_unseen_designs(learned):
    actual = system_metrics(law(designs_of(400, seed=1)))
    table = learned.predict(actual[PARAMETERS])
    actual = actual.loc[table.index]
    for name in ("f_effective_hz", "power_w", "chip_area_mm2", "runtime_s", "energy_j"):
        assert np.median(np.abs(table[name] / actual[name] - 1)) < 0.03, name


def test_what_follows_by_definition_is_computed(learned):
    table = learned.predict(designs_of(50, seed=2))
    assert (table["cycles"] == 1000 * (1 + table["size"])).all()
    np.testing.assert_allclose(table["runtime_s"], table["cycles"] / table["f_effective_hz"])
    np.testing.assert_allclose(table["energy_j"], table["power_w"] * table["runtime_s"])
    np.testing.assert_allclose(table["worst_slack_s"], 1 / table["f_target_hz"] - 1 / table["f_effective_hz"])
    assert list(learned.uncertainty(table)) == ["f_effective_hz", "power_w", "chip_area_mm2", "runtime_s", "energy_j"]


@pytest.mark.parametrize(("lost", "needs"), [("power_w", ("f_effective_hz",)), ("cycle_energy_j", ("cycle_energy_j",))])
def test_results_that_lack_what_others_follow_from_can_be_learned_from(lost, needs):
    rows = system_metrics(law(designs_of(60))).assign(status="ok").drop(columns=lost, errors="ignore")

    def run(table):
        return table.assign(runtime_s=1000 * (1 + table["size"]) / table["f_effective_hz"])

    models = learn(rows, PARAMETERS, equations=Derivation(needs, run), budget_s=0.2)
    found = models.predict(designs_of(20, seed=3))
    assert np.isfinite(found[["runtime_s", "energy_j", "f_effective_hz"]]).all(axis=None)


def test_designs_that_would_miss_their_clock_by_far_are_left_out(learned):
    designs = pd.DataFrame({"kind": ["flat", "flat"], "size": [3, 39], "f_target_hz": [5e8, 9.9e8]})
    assert learned.predict(designs).index.tolist() == [0]
    assert learned.predict(designs.iloc[1:]).empty


def test_uncertainty_grows_with_the_level(learned):
    designs = designs_of(20, seed=3)
    half = {level: learned.uncertainty(designs, level) for level in (0.5, 0.95)}
    assert (half[0.95] >= half[0.5]).all(axis=None)
    assert (half[0.95] > 0).all(axis=None)


def test_extra_targets_are_learned_and_parameters_are_not():
    results = results_of(60).assign(cells=lambda table: 10.0 * table["size"])
    found = learn(results, PARAMETERS, extra_targets=("cells", "f_target_hz", "cycles"), equations=EQUATIONS,
                  budget_s=0.5)  # fmt: skip
    assert "cells" in found.uncertainty(results.head(2))
    assert found.n_rows <= 60


@pytest.mark.parametrize(
    ("change", "options", "match"),
    [
        (lambda table: table.head(4), {}, "4 of 4 results are ok and near their target clock; at least"),
        (lambda table: table.assign(status="failed"), {}, "0 of 60 results"),
        (lambda table: table, {"surrogate": "oracle"}, "surrogate is 'oracle'; allowed: gbdt"),
    ],
)
def test_too_little_to_learn_from_is_said_in_one_sentence(change, options, match):
    with pytest.raises(InvalidInputError, match=match):
        learn(change(results_of(60)), PARAMETERS, equations=EQUATIONS, **options)


def test_stays_away_from_designs_that_could_not_be_built():
    results = results_of()
    results.loc[results["size"] > 25, "status"] = "infeasible"
    learned = learn(results, PARAMETERS, equations=EQUATIONS, budget_s=1.0)
    offered = designs_of(400, seed=3)
    kept = learned.predict(offered)
    assert (kept["size"] <= 27).all()
    assert (offered["size"] <= 22).sum() * 0.5 < len(kept)
