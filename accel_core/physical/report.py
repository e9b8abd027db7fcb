"""The record of one run: metrics, the critical path, the share of every module."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from accel_core.physical.clock_tree import clock_details
from accel_core.physical.floorplan import Floorplan
from accel_core.physical.graph import Graph
from accel_core.physical.parasitics import Parasitics
from accel_core.physical.power import GROUPS, Power
from accel_core.physical.settings import FlowSettings
from accel_core.physical.technology import UNITS_PER_UM, Technology
from accel_core.physical.timing import EDGES, Timing, critical_path


def metrics_of(
    settings: FlowSettings,
    technology: Technology,
    floorplan: Floorplan,
    graph: Graph,
    parasitics: Parasitics,
    timing: Timing,
    power: Power,
) -> dict[str, float]:
    """The run's metrics by their names in ``accel_core.metrics``."""
    cells = [technology.library.cells[cell.cell] for cell in graph.netlist.instances]
    slack = timing.worst_slack_s
    return {
        "f_target_hz": settings.f_target_hz,
        "f_effective_hz": 1.0 / (1.0 / settings.f_target_hz - slack),
        "worst_slack_s": slack,
        "power_w": power.total_w,
        "power_internal_w": float(power.internal.sum()),
        "power_switching_w": float(power.switching.sum()),
        "power_leakage_w": float(power.leakage.sum()),
        "cell_area_mm2": sum(cell.area_um2 for cell in cells) * 1e-6,
        "chip_area_mm2": floorplan.area_um2 * 1e-6,
        "wirelength_m": parasitics.wirelength_um * 1e-6,
        "cells": len(cells),
        "flops": sum(cell.is_flop for cell in cells),
    }


def path_of(graph: Graph, timing: Timing, modules: Sequence[str]) -> dict[str, Any]:
    """The worst path: its ends, and every pin on it with the delay since the one before, or since the clock's edge."""
    steps = critical_path(graph, timing)
    rows = []
    # A path from a flip-flop starts with what drives its clock pin, which nobody looks for.
    first = 1 if len(steps) > 1 and graph.clock_nets[graph.net[steps[0][0]]] else 0
    before = 0.0 if first and graph.propagated else steps[0][2]
    for terminal, edge, arrival in steps[first:]:
        instance = graph.cell[terminal]
        cell = graph.netlist.instances[instance] if instance >= 0 else None
        rows.append(
            {
                "pin": graph.name(terminal),
                "cell": cell.cell if cell else "port",
                "module": modules[instance] if cell else graph.netlist.top,
                "register": cell.alias if cell else "",
                "edge": EDGES[edge],
                "arrival_s": arrival,
                "delay_s": arrival - before,
            }
        )
        before = arrival
    worst = int(timing.slack.argmin())
    return {
        "start": rows[0]["register"] or rows[0]["pin"],
        "end": rows[-1]["register"] or rows[-1]["pin"],
        "slack_s": float(timing.slack[worst]),
        "required_s": float(timing.required[worst]),
        "steps": rows,
    }


def modules_of(graph: Graph, technology: Technology, power: Power, modules: Sequence[str]) -> list[dict[str, Any]]:
    """Cells, flip-flops, area and power of every RTL module, largest area first."""
    total = power.internal + power.switching + power.leakage
    shares: dict[str, dict[str, Any]] = {}
    for index, (cell, name) in enumerate(zip(graph.netlist.instances, modules, strict=True)):
        library = technology.library.cells[cell.cell]
        share = shares.setdefault(name, {"module": name, "cells": 0, "flops": 0, "cell_area_mm2": 0.0, "power_w": 0.0})
        share["cells"] += 1
        share["flops"] += int(library.is_flop)
        share["cell_area_mm2"] += library.area_um2 * 1e-6
        share["power_w"] += float(total[index])
    return sorted(shares.values(), key=lambda share: (-share["cell_area_mm2"], share["module"]))


def groups_of(graph: Graph, technology: Technology, power: Power) -> dict[str, dict[str, float]]:
    """Cells, area and the parts of power of each of ``power.GROUPS``."""
    areas = np.array([technology.library.cells[cell.cell].area_um2 for cell in graph.netlist.instances])
    shares = {}
    for index, group in enumerate(GROUPS):
        parts = {f"power_{name}_w": watts for name, watts in power.parts_w(group).items()}
        mine = power.group == index
        shares[group] = {
            "cells": int(mine.sum()),
            "cell_area_mm2": float(areas[mine].sum()) * 1e-6,
            "power_w": sum(parts.values()),
            **parts,
        }
    return shares


def macros_of(graph: Graph, technology: Technology, floorplan: Floorplan, power: Power) -> list[dict[str, Any]]:
    """Memories and other blocks: what and where they are, and the parts of their power."""
    places = {place.instance: place for place in floorplan.macros}
    rows = []
    for index, cell in enumerate(graph.netlist.instances):
        if cell.name in places:
            place, outline = places[cell.name], technology.lef.macros[cell.cell]
            rows.append(
                {
                    "instance": cell.alias or cell.name,
                    "cell": cell.cell,
                    "module": cell.module,
                    "x_um": place.x / UNITS_PER_UM,
                    "y_um": place.y / UNITS_PER_UM,
                    "width_um": outline.width_um,
                    "height_um": outline.height_um,
                    "orientation": place.orientation,
                    "area_mm2": technology.library.cells[cell.cell].area_um2 * 1e-6,
                    "power_internal_w": float(power.internal[index]),
                    "power_switching_w": float(power.switching[index]),
                    "power_leakage_w": float(power.leakage[index]),
                }
            )
    return rows


def details_of(
    technology: Technology, floorplan: Floorplan, graph: Graph, parasitics: Parasitics, timing: Timing, power: Power,
    modules: Sequence[str],
) -> dict[str, Any]:  # fmt: skip
    """Everything else worth keeping, by stage."""
    instances = graph.netlist.instances
    sites = sum(
        technology.rows_of(cell.cell) * technology.sites_of(cell.cell)
        for cell in instances
        if not technology.is_macro(cell.cell)
    )
    area = sites * floorplan.site_um * floorplan.row_um
    fanout = np.bincount(graph.net[~graph.drives], minlength=len(graph.netlist.nets))
    if not graph.propagated:
        fanout[graph.clock] = 0
    return {
        "floorplan": {
            "width_um": floorplan.width_um,
            "height_um": floorplan.height_um,
            "rows": floorplan.rows,
            "utilization": area / floorplan.free_um2,
            "port_bits": len(floorplan.port_bits),
        },
        "nets": {
            "count": len(graph.netlist.nets),
            "largest_fanout": int(fanout.max()),
            "wire_capacitance_f": float(sum(group.cap.sum() for group in parasitics.groups)),
        },
        "timing": {
            "total_negative_slack_s": timing.total_negative_slack_s,
            "endpoints": len(set(timing.endpoints[0].tolist())),
            "clock": clock_details(graph, parasitics, timing, technology),
            "critical_path": path_of(graph, timing, modules),
        },
        "modules": modules_of(graph, technology, power, modules),
        "groups": groups_of(graph, technology, power),
        **({"macros": macros_of(graph, technology, floorplan, power)} if floorplan.macros else {}),
        "cells_by_type": dict(Counter(cell.cell for cell in instances).most_common()),
    }


def write_report(path: Path, report: Mapping[str, Any]) -> None:
    """Write a report so that a reader sees all of it or none."""
    part = path.with_suffix(".tmp")
    part.write_text(json.dumps(report, indent=1) + "\n")
    os.replace(part, path)
