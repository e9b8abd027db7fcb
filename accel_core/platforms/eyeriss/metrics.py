"""Eyeriss's metrics: a workload's layers mapped one by one and summed up."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from accel_core.errors import InvalidInputError
from accel_core.platforms.eyeriss.architecture import CLOCK_HZ
from accel_core.platforms.eyeriss.area import area_mm2, bits
from accel_core.platforms.eyeriss.cost import PRICES, FloatArray, evaluate_nest
from accel_core.platforms.eyeriss.energy import EnergyTable, energy_table
from accel_core.platforms.eyeriss.mapper import map_designs
from accel_core.platforms.eyeriss.mapping import check_factors, overflowing, parse_mapping
from accel_core.platforms.eyeriss.random_mapper import random_mapping
from accel_core.platforms.eyeriss.settings import RANDOM
from accel_core.settings import SettingValue
from accel_core.workloads import Layer, Workload

ENERGY_METRICS = tuple(f"energy_{level}_j" for level in PRICES[1:])
ACCESS_METRICS = tuple(
    f"accesses_{name}"
    for name in (
        "dram_w_reads", "dram_i_reads", "dram_o_reads", "dram_o_writes", "glb_i_reads", "glb_i_writes", "glb_o_reads",
        "glb_o_writes", "ifmap_i_reads", "ifmap_i_writes", "weights_w_reads", "weights_w_writes", "psum_o_reads",
        "psum_o_writes",
    )
)  # fmt: skip
METRICS = (
    "cycles", "utilization", "lanes", "energy_j", *ENERGY_METRICS, "runtime_s", "edp_js", "throughput_flops", "macs",
    "onchip_bits", "bits_glb", "bits_ifmap", "bits_weights", "bits_psum", "chip_area_mm2", *ACCESS_METRICS,
)  # fmt: skip
DETAILS = ("mapping",)

_SUMMED = ("compute_cycles", "cycles", *ENERGY_METRICS, "energy_j", *ACCESS_METRICS)
_OUTCOME = ("status", "stage", "reason")


def analytical(designs: pd.DataFrame, workload: Workload, settings: Mapping[str, SettingValue]) -> pd.DataFrame:
    """Map every layer on every design, at its best or as the settings say, and add up what that takes.

    Layers run one after another, each ``repeat`` times, and each begins and ends with its data in DRAM. A network's
    mappings are the best ones layer by layer; under ``edp`` that need not be the least product of the sums. A design
    that a given mapping does not fit is infeasible.

    Raises:
        InvalidInputError: If the energy table or a given mapping is wrong.
    """
    table = energy_table(str(settings["energy_table"]))
    energies = table.of(designs)
    given = _given_mappings(str(settings["mapping"]), workload)
    costs: dict[tuple[Layer, str], pd.DataFrame] = {}
    keys = [(replace(layer, name="", repeat=1), given.get(layer.name, "")) for layer in workload.layers]
    for layer, key in zip(workload.layers, keys, strict=True):  # layers of the same sizes are mapped once
        if key not in costs:
            costs[key] = _layer_cost(designs, replace(layer, repeat=1), energies, settings, key[1])
    parts = [costs[key] for key in keys]
    metrics = network_metrics(designs, workload, parts)
    outcome = pd.DataFrame(_outcome(workload, parts), index=designs.index)
    return pd.concat([designs, outcome, metrics], axis=1).assign(tool_versions=_versions(table))


def network_metrics(designs: pd.DataFrame, workload: Workload, parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Add up what layers take and derive the platform's ``METRICS``.

    Args:
        designs: The designs.
        workload: The layers, each run ``repeat`` times.
        parts: For each layer, one run of it on every design: ``compute_cycles``, ``cycles``, energies and accesses; NaN
            where it has no mapping.

    Returns:
        The columns ``METRICS``, with the designs' index.
    """
    sums = _sums(workload, parts)
    return pd.DataFrame(_metrics(designs, workload, sums), index=designs.index)


def features(designs: pd.DataFrame) -> pd.DataFrame:
    """Add what costs follow more closely than depths and widths: logarithms of bits and of the mesh's width."""
    sizes = bits(designs)
    derived = {f"log2_{name}": np.log2(sizes[name].to_numpy(dtype=np.float64)) for name in sizes}
    return designs.assign(log2_mesh_x=np.log2(designs["mesh_x"].to_numpy(dtype=np.float64)), **derived)


def misfit(designs: pd.DataFrame, workload: Workload, settings: Mapping[str, SettingValue]) -> tuple[int, str] | None:
    """Return the first design, counted from 0, that a given mapping does not fit, and why; None if all fit.

    Raises:
        InvalidInputError: If a given mapping is none of its layer.
    """
    given = _given_mappings(str(settings.get("mapping", "")), workload)
    nests = [(layer, parse_mapping(given[layer.name])) for layer in workload.layers if layer.name in given]
    for layer, nest in nests:
        check_factors(nest, layer)
    records: list[dict[str, Any]] = designs.to_dict("records")  # type: ignore[assignment]
    for row, design in enumerate(records if nests else []):
        for layer, nest in nests:
            if overflow := overflowing(nest, layer, design):
                where = f"layer '{layer.name}': " if len(nests) > 1 else ""
                return row, f"mapping: {where}{overflow.sentence}"
    return None


