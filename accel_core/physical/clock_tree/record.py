"""What a timed design's clock network is and does, for the record."""

from __future__ import annotations

from typing import Any

import numpy as np

from accel_core.physical.graph import Bools, Graph
from accel_core.physical.levels import clock_levels
from accel_core.physical.parasitics import Parasitics
from accel_core.physical.technology import Technology
from accel_core.physical.timing import Timing, clocked_pins

IDEAL = "ideal: no skew, no insertion delay, no clock tree"


def clock_details(graph: Graph, parasitics: Parasitics, timing: Timing, technology: Technology) -> str | dict[str, Any]:
    """What is known of a propagated clock, by name; a sentence for an ideal one.

    ``sinks`` are flip-flops' clock pins, ``levels`` the buffers before the farthest of them, ``skew_s`` the difference
    between the earliest and the latest. Wires are all of the clock's, also those from its port.
    """
    if not graph.propagated:
        return IDEAL
    latency = timing.clock_latency if len(timing.clock_latency) else np.zeros(1)
    buffers = network_buffers(graph)
    kinds = [graph.netlist.instances[index].cell for index in np.flatnonzero(buffers).tolist()]
    return {
        "sinks": len(clocked_pins(graph)[0]),
        "buffers": len(kinds),
        "levels": len(clock_levels(graph)),
        "insertion_delay_s": {
            "min": float(latency.min()),
            "mean": float(latency.mean()),
            "max": float(latency.max()),
        },
        "skew_s": float(latency.max() - latency.min()),
        "slowest_transition_s": float(timing.transition[graph.clock_nets[graph.net]].max()),
        "wirelength_um": sum(
            float(group.trees.span[graph.clock_nets[group.nets]].sum()) for group in parasitics.groups
        ),
        "buffer_area_um2": float(sum(technology.library.cells[kind].area_um2 for kind in kinds)),
    }


def network_buffers(graph: Graph) -> Bools:
    """Whether an instance drives a net of the clock's network, shape (instances,)."""
    found = np.zeros(len(graph.netlist.instances), dtype=bool)
    pins = np.flatnonzero(graph.drives[: graph.n_pins] & graph.clock_nets[graph.net[: graph.n_pins]])
    found[graph.cell[pins]] = True
    return found
