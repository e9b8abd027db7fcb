"""Axiline's system metrics, its estimate without tools, and what helps models to learn it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from accel_core.workloads import Workload

Floats = npt.NDArray[np.float64]


def total_cycles(cycles: npt.ArrayLike, n_vectors: int) -> npt.NDArray[np.int64]:
    """Return the clock cycles in which ``n_vectors`` vectors are learned.

    VeriGOOD-ML rtml_ppa.py: z + (z - num_cycle + 1) * (V - 1) with z = 2 * num_cycle + 1. The RTL takes
    exactly these.
    """
    n = np.asarray(cycles, dtype=np.int64)
    latency = 2 * n + 1
    return latency + (latency - n + 1) * (n_vectors - 1)


def system_metrics(results: pd.DataFrame, workload: Workload) -> pd.DataFrame:
    """Add what a workload takes on implemented designs.

    Args:
        results: Designs with ``f_effective_hz`` and ``power_w`` (NaN where the implementation has none).
        workload: Its ``n_vectors`` training vectors are streamed without gaps.

    Returns:
        A copy with ``cycles``, ``macs``, ``utilization``, ``runtime_s``, ``energy_j``, ``edp_js`` and
        ``throughput_flops``.
    """
    table = _with_work(results, workload)
    runtime_s = table["cycles"] / table["f_effective_hz"]
    energy_j = table["power_w"] * runtime_s
    return table.assign(
        runtime_s=runtime_s,
        energy_j=energy_j,
        edp_js=energy_j * runtime_s,
        throughput_flops=2 * table["macs"] / runtime_s,
    )


def analytical(designs: pd.DataFrame, workload: Workload) -> pd.DataFrame:
    """Estimate without tools: exact cycles, and the runtime if the target clock is met.

    Power, area and the clock that a design really reaches need an implementation, so they are not guessed here.
    """
    table = _with_work(designs, workload)
    runtime_s = table["cycles"] / table["f_target_hz"]
    return table.assign(runtime_s=runtime_s, throughput_flops=2 * table["macs"] / runtime_s)


def features(designs: pd.DataFrame) -> pd.DataFrame:
    """Add derived columns that follow area, power and delay more closely than the parameters.

    Bits of storage and of multiplier arrays are what cells are spent on; the depth of the adder tree and the word
    widths are what the critical path goes through.
    """
    lanes = _lanes(designs)
    input_bits, internal_bits, units = (
        designs[name].to_numpy(dtype=np.float64) for name in ("input_bits", "internal_bits", "units")
    )
    slots = designs["cycles_per_vector"].to_numpy(dtype=np.float64) + 2
    sum_bits = input_bits + internal_bits + np.floor(np.log2(lanes * (slots - 2)))
    ring_bits = slots * lanes * (internal_bits * units + input_bits) - lanes * input_bits
    # SVM takes the learning rate itself as its step, so only the others multiply by it.
    scales = designs["benchmark"].to_numpy() != "svm"
    stage_multiplier_bits = scales * units * internal_bits**2
    lane_multiplier_bits = 2 * lanes * units * input_bits * internal_bits
    derived = {
        "lanes": lanes,
        "ring_bits": ring_bits,
        "sum_bits": sum_bits,
        "accumulator_bits": units * sum_bits,
        "multiplier_bits": lane_multiplier_bits + stage_multiplier_bits,
        "adder_levels": np.ceil(np.log2(lanes)),
        "padding": 1.0 - designs["features"].to_numpy(dtype=np.float64) / (lanes * (slots - 2)),
    }
    return designs.assign(**derived)


def _with_work(table: pd.DataFrame, workload: Workload) -> pd.DataFrame:
    """Add cycles, macs and utilization.

    A feature costs two multiply-accumulates for each unit and vector, one in the inner product and one in SGD.
    There are 2 * lanes * units such multipliers; utilization is the share of their cycles that does this work.
    """
    cycles = total_cycles(table["cycles_per_vector"], workload.n_vectors)
    units = table["units"].to_numpy(dtype=np.float64)
    macs = 2.0 * table["features"].to_numpy(dtype=np.float64) * units * workload.n_vectors
    return table.assign(cycles=cycles, macs=macs, utilization=macs / (2.0 * _lanes(table) * units * cycles))


def _lanes(designs: pd.DataFrame) -> Floats:
    return np.ceil(
        designs["features"].to_numpy(dtype=np.float64) / designs["cycles_per_vector"].to_numpy(dtype=np.float64)
    )
