"""Layer by layer the time adds up to what the simulator says of the whole, to the cycle."""

from __future__ import annotations

import numpy as np
import pytest

from accel_core.platforms.edgetpu.applications import applications
from accel_core.platforms.edgetpu.architecture import FEASIBLE, constants
from accel_core.platforms.edgetpu.breakdown import LIMITS, breakdown
from accel_core.platforms.edgetpu.metrics import designs_of
from accel_core.platforms.edgetpu.released import random_indices
from accel_core.platforms.edgetpu.simulate import simulate


@pytest.mark.parametrize("name", ["mobilenet_edgetpu", "unet", "t_rnn_enc"])
def test_layers_add_up_to_the_simulators_cycles(name: str) -> None:
    application = applications()[name]
    indices = random_indices(400, seed=3)
    outcome = simulate(indices, application.layers)
    designs = designs_of(indices)
    feasible = np.flatnonzero(outcome.memory == FEASIBLE)[:25]
    assert len(feasible) == 25
    kinds = set()
    for row in feasible:
        found = breakdown(designs.iloc[row], application)
        assert found.total_s * constants()["clock_hz"] == pytest.approx(outcome.cycles[row], rel=1e-12)
        assert found.resident == outcome.resident[row]
        assert 0 < found.utilization <= 1
        parts = found.layers[[f"{limit}_s" for limit in LIMITS]]
        bound = found.layers["bound"] + "_s"
        assert all(parts.loc[i, name] == parts.loc[i].max() for i, name in bound.items())
        whole = sum(found.bound_s(limit) for limit in LIMITS) + found.layers["fixed_s"].sum() + found.start_s
        assert whole == pytest.approx(found.total_s)
        kinds |= set(found.layers["bound"])
    assert len(kinds) >= 2


def test_a_design_that_cannot_run_has_its_reason_and_no_layers() -> None:
    application = applications()["m4"]
    indices = random_indices(50, seed=1)
    row = int(np.flatnonzero(simulate(indices, application.layers).memory != FEASIBLE)[0])
    found = breakdown(designs_of(indices).iloc[row], application)
    assert found.layers.empty
    assert "bytes" in found.reason
    assert np.isnan(found.total_s)
