"""Results of fidelity `placed` that no tool made: smooth in the design, noisy as placement is, in milliseconds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from accel_core.evaluators import resolve_settings
from accel_core.evaluators.results import Request, ordered, result_table
from accel_core.platforms import get_platform
from accel_core.platforms.combining import at_reached_clock
from accel_core.space import cross, sample
from accel_core.store import ResultStore

PLATFORM = "axiline"
TROUBLES = (
    ("infeasible", "floorplan", "cells fill 97 % of the core box; at most 95 % can be legalized"),
    ("failed", "synthesis", "pyosys ended with exit code 1: ERROR: Assert failed"),
    ("timeout", "placement", "placement took longer than 600 s"),
)


def made_up_results(
    n_architectures: int = 8, n_backends: int = 6, *, n_troubles: int = 0, seed: int = 0
) -> pd.DataFrame:
    """Cross architectures with backend points; the last `n_troubles` designs take turns at `TROUBLES`."""
    platform = get_platform(PLATFORM)
    architectures = sample(platform.space.subspace("architecture"), n_architectures, seed=seed).designs
    backends = sample(platform.space.subspace("backend"), n_backends, seed=seed).designs
    designs = cross(architectures, backends)[list(platform.space.names)]
    outcomes = [{"status": "ok", "seconds": 2.0, **row} for row in implemented(designs, seed).to_dict("records")]
    for k in range(n_troubles):
        status, stage, reason = TROUBLES[k % len(TROUBLES)]
        outcomes[-1 - k] = {"status": status, "stage": stage, "reason": reason, "seconds": 1.0}
    request = Request(platform, platform.default_workload, "placed", resolve_settings(platform, "placed", None))
    results = result_table(designs, outcomes, request)
    done = results["status"] == "ok"
    if done.any():
        added = platform.combine.run(at_reached_clock(results[done]), platform.default_workload)
        results = results.join(added[[name for name in added if name not in results]])
    return ordered(results, platform.space)


def implemented(designs: pd.DataFrame, seed: int) -> pd.DataFrame:
    """What a flow might have measured: wide designs are large and slow, and a clock beyond reach is missed."""
    rng = np.random.default_rng(seed)
    known = get_platform(PLATFORM).features(designs)
    noise = rng.normal(1.0, 0.01, size=(3, len(designs)))
    reach_hz = 1.1e9 / (1.0 + 0.03 * known["sum_bits"] + 0.08 * known["adder_levels"]) * 1.4
    clock_hz = np.minimum(1.05 * designs["f_target_hz"], reach_hz) * noise[0]
    gates = 2.0 * known["register_bits"] + 1.2 * known["multiplier_bits"] + 1.5 * known["adder_bits"]
    haste = 1.0 + 0.25 * (designs["f_target_hz"] / reach_hz) ** 4
    cell_area_mm2 = 4.0e-6 * gates * haste * noise[1]
    power_w = 6.0e-15 * gates * designs["f_target_hz"] * haste * noise[2]
    return pd.DataFrame(
        {
            "f_effective_hz": clock_hz,
            "worst_slack_s": 1 / designs["f_target_hz"] - 1 / clock_hz,
            "power_w": power_w,
            "power_internal_w": 0.6 * power_w,
            "power_switching_w": 0.3 * power_w,
            "power_leakage_w": 0.1 * power_w,
            "cell_area_mm2": cell_area_mm2,
            "chip_area_mm2": cell_area_mm2 / designs["utilization_target"],
            "wirelength_m": 40.0 * cell_area_mm2,
            "cells": np.round(gates),
            "flops": np.round(known["register_bits"]),
        }
    )


def fill(database: Path, results: pd.DataFrame) -> None:
    """Put results into a database that nobody has open."""
    with ResultStore(database) as store:
        store.add(results)
