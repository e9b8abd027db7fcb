"""Axiline's system metrics, its estimate without tools, and its derived features, by hand-worked cases."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from accel_core.platforms import get_platform
from accel_core.platforms.axiline.metrics import total_cycles
from accel_core.space import sample
from accel_core.workloads import Workload

AXILINE = get_platform("axiline")

# 10 features in 4 cycles: 3 lanes, 2 of 12 places are padding.
DESIGN = {
    "benchmark": "linear",
    "features": 10,
    "cycles_per_vector": 4,
    "input_bits": 8,
    "internal_bits": 16,
    "units": 1,
    "f_target_hz": 5e8,
    "utilization_target": 0.7,
}
THREE = Workload("three", "Three vectors", "this test", n_vectors=3)


def test_cycles_of_the_published_workload() -> None:
    # z = 2 * 10 + 1 = 21; 21 + (21 - 10 + 1) * 499,999
    assert total_cycles(10, 500_000) == 6_000_009


def test_system_metrics_of_one_design() -> None:
    results = pd.DataFrame([{**DESIGN, "f_effective_hz": 4e8, "power_w": 0.01, "cycle_energy_j": 3e-11}])

    row = AXILINE.combine.run(results, THREE).iloc[0]

    assert row["cycles"] == 9 + 6 * 2
    assert row["macs"] == 2 * 10 * 3
    assert row["runtime_s"] == pytest.approx(21 / 4e8)
    assert row["energy_j"] == pytest.approx(21 * 3e-11)
    assert row["edp_js"] == pytest.approx(21 * 3e-11 * 21 / 4e8)
    assert row["power_runtime_j"] == pytest.approx(0.01 * 21 / 4e8)
    assert row["throughput_flops"] == pytest.approx(2 * 60 / (21 / 4e8))
    assert row["utilization"] == pytest.approx(60 / (2 * 3 * 21))


def test_units_do_their_own_work() -> None:
    results = pd.DataFrame(
        [{**DESIGN, "benchmark": "recommender", "units": 2, "f_effective_hz": 4e8, "cycle_energy_j": 1.0}]
    )

    row = AXILINE.combine.run(results, THREE).iloc[0]

    assert row["macs"] == 2 * 10 * 2 * 3
    assert row["utilization"] == pytest.approx(120 / (2 * 3 * 2 * 21))


def test_an_unknown_clock_leaves_only_what_needs_none() -> None:
    results = pd.DataFrame([{**DESIGN, "f_effective_hz": np.nan, "cycle_energy_j": np.nan}])

    row = AXILINE.combine.run(results, THREE).iloc[0]

    assert np.isnan(row[["runtime_s", "energy_j", "edp_js", "throughput_flops"]].astype(float)).all()
    assert row["cycles"] == 21


def test_the_estimate_assumes_the_target_clock_and_guesses_nothing_else() -> None:
    row = AXILINE.analytical(pd.DataFrame([DESIGN]), THREE, {}).iloc[0]

    assert row["runtime_s"] == pytest.approx(21 / 5e8)
    assert set(row.index) - set(DESIGN) == {"cycles", "macs", "utilization", "runtime_s", "throughput_flops"}


def test_features_of_one_design() -> None:
    row = AXILINE.features(pd.DataFrame([DESIGN])).iloc[0]

    assert row["lanes"] == 3
    # 12 products of 2^22 at most are below 2^26
    assert row["sum_bits"] == 27
    # 6 slots of 3 weights, 5 of 3 features; sum, step, prediction, label; phases 0 to 5 and 3 flags
    assert row["register_bits"] == 6 * 3 * 16 + 5 * 3 * 8 + 27 + 3 * 16 + 3 + 3
    # two 8 x 16 multipliers a lane, one 16 x 16 in the stage
    assert row["multiplier_bits"] == 2 * 3 * 128 + 256
    assert row["stage_multiplier_bits"] == 256
    assert row["adder_levels"] == 2
    assert row["padding"] == pytest.approx(1 / 6)


def test_svm_has_no_multiplier_in_its_stage() -> None:
    row = AXILINE.features(pd.DataFrame([{**DESIGN, "benchmark": "svm"}])).iloc[0]

    assert row["multiplier_bits"] == 2 * 3 * 128


def test_utilization_never_exceeds_one() -> None:
    designs = sample(AXILINE.space, 200, seed=1).designs

    for workload in AXILINE.workloads.values():
        utilization = AXILINE.analytical(designs, workload, {})["utilization"]
        assert utilization.between(0, 1, inclusive="right").all()
