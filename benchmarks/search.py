"""How much of the true hypervolume each optimizer finds, and what its own thinking costs.

The problem is small enough to know the truth: a systolic array with three buffers that runs three layers of a
convolutional network, 10 discrete parameters, 9,953,280 designs, runtime, energy and area to minimize, power and
runtime bounded (one design in eight keeps both). It has what makes accelerators awkward to search: folds and tiles
round up, a buffer that just fits a layer changes traffic by factors, bandwidth and compute take turns as bottleneck,
and a faster clock costs voltage. Its constants are assumed, of the size of published 45 nm ones (Horowitz, ISSCC 2014).

Run: python benchmarks/search.py [--seeds 5] [--budget 1000] [--optimizer NAME ...] [--batch 10]
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

from accel_core.objectives import Bound, Goal, Objective, is_feasible, minimized  # noqa: E402
from accel_core.optimizers import OPTIMIZERS, trace  # noqa: E402
from accel_core.pareto import hypervolume, is_nondominated  # noqa: E402
from accel_core.space import DesignSpace, Parameter  # noqa: E402

MARKS = (100, 300, 1000)


def _ordinal(name: str, values: tuple[float, ...], unit: str = "") -> Parameter:
    return Parameter(name, "ordinal", values=values, unit=unit, assumed=True)


SPACE = DesignSpace(
    "systolic array benchmark",
    (
        _ordinal("pe_rows", (4, 8, 12, 16, 24, 32, 48, 64)),
        _ordinal("pe_cols", (4, 8, 12, 16, 24, 32, 48, 64)),
        _ordinal("input_buffer_kib", (4, 8, 16, 32, 64, 128), "KiB"),
        _ordinal("weight_buffer_kib", (4, 8, 16, 32, 64, 128), "KiB"),
        _ordinal("output_buffer_kib", (2, 4, 8, 16, 32, 64), "KiB"),
        _ordinal("banks", (1, 2, 4)),
        _ordinal("vector_lanes", (4, 8, 16, 32)),
        _ordinal("dram_bytes_per_s", (2e9, 4e9, 8e9, 16e9, 32e9), "B/s"),
        _ordinal("f_target_hz", (2e8, 4e8, 5e8, 6e8, 8e8, 1e9), "Hz"),
        Parameter("dataflow", "categorical", values=("weight_stationary", "output_stationary"), assumed=True),
    ),
)
GOALS: tuple[Goal, ...] = (
    Objective("runtime_s", "min", upper=6e-3),
    Objective("energy_j", "min"),
    Objective("chip_area_mm2", "min"),
    Bound("power", "power_w", upper=0.3),
)
REFERENCE_POINT = (6.6e-3, 1.75e-3, 3.3)
"""A tenth beyond the worst runtime, energy and area of the true front."""

# Matrix products of three layers: output positions, filter size, filters, distinct inputs (ResNet-like shapes).
LAYERS = ((784, 1152, 128, 100_352), (196, 2304, 256, 50_176), (3136, 64, 256, 200_704))


def evaluate(designs: pd.DataFrame) -> pd.DataFrame:
    """Return runtime, energy, area and power of designs."""
    d = {name: designs[name].to_numpy(dtype=np.float64) for name in SPACE.names if name != "dataflow"}
    keeps_weights = (designs["dataflow"] == "weight_stationary").to_numpy()
    voltage = 0.6 + 0.4 * d["f_target_hz"] / 1e9
    area = _area(d)
    runtime, dynamic = np.zeros(len(designs)), np.zeros(len(designs))
    for layer in LAYERS:
        seconds, joules = _layer(d, keeps_weights, voltage, layer)
        runtime += seconds
        dynamic += joules
    idle_w = 0.02 * area * voltage + 1e-3 * d["dram_bytes_per_s"] / 1e9
    energy = dynamic + idle_w * runtime
    return pd.DataFrame(
        {"runtime_s": runtime, "energy_j": energy, "chip_area_mm2": area, "power_w": energy / runtime},
        index=designs.index,
    )


def _area(d: dict[str, np.ndarray]) -> np.ndarray:
    hurry = 1 + 0.35 * (d["f_target_hz"] / 1e9) ** 2
    memory = 0.0035 * (d["input_buffer_kib"] + d["weight_buffer_kib"] + d["output_buffer_kib"])
    logic = (0.0012 * d["pe_rows"] * d["pe_cols"] + 0.004 * d["vector_lanes"]) * hurry
    return (
        0.25 + logic + memory * (1 + 0.12 * (d["banks"] - 1)) + 0.06 * d["banks"] + 0.03 * d["dram_bytes_per_s"] / 1e9
    )


def _layer(
    d: dict[str, np.ndarray], keeps_weights: np.ndarray, voltage: np.ndarray, layer: tuple[int, int, int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Return seconds and dynamic energy of one layer."""
    positions, depth, filters, _ = layer
    rows, cols, banks = d["pe_rows"], d["pe_cols"], d["banks"]
    depth_folds, filter_folds = np.ceil(depth / rows), np.ceil(filters / cols)
    position_folds = np.ceil(positions / rows)
    compute = np.where(
        keeps_weights,
        depth_folds * filter_folds * (2 * rows + cols + positions - 2) * np.maximum(1, rows / (16 * banks)),
        position_folds * filter_folds * (2 * rows + cols + depth - 2) * np.maximum(1, (rows + cols) / (24 * banks)),
    )
    traffic = _traffic(d, keeps_weights, layer, depth_folds)
    memory = traffic / d["dram_bytes_per_s"] * d["f_target_hz"]
    vector = positions * filters / d["vector_lanes"]
    longest = np.maximum(np.maximum(compute, memory), vector)
    cycles = longest + 0.15 * (compute + memory + vector - longest)
    per_read = {
        name: scale * np.sqrt(d[f"{name}_buffer_kib"] / 16) * (1 + 0.08 * (banks - 1))
        for name, scale in (("input", 0.9e-12), ("weight", 0.9e-12), ("output", 2.2e-12))
    }
    switched = (
        positions * depth * filters * 0.35e-12
        + compute * rows * cols * 0.06e-12
        + positions * depth * filter_folds * per_read["input"]
        + depth * filters * np.where(keeps_weights, 1, position_folds) * per_read["weight"]
        + positions * filters * np.where(keeps_weights, 2 * depth_folds, 1) * per_read["output"]
        + positions * filters * 0.5e-12
    )
    return cycles / d["f_target_hz"], switched * voltage**2 + traffic * 64e-12


