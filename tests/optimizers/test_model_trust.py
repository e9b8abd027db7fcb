"""Searching learned predictions: only where they can be trusted, and off what cannot be built."""

import numpy as np
import pytest

from accel_core.objectives import Bound, Objective, is_feasible
from accel_core.optimizers import model_trust as module
from accel_core.optimizers.model_trust import (
    SUCCESS,
    TRUST_LEVELS,
    UNCERTAINTY,
    Feasibility,
    Predictor,
    trust_limit,
    trusted,
)
from accel_core.platforms import get_platform
from accel_core.space import sample
from accel_core.surrogates.composed import derivation_of
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
        equations=derivation_of(PLATFORM, workload),
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
    assert table["energy_j"].to_numpy() == pytest.approx((table["cycle_energy_j"] * table["cycles"]).to_numpy())
    assert table["power_runtime_j"].to_numpy() == pytest.approx((table["power_w"] * table["runtime_s"]).to_numpy())
    assert table[SUCCESS].between(0, 1).all()
    kept = is_feasible(table, goals)
    wanted = (table[UNCERTAINTY] <= 0.05) & (table[SUCCESS] >= 0.9) & (table["power_w"] <= 1.0)
    assert (kept == wanted.to_numpy()).all()


def test_remembers_the_designs_nearest_to_an_unreachable_bound(results, learned):
    goals = [Objective("energy_j"), Bound("p", "power_w", upper=1e-9)]
    predictor = Predictor(learned, Feasibility(learned, results), goals)
    parts = [predictor(sample(PLATFORM.space, 300, seed=seed).designs) for seed in (1, 2)]
    least = min(part["power_w"].min() for part in parts)
    assert predictor.nearest["power_w"].min() == least
    assert len(predictor.nearest) <= 400
    assert len(predictor.results()) == 600


@pytest.mark.parametrize(
    ("uncertainties", "limit"),
    [
        ([0.04] * 10 + [3.0] * 90, 0.05),
        ([0.04] * 9 + [0.4] * 91, 0.5),
        ([0.3] * 100, 0.5),
        ([0.6] * 100, np.inf),
    ],
)
def test_trusts_as_far_as_leaves_a_tenth_of_the_space(uncertainties, limit, learned, results, monkeypatch):
    assert TRUST_LEVELS == (0.05, 0.1, 0.2, 0.5)

    def predicted(learned, designs, feasibility):
        return designs.assign(**{UNCERTAINTY: np.resize(uncertainties, len(designs)), SUCCESS: 1.0})

    monkeypatch.setattr(module, "predicted_designs", predicted)
    assert trust_limit(learned, PLATFORM.space, Feasibility(learned, results)) == limit


def test_designs_that_cannot_be_built_do_not_widen_the_trust(learned, results, monkeypatch):
    def predicted(learned, designs, feasibility):
        is_built = np.arange(len(designs)) % 20 == 0
        return designs.assign(**{UNCERTAINTY: np.where(is_built, 0.01, 3.0), SUCCESS: np.where(is_built, 1.0, 0.1)})

    monkeypatch.setattr(module, "predicted_designs", predicted)
    assert trust_limit(learned, PLATFORM.space, Feasibility(learned, results)) == TRUST_LEVELS[0]


def test_unlimited_trust_is_no_goal():
    goals = trusted([Objective("energy_j")], np.inf)
    assert [goal.metric for goal in goals] == ["energy_j", SUCCESS]
