"""Searching learned predictions: only where they can be trusted, and off what cannot be built."""

import numpy as np
import pytest

from accel_core.objectives import Bound, Objective, is_feasible
from accel_core.optimizers.learned import REACH, UNCERTAINTY, Feasibility, Predictor, trusted
from accel_core.platforms import get_platform
from accel_core.space import sample
from accel_core.surrogates.predict_designs import learn
from tests.pages.made_up_results import made_up_results

PLATFORM = get_platform("axiline")
FULL = 0.9


@pytest.fixture(scope="module")
def results():
    """Made-up results; floorplans fuller than `FULL` cannot be placed."""
    found = made_up_results(16, 8, seed=5)
    too_full = found["utilization_target"] > FULL
    assert 5 < too_full.sum() < 60
    found.loc[too_full, "status"] = "infeasible"
    return found


@pytest.fixture(scope="module")
def learned(results):
    workload = PLATFORM.default_workload
    return learn(
        results,
        PLATFORM.space.names,
        features=PLATFORM.features,
        system_metrics=lambda designs: PLATFORM.system_metrics(designs, workload),
        budget_s=0.5,
    )


def test_feasibility_finds_the_threshold_beyond_which_nothing_can_be_built(results, learned):
    designs = sample(PLATFORM.space, 400, seed=9).designs
    chance = Feasibility(learned, results).probability(PLATFORM.features(designs))
    full = designs["utilization_target"].to_numpy()
    assert np.median(chance[full > FULL + 0.05]) < 0.2
    assert np.median(chance[full < FULL - 0.05]) > 0.95


def test_feasibility_without_a_failure_is_likely_everywhere(results, learned):
    fine = results[results["status"] == "ok"]
    chance = Feasibility(learned, fine).probability(PLATFORM.features(fine[list(PLATFORM.space.names)]))
    assert (chance > 0.95).all()


def test_predictions_carry_metrics_that_follow_and_how_far_to_trust_them(results, learned):
    goals = trusted([Objective("energy_j"), Bound("p", "power_w", upper=1.0)], 0.05, 0.9)
    predictor = Predictor(learned, Feasibility(learned, results), goals)
    designs = sample(PLATFORM.space, 50, seed=2).designs
    table = predictor(designs)
    assert len(table) == 50
    assert table["energy_j"].to_numpy() == pytest.approx((table["power_w"] * table["runtime_s"]).to_numpy())
    assert table[REACH].between(0, 1).all()
    kept = is_feasible(table, goals)
    wanted = (table[UNCERTAINTY] <= 0.05) & (table[REACH] >= 0.9) & (table["power_w"] <= 1.0)
    assert (kept == wanted.to_numpy()).all()


def test_remembers_the_designs_nearest_to_an_unreachable_bound(results, learned):
    goals = [Objective("energy_j"), Bound("p", "power_w", upper=1e-9)]
    predictor = Predictor(learned, Feasibility(learned, results), goals)
    parts = [predictor(sample(PLATFORM.space, 300, seed=seed).designs) for seed in (1, 2)]
    least = min(part["power_w"].min() for part in parts)
    assert predictor.nearest["power_w"].min() == least
    assert len(predictor.nearest) <= 400
    assert len(predictor.results()) == 600