def _traffic(
    d: dict[str, np.ndarray], keeps_weights: np.ndarray, layer: tuple[int, int, int, int], depth_folds: np.ndarray
) -> np.ndarray:
    """Return the bytes to and from DRAM; half of each buffer fills while the other half is used."""
    positions, depth, filters, inputs = layer
    input_half, weight_half = 512 * d["input_buffer_kib"], 512 * d["weight_buffer_kib"]
    filters_held = np.maximum(d["pe_cols"], np.floor(weight_half / depth))
    positions_held = np.maximum(d["pe_rows"], np.floor(input_half / depth))
    read_inputs = inputs * np.where(inputs <= input_half, 1, np.ceil(filters / filters_held))
    once = keeps_weights | (depth * filters <= weight_half)
    read_weights = depth * filters * np.where(once, 1, np.ceil(positions / positions_held))
    partial_sums = 4 * positions * d["pe_cols"]
    spilled = np.maximum(1 - 1024 * d["output_buffer_kib"] / partial_sums, 0)
    outputs = positions * filters * (1 + np.where(keeps_weights, 8 * spilled * (depth_folds - 1), 0))
    return read_inputs + read_weights + outputs


def true_front() -> tuple[np.ndarray, int]:
    """Enumerate the space; return the front's objectives and how many designs keep both bounds."""
    best, feasible = np.empty((0, 3)), 0
    for designs in SPACE.iter_chunks(250_000):
        metrics = evaluate(designs)
        kept = is_feasible(metrics, GOALS)
        feasible += int(kept.sum())
        best = np.vstack([best, minimized(metrics[kept], GOALS)])
        best = best[is_nondominated(best, ("min",) * 3)]
    return best, feasible


def run(name: str, seed: int, budget: int, batch: int, whole: float) -> tuple[list[float], float]:
    """Return the share of the true hypervolume at each mark, and milliseconds of own processor time an evaluation."""
    search = OPTIMIZERS[name](SPACE, GOALS, seed=seed)
    parts: list[pd.DataFrame] = []
    own = 0.0
    done = 0
    while done < budget:
        started = time.process_time()
        designs = search.ask(min(batch, budget - done))
        own += time.process_time() - started
        results = pd.concat([designs, evaluate(designs)], axis=1).assign(status="ok")
        started = time.process_time()
        search.tell(results)
        own += time.process_time() - started
        parts.append(results)
        done += len(designs)
    volumes = trace(pd.concat(parts, ignore_index=True), GOALS, REFERENCE_POINT)["hypervolume"].to_numpy()
    return [float(volumes[mark - 1] / whole) for mark in MARKS if mark <= budget], 1e3 * own / done


def main() -> None:
    """Print one line an optimizer: median (least to most) over seeds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--budget", type=int, default=1000)
    parser.add_argument("--batch", type=int, default=10, help="designs asked for at a time")
    parser.add_argument("--optimizer", nargs="+", choices=list(OPTIMIZERS), default=list(OPTIMIZERS))
    arguments = parser.parse_args()
    points, feasible = true_front()
    whole = hypervolume(points, REFERENCE_POINT, ("min",) * 3)
    print(f"{SPACE.size:,} designs, {feasible:,} feasible, {len(points)} on the true front")
    print(f"reference point {REFERENCE_POINT} (s, J, mm2), true hypervolume {whole:.6g}")
    print(f"share of it, median (least-most) of {arguments.seeds} seeds, {arguments.batch} designs an ask:", flush=True)
    marks = [mark for mark in MARKS if mark <= arguments.budget]
    print("| optimizer | " + " | ".join(f"{mark} evaluations" for mark in marks) + " | own CPU ms an evaluation |")
    print("|---" * (len(marks) + 2) + "|", flush=True)
    for name in arguments.optimizer:
        runs = [run(name, seed, arguments.budget, arguments.batch, whole) for seed in range(arguments.seeds)]
        shares = np.array([share for share, _ in runs])
        cells = [f"{np.median(c):.3f} ({c.min():.3f}-{c.max():.3f})" for c in shares.T]
        print(f"| {name} | " + " | ".join(cells) + f" | {np.median([ms for _, ms in runs]):.1f} |", flush=True)


if __name__ == "__main__":
    main()
