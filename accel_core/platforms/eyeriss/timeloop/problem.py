"""A layer as Timeloop's problem, the search that maps it, and the table of energies it is priced with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from accel_core.platforms.eyeriss.timeloop.architecture import CYCLE_S, MAC, STORES, TECHNOLOGY, VERSION, instances
from accel_core.workloads import Layer

DIMENSIONS = "CMRSNPQ"
"""Of Timeloop's convolution: those of a ``Layer``, and N, a batch of 1."""
OBJECTIVES = ("edp", "delay", "energy")
INVALID_LIMIT = 10_000
"""Mappings in a row that do not fit, after which a search ends; the value of the exercises."""


def problem(layer: Layer) -> dict[str, Any]:
    """Return one run of a layer as a convolution in Timeloop's terms; R and P go with W, S and Q with H."""
    shape = {
        "name": "conv2D",
        "dimensions": list(DIMENSIONS),
        "coefficients": [{"name": name, "default": 1} for name in ("Wstride", "Hstride", "Wdilation", "Hdilation")],
        "data_spaces": [
            {"name": "Weights", "projection": [[["C"]], [["M"]], [["R"]], [["S"]]]},
            {
                "name": "Inputs",
                "projection": [
                    [["N"]],
                    [["C"]],
                    [["R", "Wdilation"], ["P", "Wstride"]],
                    [["S", "Hdilation"], ["Q", "Hstride"]],
                ],
            },
            {"name": "Outputs", "projection": [[["N"]], [["M"]], [["Q"]], [["P"]]], "read_write": True},
        ],
    }
    sizes = {name: getattr(layer, name) for name in "CMPQRS"}
    steps = {"Wstride": layer.stride, "Hstride": layer.stride, "Wdilation": 1, "Hdilation": 1}
    return {"version": VERSION, "shape": shape, "instance": {"N": 1, **sizes, **steps}}


def search(objective: str, victory: int) -> dict[str, Any]:
    """Return Timeloop's random search, with perfect factors only.

    Args:
        objective: One of ``OBJECTIVES``.
        victory: Valid mappings in a row without improvement, after which the search ends.
    """
    mapper = {
        "version": VERSION,
        "optimization_metrics": [objective],
        "algorithm": "random",
        "victory_condition": victory,
        "timeout": INVALID_LIMIT,
        # Several threads race each other, so that the same search would end elsewhere each time.
        "num_threads": 1,
        "live_status": False,
        "diagnostics": False,
        "out_prefix": "timeloop-mapper",
    }
    return {"mapper": mapper, "mapspace": {"version": VERSION, "template": "uber"}}


def variables() -> dict[str, Any]:
    """Return what the front end wants to know about the chip as a whole."""
    return {"version": VERSION, "global_cycle_seconds": CYCLE_S, "technology": TECHNOLOGY}


def reference_table(design: Mapping[str, Any], energies: Mapping[str, float]) -> dict[str, Any]:
    """Return energies as Accelergy's energy reference table; with it, Timeloop does not call Accelergy.

    Args:
        design: Parameters by name.
        energies: pJ by the names of ``energy.ENERGIES``. An update of a word costs as much as a write.
    """
    counts = instances(design)
    tables = []
    for level, name in STORES.items():
        read, write = energies[f"{level}_read"], energies[f"{level}_write"]
        leak = energies.get(f"{level}_leak", 0.0)
        costs = {"read": read, "write": write, "update": write, "leak": leak}
        tables.append(_table(name, counts[name], costs))
    tables.append(_table(MAC, counts[MAC], {"compute": energies["mac"]}))
    return {"version": VERSION, "tables": tables}


def _table(name: str, count: int, costs: Mapping[str, float]) -> dict[str, Any]:
    actions = [{"name": action, "arguments": {}, "energy": float(energy)} for action, energy in costs.items()]
    return {"name": f"system_top_level.{name}[1..{count}]", "actions": actions}