def _given_mappings(text: str, workload: Workload) -> dict[str, str]:
    """Return the given mapping of each layer; empty if none is given.

    Raises:
        InvalidInputError: If several layers share one mapping, or a layer has none or several, or is unknown.
    """
    if not text.strip():
        return {}
    names = [layer.name for layer in workload.layers]
    parts = [part.strip() for part in text.split(";") if part.strip()]
    pairs = [part.partition(": ") for part in parts]
    if len(names) == 1 and not (len(pairs) == 1 and pairs[0][0].strip() == names[0] and pairs[0][1]):
        return {names[0]: text.strip()}
    given: dict[str, str] = {}
    for name, colon, mapping in pairs:
        if not colon:
            raise InvalidInputError(
                f"mapping: workload '{workload.name}' has {len(names)} layers; write 'layer: mapping; layer: mapping'"
            )
        if name in given or name not in names:
            why = "has two mappings" if name in given else f"is none of workload '{workload.name}'"
            raise InvalidInputError(f"mapping: layer '{name:.80}' {why}; allowed: one for each of {', '.join(names)}")
        given[name] = mapping.strip()
    if lacking := [name for name in names if name not in given]:
        raise InvalidInputError(f"mapping: layer '{lacking[0]}' has none; needed: one for each of {', '.join(names)}")
    return given


def _layer_cost(
    designs: pd.DataFrame, layer: Layer, energies: FloatArray, settings: Mapping[str, SettingValue], mapping: str
) -> pd.DataFrame:
    """Return what one run of a layer takes on each design, in the designs' order."""
    if mapping:
        table = evaluate_nest(parse_mapping(mapping), layer, designs, energies)
    elif settings["mapper"] == RANDOM:
        patience, seed = int(settings["mapper_patience"]), int(settings["mapper_seed"])
        table = random_mapping(designs, layer, energies, str(settings["objective"]), patience, seed)
    else:
        table = map_designs(designs, layer, energies, str(settings["objective"]))
    return table.reset_index(drop=True)


def _sums(workload: Workload, parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Add up the layers, each as often as it is run; NaN where one of them has no mapping."""
    columns = list(_SUMMED)
    total = np.zeros((len(parts[0]), len(columns)))
    for layer, part in zip(workload.layers, parts, strict=True):
        total += layer.repeat * part[columns].to_numpy(dtype=np.float64)
    return pd.DataFrame(total, columns=columns)


def _outcome(workload: Workload, parts: list[pd.DataFrame]) -> dict[str, list[str]]:
    """Return status, stage and reason of the first layer without a mapping, and all mappings."""
    names = [layer.name for layer in workload.layers]
    if len(parts) == 1:
        return {name: parts[0][name].tolist() for name in (*_OUTCOME, *DETAILS)}
    outcome: dict[str, list[str]] = {name: [] for name in (*_OUTCOME, *DETAILS)}
    for row in range(len(parts[0])):
        wrong = next((i for i, part in enumerate(parts) if part["status"].iat[row] != "ok"), None)
        cells = ["ok", "", ""] if wrong is None else [str(parts[wrong][name].iat[row]) for name in _OUTCOME]
        for name, cell in zip(_OUTCOME, cells, strict=True):
            outcome[name].append(f"layer '{names[wrong]}': {cell}" if wrong is not None and name == "reason" else cell)
        mappings = [f"{name}: {part['mapping'].iat[row]}" for name, part in zip(names, parts, strict=True)]
        outcome["mapping"].append("; ".join(mappings) if wrong is None else "")
    return outcome


def _metrics(designs: pd.DataFrame, workload: Workload, sums: pd.DataFrame) -> dict[str, FloatArray]:
    cycles, energy_j = sums["cycles"].to_numpy(), sums["energy_j"].to_numpy()
    runtime_s = cycles / CLOCK_HZ
    sizes = bits(designs)
    pes = designs["mesh_x"].to_numpy(dtype=np.float64) * designs["mesh_y"].to_numpy(dtype=np.float64)
    metrics: dict[str, FloatArray] = {
        **{name: sums[name].to_numpy() for name in _SUMMED if name != "compute_cycles"},
        **{str(name): sizes[name].to_numpy(dtype=np.float64) for name in sizes},
        "utilization": workload.macs / (cycles * pes),
        "lanes": workload.macs / sums["compute_cycles"].to_numpy(),
        "runtime_s": runtime_s,
        "edp_js": energy_j * runtime_s,
        "throughput_flops": (2 * workload.macs - workload.outputs) / runtime_s,
        "macs": np.full(len(designs), float(workload.macs)),
        "onchip_bits": sizes.to_numpy(dtype=np.float64).sum(axis=1),
        "chip_area_mm2": area_mm2(designs),
    }
    return {name: metrics[name] for name in METRICS}


def _versions(table: EnergyTable) -> str:
    """Return which energies were used, as a user's file may change between two runs."""
    return json.dumps({f"energy table {table.name}": table.digest})
