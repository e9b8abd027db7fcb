"""Evaluates tables of designs: status with stage and reason, and metrics of a run of many inferences."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from accel_core.errors import InvalidInputError
from accel_core.platforms.edgetpu.applications import Layers, Row, arrays_of, rows_of
from accel_core.platforms.edgetpu.architecture import (
    FEASIBLE,
    INSTRUCTION,
    MEMORIES,
    PARAMETERS,
    Floats,
    Indices,
    constants,
    values,
)
from accel_core.platforms.edgetpu.area import area_mm2
from accel_core.platforms.edgetpu.energy import PARTS, energy_parts_j
from accel_core.platforms.edgetpu.latency import Outcome
from accel_core.platforms.edgetpu.simulate import simulate
from accel_core.settings import SettingValue
from accel_core.workloads import Workload

METRICS = (
    "cycles",
    "runtime_s",
    "energy_j",
    "edp_js",
    "chip_area_mm2",
    "utilization",
    "macs",
    "throughput_flops",
    "accesses_dram",
    "accesses_core",
    "accesses_pe",
    *(f"energy_{part}_j" for part in PARTS),
)

_HOLDS = ("inputs and sums of one step", "two slices of the filters", "parameters of one group of channels",
          "two tiles of inputs and outputs")  # fmt: skip


def analytical(designs: pd.DataFrame, workload: Workload, settings: Mapping[str, SettingValue]) -> pd.DataFrame:
    """Evaluate designs on a network: a copy with ``status stage reason`` and ``METRICS``, NaN where infeasible.

    Args:
        designs: The ten parameters, with values of the space.
        workload: Any with layers.
        settings: ``inferences``, run one after another; cycles, energy, MACs and accesses are of all of them.
    """
    rows = rows_of(workload)
    layers = arrays_of(rows)
    outcome = simulate(indices_of(designs), layers)
    found = metrics_of(designs, layers, outcome, int(settings["inferences"]))
    stage, reason = explain(outcome, rows, designs)
    status = np.where(outcome.memory == FEASIBLE, "ok", "infeasible")
    return designs.assign(status=status, stage=stage, reason=reason, **found)


def features(designs: pd.DataFrame) -> pd.DataFrame:
    """Add what latency follows more closely than the parameters: multipliers, and bytes of each kind in total."""
    pes = designs["pes_x"] * designs["pes_y"]
    cores = pes * designs["cores"]
    return designs.assign(
        multipliers=cores * designs["lanes"] * constants()["multipliers"],
        pe_memory_total_b=pes * designs["pe_memory_b"],
        core_memory_total_b=cores * designs["core_memory_b"],
        lane_activation_b=designs["activation_memory_b"] / designs["lanes"],
        lane_parameter_b=designs["parameter_memory_b"] / designs["lanes"],
    )


def indices_of(designs: pd.DataFrame) -> Indices:
    """Return which of its values each parameter has: uint8 of shape (designs, 10).

    Raises:
        InvalidInputError: If a value is not one of the parameter's.
    """
    indices = np.empty((len(designs), len(PARAMETERS)), dtype=np.uint8)
    for i, (name, known) in enumerate(zip(PARAMETERS, values(), strict=True)):
        column = designs[name].to_numpy()
        found = np.minimum(np.searchsorted(known, column), len(known) - 1)
        if len(wrong := np.flatnonzero(known[found] != column)):
            allowed = ", ".join(map(str, known))
            raise InvalidInputError(f"row {wrong[0]}: {name} is {column[wrong[0]]}; allowed: {allowed}")
        indices[:, i] = found
    return indices


def designs_of(indices: Indices) -> pd.DataFrame:
    """Return the designs whose parameters have the given ones of their values."""
    return pd.DataFrame({name: values()[i][indices[:, i]] for i, name in enumerate(PARAMETERS)})


def latency_s(outcome: Outcome) -> Floats:
    """Return the runtime of one inference, NaN where infeasible."""
    seconds: Floats = np.where(outcome.memory == FEASIBLE, outcome.cycles, np.nan) / constants()["clock_hz"]
    return seconds


def metrics_of(designs: pd.DataFrame, layers: Layers, outcome: Outcome, inferences: int) -> dict[str, Floats]:
    """Return ``METRICS`` of a run of inferences."""
    is_ok = outcome.memory == FEASIBLE
    area = area_mm2(designs)
    seconds = outcome.cycles / constants()["clock_hz"]
    parts = energy_parts_j(designs, layers, outcome, area, seconds)
    energy = inferences * np.sum(list(parts.values()), axis=0)
    runtime = inferences * seconds
    macs = inferences * float(layers.macs.sum())
    resources = [designs[name].to_numpy(dtype=np.float64) for name in ("pes_x", "pes_y", "cores", "lanes")]
    cores = resources[0] * resources[1] * resources[2]
    peak = np.prod(resources, axis=0) * constants()["multipliers"]
    with np.errstate(divide="ignore", invalid="ignore"):
        found = {
            "cycles": inferences * outcome.cycles,
            "runtime_s": runtime,
            "energy_j": energy,
            "edp_js": energy * runtime,
            "chip_area_mm2": area,
            "utilization": macs / (inferences * outcome.cycles * peak),
            "macs": np.full(len(designs), macs),
            "throughput_flops": 2 * macs / runtime,
            "accesses_dram": inferences * outcome.dram_bytes,
            "accesses_core": inferences * outcome.core_reads * cores,
            "accesses_pe": inferences * (outcome.pe_reads + outcome.bus_bytes + float(layers.output_bytes.sum())),
            **{f"energy_{name}_j": inferences * part for name, part in parts.items()},
        }
    return {name: np.where(is_ok, found[name], np.nan) for name in METRICS}


def explain(
    outcome: Outcome, rows: tuple[Row, ...], designs: pd.DataFrame
) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.object_]]:
    """Return stage and reason of each design, empty where it is feasible."""
    stage = np.full(len(designs), "", dtype=object)
    reason = stage.copy()
    for memory, name in enumerate(MEMORIES):
        is_here = outcome.memory == memory
        stage[is_here] = name
        sizes_b = designs[f"{name}_b"].to_numpy()[is_here]
        reason[is_here] = [
            _reason(memory, rows[layer] if layer >= 0 else None, len(rows), needed, size)
            for layer, needed, size in zip(outcome.layer[is_here], outcome.needed[is_here], sizes_b, strict=True)
        ]
    return stage, reason


def _reason(memory: int, row: Row | None, n_layers: int, needed: int, size: int) -> str:
    if row is None:
        return f"the program of {n_layers} layers takes {needed:,} bytes; {MEMORIES[INSTRUCTION]}_b is {size:,}"
    return f"layer {row.name}: {_HOLDS[memory]} take {needed:,} bytes; {MEMORIES[memory]}_b is {size:,}"
