"""Timeloop as the platform's ``Program``: settings in, the columns of the analytical model out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from accel_core.platforms.base import Program, Settings
from accel_core.platforms.eyeriss.energy import DEFAULT_TABLE, energy_table, pinned_table
from accel_core.platforms.eyeriss.metrics import network_metrics
from accel_core.platforms.eyeriss.timeloop.files import workload_files
from accel_core.platforms.eyeriss.timeloop.problem import OBJECTIVES
from accel_core.platforms.eyeriss.timeloop.run import LayerResult, simulate_layers, timeloop_missing
from accel_core.settings import Setting
from accel_core.workloads import Workload

SIMULATED: Mapping[str, Setting] = {
    "energy_table": Setting(
        DEFAULT_TABLE, "What accesses cost: scaled, fixed, or a YAML file of your own.", pin=pinned_table
    ),
    "objective": Setting(OBJECTIVES[0], "What Timeloop's mapper minimizes for each layer.", choices=OBJECTIVES),
    "victory": Setting(100, "Mappings in a row without a better one that end Timeloop's search.", 1, 1_000_000),
}
"""Settings of fidelity ``simulated``; 100 is the value of the Timeloop and Accelergy exercises."""


def simulate(design: Mapping[str, Any], workload: Workload, settings: Settings, folder: Path) -> dict[str, Any]:
    """Return metrics, mapping and tool versions of one design, as ``Program.run`` does."""
    found, versions = simulate_layers(design, workload.layers, settings, folder)
    parts = [pd.DataFrame([result.numbers]) for result in found]
    metrics = network_metrics(pd.DataFrame([dict(design)]), workload, parts)
    table = energy_table(str(settings["energy_table"]))
    versions[f"energy table {table.name}"] = table.digest
    numbers = {str(name): float(value) for name, value in metrics.iloc[0].items()}
    return {**numbers, "mapping": _mappings(workload, found), "tool_versions": versions}


def _mappings(workload: Workload, found: list[LayerResult]) -> str:
    """Return the mapping, or ``layer: mapping; ...`` where there are several layers."""
    if len(found) == 1:
        return str(found[0].mapping)
    return "; ".join(f"{layer.name}: {result.mapping}" for layer, result in zip(workload.layers, found, strict=True))


TIMELOOP = Program("Timeloop", timeloop_missing, simulate, workload_files)
