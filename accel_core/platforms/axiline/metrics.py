"""What workloads take on Axiline, its estimate without tools, and what helps models to learn it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from accel_core.platforms.axiline.architecture import INTEGER_BITS
from accel_core.workloads import Workload

Floats = npt.NDArray[np.float64]


def total_cycles(cycles: npt.ArrayLike, n_vectors: int) -> npt.NDArray[np.int64]:
    """Return the clock cycles in which ``n_vectors`` vectors are learned.

    VeriGOOD-ML rtml_ppa.py: z + (z - num_cycle + 1) * (V - 1) with z = 2 * num_cycle + 1. The RTL takes
    exactly these.
    """
    n = np.asarray(cycles, dtype=np.int64)
    latency = 2 * n + 1
    total: npt.NDArray[np.int64] = latency + (latency - n + 1) * (n_vectors - 1)
    return total


def simulate(designs: pd.DataFrame, workload: Workload, _settings: Mapping[str, object]) -> pd.DataFrame:
    """Add ``cycles``, ``macs`` and ``utilization`` of a stream of training vectors without gaps.

    A feature costs two multiply-accumulates for each unit and vector, one in the inner product and one in SGD.
    There are 2 * lanes * units such multipliers; utilization is the share of their cycles that does this work.
    """
    cycles = total_cycles(designs["cycles_per_vector"], workload.n_vectors)
    units = designs["units"].to_numpy(dtype=np.float64)
    macs = 2.0 * designs["features"].to_numpy(dtype=np.float64) * units * workload.n_vectors
    return designs.assign(cycles=cycles, macs=macs, utilization=macs / (2.0 * _lanes(designs) * units * cycles))


def analytical(designs: pd.DataFrame, workload: Workload, settings: Mapping[str, object]) -> pd.DataFrame:
    """Estimate without tools: exact cycles, and the runtime if the target clock is met.

    Power, area and the clock that a design really reaches need an implementation, so they are not guessed here.
    """
    table = simulate(designs, workload, settings)
    runtime_s = table["cycles"] / table["f_target_hz"]
    return table.assign(runtime_s=runtime_s, throughput_flops=2 * table["macs"] / runtime_s)


def features(designs: pd.DataFrame) -> pd.DataFrame:
    """Add derived columns that follow area, power and delay more closely than the parameters.

    Flip-flops and the bits of multipliers and adders are what cells are spent on; the depth of the adder tree and the
    word widths are what the critical path goes through.
    """
    lanes = _lanes(designs)
    cycles, input_bits, internal_bits, units = (
        designs[name].to_numpy(dtype=np.float64)
        for name in ("cycles_per_vector", "input_bits", "internal_bits", "units")
    )
    product_bits = input_bits + internal_bits
    sum_bits = product_bits + np.floor(np.log2(lanes * cycles))
    # SVM takes the learning rate itself as its step; the others multiply an error by it.
    stage_multiplier_bits = (designs["benchmark"].to_numpy() != "svm") * units * internal_bits**2
    widths = designs.assign(lanes=lanes, sum_bits=sum_bits)
    derived = {
        "register_bits": _register_bits(widths),
        "multiplier_bits": 2 * lanes * units * input_bits * internal_bits + stage_multiplier_bits,
        "stage_multiplier_bits": stage_multiplier_bits,
        "adder_bits": units * (2 * lanes * product_bits + sum_bits),
        "adder_levels": np.ceil(np.log2(lanes)),
        "padding": 1.0 - designs["features"].to_numpy(dtype=np.float64) / (lanes * cycles),
    }
    return widths.assign(**derived)


def _register_bits(table: pd.DataFrame) -> pd.Series:
    """Flip-flops of designs with their ``lanes`` and ``sum_bits``: ring, sum, step, prediction, label and control."""
    benchmark, internal = table["benchmark"], table["internal_bits"]
    label = internal * benchmark.isin(["linear", "recommender"]) + (benchmark != "linear")
    # A sigmoid has no finer steps than its table and is at most 1, so synthesis drops most bits outside of that.
    prediction = internal.where(benchmark != "logistic", np.minimum(internal - INTEGER_BITS, 8) + 2)
    cycles, lanes, units = table["cycles_per_vector"], table["lanes"], table["units"]
    ring = (cycles + 2) * lanes * units * internal + (cycles + 1) * lanes * table["input_bits"]
    phase = np.floor(np.log2(cycles + 1)) + 1
    bits: pd.Series = ring + units * (table["sum_bits"] + internal + prediction + label) + phase + 3
    return bits


def _lanes(designs: pd.DataFrame) -> Floats:
    features, cycles = (designs[name].to_numpy(dtype=np.float64) for name in ("features", "cycles_per_vector"))
    lanes: Floats = np.ceil(features / cycles)
    return lanes
