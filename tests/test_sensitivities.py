import numpy as np
import pandas as pd
import pytest

from accel_core.objectives import Bound, Objective
from accel_core.sensitivities import best_values, sensitivities

# Four designs on a front of power and runtime, and one that failed although it looks best.
DESIGNS = pd.DataFrame(
    {
        "power_w": [0.010, 0.018, 0.020, 0.040, 0.001],
        "runtime_s": [4e-3, 2.2e-3, 2e-3, 1e-3, 1e-4],
        "chip_area_mm2": [0.1, 0.2, np.nan, 0.3, 0.1],
        "status": ["ok", "ok", "ok", "ok", "failed"],
    }
)


def test_best_values_ignore_failed_designs_and_broken_limits():
    goals = [Objective("runtime_s"), Objective("power_w", upper=0.02)]
    assert best_values(DESIGNS, goals) == {"runtime_s": 2e-3, "power_w": 0.010}


def test_tightening_power_by_a_tenth_costs_a_tenth_of_runtime():
    # 20 mW -> 18 mW leaves the second design: 2.2 ms instead of 2.0 ms.
    [sensitivity] = sensitivities(DESIGNS, [Objective("runtime_s"), Objective("power_w", upper=0.02)])
    assert (sensitivity.metric, sensitivity.side, sensitivity.limit, sensitivity.n_left) == (
        "power_w",
        "upper",
        0.02,
        2,
    )
    assert sensitivity.tightened == pytest.approx(0.018)
    assert sensitivity.changes == {"runtime_s": pytest.approx(0.1), "power_w": 0.0}


def test_every_limit_has_a_price_and_lower_limits_tighten_upwards():
    goals = [Objective("runtime_s", "max", lower=1e-3), Bound("area", "chip_area_mm2", lower=0.1, upper=0.3)]
    found = sensitivities(DESIGNS, goals)
    assert [(p.metric, p.side) for p in found] == [
        ("runtime_s", "lower"),
        ("chip_area_mm2", "lower"),
        ("chip_area_mm2", "upper"),
    ]
    assert found[0].tightened == pytest.approx(1.1e-3)
    # A lower area of 0.11 loses the 4 ms design; the best runtime falls to 2.2 ms.
    assert found[1].changes["runtime_s"] == pytest.approx(2.2 / 4 - 1)


def test_a_limit_that_leaves_nothing_has_no_price():
    [sensitivity] = sensitivities(DESIGNS, [Objective("runtime_s"), Bound("area", "chip_area_mm2", upper=0.1)])
    assert sensitivity.n_left == 0
    assert sensitivity.changes == {"runtime_s": None}


def test_limits_do_not_cross_when_tightened():
    [lower, upper] = sensitivities(
        DESIGNS, [Objective("power_w"), Bound("area", "chip_area_mm2", lower=0.195, upper=0.2)]
    )
    assert (lower.n_left, upper.n_left) == (1, 0)
