"""Runtime and energy belong to the clock that is really reached."""

import pandas as pd
import pytest

from accel_core.platforms.combining import at_reached_clock, combined

IMPLEMENTED = pd.DataFrame(
    {"f_target_hz": [1e9], "f_effective_hz": [5e8], "power_w": [0.010], "power_leakage_w": [0.002]}
)


def test_a_cycle_costs_its_switching_whenever_it_comes_and_leakage_as_long_as_it_lasts():
    # 8 mW at 1 GHz are 8 pJ a cycle; 2 mW over the 2 ns that a cycle really takes are 4 pJ.
    row = at_reached_clock(IMPLEMENTED).iloc[0]
    assert row["cycle_energy_j"] == pytest.approx(12e-12)
    assert row["power_effective_w"] == pytest.approx(6e-3)


def test_energy_and_runtime_of_a_workload_are_at_the_same_clock():
    row = combined(at_reached_clock(IMPLEMENTED).assign(cycles=1000.0, macs=250.0)).iloc[0]
    assert row["runtime_s"] == pytest.approx(2e-6)
    assert row["energy_j"] == pytest.approx(12e-9) == pytest.approx(row["power_effective_w"] * row["runtime_s"])
    assert row["edp_js"] == pytest.approx(12e-9 * 2e-6)
    assert row["throughput_flops"] == pytest.approx(500 / 2e-6)


def test_the_product_of_the_source_stands_beside_it():
    row = combined(at_reached_clock(IMPLEMENTED).assign(cycles=1000.0)).iloc[0]
    assert row["power_runtime_j"] == pytest.approx(0.010 * 2e-6)
    assert "throughput_flops" not in row


def test_the_order_of_designs_by_energy_is_not_that_of_the_product():
    late = at_reached_clock(IMPLEMENTED)
    met = at_reached_clock(IMPLEMENTED.assign(f_effective_hz=1e9, power_w=0.013))
    first, second = (combined(table.assign(cycles=1.0)).iloc[0] for table in (late, met))
    assert first["energy_j"] < second["energy_j"]
    assert first["power_runtime_j"] > second["power_runtime_j"]
